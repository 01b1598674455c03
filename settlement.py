"""Where Epsilon's word meets our book: asks what became of an order and moves it there. Knows no web pages."""

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

import epsilon
from database import writing
from orders import OrderRecord, OrderState, Word, find, lock, move

logger = logging.getLogger(__name__)
S = OrderState

# An order that Epsilon does not know this long after we wrote it down was never registered: far longer than
# any request to Epsilon lasts.
UNREGISTERED_AFTER = timedelta(minutes=10)
# How long a payment page stays open is unpublished; a day is generous (assumed).
PAGE_CLOSED_AFTER = timedelta(days=1)
# An account of its own takes a transfer for longer; how long is unpublished (assumed).
ACCOUNT_CLOSED_AFTER = timedelta(days=30)
# A store counts the money on the last day, and its word can take days to reach Epsilon (assumed).
SLIP_DEAD_AFTER = timedelta(days=3)

ACCOUNT = epsilon.METHODS[22].payment_code
MONEY_IS_HERE = {S.PAID, S.AUTHORISED}


def settle(client: epsilon.Client, word: Word, *, order_number: str = "", trans_code: str = "") -> OrderRecord | None:
    """Ask Epsilon what became of an order, and move its record there; return the record, if it is ours.

    Where both are given the order number decides: it is ours, a ``trans_code`` can be anybody's. ``word`` is who
    made us ask.

    Raises:
        EpsilonError: Epsilon could not be asked, and nothing has changed.
    """
    if order_number:
        record = find(order_number=order_number)
        sale = client.get_sales(order_number=order_number) if record else None
    else:
        sale = client.get_sales(trans_code=trans_code) if trans_code else None
        record = find(order_number=sale.order_number) if sale else None
    return believe(record, sale, word, contract_code=client.contract_code) if record else None


def believe(record: OrderRecord, sale: epsilon.Sale | None, word: Word, *, contract_code: str) -> OrderRecord:
    """Move ``record`` to where Epsilon's answer to an inquiry says it is; return it as it is now.

    An answer about something else puts it in question. ``sale`` is None where Epsilon does not know the order.
    """
    now = datetime.now(UTC)
    with writing() as here:
        row, others = lock(here, record)
        if sale is None:
            never_registered = row.state in (S.WRITTEN, S.UNKNOWN) and now - row.created_at > UNREGISTERED_AFTER
            move(here, row, S.EXPIRED if never_registered else row.state, word, asked_at=now)
        elif problem := _difference(row, sale, contract_code):
            is_of_ours = (sale.order_number, sale.contract_code) == (row.order_number, contract_code)
            _question(here, row, word, problem, **(_facts(sale) if is_of_ours else {}))
        else:
            state = _state_of(row, sale, now)
            paid = [other.order_number for other in others if other.state in MONEY_IS_HERE]
            if paid and state in MONEY_IS_HERE and row.state not in MONEY_IS_HERE:
                problem = f"the same purchase is paid already, by {', '.join(paid)}"
                _question(here, row, word, problem, **_facts(sale))
            else:
                move(here, row, state, word, asked_at=now, **_facts(sale), **_new_price(row, sale))
    return row


def hand_out(record: OrderRecord, receipt: epsilon.Sale, *, contract_code: str) -> OrderRecord:
    """Note the konbini receipt that answered the order itself. It makes nothing paid: only an inquiry does."""
    with writing() as here:
        row, _ = lock(here, record)
        if problem := _difference(row, receipt, contract_code):
            _question(here, row, Word.ORDER, problem)
        else:
            move(here, row, S.AWAITING, Word.ORDER, **_facts(receipt))
    return row


def _difference(row: OrderRecord, sale: epsilon.Sale, contract_code: str) -> str:
    if sale.contract_code != contract_code:
        return "contract_code is not ours at Epsilon"  # neither belongs into a log
    # While Epsilon is being asked to change the price, either can be the one it has. At no price is there money left in
    # what is cancelled: that ends a question about the price.
    prices = {row.item_price, row.new_item_price} - {None}
    is_its_price = sale.item_price in prices or sale.state is epsilon.State.CANCELLED
    if is_its_price and sale.order_number == row.order_number:
        return ""
    return f"order_number, item_price are {(sale.order_number, sale.item_price)} at Epsilon"


def _question(here: Session, row: OrderRecord, word: Word, problem: str, **facts: Any) -> None:
    logger.error("order %s is in question: %s", row.order_number, problem)
    # What was paid stays paid until Epsilon says that it is cancelled.
    moved = {} if row.state is S.PAID else {"note": problem, **facts}
    move(here, row, S.IN_QUESTION if moved else row.state, word, asked_at=datetime.now(UTC), **moved)


def _new_price(row: OrderRecord, sale: epsilon.Sale) -> dict[str, Any]:
    if sale.item_price is None or sale.item_price != row.new_item_price:
        return {}
    note = f"item_price {row.item_price} -> {sale.item_price}"
    return {"item_price": sale.item_price, "new_item_price": None, "note": note}


def _facts(sale: epsilon.Sale) -> dict[str, Any]:
    names = "trans_code payment_code conveni_code receipt_no kigyou_code haraikomi_url"
    dates = "receipt_date conveni_limit conveni_time"
    # An answer that lacks a field takes no receipt number away.
    return {name: value for name in f"{names} {dates}".split() if (value := getattr(sale, name))}


def _state_of(row: OrderRecord, sale: epsilon.Sale, now: datetime) -> OrderState:
    # Only a cancellation ends a question.
    if row.state is S.IN_QUESTION and sale.state is not epsilon.State.CANCELLED:
        return S.IN_QUESTION
    match sale.state:
        case epsilon.State.PAID:
            return S.PAID
        case epsilon.State.AUTHORISED:
            return S.AUTHORISED
        case epsilon.State.UNDER_REVIEW | epsilon.State.SHIPPING:
            return S.UNDER_REVIEW
        case epsilon.State.REVIEW_REFUSED:
            return S.REFUSED
        case epsilon.State.CANCELLED:
            return S.CANCELLED
        case epsilon.State.UNPAID if row.state in (S.WRITTEN, S.UNKNOWN, S.SENT, S.AWAITING, S.EXPIRED):
            return _unpaid_state(row, sale, now)
        case _:
            return row.state


def _unpaid_state(row: OrderRecord, sale: epsilon.Sale, now: datetime) -> OrderState:
    if sale.receipt_no:
        limit = sale.conveni_limit
        end = datetime.combine(limit, time.max, epsilon.JAPAN) + SLIP_DEAD_AFTER if limit else now
        return S.AWAITING if now <= end else S.EXPIRED
    # Whether the buyer has seen the account's number is not in the answer.
    left_open = ACCOUNT_CLOSED_AFTER if sale.payment_code == ACCOUNT else PAGE_CLOSED_AFTER
    if row.state is S.EXPIRED or now - row.created_at > left_open:
        return S.EXPIRED
    return S.SENT
