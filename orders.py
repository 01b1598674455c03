"""Order records, the life of an order, and the one way it changes state. Knows no Epsilon and no web pages."""

import logging
import secrets
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import g
from sqlalchemy import CheckConstraint, Enum, ForeignKey, ForeignKeyConstraint, String, Text, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

import epsilon
from database import Base, UtcTime, reading, writing

logger = logging.getLogger(__name__)


class OrderState(StrEnum):
    """Where an order stands, in the shop's own words."""

    WRITTEN = "written"  # in our books; whether Epsilon has it we do not know yet
    SENT = "sent"  # registered at Epsilon; the buyer is on its pages
    AWAITING = "awaiting"  # a konbini or bank number is out; the money is not in
    UNDER_REVIEW = "under_review"
    AUTHORISED = "authorised"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # not paid in time, or never registered
    UNKNOWN = "unknown"  # sent, and no answer that can be read
    IN_QUESTION = "in_question"  # Epsilon's word is not our order, or one purchase is paid twice; a person must look


S = OrderState
_ON_EPSILONS_WORD = {S.SENT, S.AWAITING, S.UNDER_REVIEW, S.AUTHORISED, S.PAID, S.CANCELLED, S.IN_QUESTION}
MOVES: dict[OrderState, set[OrderState]] = {
    S.WRITTEN: _ON_EPSILONS_WORD | {S.REFUSED, S.UNKNOWN, S.EXPIRED},
    S.UNKNOWN: _ON_EPSILONS_WORD | {S.REFUSED, S.EXPIRED},
    S.SENT: (_ON_EPSILONS_WORD | {S.REFUSED, S.EXPIRED}) - {S.SENT},
    S.AWAITING: {S.PAID, S.CANCELLED, S.EXPIRED, S.IN_QUESTION},
    S.UNDER_REVIEW: {S.AUTHORISED, S.PAID, S.REFUSED, S.CANCELLED, S.IN_QUESTION},
    # To themselves: another price, the end of a plan.
    S.AUTHORISED: {S.AUTHORISED, S.PAID, S.CANCELLED, S.IN_QUESTION},
    S.PAID: {S.PAID, S.CANCELLED},
    # Money can still arrive: for a slip that was handed out, on a page that was left open.
    S.REFUSED: {S.AUTHORISED, S.PAID, S.IN_QUESTION},
    S.CANCELLED: {S.PAID, S.IN_QUESTION},
    S.EXPIRED: {S.AWAITING, S.UNDER_REVIEW, S.AUTHORISED, S.PAID, S.CANCELLED, S.IN_QUESTION},
    S.IN_QUESTION: {S.CANCELLED},
}
"""Every move that an order may make. The database holds the same table, and refuses all others."""

OPEN_STATES = (S.WRITTEN, S.UNKNOWN, S.SENT, S.AWAITING, S.UNDER_REVIEW, S.AUTHORISED)
"""The states in which Epsilon must still be asked."""

# Longer than the slowest order takes with all its tries; a process that dies holds its orders no longer than this.
LEASE = timedelta(minutes=5)


class Word(StrEnum):
    """On whose word an order moved. A return and a notice are never believed: they made us ask."""

    ORDER = "order"  # Epsilon's answer to the order itself, or our knowledge that nothing was sent
    RETURN = "return"
    NOTICE = "notice"
    RECONCILE = "reconcile"
    PERSON = "person"


def _words_of(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=16, values_callable=lambda words: [word.value for word in words])


class Move(Base):
    """One allowed move, in the database: what MOVES says in Python."""

    __tablename__ = "moves"

    from_state: Mapped[OrderState] = mapped_column(_words_of(OrderState), primary_key=True)
    to_state: Mapped[OrderState] = mapped_column(_words_of(OrderState), primary_key=True)


class OrderRecord(Base):
    """One attempt to pay: what was ordered, what Epsilon was told, and what Epsilon says now.

    ``purchase`` joins the attempts of one purchase, of which one is paid. ``form_key`` is the form that made this
    attempt: the same form sent twice is the same attempt. ``browser`` is the one that it was placed in.
    """

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("item_price > 0", name="item_price_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_urlsafe(32))
    browser: Mapped[str] = mapped_column(String(64), index=True)
    purchase: Mapped[str] = mapped_column(String(64), index=True)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    order_number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[OrderState] = mapped_column(_words_of(OrderState), default=OrderState.WRITTEN, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=lambda: datetime.now(UTC))

    item_code: Mapped[str] = mapped_column(String(64))
    item_name: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[int]
    item_price: Mapped[int]
    st: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(64))
    user_name: Mapped[str] = mapped_column(String(64))
    user_mail_add: Mapped[str] = mapped_column(String(128))
    conveni_code: Mapped[str] = mapped_column(Text)
    user_tel: Mapped[str] = mapped_column(String(16))
    user_name_kana: Mapped[str] = mapped_column(String(64))
    memo1: Mapped[str] = mapped_column(String(128))
    memo2: Mapped[str] = mapped_column(String(128))
    mission_code: Mapped[int] = mapped_column(default=1)
    currency_id: Mapped[str] = mapped_column(String(3), default="")
    orderer_postal: Mapped[str] = mapped_column(String(7), default="")
    orderer_address: Mapped[str] = mapped_column(String(128), default="")
    consignee_postal: Mapped[str] = mapped_column(String(7), default="")
    consignee_name: Mapped[str] = mapped_column(String(64), default="")
    consignee_address: Mapped[str] = mapped_column(String(128), default="")
    consignee_tel: Mapped[str] = mapped_column(String(16), default="")

    # The price that Epsilon was asked to change this order to, until it says which one it has.
    new_item_price: Mapped[int | None]
    plan_ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    # What Epsilon says can be of any length.
    redirect: Mapped[str] = mapped_column(Text, default="")
    err_code: Mapped[str] = mapped_column(Text, default="")
    err_detail: Mapped[str] = mapped_column(Text, default="")
    trans_code: Mapped[str] = mapped_column(Text, default="")
    payment_code: Mapped[str] = mapped_column(Text, default="")
    receipt_no: Mapped[str] = mapped_column(Text, default="")
    kigyou_code: Mapped[str] = mapped_column(Text, default="")
    haraikomi_url: Mapped[str] = mapped_column(Text, default="")
    receipt_date: Mapped[datetime | None] = mapped_column(UtcTime)
    conveni_limit: Mapped[date | None]
    conveni_time: Mapped[datetime | None] = mapped_column(UtcTime)

    asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # Until then one process has this order to itself. Where it ran out instead of being given back, nobody knows what
    # became of what Epsilon was asked for.
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime, index=True)

    @property
    def slip_url(self) -> str:
        """The payment slip's address, where it is one that a link may lead to."""
        return self.haraikomi_url if self.haraikomi_url.startswith(("https://", "http://")) else ""


class OrderEvent(Base):
    """One move of one order: from, to, when, on whose word, and in which exchange with Epsilon. Never changed."""

    __tablename__ = "order_events"
    __table_args__ = (ForeignKeyConstraint(["from_state", "to_state"], ["moves.from_state", "moves.to_state"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=lambda: datetime.now(UTC))
    from_state: Mapped[OrderState] = mapped_column(_words_of(OrderState))
    to_state: Mapped[OrderState] = mapped_column(_words_of(OrderState))
    word: Mapped[Word] = mapped_column(_words_of(Word))
    exchange: Mapped[str] = mapped_column(String(32), default="")
    note: Mapped[str] = mapped_column(Text, default="")


def new_order_number() -> str:
    """Return a number that was never used before, at any shop of this contract: the day and 50 random bits."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
    return f"{datetime.now(epsilon.JAPAN):%y%m%d}" + "".join(secrets.choice(alphabet) for _ in range(10))


WRITTEN_DOWN = (
    "item_code item_name item_price user_id user_name user_mail_add memo1 memo2 conveni_code user_tel user_name_kana "
    "mission_code currency_id orderer_postal orderer_address "
    "consignee_postal consignee_name consignee_address consignee_tel"
).split()
"""What is kept of the order that Epsilon is told."""


def write_down(
    order: epsilon.Order, *, st: str, quantity: int, browser: str, purchase: str, form_key: str
) -> tuple[OrderRecord, bool]:
    """Keep the order before anything is sent; return it, and whether it is new.

    A form that was sent before gives the order that it made then.
    """
    told = {name: getattr(order, name) for name in WRITTEN_DOWN}
    keys = {"order_number": order.order_number, "browser": browser, "purchase": purchase, "form_key": form_key}
    record = OrderRecord(**keys, st=st, quantity=quantity, **told)
    try:
        with writing() as here:
            here.add(record)
    except IntegrityError:
        if (earlier := find(form_key=form_key)) is None:
            raise
        return earlier, False
    return record, True


def is_same_order(record: OrderRecord, order: epsilon.Order, st: str) -> bool:
    """Tell whether ``order`` asks for what ``record`` asked for."""
    return record.st == st and all(getattr(record, name) == getattr(order, name) for name in WRITTEN_DOWN)


def move(here: Session, record: OrderRecord, state: OrderState, word: Word, *, note: str = "", **facts: Any) -> None:
    """Within ``writing()``: move a row that ``lock`` gave to ``state``, and note ``facts`` of it.

    To the state where it is already it makes no event, unless MOVES lists that too and there is a ``note``. A move that
    MOVES does not list is logged and not made.
    """
    before = record.state
    if state != before and state not in MOVES[before]:
        logger.error("order %s cannot move from %s to %s by %s", record.order_number, before, state, word)
        return
    as_read = (OrderRecord.id == record.id, OrderRecord.state == before)
    here.execute(update(OrderRecord).where(*as_read).values(state=state, **facts).returning(OrderRecord.id)).one()
    here.refresh(record)
    if state != before or (note and state in MOVES[before]):
        event = OrderEvent(order_id=record.id, from_state=before, to_state=state, word=word, note=note)
        event.exchange = g.get("exchange", "")
        here.add(event)
        level = logging.ERROR if state is S.IN_QUESTION else logging.INFO
        logger.log(level, "order %s: %s to %s by %s %s", record.order_number, before, state, word, note)


def conclude(record: OrderRecord, state: OrderState | None, word: Word, **facts: Any) -> OrderRecord:
    """Move ``record`` in a transaction of its own, or with None only note ``facts``; return it as it is now."""
    with writing() as here:
        row, _ = lock(here, record)
        move(here, row, state or row.state, word, **facts)
    return row


def lock(here: Session, record: OrderRecord) -> tuple[OrderRecord, list[OrderRecord]]:
    """Within ``writing()``: return the row as it is now, and the other attempts of its purchase, held by us alone.

    All are locked in one order, so that two that ask for the same purchase cannot wait for each other.
    """
    same_purchase = select(OrderRecord).where(OrderRecord.purchase == record.purchase)
    rows = here.scalars(same_purchase.order_by(OrderRecord.id).with_for_update()).all()
    [row] = [row for row in rows if row.id == record.id]
    return row, [other for other in rows if other.id != record.id]


def find(**key: str) -> OrderRecord | None:
    """Return the record with this ``order_number``, ``token`` or ``form_key``, as it is now."""
    if not all(key.values()) or "\0" in "".join(key.values()):
        return None  # nobody's; PostgreSQL takes no NUL, not even to look for it
    with reading() as here:
        return here.scalar(select(OrderRecord).filter_by(**key))


def find_known(**key: str) -> OrderRecord:
    """Return a record that must be there, as it is now."""
    with reading() as here:
        return here.scalars(select(OrderRecord).filter_by(**key)).one()


def attempts_of(purchase: str) -> list[OrderRecord]:
    """Return all attempts of a purchase, oldest first."""
    with reading() as here:
        return list(here.scalars(select(OrderRecord).filter_by(purchase=purchase).order_by(OrderRecord.id)))


def events_of(record: OrderRecord) -> list[OrderEvent]:
    """Return what happened to an order, oldest first."""
    with reading() as here:
        return list(here.scalars(select(OrderEvent).filter_by(order_id=record.id).order_by(OrderEvent.id)))
