"""What the log may not hold: nobody's name, address or number, no secret, no key to a confirmation."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask

from orders import OrderRecord
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token, order_number_of

PERSON: dict[str, Any] = {
    "user_name": "髙橋 秘密",
    "user_mail_add": "himitsu@example.com",
    "user_tel": "09011112222",
    "user_name_kana": "タカハシ ヒミツ",
    "memo1": "内緒の覚え書き",
}


def test_a_whole_day_leaves_nobody_in_the_log(
    shop: Flask,
    buyer: Buyer,
    book: Callable[[str], OrderRecord],
    to_epsilon: requests.Session,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Orders, payments, notices, refusals, failures and forgeries, at the most talkative level of the log."""
    caplog.set_level(logging.DEBUG)
    paid = buyer.pay_by_card(buyer.order(**PERSON).location)
    buyer.open(buyer.open(paid.location).location)
    place = buyer.order(st="conveni", conveni_code="31", **PERSON).location
    record = book(order_number_of(buyer.open(place)))
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    buyer.open(place, csrf_token=csrf_token(buyer.open("/")))
    buyer.open(place, csrf_token="forged")
    buyer.order(quantity="0", **PERSON)
    buyer.open("/notice", order_number=record.order_number, paid="1", user_id="x", memo1=PERSON["memo1"])
    shop.test_client().get(f"/return?order_number={record.order_number}&x=himitsu", base_url=SHOP)
    refusal = b'<Epsilon_result><result result="0" /><result err_code="601" /></Epsilon_result>'
    for act in (refusal, b"<html>himitsu@example.com</html>", requests.ReadTimeout("himitsu@example.com")):
        to_epsilon.mount(EPSILON, ScriptedEpsilon(act))
        buyer.order(**PERSON)
    assert "getsales2.cgi answered 200" in caplog.text
    secrets = [shop.config["SECRET_KEY"], record.token, record.receipt_no, *(each.token for each in buyer.orders())]
    assert [word for word in [*PERSON.values(), "髙橋", "himitsu", *secrets] if word in caplog.text] == []
