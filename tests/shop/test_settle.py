"""The life of an order: it moves once, on Epsilon's word, however many ask at a time; and each move is an event."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import epsilon as gateway
import orders
import settlement
from database import writing
from orders import MOVES, Move, OrderRecord, OrderState, Word
from tests.hearing import hear_of_a_payment
from tests.people import Buyer, order_number_of

Book = Callable[[str], OrderRecord]
PAID, UNPAID = gateway.State.PAID, gateway.State.UNPAID


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


def hear(shop: Flask, number: str, state: gateway.State, word: Word = Word.NOTICE, **changed: object) -> OrderState:
    """Let the shop hear Epsilon's answer about an order; return where the order stands then."""
    with shop.app_context():
        record = orders.find_known(order_number=number)
        sale = replace(sale_of(record, state), **changed)  # type: ignore[arg-type]
        return settlement.believe(record, sale, word, contract_code="12345678").state


def moves_of(shop: Flask, number: str) -> list[tuple[str, str, str]]:
    """Return the events of an order: from, to, on whose word."""
    with shop.app_context():
        events = orders.events_of(orders.find_known(order_number=number))
        return [(event.from_state.value, event.to_state.value, event.word.value) for event in events]


def test_the_events_tell_the_story(shop: Flask, number: str, buyer: Buyer, book: Book) -> None:
    """From, to, on whose word, in which exchange; a repeated answer is no event."""
    hear(shop, number, PAID, Word.NOTICE)
    hear(shop, number, PAID, Word.RETURN)
    assert moves_of(shop, number) == [("written", "awaiting", "order"), ("awaiting", "paid", "notice")]
    with shop.app_context():
        first, _ = orders.events_of(orders.find_known(order_number=number))
        assert len(first.exchange) == 16
        assert datetime.now(UTC) - first.at < timedelta(minutes=1)


def test_twenty_threads_make_one_move_and_one_event(shop: Flask, number: str, caplog: pytest.LogCaptureFixture) -> None:
    """Returns and notices that race end in the same state, and none fails."""
    with ThreadPoolExecutor(20) as crowd:
        assert set(crowd.map(lambda _: hear(shop, number, PAID), range(20))) == {OrderState.PAID}
    assert moves_of(shop, number)[1:] == [("awaiting", "paid", "notice")]
    assert "cannot move" not in caplog.text


def test_four_processes_make_one_move_and_one_event(shop: Flask, number: str) -> None:
    """The database decides, not a process."""
    settings = {"DATABASE_URL": shop.config["DATABASE_URL"]}
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as crowd:
        heard = [crowd.submit(hear_of_a_payment, settings, number) for _ in range(4)]
        assert {each.result() for each in heard} == {"paid"}
    assert moves_of(shop, number)[1:] == [("awaiting", "paid", "notice")]


def test_old_news_does_not_undo_a_payment(shop: Flask, number: str, caplog: pytest.LogCaptureFixture) -> None:
    """An inquiry that was answered before the payment and is heard after it changes nothing."""
    assert [hear(shop, number, state) for state in (PAID, UNPAID)] == [OrderState.PAID, OrderState.PAID]
    assert "cannot move" not in caplog.text


def test_paid_is_left_only_by_a_cancellation(shop: Flask, number: str) -> None:
    """No other answer, not even one about another price, takes the payment back."""
    hear(shop, number, PAID)
    for state in (UNPAID, gateway.State.AUTHORISED, gateway.State.UNRECOGNISED, gateway.State.REVIEW_REFUSED):
        assert hear(shop, number, state) is OrderState.PAID
    assert hear(shop, number, PAID, item_price=1) is OrderState.PAID
    assert hear(shop, number, gateway.State.CANCELLED) is OrderState.CANCELLED


@pytest.mark.parametrize("price", [None, 0, 981])
def test_a_payment_without_our_price_is_none(shop: Flask, number: str, price: int | None) -> None:
    """Another price, or none that can be read, is a question."""
    assert hear(shop, number, PAID, item_price=price) is OrderState.IN_QUESTION


def test_a_question_is_ended_by_a_cancellation_alone(
    shop: Flask, number: str, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    """Of this order, at whatever price: no money is left then. Meanwhile the book says how Epsilon took it."""
    hear(shop, number, PAID, item_price=1, payment_code="1", trans_code="500009")
    assert (book(number).payment_code, book(number).trans_code) == ("1", "500009")
    for state in (PAID, UNPAID, gateway.State.AUTHORISED, gateway.State.UNDER_REVIEW, gateway.State.REVIEW_REFUSED):
        assert hear(shop, number, state) is OrderState.IN_QUESTION
    assert hear(shop, number, gateway.State.CANCELLED, order_number="ANOTHER") is OrderState.IN_QUESTION
    assert hear(shop, number, gateway.State.CANCELLED, contract_code="87654321") is OrderState.IN_QUESTION
    assert hear(shop, number, gateway.State.CANCELLED, item_price=1) is OrderState.CANCELLED
    assert book(number).item_price == 980
    assert "cannot move" not in caplog.text


def test_what_another_order_is_paid_by_is_not_noted(shop: Flask, number: str, book: Book) -> None:
    """An answer about something else puts the order in question, and tells nothing of it."""
    hear(shop, number, PAID, payment_code="25", order_number="ANOTHER")
    hear(shop, number, PAID, payment_code="25", contract_code="87654321")
    assert (book(number).state, book(number).payment_code) == (OrderState.IN_QUESTION, "3")


def test_while_its_price_is_changed_an_order_has_either(shop: Flask, buyer: Buyer, book: Book) -> None:
    """Epsilon tells the old one, then the new one, which is an event; then the old one is wrong."""
    buyer.order()
    [number] = buyer.order_numbers()
    authorised = gateway.State.AUTHORISED
    assert hear(shop, number, authorised) is OrderState.AUTHORISED
    with shop.app_context():
        orders.conclude(book(number), None, Word.PERSON, new_item_price=500)
    assert hear(shop, number, authorised, item_price=980) is OrderState.AUTHORISED
    assert (book(number).item_price, book(number).new_item_price) == (980, 500)
    assert hear(shop, number, authorised, item_price=500) is OrderState.AUTHORISED
    assert (book(number).item_price, book(number).new_item_price) == (500, None)
    with shop.app_context():
        assert [event.note for event in orders.events_of(book(number))] == ["", "", "item_price 980 -> 500"]
    assert hear(shop, number, authorised, item_price=980) is OrderState.IN_QUESTION


def test_a_slip_paid_after_the_order_was_cancelled_is_paid(shop: Flask, number: str) -> None:
    """A slip cannot be taken back, so the money can come after all."""
    hear(shop, number, gateway.State.CANCELLED)
    assert hear(shop, number, PAID) is OrderState.PAID


def test_a_slip_expires_after_its_limit_and_a_grace_in_japan_time(shop: Flask, number: str) -> None:
    """On the last day and through the grace it awaits; then it is expired; paid late, it is paid."""
    today = datetime.now(gateway.JAPAN).date()
    alive = today - settlement.SLIP_DEAD_AFTER
    assert hear(shop, number, UNPAID, conveni_limit=today) is OrderState.AWAITING
    assert hear(shop, number, UNPAID, conveni_limit=alive) is OrderState.AWAITING
    assert hear(shop, number, UNPAID, conveni_limit=alive - timedelta(days=1)) is OrderState.EXPIRED
    assert hear(shop, number, PAID, conveni_limit=alive - timedelta(days=1)) is OrderState.PAID


def test_an_order_that_epsilon_never_got_expires_after_a_grace(shop: Flask, number: str) -> None:
    """An empty inquiry soon after the order proves nothing; ten minutes later it does."""
    with shop.app_context():
        told = gateway.Order(
            order_number="LOST1", item_code="apple", item_name="りんご", item_price=980, user_id="guest",
            user_name="花子", user_mail_add="hanako@example.com", st_code=gateway.ST_CODES["card"],
        )  # fmt: skip
        record, is_new = orders.write_down(
            told, st="card", quantity=1, browser="b", purchase="p" * 16, form_key="f" * 16
        )
        assert is_new
        early = settlement.believe(record, None, Word.RECONCILE, contract_code="12345678")
        assert early.state is OrderState.WRITTEN
        with writing() as here:
            row, _ = orders.lock(here, record)
            row.created_at -= settlement.UNREGISTERED_AFTER
        late = settlement.believe(record, None, Word.RECONCILE, contract_code="12345678")
        assert late.state is OrderState.EXPIRED


def test_a_purchase_that_is_paid_twice_is_in_question(shop: Flask, buyer: Buyer, book: Book) -> None:
    """Both attempts of one purchase were paid, in two tabs: the second says so and is never shown as paid."""
    forms = [buyer.form(), buyer.form()]
    pages = [buyer.order(form=form).location for form in forms]
    for page in pages:
        buyer.pay_by_card(page)
    first, second = (book(number) for number in buyer.order_numbers())
    assert {first.state, second.state} == {OrderState.PAID, OrderState.IN_QUESTION}
    assert first.purchase == second.purchase
    [doubtful] = [record for record in (first, second) if record.state is OrderState.IN_QUESTION]
    page = buyer.open(f"/orders/{doubtful.token}").text
    assert "ご注文の内容を調べています" in page
    with shop.app_context():
        assert "the same purchase is paid already" in orders.events_of(doubtful)[-1].note


def test_the_database_holds_the_same_table(shop: Flask, number: str) -> None:
    """What Python allows and what the database allows is one table, and no state is forgotten."""
    assert set(MOVES) == set(OrderState)
    with shop.app_context(), writing() as here:
        assert {(move.from_state, move.to_state) for move in here.query(Move)} == {
            (before, after) for before, all_ in MOVES.items() for after in all_
        }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET state = 'sent'",
        "UPDATE orders SET state = 'nonsense'",
        "UPDATE order_events SET to_state = 'paid'",
        "DELETE FROM order_events",
        "INSERT INTO order_events (order_id, at, from_state, to_state, word, exchange, note) "
        "VALUES (1, '2026-01-01', 'paid', 'sent', 'person', '', '')",
    ],
)
def test_the_database_refuses_what_is_no_move(shop: Flask, number: str, statement: str) -> None:
    """Not even by hand does an order make a move that is not in the table, or lose its past."""
    with shop.app_context(), pytest.raises(DBAPIError), writing() as here:
        here.execute(text(statement))


# How a test puts an order into a state to which no short way leads.
WITHOUT_RULES = {
    "sqlite": "DROP TRIGGER IF EXISTS orders_move",
    "postgresql": "SET LOCAL session_replication_role = replica",
}


@pytest.mark.parametrize("state", OrderState)
def test_every_state_has_its_words(shop: Flask, number: str, buyer: Buyer, state: OrderState) -> None:
    """No state is forgotten on the page, and only paid says that it is paid."""
    with shop.app_context():
        record = orders.find_known(order_number=number)
        with writing() as here:
            on_postgresql = shop.extensions["engine"].dialect.name == "postgresql"
            here.execute(text(WITHOUT_RULES["postgresql" if on_postgresql else "sqlite"]))
            orders.lock(here, record)[0].state = state
        page = buyer.open(f"/orders/{record.token}")
    assert page.status_code == 200
    assert ("お支払いを確認しました" in page.text) == (state is OrderState.PAID)


def test_the_slips_address_is_a_link_only_if_it_is_one(shop: Flask, number: str, buyer: Buyer) -> None:
    """An address that would run a script is not linked, whoever sent it."""
    hear(shop, number, UNPAID, haraikomi_url="javascript:alert(1)")
    with shop.app_context():
        assert "javascript:" not in buyer.open(f"/orders/{orders.find_known(order_number=number).token}").text
