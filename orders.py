"""Order records, and the one way an order changes state. Knows Epsilon's client and the database, no web pages."""

import logging
import secrets
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

import epsilon
from database import Base, UtcTime, session

logger = logging.getLogger(__name__)


class OrderState(StrEnum):
    """Where an order stands, in the shop's own words."""

    WRITTEN = "written"  # in our books; Epsilon has not taken it
    SENT = "sent"  # registered at Epsilon; the buyer is on its pages
    AWAITING = "awaiting"  # a konbini or bank number is out; the money is not in
    UNDER_REVIEW = "under_review"
    AUTHORISED = "authorised"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # sent, and no answer that can be read
    IN_QUESTION = "in_question"  # Epsilon's price, number or contract is not ours; a person must look


S = OrderState
_ON_EPSILONS_WORD = {S.SENT, S.AWAITING, S.UNDER_REVIEW, S.AUTHORISED, S.PAID, S.CANCELLED, S.IN_QUESTION}
MOVES = {
    S.WRITTEN: _ON_EPSILONS_WORD | {S.REFUSED, S.UNKNOWN},
    S.UNKNOWN: _ON_EPSILONS_WORD | {S.REFUSED},
    S.SENT: _ON_EPSILONS_WORD | {S.REFUSED},
    S.AWAITING: {S.PAID, S.CANCELLED, S.IN_QUESTION},
    S.UNDER_REVIEW: {S.AUTHORISED, S.PAID, S.REFUSED, S.CANCELLED, S.IN_QUESTION},
    S.AUTHORISED: {S.PAID, S.CANCELLED, S.IN_QUESTION},
    S.PAID: {S.CANCELLED},
    S.REFUSED: {S.PAID, S.AUTHORISED, S.IN_QUESTION},
    # Money can still arrive for a slip that was handed out.
    S.CANCELLED: {S.PAID, S.IN_QUESTION},
    S.IN_QUESTION: set[OrderState](),
}


class OrderRecord(Base):
    """One attempt to pay: what was ordered, what Epsilon was told, and what Epsilon says now."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_urlsafe(32))
    order_number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[OrderState] = mapped_column(Enum(OrderState, native_enum=False), default=OrderState.WRITTEN)
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

    # What Epsilon says can be of any length.
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

    @property
    def slip_url(self) -> str:
        """The payment slip's address, where it is one that a link may lead to."""
        return self.haraikomi_url if self.haraikomi_url.startswith(("https://", "http://")) else ""


def new_order_number() -> str:
    """Return a number that was never used before, at any shop of this contract: the day and 50 random bits."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
    return f"{datetime.now(epsilon.JAPAN):%y%m%d}" + "".join(secrets.choice(alphabet) for _ in range(10))


def write_down(order: epsilon.Order, *, st: str, quantity: int) -> OrderRecord:
    """Keep the order before anything is sent, so that nothing Epsilon does can lose it."""
    names = "item_code item_name item_price user_id user_name user_mail_add memo1 memo2".split()
    konbini = "conveni_code user_tel user_name_kana".split()
    record = OrderRecord(
        order_number=order.order_number,
        st=st,
        quantity=quantity,
        **{name: getattr(order, name) for name in names + konbini},
    )
    session().add(record)
    session().commit()
    return record


def move(record: OrderRecord, state: OrderState, **facts: Any) -> bool:
    """Move ``record`` to ``state`` and note ``facts``; return False if somebody else moved it meanwhile.

    The update holds only while the record is as it was read. After False it has been read anew, and the caller
    decides again. A move that MOVES does not list is logged and not made.
    """
    if state != record.state and state not in MOVES[record.state]:
        logger.error("order %s cannot move from %s to %s", record.order_number, record.state, state)
        return True
    as_read = (OrderRecord.id == record.id, OrderRecord.state == record.state)
    changed = (
        session()
        .execute(
            update(OrderRecord)
            .where(*as_read)
            .values(state=state, **facts)
            .returning(OrderRecord.id)
            .execution_options(synchronize_session=False)
        )
        .first()
    )
    session().commit()
    session().refresh(record)
    return changed is not None


def find(*, order_number: str = "", token: str = "") -> OrderRecord | None:
    """Return the record with this number or this token."""
    column, value = (OrderRecord.token, token) if token else (OrderRecord.order_number, order_number)
    return session().scalar(select(OrderRecord).where(column == value))


def settle(client: epsilon.Client, *, order_number: str = "", trans_code: str = "") -> OrderRecord | None:
    """Ask Epsilon what became of an order, and move its record there; return the record, if it is ours.

    Where both are given the order number decides: it is ours, a ``trans_code`` can be anybody's.

    Raises:
        EpsilonError: Epsilon could not be asked, and nothing has changed.
    """
    if order_number:
        record = find(order_number=order_number)
        if record and (sale := client.get_sales(order_number=order_number)):
            believe(record, sale, contract_code=client.contract_code)
        return record
    sale = client.get_sales(trans_code=trans_code) if trans_code else None
    record = find(order_number=sale.order_number) if sale else None
    if sale and record:
        believe(record, sale, contract_code=client.contract_code)
    return record


def believe(record: OrderRecord, sale: epsilon.Sale, *, contract_code: str) -> None:
    """Move ``record`` to where Epsilon's own answer says it is, unless that answer is about something else."""
    ours = (record.order_number, record.item_price, contract_code)
    theirs = (sale.order_number, sale.item_price, sale.contract_code)
    if ours != theirs:
        logger.error("order %s is in question: ours %s, Epsilon's %s", record.order_number, ours, theirs)
    facts: dict[str, Any] = {"asked_at": datetime.now(UTC)}
    if ours == theirs:
        names = "trans_code payment_code conveni_code receipt_no kigyou_code haraikomi_url"
        dates = "receipt_date conveni_limit conveni_time"
        facts |= {name: getattr(sale, name) for name in f"{names} {dates}".split()}
    while not move(record, _state_of(record, sale) if ours == theirs else S.IN_QUESTION, **facts):
        logger.info("order %s was moved to %s meanwhile", record.order_number, record.state)


def _state_of(record: OrderRecord, sale: epsilon.Sale) -> OrderState:
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
        case epsilon.State.UNPAID if record.state in (S.WRITTEN, S.UNKNOWN, S.SENT):
            return S.AWAITING if sale.receipt_no else S.SENT
        case _:
            return record.state
