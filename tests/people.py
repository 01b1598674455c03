"""People and machines that the tests are about: a buyer, servers in this process, an Epsilon with a script."""

import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter, HTTPAdapter
from sqlalchemy import select
from urllib3 import HTTPResponse
from werkzeug.test import Client, TestResponse

from database import reading
from orders import OrderRecord

SHOP = "http://localhost:8000"
EPSILON = "http://127.0.0.1:8001"


class WsgiAdapter(BaseAdapter):
    """Carries a requests call into a WSGI app in this process."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.client = Client(app, use_cookies=False)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Call the app as a server would."""
        url = urlsplit(str(request.url))
        answer = self.client.open(
            url.path,
            base_url=f"{url.scheme}://{url.netloc}",
            query_string=url.query,
            method=request.method,
            data=request.body,
            headers=dict(request.headers),
        )
        return build_response(request, answer.status_code, dict(answer.headers), answer.data)

    def close(self) -> None:
        """Nothing is open."""


class ScriptedEpsilon(BaseAdapter):
    """An Epsilon that says or does one thing, whatever it is asked; ``asked`` keeps the requests."""

    def __init__(self, act: bytes | Exception, status: int = 200) -> None:
        super().__init__()
        self.act = act
        self.status = status
        self.asked: list[requests.PreparedRequest] = []

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer, or fail."""
        self.asked.append(request)
        if isinstance(self.act, Exception):
            raise self.act
        return build_response(request, self.status, {"Content-Type": "text/xml"}, self.act)

    def close(self) -> None:
        """Nothing is open."""


def build_response(
    request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes
) -> requests.Response:
    """Make the response that requests' own adapter would make of these bytes."""
    raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
    response: requests.Response = HTTPAdapter().build_response(request, raw)
    return response


class Buyer:
    """Somebody at a browser: keeps cookies, fills in forms, follows redirects between the shop and Epsilon."""

    def __init__(self, shop: Flask, epsilon: Flask) -> None:
        self.shop = shop.test_client()
        self.epsilon = epsilon.test_client()

    def open(self, address: str, **form: str | list[str]) -> TestResponse:
        """Open an address of either host, by POST where there is a form to send; follow no redirect."""
        browser = self.epsilon if address.startswith(EPSILON) else self.shop
        address = urljoin(SHOP, address)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        path = address.removeprefix(origin)
        if form:
            return browser.post(path, base_url=origin, data=form, headers={"Origin": origin}, buffered=True)
        return browser.get(path, base_url=origin, buffered=True)

    def form(self) -> dict[str, str]:
        """Open the order form; return what it carries unseen."""
        return hidden_fields(self.open("/"))

    def order(self, *, form: dict[str, str] | None = None, **entries: Any) -> TestResponse:
        """Fill in the order form, a new one unless told otherwise: apples by card. Send it."""
        usual = {
            "item_code": "apple",
            "quantity": "1",
            "user_name": "髙橋 花子",
            "user_mail_add": "hanako@example.com",
            "st": "card",
        }
        return self.open("/orders", **((form or self.form()) | usual | entries))

    def order_numbers(self) -> list[str]:
        """Return the numbers of all orders that this browser placed, newest first."""
        return [record.order_number for record in self.orders()]

    def orders(self) -> list[OrderRecord]:
        """Return all orders that this browser placed, newest first."""
        with self.shop.session_transaction() as session:
            mine = select(OrderRecord).filter_by(browser=session["guest_id"]).order_by(OrderRecord.id.desc())
        with self.shop.application.app_context(), reading() as here:
            return list(here.scalars(mine))

    def pay_by_card(self, page: str, card_number: str = "4242424242424242", action: str = "pay") -> TestResponse:
        """Type a card on Epsilon's page and press one of its buttons."""
        return self.open(
            page, card_number=card_number, expire_m="12", expire_y="2030", security_code="123", action=action
        )


def csrf_token(page: TestResponse) -> str:
    """Return the token of the form on a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def hidden_fields(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the form on a page."""
    return dict(re.findall(r'<input id="(?:\w+)" name="(\w+)" type="hidden" value="([^"]*)"', page.text))


def order_number_of(page: TestResponse) -> str:
    """Return the order number that a confirmation page shows."""
    found = re.search(r'class="code">([0-9A-Z]+)<', page.text)
    assert found, page.text
    return found[1]
