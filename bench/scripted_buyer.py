"""A person with a browser, as chaos needs hundreds of: buys in one of several ways, and presses reload."""

import random
import re
import time
from contextlib import suppress
from threading import Thread
from typing import Any

import requests

PATHS = ("card", "leave", "back", "direct", "direct-paid", "page", "twice")
WAIT = 20.0
TRIES = 6


class Buyer:
    """One person with one browser, who takes one of PATHS and presses reload when the page does not come."""

    def __init__(self, shop: str, epsilon: str, dice: random.Random) -> None:
        self.shop, self.epsilon, self.dice = shop, epsilon, dice
        self.browser = requests.Session()
        self.browser.trust_env = False

    def buy(self, path: str) -> None:
        """Go the whole way, or give up where nothing answers any more."""
        with self.browser, suppress(requests.RequestException, GaveUp):
            for attempt in range(2):
                page = self._order(path)
                if "/cgi-bin/" not in page.url:
                    return self._pay_slip(page) if path == "direct-paid" else None
                if path == "leave":
                    return None
                if path == "page":
                    return self._take_slip(page)
                if path != "back" or attempt:
                    return self._pay_by_card(page)
                self._visit(page.url, action="back")
        return None

    def _order(self, path: str) -> requests.Response:
        form = self._visit(self.shop)
        fields: dict[str, Any] = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', form.text))
        fields |= {"item_code": "apple", "quantity": "1", "user_name": "髙橋", "user_mail_add": "h@example.com"}
        fields |= {"st": "card" if path in ("card", "leave", "back", "twice") else "conveni"}
        if path.startswith("direct"):
            fields["conveni_code"] = "11"
        if path == "twice":
            Thread(target=self._click, args=(fields, self.browser.cookies.get_dict())).start()
        return self._visit(f"{self.shop}/orders", asked=None, **fields)

    def _click(self, fields: dict[str, str], cookies: dict[str, str]) -> None:
        with suppress(requests.RequestException):
            requests.post(f"{self.shop}/orders", data=fields, cookies=cookies, timeout=WAIT)

    def _pay_by_card(self, page: requests.Response) -> None:
        card: dict[str, Any] = {
            "card_number": "4242424242424242",
            "expire_m": "12",
            "expire_y": "2039",
            "security_code": "123",
        }
        action = "vanish" if self.dice.random() < 0.2 else "pay"
        self._visit(page.url, **card, action=action)

    def _take_slip(self, page: requests.Response) -> None:
        self._visit(page.url, conveni_code="21", user_tel="0312345678", action="issue")
        self._visit(page.url, action="return")

    def _pay_slip(self, page: requests.Response) -> None:
        number = re.search(r'class="code">(\w+)<', page.text)
        if number:
            asked = {"order_number": number[1]}
            found = self._visit(f"{self.epsilon}/api/transactions", asked=asked).json()["transactions"]
            for slip in found:
                self._visit(f"{self.epsilon}/counter", trans_code=slip["trans_code"])

    def _visit(self, url: str, *, asked: dict[str, str] | None = None, **form: Any) -> requests.Response:
        for _ in range(TRIES):
            with suppress(requests.RequestException):
                method = "POST" if form else "GET"
                page = self.browser.request(method, url, params=asked, data=form or None, timeout=WAIT)
                if page.status_code < 500:
                    return page
            time.sleep(0.1 + 0.3 * self.dice.random())
        raise GaveUp


class GaveUp(Exception):
    """The buyer has pressed reload often enough."""
