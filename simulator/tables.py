"""The tables that the simulator remembers; knows no HTTP and runs no query."""

from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Numeric trans_codes have 6 to 7 digits in beta (recorded); the first one here has 6.
FIRST_TRANS_CODE = 500_000


class State(IntEnum):
    """Epsilon's `state` (0 and 1: documented, the others: clients)."""

    NOT_PAID = 0
    PAID = 1
    REVIEW = 4
    AUTHORISED = 5
    SHIPPING = 6
    CANCELLED = 9
    REVIEW_REFUSED = 11


class Stage(StrEnum):
    """How far the buyer has come; `state` alone does not tell."""

    OPEN = "open"
    SECURE = "secure"
    BACK = "back"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    REGISTERED = "registered"
    CHARGED = "charged"
    SLIP = "slip"
    COUNTER = "counter"
    EXPIRED = "expired"


# The buyer is still on Epsilon's pages and can choose how this ends.
UNDECIDED = frozenset({Stage.OPEN, Stage.SECURE})


class Base(DeclarativeBase):
    """The tables of the simulator."""


class Transaction(Base):
    """One registered order and what became of it, in Epsilon's own names and as the wire writes them.

    Texts are as they come back from CP932; times are Japan time, `YYYY-MM-DD hh:mm:ss`, "" for not yet.
    `received` holds every field of the order as it was sent.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        # Unique for ever, over every attempt (documented); the second use is 604. Registering a card has none.
        Index("one_order", "contract_code", "order_number", unique=True, sqlite_where=text("order_number != ''")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    stage: Mapped[str] = mapped_column(default=Stage.OPEN)
    received: Mapped[dict[str, str]] = mapped_column(JSON)

    contract_code: Mapped[str]
    order_number: Mapped[str]
    user_id: Mapped[str]
    user_name: Mapped[str]
    user_mail_add: Mapped[str]
    item_code: Mapped[str]
    item_name: Mapped[str]
    item_price: Mapped[int]
    st_code: Mapped[str]
    mission_code: Mapped[str]
    process_code: Mapped[str]
    memo1: Mapped[str]
    memo2: Mapped[str]
    lang_id: Mapped[str]
    currency_id: Mapped[str]

    state: Mapped[int] = mapped_column(default=State.NOT_PAID)
    payment_code: Mapped[str] = mapped_column(default="")
    created: Mapped[str]
    last_update: Mapped[str]
    credit_time: Mapped[str] = mapped_column(default="")
    plan_ended: Mapped[str] = mapped_column(default="")
    conveni_code: Mapped[str] = mapped_column(default="")
    receipt_no: Mapped[str] = mapped_column(default="")
    kigyou_code: Mapped[str] = mapped_column(default="")
    haraikomi_url: Mapped[str] = mapped_column(default="")
    paid: Mapped[int] = mapped_column(default=0)
    receipt_date: Mapped[str] = mapped_column(default="")
    conveni_limit: Mapped[str] = mapped_column(default="")
    conveni_time: Mapped[str] = mapped_column(default="")

    @property
    def trans_code(self) -> str:
        """The number that the shop learns on return, from a notice or from an inquiry."""
        return str(FIRST_TRANS_CODE + self.id)

    def sale(self) -> dict[str, str]:
        """Every field of the transaction as text, by Epsilon's name."""
        columns = {column.key: str(getattr(self, column.key)) for column in self.__table__.columns}
        return columns | {"trans_code": self.trans_code}


class Member(Base):
    """A buyer with a registered card, of which only the brand and the mask are kept."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("contract_code", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_code: Mapped[str]
    user_id: Mapped[str]
    user_name: Mapped[str]
    card_brand: Mapped[str]
    card_number_mask: Mapped[str]
    payment_code: Mapped[str]
    withdrawn: Mapped[bool] = mapped_column(default=False)


class Notice(Base):
    """One call to the shop, sent or still waiting (`due`, until then `sent` is ""), and what the shop replied."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    trans_code: Mapped[str]
    kind: Mapped[str]
    url: Mapped[str]
    body: Mapped[str]
    attempt: Mapped[int]
    due: Mapped[str]
    sent: Mapped[str]
    reply: Mapped[str]
    verdict: Mapped[str]


class Kept(Base):
    """What the simulator keeps over a restart beside its transactions: the console, and how it was set."""

    __tablename__ = "kept"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
