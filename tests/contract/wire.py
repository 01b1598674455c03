"""An Epsilon at an address, and what it is sent: orders that nobody pays, members whom nobody knows."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from epsilon import JAPAN, Client, Order
from tests.contract.answers import Answer

ORDER_CGI = "/cgi-bin/order/receive_order3.cgi"
INQUIRY_CGI = "/cgi-bin/order/getsales2.cgi"
INQUIRY_CGI_1 = "/client/getsales.cgi"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECONDS = (5, 30)  # to connect, and for each part of the answer

CARD = "10000-0000-00000-00000-00000-00000-00000"
KONBINI = "00100-0000-00000-00000-00000-00000-00000"
CHOICE = "10100-0000-00000-00000-00000-00000-00000"

ORDER = {
    "version": "2",
    "user_id": "contract-test",
    "user_name": "髙橋 花子",
    "user_mail_add": "hanako@example.com",
    "item_code": "TEA-1",
    "item_name": "煎茶",
    "st_code": CARD,
    "mission_code": "1",
    "item_price": "980",
    "process_code": "1",
    "memo1": "",
    "memo2": "",
    "xml": "1",
    "character_code": "UTF8",
}
"""An order by card that nobody pays, but for its number and contract."""

LAWSON = {"st_code": KONBINI, "conveni_code": "31", "user_tel": "0312345678"}
"""What makes it an order that is answered with a receipt."""

ADDRESS = {"postal": "1500043", "name": "髙橋 花子", "address": "東京都渋谷区道玄坂１－１", "tel": "0312345678"}
DEFERRED = {
    "st_code": "00000-0000-00000-00010-00000-00000-00000",
    "delivery_code": "99",
    "user_tel": "0312345678",
    **{f"{who}_{name}": value for who in ("consignee", "orderer") for name, value in ADDRESS.items()},
}
"""What makes it an order that is paid after delivery."""

UNVERSIONED: dict[str, str | None] = {"version": None, "character_code": None}
"""What an old client does not send."""


def new_number() -> str:
    """Return a number that nobody used before, at any time: the day in Japan and 50 random bits."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return f"{datetime.now(JAPAN):%y%m%d}" + "".join(secrets.choice(alphabet) for _ in range(10))


def new_user() -> str:
    """Return a user_id that nobody has."""
    return f"user-{new_number()}"


def typed(**changes: Any) -> Order:
    """Return the same order as the client takes it, under a new number."""
    person = {name: ORDER[name] for name in ("user_id", "user_name", "user_mail_add")}
    goods: dict[str, Any] = {"item_code": "TEA-1", "item_name": "煎茶", "item_price": 980, "st_code": CARD}
    return Order(**{**person, **goods, "order_number": new_number(), **changes})


@dataclass(frozen=True)
class Epsilon:
    """An Epsilon and a contract there: the simulator, or a ``real`` one, at which nobody buys."""

    url: str
    contract_code: str = field(repr=False)
    real: bool
    session: requests.Session = field(repr=False)
    client: Client = field(repr=False)

    def post(self, cgi: str, fields: Mapping[str, str], charset: str = "utf-8") -> Answer:
        """Send exactly these fields, in a charset."""
        body = urlencode(fields, encoding=charset).encode("ascii")
        response = self.session.post(self.url + cgi, body, headers=FORM, timeout=SECONDS, allow_redirects=False)
        return Answer(response.status_code, response.headers.get("Content-Type", ""), response.content)

    def call(self, cgi: str, **fields: str) -> Answer:
        """Call a CGI with the contract's code, such as ``cancel_payment``."""
        return self.post(f"/cgi-bin/order/{cgi}.cgi", {"contract_code": self.contract_code, **fields})

    def order(self, changes: Mapping[str, str | None] | None = None, charset: str = "utf-8") -> Answer:
        """Send ORDER under a new number, with some fields changed, ``None`` for left out.

        A method that is not in the real contract (907) leaves the claim open.
        """
        fields = {"contract_code": self.contract_code, **ORDER, "order_number": new_number(), **(changes or {})}
        sent = {name: value for name, value in fields.items() if value is not None}
        answer = self.post(ORDER_CGI, sent, charset)
        if self.real and answer["err_code"] == "907":
            pytest.skip("the contract does not include this (907)")
        return answer

    def place(self, changes: Mapping[str, str | None] | None = None) -> str:
        """Send such an order and return its new number. Where it is refused, what comes after it stays open."""
        number = new_number()
        outcome = self.order({**(changes or {}), "order_number": number}).outcome
        if outcome not in ("a redirect", "a receipt"):
            pytest.fail(f"the order before led to {outcome}", pytrace=False)
        return number

    def operate(self, process_code: str, user_id: str, **more: str) -> Answer:
        """Do a member operation, with the fields that it needs and no others."""
        needed = {"version": "2", "process_code": process_code, "user_id": user_id, "xml": "1"}
        return self.call("receive_order3", **needed, character_code="UTF8", **more)

    def ask(self, **asked: str) -> Answer:
        """Inquire about an order, by ``order_number`` or ``trans_code``."""
        return self.post(INQUIRY_CGI, {"contract_code": self.contract_code, **asked})
