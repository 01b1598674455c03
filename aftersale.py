"""What is done to an order after the sale: held against the table, asked of Epsilon, inquired about. Prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

import epsilon
import orders
import settlement
from database import reading, writing
from orders import LEASE, OrderRecord, OrderState, Word

S = OrderState


class CannotBeDone(Exception):
    """Why, in one sentence. Epsilon was asked about the order at most, and for nothing."""


@dataclass(frozen=True)
class Act:
    """Something to do to an order.

    ``check`` raises ``CannotBeDone`` by what the order and Epsilon's table of methods say, ``ask`` asks Epsilon for it,
    and ``is_done`` tells it from the order as an inquiry left it. ``noted`` is written into the order before.
    """

    check: Callable[[OrderRecord], None]
    ask: Callable[[epsilon.Client, OrderRecord], None]
    is_done: Callable[[OrderRecord], bool]
    noted: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The order as the last inquiry left it, and what went wrong: with what was asked for, and with that inquiry."""

    record: OrderRecord
    is_done: bool
    failure: epsilon.EpsilonError | None = None
    inquiry_failure: epsilon.EpsilonError | None = None


def do(client: epsilon.Client, act: Act, record: OrderRecord) -> Outcome:
    """Inquire, ask Epsilon for ``act`` unless it is done already, and inquire again: only that makes it done.

    Meanwhile nobody else does anything to the order. Where it stays unknown what became of it, also because this
    process dies, the order is left so that reconcile asks about it. ``act.check`` beforehand spares the inquiry.

    Raises:
        CannotBeDone: ``act.check`` says so of the order as it is at Epsilon, or somebody else is at it.
        EpsilonError: the first inquiry failed, and nothing was asked for.
    """
    in_doubt = _claim(record)
    try:
        record = _inquire(client, record)
        in_doubt = False
        if act.is_done(record):
            return Outcome(record, is_done=True)
        _method_of(record)
        act.check(record)
        in_doubt = True
        failure = _ask(client, act, record)
        in_doubt = not isinstance(failure, epsilon.Refused | epsilon.Unreachable)
        try:
            record = _inquire(client, record)
        except epsilon.EpsilonError as inquiry_failure:
            return Outcome(record, False, failure, inquiry_failure)
        in_doubt = in_doubt and not act.is_done(record)
        return Outcome(record, act.is_done(record), failure)
    finally:
        orders.conclude(record, None, Word.PERSON, leased_until=datetime.now(UTC) if in_doubt else None)


def _claim(record: OrderRecord) -> bool:
    """Take the order for ourselves; return whether it was left in doubt before."""
    now = datetime.now(UTC)
    with writing() as here:
        row, _ = orders.lock(here, record)
        if row.leased_until and row.leased_until > now:
            raise CannotBeDone(
                f"Somebody else, or reconcile, is at order {row.order_number}: try again in a moment. "
                f"If they were cut off, it is free from {row.leased_until.astimezone(epsilon.JAPAN):%H:%M:%S}."
            )
        was_left = row.leased_until is not None
        row.leased_until = now + LEASE
    return was_left


def _inquire(client: epsilon.Client, record: OrderRecord) -> OrderRecord:
    return settlement.settle(client, Word.PERSON, order_number=record.order_number) or record


def _ask(client: epsilon.Client, act: Act, record: OrderRecord) -> epsilon.EpsilonError | None:
    """Ask Epsilon, and return what went wrong; what was noted is taken back where nothing can have been done."""
    before = {name: getattr(record, name) for name in act.noted}
    orders.conclude(record, None, Word.PERSON, **act.noted)
    try:
        act.ask(client, record)
    except (epsilon.Refused, epsilon.Unreachable) as error:
        orders.conclude(record, None, Word.PERSON, **before)
        return error
    except epsilon.EpsilonError as error:
        return error
    return None


def _method_of(record: OrderRecord) -> epsilon.Method:
    if method := epsilon.method_of(record.payment_code):
        return method
    raise CannotBeDone(f"How order {record.order_number} was paid is not known here: see to it in Epsilon's console.")


def _check_state(record: OrderRecord, what: str, *states: OrderState) -> None:
    if record.state not in states:
        *others, last = (state.replace("_", " ") for state in states)
        wanted = f"{', '.join(others)} or {last}" if others else last
        is_now = record.state.replace("_", " ")
        raise CannotBeDone(f"Order {record.order_number} is {is_now}: only one that is {wanted} can be {what}.")


def _check_cancel(record: OrderRecord) -> None:
    # Of an order in question it can be unknown how it was paid, until an inquiry tells.
    method = epsilon.method_of(record.payment_code)
    if method and not method.can_cancel and record.state in (S.SENT, S.AWAITING):
        until = f" until {record.conveni_limit}" if record.conveni_limit else ""
        raise CannotBeDone(
            f"{method.en} cannot be cancelled: order {record.order_number} stays payable{until}. If it is paid, a "
            "notice or reconcile makes it paid here too, and you refund the buyer by hand."
        )
    _check_state(record, "cancelled", S.AUTHORISED, S.PAID, S.UNDER_REVIEW, S.IN_QUESTION)
    if method and not method.can_cancel:
        raise CannotBeDone(
            f"{method.en} cannot be cancelled: if order {record.order_number} is paid, refund the buyer by hand."
        )


CANCEL = Act(
    _check_cancel,
    lambda client, record: client.cancel_payment(record.order_number),
    lambda record: record.state is S.CANCELLED,
)


def capturable_until(record: OrderRecord) -> datetime:
    """Return when the authorisation of an order lapses."""
    return record.created_at + epsilon.AUTHORISED_FOR


def _check_capture(record: OrderRecord) -> None:
    _check_state(record, "captured", S.AUTHORISED)
    if not (method := _method_of(record)).can_capture:
        raise CannotBeDone(f"{method.en} cannot be captured: order {record.order_number} stays as it is.")
    if datetime.now(UTC) > capturable_until(record):
        raise CannotBeDone(
            f"The authorisation of order {record.order_number} lapsed on "
            f"{capturable_until(record).astimezone(epsilon.JAPAN):%Y-%m-%d}, {epsilon.AUTHORISED_FOR.days} days after "
            f"the order: its money cannot be taken any more."
        )


CAPTURE = Act(
    _check_capture,
    lambda client, record: client.sales_payment(record.order_number),
    lambda record: record.state is S.PAID,
)


def change_amount(new_item_price: int) -> Act:
    """Return the act that gives a card order, or a monthly plan, another price in yen."""

    def check(record: OrderRecord) -> None:
        _check_state(record, "given another price", S.AUTHORISED, S.PAID)
        if not (method := _method_of(record)).can_change_amount:
            raise CannotBeDone(
                f"The price of what is paid by {method.en} cannot be changed: only that of a card's can."
            )
        limit = epsilon.MONTHLY_LIMIT if record.mission_code > 1 else method.limit
        if not 1 <= new_item_price <= limit:
            raise CannotBeDone(f"The new price must be from 1 to {limit:,} JPY.")
        if new_item_price == record.item_price:
            raise CannotBeDone(f"The price of order {record.order_number} is {new_item_price:,} JPY already.")
        if record.mission_code > 1:
            _check_plan(record)

    def ask(client: epsilon.Client, record: OrderRecord) -> None:
        names = ("user_id", "item_code") if record.mission_code > 1 else ("order_number",)
        client.change_amount_payment(new_item_price=new_item_price, **{name: getattr(record, name) for name in names})

    return Act(check, ask, lambda record: record.item_price == new_item_price, {"new_item_price": new_item_price})


def _check_plan(record: OrderRecord) -> None:
    if record.plan_ended_at:
        raise CannotBeDone(f"The monthly plan of order {record.order_number} has ended.")
    # Epsilon knows a plan by its user and its item.
    plans = select(OrderRecord.order_number).where(OrderRecord.mission_code > 1, OrderRecord.id != record.id)
    alike = plans.filter_by(user_id=record.user_id, item_code=record.item_code, state=S.PAID, plan_ended_at=None)
    with reading() as here:
        if other := here.scalar(alike):
            raise CannotBeDone(
                f"Order {other} is a monthly plan of the same user for the same item, and Epsilon cannot tell which "
                f"of them is meant: end one, or see to it in Epsilon's console."
            )
