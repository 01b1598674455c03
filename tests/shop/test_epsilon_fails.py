"""What the buyer reads when Epsilon refuses, breaks, lies or is not there."""

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError, ProtocolError

from app import NOTICE_TIMEOUT, create_app
from database import reading
from epsilon import Client
from orders import OrderRecord, OrderState
from tests.epsilon.fake_epsilon import Caller, Server
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token


def redirect_to(url: str) -> bytes:
    """Return the answer that sends the buyer to ``url``."""
    return f'<Epsilon_result><result result="1" /><result redirect="{url}" /></Epsilon_result>'.encode()


def refusal(code: str, detail: str) -> bytes:
    """Return the answer of a refusal, in UTF-8."""
    quoted = quote(detail)
    return (
        f'<Epsilon_result><result result="0" /><result err_code="{code}" />'
        f'<result err_detail="{quoted}" /></Epsilon_result>'
    ).encode()


def only_order(shop: Flask) -> OrderRecord:
    """Return the one order in the book."""
    with shop.app_context(), reading() as here:
        return here.scalars(select(OrderRecord)).one()


@pytest.mark.parametrize(
    ("code", "detail", "advice"),
    [
        ("601", "電話番号を正しく入力してください", "表示された項目をご確認のうえ、もう一度お試しください。"),
        ("908", "このCGIを実行する権限がありません", "オーダー情報発信元ホスト情報に登録してください。"),
        ("123", "<b>なぞ</b>", "未知のエラーコードです。"),
    ],
)
def test_a_refusal_goes_back_onto_the_form(
    shop: Flask, buyer: Buyer, to_epsilon: requests.Session, code: str, detail: str, advice: str
) -> None:
    """err_code:err_detail stands on the form with what to do about it, and everything typed is kept."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(refusal(code, detail)))
    answer = buyer.order(memo1="①")
    assert answer.status_code == 422
    shown = answer.text.replace("&lt;", "<").replace("&gt;", ">")
    assert f"{code}:{detail}" in shown
    assert "<b>" not in answer.text
    assert advice in answer.text
    for kept in ("髙橋 花子", "hanako@example.com", "①"):
        assert f'value="{kept}"' in answer.text
    record = only_order(shop)
    assert (record.state, record.err_code, record.err_detail) == (OrderState.REFUSED, code, detail)


def test_an_epsilon_that_is_not_there(shop: Flask, buyer: Buyer, to_epsilon: requests.Session) -> None:
    """Nothing was sent, so the buyer may simply try again, and the order is over."""
    refused = requests.ConnectionError(NewConnectionError(HTTPConnection("127.0.0.1"), "refused"))
    to_epsilon.mount(EPSILON, ScriptedEpsilon(refused))
    answer = buyer.order()
    assert answer.status_code == 502
    assert "データの送信に失敗しました" in answer.text
    assert "イプシロンに接続できませんでした。注文はされておらず、請求もありません。" in answer.text
    assert 'value="髙橋 花子"' in answer.text
    assert only_order(shop).state is OrderState.EXPIRED


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (requests.ReadTimeout("slow"), 200),
        (requests.ConnectionError(ProtocolError("reset")), 200),
        (b"<html>502 Bad Gateway</html>", 502),
        (b"<html>maintenance</html>", 200),
        (b"", 200),
        (b'<Epsilon_result><result result="1" />', 200),
        (b'<Epsilon_result><result result="1" /></Epsilon_result>', 200),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Epsilon_result/>', 200),
        (redirect_to("https%3A%2F%2Fevil.example%2F"), 200),
        (redirect_to("javascript%3Aalert(1)"), 200),
    ],
)
def test_an_answer_that_is_none_leaves_the_order_unknown(
    shop: Flask,
    buyer: Buyer,
    to_epsilon: requests.Session,
    caplog: pytest.LogCaptureFixture,
    act: bytes | Exception,
    status: int,
) -> None:
    """It may have been registered: 502, a sentence, the entries kept, and a way to look before ordering again."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(act, status))
    with caplog.at_level(logging.INFO):
        answer = buyer.order()
    assert answer.status_code == 502
    assert "データの送信に失敗しました" in answer.text
    assert "注文は届いているかもしれません。" in answer.text
    assert 'value="髙橋 花子"' in answer.text
    record = only_order(shop)
    assert record.state is OrderState.UNKNOWN
    assert f"/orders/{record.token}" in answer.text
    assert record.order_number in caplog.text
    for personal in ("髙橋", "hanako", "evil.example"):
        assert personal not in caplog.text
    page = buyer.open(f"/orders/{record.token}")
    assert "ご注文を確認中です" in page.text


def test_an_unknown_order_is_found_by_its_number(
    shop: Flask, epsilon: Flask, buyer: Buyer, to_epsilon: requests.Session
) -> None:
    """The answer was lost after Epsilon had registered the order: its page asks, finds it, and it can be paid."""
    joined = to_epsilon.get_adapter(EPSILON)

    class LosesTheAnswer(ScriptedEpsilon):
        def send(self, request, *args, **kwargs):  # type: ignore[no-untyped-def]
            joined.send(request, *args, **kwargs)
            return super().send(request)

    to_epsilon.mount(EPSILON, LosesTheAnswer(requests.ReadTimeout("lost")))
    assert buyer.order(st="conveni", conveni_code="11").status_code == 502
    to_epsilon.mount(EPSILON, joined)
    assert "お支払い期限までにお支払いください" in buyer.open(f"/orders/{only_order(shop).token}").text


def test_an_inquiry_that_fails_is_a_page_that_says_so(shop: Flask, buyer: Buyer, to_epsilon: requests.Session) -> None:
    """On return, with Epsilon down: an order of ours is shown as it stands; a lone trans_code gets a sentence."""
    sent = buyer.order()
    record = only_order(shop)
    to_epsilon.mount(EPSILON, ScriptedEpsilon(requests.ReadTimeout("down")))
    assert sent.status_code == 303
    back = buyer.open(f"/return?order_number={record.order_number}")
    assert (back.status_code, back.location) == (303, f"/orders/{record.token}")
    lone = buyer.open("/return?trans_code=500001")
    assert (lone.status_code, "お支払いを確認しています" in lone.text) == (502, True)
    assert "お支払い画面から戻られました" in buyer.open(f"/back?order_number={record.order_number}").text
    page = buyer.open(f"/orders/{record.token}")
    assert buyer.open(f"/orders/{record.token}", csrf_token=csrf_token(page)).status_code == 502


@pytest.mark.parametrize("wrong", ["item_price", "order_number", "contract_code"])
def test_an_inquiry_about_something_else_puts_the_order_in_question(
    shop: Flask, buyer: Buyer, to_epsilon: requests.Session, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    """Another price, number or contract is never shown as paid, and is loud in the log."""
    assert buyer.order().status_code == 303
    record = only_order(shop)
    sale = {
        "trans_code": "500001", "state": "1", "item_price": "980", "order_number": record.order_number,
        "contract_code": "12345678", "payment_code": "1",
    }  # fmt: skip
    sale[wrong] = "1"
    attributes = "".join(f'<result {name}="{value}" />' for name, value in sale.items())
    to_epsilon.mount(EPSILON, ScriptedEpsilon(f"<Epsilon_result>{attributes}</Epsilon_result>".encode()))
    page = buyer.open(buyer.open(f"/return?order_number={record.order_number}").location)
    assert "ご注文の内容を調べています" in page.text
    assert "お支払いを確認しました" not in page.text
    assert f"order {record.order_number} is in question" in caplog.text
    assert "12345678" not in caplog.text


@pytest.mark.parametrize(
    "inquiry",
    [b"<Epsilon_result/>", b"<html>", b'<Epsilon_result><result state="0" /></Epsilon_result>'],
)
def test_a_receipt_that_claims_to_be_paid_makes_nothing_paid(
    shop: Flask, buyer: Buyer, to_epsilon: requests.Session, inquiry: bytes
) -> None:
    """Only an inquiry does: the answer to an order hands out a number, whatever state it names."""

    class Eager(ScriptedEpsilon):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            told = parse_qs(str(request.body, "ascii") if isinstance(request.body, bytes) else str(request.body))
            number = {"order_number": told["order_number"][0], "trans_code": "7", "receipt_no": "123456"}
            money = {"state": "1", "paid": "1", "item_price": "980", "contract_code": "12345678"}
            receipt = {"result": "1"} | number | money
            results = "".join(f'<result {name}="{value}" />' for name, value in receipt.items())
            direct = f"<Epsilon_result>{results}</Epsilon_result>".encode()
            self.act = direct if "st_code" in told else inquiry
            return super().send(request)

    to_epsilon.mount(EPSILON, Eager(b""))
    page = buyer.open(buyer.order(st="conveni", conveni_code="11").location)
    assert "お支払いを確認しました" not in page.text
    assert "123456" in page.text
    assert only_order(shop).state is OrderState.AWAITING


def say_nothing(caller: Caller) -> None:
    """Take the request, and leave it at that."""
    caller.read_request()
    caller.pause(60)


def drip(caller: Caller) -> None:
    """Answer byte by byte, each in time."""
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        caller.pause(0.05)
        caller.send(b"x")


def pour(caller: Caller) -> None:
    """Answer with a hundred megabytes."""
    caller.read_request()
    caller.send(b"HTTP/1.1 200 OK\r\n\r\n<Epsilon_result>")
    for _ in range(1600):
        caller.send(b" " * 65536)


@pytest.mark.parametrize("treat", [say_nothing, drip, pour])
def test_a_slow_or_endless_answer_is_a_page_in_time(shop: Flask, buyer: Buyer, treat: Callable[[Caller], None]) -> None:
    """Over real sockets: however Epsilon stalls, the buyer reads a sentence when the client's time is up."""
    with Server(treat) as server:
        client = shop.extensions["epsilon"] = Client("12345678", base_url=server.url, timeout=(0.3, 0.5))
        started = time.monotonic()
        answer = buyer.order()
        assert time.monotonic() - started < 0.8 + 2
        assert (answer.status_code, "注文は届いているかもしれません。" in answer.text) == (502, True)
        assert only_order(shop).state is OrderState.UNKNOWN
        for address, status in (("/return?trans_code=500001", 502), ("/back?order_number=NOBODYS", 200)):
            started = time.monotonic()
            assert buyer.open(address).status_code == status
            assert time.monotonic() - started < 0.8 + 2
        client.close()


@pytest.mark.parametrize("treat", [say_nothing, drip, pour])
def test_a_notice_does_not_wait_for_a_slow_epsilon(
    database_url: str, buyer: Buyer, treat: Callable[[Caller], None]
) -> None:
    """As the shop is set up: when its short time is up the notice is refused, and comes again."""
    buyer.order()
    [number] = buyer.order_numbers()
    with Server(treat) as server:
        shop = create_app({"DATABASE_URL": database_url, "SIMULATOR_URL": server.url})
        started = time.monotonic()
        notice = shop.test_client().post("/notice", base_url=SHOP, data={"order_number": number, "paid": "1"})
        assert time.monotonic() - started < sum(NOTICE_TIMEOUT) + 2
        assert (notice.status_code, notice.text) == (200, "0 999 not confirmed, please send this again")
        for name in ("epsilon", "epsilon_for_notices"):
            shop.extensions[name].close()
        shop.extensions["engine"].dispose()
