"""The one way an order changes state: once, on Epsilon's word, however many ask at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

import epsilon as gateway
import orders
from database import session
from orders import MOVES, OrderRecord, OrderState
from tests.people import Buyer, order_number_of

Book = Callable[[str], OrderRecord]


@pytest.fixture
def number(buyer: Buyer) -> str:
    """The number of an order that awaits its payment at a konbini."""
    return order_number_of(buyer.open(buyer.order(st="conveni", conveni_code="11").location))


def sale_of(record: OrderRecord, state: gateway.State) -> gateway.Sale:
    """Return what Epsilon would say of this order in that state."""
    return gateway.Sale(
        trans_code="500001",
        order_number=record.order_number,
        contract_code="12345678",
        state=state,
        item_price=record.item_price,
        receipt_no="123",
    )


def test_twenty_at_once_make_one_move(shop: Flask, number: str, caplog: pytest.LogCaptureFixture) -> None:
    """Returns and notices that race end in the same state, and none fails."""

    def hear(_: int) -> OrderState:
        with shop.app_context():
            record = orders.find(order_number=number)
            assert record
            orders.believe(record, sale_of(record, gateway.State.PAID), contract_code="12345678")
            return record.state

    with ThreadPoolExecutor(20) as crowd:
        assert set(crowd.map(hear, range(20))) == {OrderState.PAID}
    assert "cannot move" not in caplog.text


def test_old_news_does_not_undo_a_payment(shop: Flask, number: str, book: Book) -> None:
    """An inquiry that was answered before the payment and is heard after it changes nothing."""
    with shop.app_context():
        record, stale = orders.find(order_number=number), orders.find(order_number=number)
        assert record
        assert stale
        orders.believe(record, sale_of(record, gateway.State.PAID), contract_code="12345678")
        orders.believe(record, sale_of(record, gateway.State.UNPAID), contract_code="12345678")
    assert book(number).state is OrderState.PAID


def test_news_is_not_lost_to_a_race(shop: Flask, number: str, book: Book) -> None:
    """Whoever loses the race for the row reads it anew and says what it had to say."""
    with shop.app_context():
        slow = orders.find(order_number=number)
        assert slow
        assert slow.state is OrderState.AWAITING
        with shop.app_context():
            quick = orders.find(order_number=number)
            assert quick
            orders.believe(quick, sale_of(quick, gateway.State.CANCELLED), contract_code="12345678")
        orders.believe(slow, sale_of(slow, gateway.State.PAID), contract_code="12345678")
    assert book(number).state is OrderState.PAID


def test_paid_is_left_only_by_a_cancellation(shop: Flask, number: str, book: Book) -> None:
    """No other answer, not even one about another price, takes the payment back."""
    with shop.app_context():
        record = orders.find(order_number=number)
        assert record
        orders.believe(record, sale_of(record, gateway.State.PAID), contract_code="12345678")
        for state in (gateway.State.UNPAID, gateway.State.AUTHORISED, gateway.State.UNRECOGNISED):
            orders.believe(record, sale_of(record, state), contract_code="12345678")
        orders.believe(record, replace(sale_of(record, gateway.State.PAID), item_price=1), contract_code="12345678")
        assert book(number).state is OrderState.PAID
        orders.believe(record, sale_of(record, gateway.State.CANCELLED), contract_code="12345678")
    assert book(number).state is OrderState.CANCELLED


def test_every_state_has_its_moves_and_its_words(shop: Flask, number: str, buyer: Buyer) -> None:
    """No state is forgotten in the table or on the page."""
    assert set(MOVES) == set(OrderState)
    with shop.app_context():
        record = orders.find(order_number=number)
        assert record
        for state in OrderState:
            record.state = state
            session().commit()
            assert buyer.open(f"/orders/{record.token}").status_code == 200


def test_the_slips_address_is_a_link_only_if_it_is_one(shop: Flask, number: str, buyer: Buyer) -> None:
    """An address that would run a script is not linked, whoever sent it."""
    with shop.app_context():
        record = orders.find(order_number=number)
        assert record
        record.haraikomi_url = "javascript:alert(1)"
        session().commit()
        assert "javascript:" not in buyer.open(f"/orders/{record.token}").text
