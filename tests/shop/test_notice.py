"""Epsilon's notices: understood leniently, answered in its words, and never believed."""

from collections.abc import Callable

import pytest
import requests
from flask import Flask

from orders import OrderRecord, OrderState
from tests.people import EPSILON, Buyer, ScriptedEpsilon, order_number_of


@pytest.fixture
def number(buyer: Buyer) -> str:
    """The number of an order that awaits its payment at a konbini."""
    return order_number_of(buyer.open(buyer.order(st="conveni", conveni_code="21").location))


def notify(shop: Flask, body: bytes) -> tuple[int, str | None, str]:
    """Send a notice as Epsilon's server does: no cookie, no token. Return status, type and body of the reply."""
    reply = shop.test_client(use_cookies=False).post(
        "/notice", base_url="http://localhost:8000", data=body, content_type="application/x-www-form-urlencoded"
    )
    return reply.status_code, reply.mimetype, reply.text


def test_a_notice_makes_us_ask_and_is_not_believed(
    shop: Flask, number: str, book: Callable[[str], OrderRecord]
) -> None:
    """A payment that Epsilon does not confirm when asked is refused, so that a true notice would come again."""
    forged = f"trans_code=1&order_number={number}&paid=1&item_price=980"
    assert notify(shop, forged.encode()) == (200, "text/plain", "0 999 not confirmed, please send this again")
    assert book(number).state is OrderState.AWAITING
    other = f"trans_code=1&order_number={number}&state=0&payment_code=3"
    assert notify(shop, other.encode()) == (200, "text/plain", "1")


def test_a_notice_may_come_again(shop: Flask, buyer: Buyer, number: str, book: Callable[[str], OrderRecord]) -> None:
    """Repeats are accepted each time and change nothing more."""
    buyer.open(f"{EPSILON}/counter", trans_code=book(number).trans_code)
    for _ in range(3):
        assert notify(shop, f"order_number={number}&paid=1".encode()) == (200, "text/plain", "1")
    assert book(number).state is OrderState.PAID


def test_text_in_cp932_does_no_harm(shop: Flask, number: str) -> None:
    """Notices carry CP932 also for orders that were sent as UTF-8."""
    body = b"memo1=%83%84%83%7D&order_number=" + number.encode() + b"&memo2=\x83\x84"
    assert notify(shop, body) == (200, "text/plain", "1")


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        (b"", "0 999 unknown order_number"),
        (b"order_number=NOBODYS", "0 999 unknown order_number"),
        (b"order_number=%0d%0a1", "0 999 unknown order_number"),
        (b"trans_code=500001", "0 999 unknown order_number"),
        (b"\xff\x00&&==%zz%", "0 999 unknown order_number"),
        (b"order_number=A&contract_code=99999999", "0 999 unknown contract_code"),
    ],
)
def test_a_notice_that_is_not_ours_is_refused_in_epsilons_words(
    shop: Flask, epsilon: Flask, body: bytes, reply: str
) -> None:
    """Strangers and garbage get 0 999 and a reason."""
    assert notify(shop, body) == (200, "text/plain", reply)


def test_while_epsilon_cannot_be_asked_the_notice_is_refused_so_that_it_repeats(
    shop: Flask, number: str, to_epsilon: requests.Session
) -> None:
    """What could not be confirmed is not accepted."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(requests.ReadTimeout("down")))
    body = f"order_number={number}".encode()
    assert notify(shop, body) == (200, "text/plain", "0 999 not confirmed, please send this again")


def test_a_notice_is_not_a_page(buyer: Buyer) -> None:
    """Opened in a browser it is 405, in the shop's design."""
    answer = buyer.open("/notice")
    assert (answer.status_code, "このページは、その方法では開けません" in answer.text) == (405, True)
