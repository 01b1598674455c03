"""Asks Epsilon about every order that is not final: finds them, claims them, settles them. Prints nothing."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import Select, func, or_, select, union, update

import epsilon
import orders
import settlement
from database import reading, writing
from orders import LEASE, OPEN_STATES, OrderRecord, OrderState, Word

BATCH = 100
# Before each of the three tries, of which the later ones are for an Epsilon that cannot be reached.
BACKOFF_SECONDS = (0.0, 1.0, 3.0)
# So long before an authorisation lapses, its order is named.
LAPSES_SOON = timedelta(days=10)


@dataclass(frozen=True)
class Outcome:
    """What became of one order: where it was, where it is, and why Epsilon could not be asked, if so."""

    order_number: str
    before: OrderState
    after: OrderState
    failure: str = ""


def due(older_than: timedelta) -> list[OrderRecord]:
    """Return the orders that are not final, or were left amid a change, and not asked about for ``older_than``.

    Oldest first.
    """
    with reading() as here:
        return list(here.scalars(_due(datetime.now(UTC) - older_than)))


def _due(untouched_since: datetime) -> Select[OrderRecord]:
    unclaimed = or_(OrderRecord.leased_until.is_(None), OrderRecord.leased_until <= datetime.now(UTC))
    last_touched = func.coalesce(OrderRecord.asked_at, OrderRecord.created_at)
    is_open = select(OrderRecord.id).where(OrderRecord.state.in_(OPEN_STATES))
    was_left = select(OrderRecord.id).where(OrderRecord.leased_until <= datetime.now(UTC))
    return (
        select(OrderRecord)
        # By an index each: with OR, SQLite would read the whole book.
        .where(OrderRecord.id.in_(union(is_open, was_left)), last_touched <= untouched_since, unclaimed)
        .order_by(OrderRecord.id)
    )


def _claim(untouched_since: datetime) -> list[str]:
    with writing() as here:
        # PostgreSQL passes over what another reconcile is claiming; on SQLite only one writes at a time.
        rows = here.scalars(_due(untouched_since).limit(BATCH).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.leased_until = datetime.now(UTC) + LEASE
        return [row.order_number for row in rows]


def reconcile(app: Flask, client: epsilon.Client, older_than: timedelta, *, parallel: int) -> Iterator[Outcome]:
    """Settle all orders that are due, oldest first, ``parallel`` at a time; yield the outcome of each.

    Safe to run twice at once: each order is claimed by one of them, and asked about once in a run.
    """

    def settle_one(order_number: str) -> Outcome:
        with app.app_context():
            return _settle(client, order_number)

    untouched_since = datetime.now(UTC) - older_than
    with ThreadPoolExecutor(parallel) as workers:
        while claimed := _claim(untouched_since):
            settled: list[str] = []
            try:
                for outcome in workers.map(settle_one, claimed):
                    if not outcome.failure:
                        settled.append(outcome.order_number)
                    yield outcome
            finally:
                # What was not settled is claimed no more, and left for a later run.
                with writing() as here:
                    for numbers, until in ((claimed, datetime.now(UTC)), (settled, None)):
                        ours = OrderRecord.order_number.in_(numbers)
                        here.execute(update(OrderRecord).where(ours).values(leased_until=until))


def _settle(client: epsilon.Client, order_number: str) -> Outcome:
    record = orders.find_known(order_number=order_number)
    before = record.state
    failure = ""
    for pause in BACKOFF_SECONDS:
        time.sleep(pause)
        try:
            settled = settlement.settle(client, Word.RECONCILE, order_number=order_number)
        except (epsilon.Unreachable, epsilon.NoAnswer) as error:
            failure = type(error).__name__
        except epsilon.EpsilonError as error:
            failure = f"{type(error).__name__}: {error}"
            break
        else:
            return Outcome(order_number, before, settled.state if settled else before)
    # Asked in vain is asked too: this run goes on to the next order, and a later one comes back to it.
    orders.conclude(record, None, Word.RECONCILE, asked_at=datetime.now(UTC))
    return Outcome(order_number, before, before, failure)


def in_question() -> list[OrderRecord]:
    """Return the orders that a person must look at."""
    questions = select(OrderRecord).filter_by(state=OrderState.IN_QUESTION).order_by(OrderRecord.id)
    with reading() as here:
        return list(here.scalars(questions))


def lapsing() -> list[OrderRecord]:
    """Return the orders whose authorisation lapses within ``LAPSES_SOON`` unless it is captured, or has lapsed."""
    old = OrderRecord.created_at < datetime.now(UTC) - epsilon.AUTHORISED_FOR + LAPSES_SOON
    authorised = select(OrderRecord).filter_by(state=OrderState.AUTHORISED).where(old).order_by(OrderRecord.id)
    with reading() as here:
        return [
            row
            for row in here.scalars(authorised)
            if (method := epsilon.method_of(row.payment_code)) and method.can_capture
        ]
