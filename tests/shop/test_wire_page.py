"""The wire page: every exchange about one order, for developers, and nothing of it in production."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

import exchanges
from database import reading
from epsilon.wire import decode_answer
from exchanges import ExchangeRecord
from orders import OrderRecord
from tests.people import EPSILON, Buyer, ScriptedEpsilon, hidden_fields, order_number_of

Book = Callable[[str], OrderRecord]
PERSON: dict[str, Any] = {"user_name": "髙橋 秘密", "user_mail_add": "himitsu@example.com", "memo1": "覚え書き"}


def wire_of(buyer: Buyer, token: str, query: str = "") -> str:
    """Open the wire page of an order."""
    page = buyer.open(f"/wire/{token}{query}")
    assert page.status_code == 200
    return page.text


def test_a_konbini_order_tells_the_whole_protocol(buyer: Buyer, book: Book) -> None:
    """Order, inquiry, notice and reply in their order, with what the shop concluded from each."""
    place = buyer.order(st="conveni", conveni_code="11", **PERSON).location
    record = book(order_number_of(buyer.open(place)))
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    text = wire_of(buyer, record.token)
    story = [
        "POST /orders",
        "receive_order3.cgi</a>",
        "result=1 state=0 paid=0 receipt_no",
        "written → awaiting",
        "getsales2.cgi</a>",
        "/notice</a>",
        "getsales2.cgi</a>",
        "state=1 paid=1",
        "awaiting → paid",
        '<span class="said">1</span>',
        "/orders/… paid",
    ]
    place_in_text = 0
    for part in story:
        assert part in text[place_in_text:], part
        place_in_text = text.index(part, place_in_text) + len(part)
    assert "CP932: 値は日本語のUTF-8ではありません" in text
    assert "curl --silent http://127.0.0.1:8001/cgi-bin/order/receive_order3.cgi" in text
    assert f"order_number={record.order_number}" in text


def test_personal_fields_are_masked_until_asked_for(buyer: Buyer, book: Book) -> None:
    """Names, addresses, numbers that pay, and the contract; in the fields, the bytes and the curl command."""
    place = buyer.order(st="conveni", conveni_code="11", user_tel="09011112222", **PERSON).location
    record = book(order_number_of(buyer.open(place)))
    secrets = [*PERSON.values(), "09011112222", record.receipt_no, record.user_id, "12345678"]
    encoded = ["%8D%82%8B%B4", "%e9%ab%99"]
    masked = wire_of(buyer, record.token)
    shown = wire_of(buyer, record.token, "?personal")
    assert [secret for secret in [*secrets, *encoded] if secret in masked] == []
    assert [secret for secret in secrets if secret not in shown] == []
    [first, *_] = exchanges_of(buyer)
    fixture = buyer.open(f"/wire/{record.token}/{first.id}.json")
    assert fixture.mimetype == "application/json"
    assert [secret for secret in [*secrets, *encoded] if secret in fixture.text] == []
    assert '"path": "/cgi-bin/order/receive_order3.cgi"' in fixture.text
    assert 'conveni_code=\\"11\\"' in fixture.text


def exchanges_of(buyer: Buyer) -> list[ExchangeRecord]:
    """All that is kept, oldest first."""
    with buyer.shop.application.app_context(), reading() as here:
        return list(here.scalars(select(ExchangeRecord).order_by(ExchangeRecord.id)))


def test_a_refusal_leads_to_its_exchange_and_to_advice(buyer: Buyer) -> None:
    """From the form to what was sent, with what the developer can do."""
    answer = buyer.order(memo2="fault:error:908")
    assert answer.status_code == 422
    [record] = buyer.orders()
    assert f"/wire/{record.token}" in answer.text
    text = wire_of(buyer, record.token)
    assert "result=0 err_code=908" in text
    assert "<strong>908:" in text
    assert "開発者の方へ:" in text


def test_an_answer_that_never_came_is_told(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """The arrow comes back empty, and the page says what the shop does about it."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(requests.ReadTimeout("slow")))
    buyer.order()
    [record] = buyer.orders()
    text = wire_of(buyer, record.token)
    assert "応答なし" in text
    assert "written → unknown" in text
    assert "登録されている可能性があるため" in text


def test_a_stranger_needs_the_address(buyer: Buyer, stranger: Buyer) -> None:
    """It is as unguessable as the confirmation, and leads to no other order's exchanges."""
    buyer.order()
    stranger.order()
    [mine], [theirs] = buyer.orders(), stranger.orders()
    assert stranger.open("/wire/guess").status_code == 404
    first, *_ = exchanges_of(buyer)
    assert stranger.open(f"/wire/{theirs.token}/{first.id}.json").status_code == 404
    assert mine.order_number not in wire_of(stranger, theirs.token)


def test_script_in_an_answer_is_text(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """Whatever Epsilon sends is shown, never run."""
    evil = b'<Epsilon_result><result result="0" /><result err_code="%3Cscript%3E" /></Epsilon_result>'
    to_epsilon.mount(EPSILON, ScriptedEpsilon(evil))
    buyer.order(user_name="<script>alert(1)</script>")
    [record] = buyer.orders()
    text = wire_of(buyer, record.token, "?personal")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_only_the_newest_are_kept(shop: Flask, buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And strangers' calls about nothing of ours are not kept at all."""
    monkeypatch.setattr(exchanges, "KEPT", 3)
    for _ in range(3):
        buyer.order()
    buyer.open("/notice", order_number="NOBODY1", paid="1")
    newest = [each.order_number for each in exchanges_of(buyer)]
    assert len(newest) == 3
    assert newest[-1] == buyer.order_numbers()[0]
    assert "NOBODY1" not in newest


def test_production_keeps_and_shows_nothing(open_shop: Callable[..., Flask], to_epsilon: requests.Session) -> None:
    """No page, no row, no link."""
    settings = {
        "EPSILON_ENV": "production",
        "EPSILON_CONTRACT_CODE": "87654321",
        "SHOP_URL": "https://shop.example.com",
        "SECRET_KEY": "s" * 40,
    }
    shop = open_shop(**settings)
    assert [rule.rule for rule in shop.url_map.iter_rules() if "wire" in rule.rule] == []
    answer = b'<Epsilon_result><result result="0" /><result err_code="601" /></Epsilon_result>'
    to_epsilon.mount("https://secure.epsilon.jp", ScriptedEpsilon(answer))
    form = {"item_code": "apple", "quantity": "1", "user_name": "x", "user_mail_add": "x@example.com", "st": "card"}
    visitor, base = shop.test_client(), {"base_url": "https://shop.example.com"}
    hidden = hidden_fields(visitor.get("/", **base))
    headers = {"Referer": "https://shop.example.com/"}
    page = visitor.post("/orders", data=hidden | form, headers=headers, **base)
    assert "601:" in page.text
    assert "wire" not in page.text
    with shop.app_context(), reading() as here:
        assert here.scalar(select(func.count(OrderRecord.id))) == 1
        assert here.scalar(select(func.count(ExchangeRecord.id))) == 0


def test_exchanges_are_recorded_as_fixtures(shop: Flask, buyer: Buyer, tmp_path: Path) -> None:
    """With their date and charset, readable by the client, and with nothing of the buyer or the contract."""
    run = shop.test_cli_runner().invoke
    empty = run(args=["epsilon", "record", "--folder", str(tmp_path / "none")])
    assert (empty.exit_code, (tmp_path / "none").exists()) == (1, False)
    buyer.order(st="conveni", conveni_code="11", user_tel="09011112222", **PERSON)
    [record] = buyer.orders()
    folder = tmp_path / "fixtures"
    result = run(args=["epsilon", "record", "--order-number", record.order_number, "--folder", str(folder)])
    assert result.exception is None, result.exception
    files = sorted(folder.iterdir())
    assert (result.exit_code, result.output.split()) == (0, [str(file) for file in reversed(files)])
    assert [re.sub(r"\d+", "1", file.name) for file in files] == [
        "1-1-1-getsales1.cgi-1.json",
        "1-1-1-receive_order1.cgi-1.json",
    ]
    order = json.loads(files[1].read_text(encoding="utf-8"))
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", order["date"])
    assert (order["environment"], order["charset"], order["sent"]["contract_code"]) == ("simulator", "CP932", "•••")
    answer = decode_answer(order["body"].encode("latin-1"))
    assert (answer["item_name"], answer["user_name"], answer["receipt_no"]) == ("ふじりんご 3個", "***", "***")
    everything = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [
        word for word in [*PERSON.values(), "09011112222", record.receipt_no, "12345678"] if word in everything
    ] == []
