"""Who can act at a simulator beside the shop: a buyer, and the merchant at the console."""

from datetime import datetime

import pytest
import requests

from epsilon import JAPAN
from tests.contract.answers import Answer
from tests.contract.wire import SECONDS, Epsilon, new_number

VISA, REFUSED = "4242 4242 4242 4242", "0000 0000 0000 0000"


class Buyer:
    """Somebody who orders and pays."""

    def __init__(self, epsilon: Epsilon) -> None:
        self.epsilon = epsilon

    def type_card(self, redirect: Answer, number: str = VISA) -> requests.Response:
        """Go where an order's answer leads, type a card, and press the button; go no further."""
        year = str(datetime.now(JAPAN).year + 1)
        return self.press(redirect, "pay", card_number=number, expire_m="12", expire_y=year, security_code="123")

    def press(self, redirect: Answer, button: str, **typed: str) -> requests.Response:
        """Go where an order's answer leads, and press a button there."""
        page = self.epsilon.session.get(redirect["redirect"] or "", timeout=SECONDS)
        form = {"action": button, **typed}
        return self.epsilon.session.post(page.url, form, timeout=SECONDS, allow_redirects=False)

    def buy(self, **changes: str) -> str:
        """Order by card and pay; return the order number."""
        number = new_number()
        paid = self.type_card(self.epsilon.order({"order_number": number, **changes}))
        if paid.status_code != 303:
            pytest.fail(f"the card was not taken (HTTP {paid.status_code})", pytrace=False)
        return number

    def act(self, order_number: str, act: str) -> None:
        """Do with an order what a buyer, a counter or a reviewer does, by the simulator's JSON API."""
        trans_code = self.epsilon.ask(order_number=order_number)["trans_code"]
        url = f"{self.epsilon.url}/api/transactions/{trans_code}/{act}"
        done = self.epsilon.session.post(url, json={}, timeout=SECONDS)
        if not done.ok:
            pytest.fail(f"the simulator could not {act} (HTTP {done.status_code})", pytrace=False)


class Console:
    """The merchant's console."""

    def __init__(self, epsilon: Epsilon) -> None:
        self.epsilon = epsilon

    def set(self, **items: str) -> None:
        """Press the update button of some items."""
        for name, value in items.items():
            url = f"{self.epsilon.url}/console/{name}"
            done = self.epsilon.session.post(url, {name: value}, timeout=SECONDS, allow_redirects=False)
            if done.status_code != 303:
                pytest.fail(f"the console did not take {name} (HTTP {done.status_code})", pytrace=False)
