"""The order book locked, read-only, full or crowded: a sentence, nothing half done, and all well again later."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import create_engine, event, select, text

from database import BUSY_SECONDS, reading
from orders import OrderRecord, OrderState
from tests.conftest import POSTGRESQL
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token, order_number_of

Trouble = Callable[[], AbstractContextManager[None]]

# What each connection is told on its way to the shop: while the trouble lasts, and when it is over.
FAULTS = {
    ("sqlite", "locked"): ("PRAGMA busy_timeout=50", "PRAGMA busy_timeout=10000"),
    ("sqlite", "read-only"): ("PRAGMA query_only=1", "PRAGMA query_only=0"),
    ("sqlite", "full"): ("PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"),  # no less than there are
    ("sqlite", "crowded"): ("", "SELECT 1"),
    ("postgresql", "locked"): ("SET LOCAL lock_timeout='50ms'", "SELECT 1"),
    ("postgresql", "read-only"): ("SET TRANSACTION READ ONLY", "SELECT 1"),
    ("postgresql", "crowded"): ("", "SELECT 1"),
}
LOCK = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE orders, order_events"}  # SQLite's transaction is the lock
HERE = [fault for fault in FAULTS if fault[0] == "sqlite" or POSTGRESQL]
for_each_fault = pytest.mark.parametrize(("database_url", "fault"), HERE, indirect=["database_url"])
# A full book still takes what fits between two lines of it.
for_each_certain_fault = pytest.mark.parametrize(
    ("database_url", "fault"), [fault for fault in HERE if fault[1] != "full"], indirect=["database_url"]
)


@pytest.fixture
def trouble(shop: Flask, fault: str) -> Trouble:
    """What makes the order book unusable to the shop for a while."""
    engine = shop.extensions["engine"]
    bad, good = FAULTS[engine.dialect.name, fault]

    @contextmanager
    def last() -> Iterator[None]:
        told = bad

        def tell(connection: Any, *_: object) -> None:
            connection.execute(told).close()

        if fault == "crowded":
            small = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
            with small.connect():
                shop.extensions["engine"] = small
                yield
            shop.extensions["engine"] = engine
            small.dispose()
            return
        with engine.execution_options(immediate=True).connect() as lock:
            if fault == "locked":
                lock.execute(text(LOCK[engine.dialect.name]))
            event.listen(engine, "checkout", tell)
            yield
        told = good

    return last


def numbers_in_the_book(shop: Flask) -> set[str]:
    """Return the number of every order in the book."""
    with shop.app_context(), reading() as here:
        return set(here.scalars(select(OrderRecord.order_number)))


def numbers_at_epsilon(epsilon: Flask) -> set[str]:
    """Return the number of every order that Epsilon has."""
    here = epsilon.extensions["environment"]
    return {transaction.order_number for transaction in here.ledger.recent(here.contract_code, 500)}


@for_each_fault
def test_an_order_that_cannot_be_written_down_is_not_lost(
    shop: Flask, epsilon: Flask, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """503 in the buyer's language; Epsilon has no order that the book has not; and the same form works later."""
    entries = {"st": "conveni", "conveni_code": "11", "memo1": "髙" * 64, "memo2": "髙" * 64}
    with trouble():
        for _ in range(50):
            buyer = Buyer(shop, epsilon)
            buyer.open("/?lang=en")
            form = buyer.form()
            answer = buyer.order(form=form, **entries)
            if answer.status_code != 303:
                break
        sentence = "A form that is sent once more is not ordered twice."
        assert (answer.status_code, sentence in answer.text) == (503, True)
        assert [buyer.open(address).status_code for address in ("/", "/healthz")] == [200, 200]
    assert numbers_in_the_book(shop) == numbers_at_epsilon(epsilon)
    assert "ERROR    app:pages.py" in caplog.text
    for personal in ("髙橋", "hanako"):
        assert personal not in caplog.text
    later = buyer.order(form=form, **entries)
    assert (later.status_code, later.location) == (303, f"/orders/{buyer.orders()[0].token}")
    assert len(buyer.orders()) == 1
    assert numbers_in_the_book(shop) == numbers_at_epsilon(epsilon)


@for_each_certain_fault
def test_what_epsilon_answered_and_the_book_could_not_take_is_asked_again(
    shop: Flask, epsilon: Flask, buyer: Buyer, trouble: Trouble, to_epsilon: requests.Session
) -> None:
    """The book fails between sending and writing down: 503, one order, and reconcile brings its receipt number."""
    joined, form = to_epsilon.get_adapter(EPSILON), buyer.form()
    with ExitStack() as lasting:

        class Meanwhile(ScriptedEpsilon):
            def send(self, request, *args, **kwargs):  # type: ignore[no-untyped-def]
                lasting.enter_context(trouble())
                return joined.send(request, *args, **kwargs)

        to_epsilon.mount(EPSILON, Meanwhile(b""))
        assert buyer.order(form=form, st="conveni", conveni_code="11").status_code == 503
        to_epsilon.mount(EPSILON, joined)
    [record] = buyer.orders()
    assert (record.state, record.receipt_no, numbers_at_epsilon(epsilon)) == (
        OrderState.WRITTEN, "", {record.order_number},
    )  # fmt: skip
    found = shop.test_cli_runner().invoke(args=["orders", "reconcile", "--older-than", "0s"])
    assert (found.exit_code, found.output) == (0, f"{record.order_number:<20} written -> awaiting\n")
    again = buyer.order(form=form, st="conveni", conveni_code="11")
    assert buyer.orders()[0].receipt_no in buyer.open(again.location).text
    assert len(numbers_at_epsilon(epsilon)) == 1


@for_each_certain_fault
def test_what_cannot_be_written_down_is_not_said_to_be_done(shop: Flask, buyer: Buyer, trouble: Trouble) -> None:
    """The notice comes again, each page is a sentence, reconcile ends with status 2; the order is as it was."""
    place = buyer.order(st="conveni", conveni_code="11").location
    page = buyer.open(place)
    number = order_number_of(page)

    def notify() -> str:
        notice = shop.test_client().post("/notice", base_url=SHOP, data={"order_number": number})
        return f"{notice.status_code} {notice.text}"

    def reconcile() -> tuple[int, str]:
        result = shop.test_cli_runner().invoke(args=["orders", "reconcile", "--older-than", "0s"])
        return result.exit_code, result.output

    with trouble():
        assert notify() == "200 0 999 not written down, please send this again"
        for address, form in (
            (f"/return?order_number={number}", {}),
            (f"/back?order_number={number}", {}),
            (place, {"csrf_token": csrf_token(page)}),
        ):
            answer = buyer.open(address, **form)
            assert (answer.status_code, "同じフォームをもう一度送信されても" in answer.text) == (503, True), address
        status, said = reconcile()
        assert (status, said.startswith("The order book cannot be used: "), "Traceback" in said) == (2, True, False)
    assert buyer.orders()[0].state is OrderState.AWAITING
    assert notify() == "200 1"
    assert reconcile() == (0, f"{number:<20} awaiting -> awaiting\n")


def test_nobody_waits_for_a_lock_without_end(shop: Flask) -> None:
    """Each connection gives up after the same time, on both databases."""
    ask = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SHOW lock_timeout"}
    with shop.app_context(), reading() as here:
        patience = here.scalar(text(ask[shop.extensions["engine"].dialect.name]))
    assert patience in (BUSY_SECONDS * 1000, f"{BUSY_SECONDS}s")
