"""The simulator's memory: transactions and the notices sent about them; knows no HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Literal

from sqlalchemy import QueuePool, UniqueConstraint, create_engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from .orders import Order
from .refusals import ORDER_NUMBER_USED, Refused

# Numeric trans_codes have 6 to 7 digits in beta (recorded); the first one here has 6.
FIRST_TRANS_CODE = 500_000

NOT_PAID = 0
PAID = 1


class Stage(StrEnum):
    """How far the buyer has come. Epsilon's own `state` knows only paid or not."""

    OPEN = "open"
    BACK = "back"
    CHARGED = "charged"
    SLIP = "slip"
    COUNTER = "counter"


class Base(DeclarativeBase):
    """The tables of the simulator."""


class Transaction(Base):
    """One registered order and what became of it, in Epsilon's own names and as the wire writes them.

    Texts are as they come back from CP932; times are Japan time, `YYYY-MM-DD hh:mm:ss`, "" for not yet.
    """

    __tablename__ = "transactions"
    # Unique for ever, over every attempt (documented); the second use is 604.
    __table_args__ = (UniqueConstraint("contract_code", "order_number"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    stage: Mapped[str] = mapped_column(default=Stage.OPEN)

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

    state: Mapped[int] = mapped_column(default=NOT_PAID)
    payment_code: Mapped[str] = mapped_column(default="")
    last_update: Mapped[str]
    credit_time: Mapped[str] = mapped_column(default="")
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


class Notice(Base):
    """One call to the shop, and what it replied."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    trans_code: Mapped[str]
    kind: Mapped[str]
    url: Mapped[str]
    sent: Mapped[str]
    body: Mapped[str]
    reply: Mapped[str]
    verdict: Mapped[str]


class Ledger:
    """The tables in one SQLite database. Each method is one database transaction; rows come back detached."""

    def __init__(self, database: str) -> None:
        """Open, and create where missing, the database at an SQLAlchemy URL such as `sqlite://`."""
        # One connection for all threads: an in-memory database lives in its connection, and SQLite writes
        # one at a time anyway. So nobody may call the shop, which asks back, while holding a session.
        self._engine = create_engine(
            database,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
        Base.metadata.create_all(self._engine)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def close(self) -> None:
        """Close the database; an in-memory one is gone."""
        self._engine.dispose()

    def register(self, order: Order, token: str, now: str, payment_code: str) -> Transaction:
        """Write a new order down. Raises Refused (604) where its order number was used before."""
        transaction = Transaction(**asdict(order), token=token, last_update=now, payment_code=payment_code)
        try:
            with self._session.begin() as session:
                session.add(transaction)
        except IntegrityError as error:
            raise Refused(ORDER_NUMBER_USED) from error
        return transaction

    def find(
        self, contract_code: str, key: Literal["token", "order_number", "trans_code"], value: str
    ) -> Transaction | None:
        """The contract's transaction with that token, order number or numeric trans_code."""
        if key == "trans_code":
            known = value.isascii() and value.isdigit() and len(value) <= 9
            condition = Transaction.id == (int(value) - FIRST_TRANS_CODE if known else 0)
        else:
            condition = getattr(Transaction, key) == value
        with self._session() as session:
            return session.scalar(select(Transaction).where(condition, Transaction.contract_code == contract_code))

    def move(self, transaction: Transaction, stage: Stage, **values: str | int) -> Transaction | None:
        """The one way in which a transaction changes: from the stage in which it was read to another.

        None, and nothing changed, where somebody else moved it first; so a double click pays once.
        """
        here = (Transaction.id == transaction.id, Transaction.stage == transaction.stage)
        with self._session.begin() as session:
            moved = session.scalars(
                update(Transaction).where(*here).values(stage=stage, **values).returning(Transaction)
            )
            return moved.one_or_none()

    def recent(self, contract_code: str, limit: int, stage: Stage | None = None) -> Sequence[Transaction]:
        """The contract's newest transactions, newest first, of one stage or of all."""
        query = select(Transaction).where(Transaction.contract_code == contract_code)
        if stage is not None:
            query = query.where(Transaction.stage == stage)
        with self._session() as session:
            return session.scalars(query.order_by(Transaction.id.desc()).limit(limit)).all()

    def has_card(self, contract_code: str, user_id: str) -> bool:
        """Whether this user paid by card before, which registers the card (assumed)."""
        with self._session() as session:
            return (
                session.scalar(
                    select(Transaction.id)
                    .where(
                        Transaction.contract_code == contract_code,
                        Transaction.user_id == user_id,
                        Transaction.stage == Stage.CHARGED,
                    )
                    .limit(1)
                )
                is not None
            )

    def add(self, notice: Notice) -> None:
        """Write a notice down."""
        with self._session.begin() as session:
            session.add(notice)

    def notices(self, limit: int) -> Sequence[Notice]:
        """The newest notices, newest first."""
        with self._session() as session:
            return session.scalars(select(Notice).order_by(Notice.id.desc()).limit(limit)).all()
