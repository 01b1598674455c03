"""The people of the simulator's tests: a shop's server, a shop that gets notices, a buyer."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from werkzeug.test import TestResponse

from simulator.environment import JAPAN

RECEIVE_ORDER = "/cgi-bin/order/receive_order3.cgi"
GET_SALES = "/cgi-bin/order/getsales2.cgi"

ORDER = {
    "version": "2",
    "contract_code": "12345678",
    "user_id": "U1421364630",
    "user_name": "ヤマダ タロウ",
    "user_mail_add": "yamada-taro@example.com",
    "item_code": "ITEM001",
    "item_name": "Greate Product",
    "order_number": "O3042483",
    "st_code": "10000-0000-00000-00000-00000-00000-00000",
    "mission_code": "1",
    "item_price": "10000",
    "process_code": "1",
    "memo1": "memo1",
    "memo2": "memo2",
    "xml": "1",
    "character_code": "UTF8",
}
KONBINI = {"st_code": "00100-0000-0000"}
NORMAL = {"st_code": "10100-0000-00000-00010-00000-00000-00000"}
LAWSON = KONBINI | {"conveni_code": "31", "user_tel": "0312345678"}

GOOD_CARD = {
    "card_number": "4242 4242 4242 4242",
    "expire_m": "1",
    "expire_y": "2015",
    "security_code": "123",
}
REFUSED_CARD = GOOD_CARD | {"card_number": "0000 0000 0000 0000"}

ADDRESS = {"postal": "1500043", "name": "髙橋 花子", "address": "東京都渋谷区道玄坂１－１", "tel": "0312345678"}
DELIVERY = {"delivery_code": "99", "user_tel": "0312345678"} | {
    f"{who}_{name}": value for who in ("consignee", "orderer") for name, value in ADDRESS.items()
}
DEFERRED = DELIVERY | {"st_code": "00000-0000-00000-00010-00000-00000-00000"}


def only(position: int) -> dict[str, str]:
    """The fields of an order that can be paid by one method alone."""
    digits = "".join("1" if place == position else "0" for place in range(1, 35))
    groups = (digits[:5], digits[5:9], *(digits[start : start + 5] for start in range(9, 34, 5)))
    return {"st_code": "-".join(groups)} | (DELIVERY if position == 18 else {})


class Clock:
    """Japan's time, standing still until somebody moves it."""

    def __init__(self) -> None:
        self.time = datetime(2015, 1, 16, 8, 30, 31, tzinfo=JAPAN)

    def __call__(self) -> datetime:
        return self.time

    def wait(self, **step: int) -> None:
        """Let time pass."""
        self.time += timedelta(**step)


class NoticedShop(BaseAdapter):
    """A shop behind `requests`: keeps every notice and replies what it was told to."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[requests.PreparedRequest] = []
        self.status = 200
        self.reply = b"1"
        self.headers: dict[str, str] = {}
        self.failure: requests.RequestException | None = None
        self.app: Flask | None = None
        self.seen: list[bytes] = []

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Take a notice; where an `app` is set, ask it about the order first, as a good shop does."""
        assert timeout is not None
        self.notices.append(request)
        if self.failure:
            raise self.failure
        if self.app:
            inquiry = {"contract_code": "12345678", "trans_code": self.fields[-1]["trans_code"]}
            self.seen.append(self.app.test_client().post(GET_SALES, data=inquiry).data)
        response = requests.Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        response.url = request.url or ""
        response.request = request
        response.raw = HTTPResponse(BytesIO(self.reply), preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""

    @property
    def fields(self) -> list[dict[str, str]]:
        """The fields of every notice, read as CP932."""
        return [dict(parse_qsl(text(notice.body), True, encoding="cp932")) for notice in self.notices]


class Epsilon:
    """The simulator as a shop's server and a buyer's browser meet it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.browser: FlaskClient = app.test_client()

    def receive_order(self, changes: Mapping[str, str] | None = None, without: str = "") -> TestResponse:
        """Send ORDER with some fields changed and some (named in `without`) left out."""
        fields = ORDER | dict(changes or {})
        return self.post({name: value for name, value in fields.items() if name not in without.split()})

    def post(self, fields: Mapping[str, str], charset: str = "utf-8") -> TestResponse:
        """Send exactly these fields in a charset."""
        return self.post_body(urlencode(fields, encoding=charset).encode())

    def post_body(self, body: bytes, path: str = RECEIVE_ORDER) -> TestResponse:
        """Send exactly these bytes."""
        return self.browser.post(path, data=body, content_type="application/x-www-form-urlencoded")

    def get_sales(self, **asked: str) -> TestResponse:
        """Inquire about an order."""
        return self.browser.post(GET_SALES, data={"contract_code": "12345678"} | asked)

    def sale(self, **asked: str) -> dict[str, str]:
        """Inquire about an order, and decode the answer."""
        return decoded(self.get_sales(**asked).data, plus=True)

    def page_of(self, changes: Mapping[str, str] | None = None) -> str:
        """Send an order and take the address that the buyer is sent to."""
        answer = decoded(self.receive_order(changes).data)
        address = urlsplit(answer["redirect"])
        return f"{address.path}?{address.query}"

    def call(self, cgi: str, **fields: str) -> TestResponse:
        """Call another CGI as the shop's server."""
        return self.browser.post(f"/cgi-bin/order/{cgi}", data={"contract_code": "12345678"} | fields)

    def arrive(self, changes: Mapping[str, str] | None = None) -> str:
        """Send an order and follow the buyer to the page on which they stay."""
        page = self.page_of(changes)
        answer = self.browser.get(page)
        return answer.location if answer.status_code == 303 else page

    def set_console(self, **items: str | list[str]) -> None:
        """Press the update buttons of the merchant console."""
        for name, value in items.items():
            assert self.browser.post(f"/console/{name}", data={name: value}).status_code == 303

    def press(self, page: str, action: str, fields: Mapping[str, str] | None = None) -> TestResponse:
        """Press a button on a page, with some fields filled in."""
        return self.browser.post(page, data={"action": action} | dict(fields or {}))


def decoded(body: bytes, charset: str = "cp932", *, plus: bool = False) -> dict[str, str]:
    """An answer's fields, read without any XML parser."""
    pairs = re.findall(r'<result (\w+)="([^"]*)" />', body.decode("ascii"))
    return {name: unquote(value.replace("+", " ") if plus else value, charset, "strict") for name, value in pairs}


def query(response: TestResponse) -> dict[str, list[str]]:
    """What a redirect carries in its address."""
    return parse_qs(urlsplit(response.location).query, keep_blank_values=True)


def refusal(response: TestResponse, charset: str = "utf-8") -> tuple[str, str]:
    """The error code and text of a refused order."""
    answer = decoded(response.data, charset)
    assert answer["result"] == "0"
    return answer["err_code"], answer["err_detail"]


def text(body: bytes | str | None) -> str:
    """A request's body as text."""
    return body.decode("ascii") if isinstance(body, bytes) else body or ""
