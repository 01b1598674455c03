"""What the log may not hold: nobody's name, address or number, no secret, no key to a confirmation."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask, Response
from sqlalchemy import create_engine

from epsilon import Client, Done, Exchange, Receipt
from orders import OrderRecord, events_of
from tests.people import EPSILON, Buyer, ScriptedEpsilon, csrf_token, order_number_of

PERSON: dict[str, Any] = {
    "user_name": "髙橋 秘密",
    "user_mail_add": "himitsu@example.com",
    "user_tel": "09011112222",
    "user_name_kana": "タカハシ ヒミツ",
    "memo1": "内緒の覚え書き",
    "memo2": "二階の窓から",
}
WORDS = [*PERSON.values(), "髙橋", "タカハシ", "himitsu", "0901111"]
SALE = {"trans_code": "7", "state": "1", "item_price": "980", "receipt_no": "4444555566", "user_name": "%81%40himitsu"}


def answer(**fields: str) -> bytes:
    """Return an answer of Epsilon with these fields."""
    results = "".join(f'<result {name}="{value}" />' for name, value in fields.items())
    return f"<Epsilon_result>{results}</Epsilon_result>".encode()


def test_a_whole_day_leaves_nobody_in_the_log(
    shop: Flask,
    epsilon: Flask,
    buyer: Buyer,
    stranger: Buyer,
    book: Callable[[str], OrderRecord],
    to_epsilon: requests.Session,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Orders of every kind, refusals, faults, notices, forgeries and commands, at the most talkative level of the log.

    Nor does an address that the shop leads to hold anything of a person.
    """
    caplog.set_level(logging.DEBUG)
    places: list[str] = []

    @shop.after_request
    def note(response: Response) -> Response:
        places.append(response.location or "")
        return response

    # Bought and paid, by card, at a konbini and on Epsilon's page; gone back from; ordered twice.
    paid = buyer.pay_by_card(buyer.order(**PERSON).location)
    buyer.open(buyer.open(paid.location).location)
    place = buyer.order(st="conveni", conveni_code="31", **PERSON).location
    record = book(order_number_of(buyer.open(place)))
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    form = buyer.form()
    sent = buyer.order(form=form, st="normal", **PERSON)
    buyer.order(form=form, st="normal", **PERSON)
    buyer.open(f"/back?order_number={buyer.order_numbers()[0]}")
    buyer.open(f"/?again={buyer.orders()[0].token}")
    # Mistyped, too old, too much, not there, not that way, under a foreign name.
    buyer.order(quantity="0", **PERSON)
    buyer.order(csrf_token="forged", **PERSON)
    buyer.order(**PERSON | {"memo1": PERSON["memo1"] * 5000})
    buyer.open(place, csrf_token=csrf_token(buyer.open("/")))
    buyer.open(place, csrf_token="forged")
    for address in ("/himitsu@example.com", "/orders/himitsu", "/error?user_name=himitsu", "/notice?himitsu"):
        buyer.open(address)
    buyer.shop.get(place, base_url="http://himitsu.example")
    # What strangers say, and what Epsilon says.
    for browser in (stranger, buyer):
        browser.open(f"/return?order_number={record.order_number}&x=himitsu")
        browser.open("/return?trans_code=500001&user_name=himitsu")
    notice = {"order_number": record.order_number, "paid": "1", "user_id": "x", **PERSON}
    for told in (notice, notice | {"contract_code": "99999999"}, notice | {"order_number": "himitsu"}):
        buyer.open("/notice", **told)
    number = order_number_of(buyer.open(buyer.order(st="conveni", conveni_code="11", **PERSON).location))
    slip = book(number)
    told = SALE | {"order_number": number, "contract_code": "12345678"}
    for act in (
        answer(result="0", err_code="601", err_detail="himitsu"),
        answer(**told | {"contract_code": "55554444"}),
        answer(**told | {"item_price": "1"}),
        answer(result="1", redirect="https%3A%2F%2Fevil.example%2Fhimitsu"),
        answer(himitsu="1"),
        b"<html>himitsu@example.com</html>",
        b'<Epsilon_result><result x="himitsu@example.com"',
        requests.ReadTimeout("himitsu@example.com"),
        requests.ConnectionError("himitsu@example.com"),
    ):
        to_epsilon.mount(EPSILON, ScriptedEpsilon(act))
        Buyer(shop, epsilon).order(**PERSON)
        buyer.open("/notice", order_number=number)
        buyer.open(f"/return?order_number={number}&user_name=himitsu")
        buyer.open(f"/orders/{slip.token}", csrf_token=csrf_token(buyer.open("/")))
    # The order book away, and what a timer and a merchant read.
    to_epsilon.mount(EPSILON, ScriptedEpsilon(b"<html>himitsu@example.com</html>"))
    commands = [["list"], ["show", number], ["events", number], ["reconcile", "--older-than", "0s"]]
    read = "".join(shop.test_cli_runner().invoke(args=["orders", *command]).output for command in commands)
    here, shop.extensions["engine"] = shop.extensions["engine"], create_engine("sqlite:////proc/nowhere/himitsu")
    assert buyer.open(place).status_code == 503
    shop.extensions["engine"] = here

    cookie = buyer.shop.get_cookie("shop_session")
    assert cookie
    secrets = [
        *(key for each in [*buyer.orders(), slip] for key in (each.token, each.browser, each.purchase, each.form_key)),
        *(each.receipt_no for each in (record, slip)),
        *(SALE["receipt_no"], shop.config["SECRET_KEY"], "12345678", "55554444", "99999999"),
        *(cookie.value, *cookie.value.split("."), csrf_token(buyer.open("/")), sent.location),
    ]
    said = caplog.text + read
    signs = ("getsales2.cgi answered 200", "in question", "CSRF", "database: ", "not settled", "to paid by notice")
    for told_of in (*signs, "BadAnswer"):
        assert told_of in said
    assert [word for word in [*WORDS, *filter(None, secrets)] if word in said] == []
    assert any(places)
    assert [word for word in [*WORDS, shop.config["SECRET_KEY"], "12345678"] if word in "\n".join(places)] == []


def test_nothing_that_is_kept_shows_anybody_in_its_repr(
    shop: Flask, buyer: Buyer, to_epsilon: requests.Session
) -> None:
    """Whoever logs an order, an answer, an exchange or the client by mistake logs no name, address or secret."""
    place = buyer.order(st="conveni", conveni_code="21", **PERSON).location
    [record] = buyer.orders()
    heard: list[Exchange] = []
    client = Client("12345678", base_url=EPSILON, session=to_epsilon, on_exchange=heard.append)
    sale = client.get_sales(order_number=record.order_number)
    assert sale
    with shop.app_context():
        kept = [record, events_of(record), client, sale, Receipt(sale), Done({"user_name": "himitsu"}), heard, shop]
    shown = " ".join(repr(each) for each in kept)
    assert record.order_number in shown
    hidden = [*WORDS, record.receipt_no, record.token, place, shop.config["SECRET_KEY"]]
    assert [word for word in hidden if word in shown] == []
