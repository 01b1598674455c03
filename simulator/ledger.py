"""The simulator's memory: transactions, members, notices, in one SQLite database; knows no HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from sqlalchemy import Engine, QueuePool, create_engine, delete, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from .orders import Order
from .refusals import ORDER_NUMBER_USED, Refused
from .tables import FIRST_TRANS_CODE, Base, Kept, Member, Notice, Stage, State, Transaction

NOTICES_KEPT = 500  # the newest; older ones are forgotten


class OldLedger(Exception):
    """The database was written by another version of the simulator; nothing in it is touched."""


class Ledger:
    """The tables in one SQLite database. Each method is one database transaction; rows come back detached."""

    def __init__(self, database: str) -> None:
        """Open, and create where missing, the database at an SQLAlchemy URL such as `sqlite://`.

        Raises OldLedger where its tables have other columns than ours.
        """
        # One connection for all threads: an in-memory database lives in its connection, and SQLite writes
        # one at a time anyway. So nobody may call the shop, which asks back, while holding a session.
        self._engine = create_engine(
            database,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
        check_columns(self._engine)
        Base.metadata.create_all(self._engine)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    @property
    def session(self) -> sessionmaker[Session]:
        """Sessions on the one connection, for the rooms that keep tables of their own."""
        return self._session

    def close(self) -> None:
        """Close the database; an in-memory one is gone."""
        self._engine.dispose()

    def register(self, order: Order, token: str, now: str, payment_code: str) -> Transaction:
        """Write a new order down. Raises Refused (604) where its order number was used before."""
        transaction = Transaction(**asdict(order), token=token, created=now, last_update=now, payment_code=payment_code)
        try:
            with self.session.begin() as session:
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
        # Registering a card has no order number, so "" finds nothing.
        query = select(Transaction).where(condition, Transaction.contract_code == contract_code)
        with self.session() as session:
            return session.scalar(query) if value else None

    def move(self, transaction: Transaction, stage: str, **values: str | int) -> Transaction | None:
        """The one way in which a transaction changes: from the stage and state in which it was read.

        None, and nothing changed, where somebody else moved it first; so a double click pays once.
        """
        here = (
            Transaction.id == transaction.id,
            Transaction.stage == transaction.stage,
            Transaction.state == transaction.state,
        )
        with self.session.begin() as session:
            moved = session.scalars(
                update(Transaction).where(*here).values(stage=stage, **values).returning(Transaction)
            )
            return moved.one_or_none()

    def recent(self, contract_code: str, limit: int, stage: Stage | None = None) -> Sequence[Transaction]:
        """The contract's newest transactions, newest first, of one stage or of all."""
        query = select(Transaction).where(Transaction.contract_code == contract_code)
        if stage is not None:
            query = query.where(Transaction.stage == stage)
        with self.session() as session:
            return session.scalars(query.order_by(Transaction.id.desc()).limit(limit)).all()

    def plan(self, contract_code: str, user_id: str, item_code: str) -> Transaction | None:
        """The newest paid monthly plan of this user for this item that was not ended."""
        query = select(Transaction).where(
            Transaction.contract_code == contract_code,
            Transaction.user_id == user_id,
            Transaction.item_code == item_code,
            Transaction.mission_code != "1",
            Transaction.state == State.PAID,
            Transaction.plan_ended == "",
        )
        with self.session() as session:
            return session.scalar(query.order_by(Transaction.id.desc()).limit(1))

    def member(self, contract_code: str, user_id: str) -> Member | None:
        """The member, also one who withdrew."""
        query = select(Member).where(Member.contract_code == contract_code, Member.user_id == user_id)
        with self.session() as session:
            return session.scalar(query)

    def keep_member(self, contract_code: str, user_id: str, **values: str | bool) -> None:
        """Register a member, or change one."""
        member = self.member(contract_code, user_id) or Member(contract_code=contract_code, user_id=user_id)
        for name, value in values.items():
            setattr(member, name, value)
        with self.session.begin() as session:
            session.add(member)

    def add(self, notice: Notice) -> None:
        """Write a notice down, and forget the oldest beyond NOTICES_KEPT."""
        with self.session.begin() as session:
            session.add(notice)
            session.flush()
            session.execute(delete(Notice).where(Notice.id <= notice.id - NOTICES_KEPT))

    def claim(self, notice: Notice) -> bool:
        """Take a waiting notice over, so that nobody else sends it too; False where somebody did."""
        waiting = update(Notice).where(Notice.id == notice.id, Notice.due == notice.due, Notice.due != "")
        with self.session.begin() as session:
            return session.scalar(waiting.values(due="").returning(Notice.id)) is not None

    def change(self, notice: Notice, **values: str) -> None:
        """Write down how a claimed notice went."""
        with self.session.begin() as session:
            session.execute(update(Notice).where(Notice.id == notice.id).values(**values))

    def notices(self, limit: int, trans_code: str | None = None, due: str | None = None) -> Sequence[Notice]:
        """The newest notices, newest first: all, about one transaction, or waiting until `due` at most."""
        query = select(Notice).order_by(Notice.id.desc()).limit(limit)
        if trans_code is not None:
            query = query.where(Notice.trans_code == trans_code)
        if due is not None:
            query = query.where(Notice.due != "", Notice.due <= due)
        with self.session() as session:
            return session.scalars(query).all()

    def kept(self, name: str) -> dict[str, Any] | None:
        """What was kept under this name."""
        with self.session() as session:
            row = session.get(Kept, name)
            return row.value if row else None

    def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a value over restarts."""
        with self.session.begin() as session:
            session.merge(Kept(name=name, value=dict(value)))


def check_columns(engine: Engine) -> None:
    """Raise OldLedger, and let go of the database, where a table of ours has other columns than ours."""
    found = inspect(engine)
    for name in found.get_table_names():
        table = Base.metadata.tables.get(name)
        if table is not None and {column["name"] for column in found.get_columns(name)} != set(table.columns.keys()):
            engine.dispose()
            raise OldLedger
