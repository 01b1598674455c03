"""The shop's database: reading and writing, on SQLite and on PostgreSQL. Knows no tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from flask import Flask, current_app
from sqlalchemy import Connection, DateTime, Dialect, Engine, TypeDecorator, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import DeclarativeBase, Session

from settings import InvalidSettings

UNUSABLE = (OperationalError, InternalError, NoConnectionFree)
"""What it raises while nobody can read or write: it is locked, full, read-only or away, or no connection is free."""
BUSY_SECONDS = 10
CONNECT_SECONDS = 5
CONNECTIONS = 5
"""So many each process has to PostgreSQL, which takes a hundred in all."""
MIGRATION_LOCK = 3_604_908
"""Any number, so long as nobody else takes an advisory lock of that number in the same database."""


class Base(DeclarativeBase):
    """What all tables are made from."""


class UtcTime(TypeDecorator[datetime]):
    """A moment, aware in Python and UTC in the database: SQLite would drop the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store the moment in UTC, without its zone."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        return value.replace(tzinfo=UTC) if value else None


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session that only reads. What it gives stays readable afterwards, and holds nothing in the database."""
    with Session(current_app.extensions["engine"], expire_on_commit=False) as here:
        yield here


@contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction that writes: it waits its turn at the start, and what it reads stays true to its end.

    On SQLite it is an immediate one. On PostgreSQL rows are locked as they are read (``with_for_update``).
    Ask Epsilon before or after it, never within: others wait.
    """
    engine = current_app.extensions["engine"].execution_options(immediate=True)
    with _turn_to_write(engine), Session(engine, expire_on_commit=False) as here, here.begin():
        yield here


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Queue the threads of this process for SQLite, which lets whoever asks at the right moment in, and some never."""
    turn: Lock = current_app.extensions["turn_to_write"]
    is_ours = engine.dialect.name == "sqlite" and turn.acquire(timeout=BUSY_SECONDS)
    try:
        yield  # also out of turn: SQLite decides then, and fails by itself
    finally:
        if is_ours:
            turn.release()


def answers() -> bool:
    """Tell whether the database answers a question that costs it nothing."""
    try:
        with reading() as here:
            here.execute(text("SELECT version_num FROM alembic_version"))
    except (DBAPIError, NoConnectionFree):
        return False
    return True


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # The driver must not begin transactions of its own; _begin does.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers go on while one writes, and a writer waits its turn instead of failing.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _set_up_postgresql(connection: Any, _: Any) -> None:
    # Who waits for a row or a table waits no longer than on SQLite.
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.commit()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _open_engine(app: Flask) -> Engine:
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            # In a rush threads queue for a few connections that stay open, and leave the processor to who only looks.
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={"connect_timeout": CONNECT_SECONDS},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _set_up_postgresql)
        return engine
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or not name or name.startswith((":", "file:")):
        raise ArgumentError("neither a file of SQLite nor PostgreSQL")
    file = Path(app.instance_path, name)  # an absolute path stays as it is
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)  # names and addresses: for the shop alone
    engine = create_engine(url.set(database=str(file)), pool_timeout=BUSY_SECONDS, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _migrate(engine: Engine, root: str) -> None:
    """Bring the tables up to date. Of several processes that start at once one does it and the others wait."""
    config = Config(attributes={})
    config.set_main_option("script_location", str(Path(root, "migrations")))
    with engine.execution_options(immediate=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def init_app(app: Flask) -> None:
    """Open the database that ``DATABASE_URL`` names; every start brings its tables up to date.

    Raises:
        InvalidSettings: there is no such database, or it cannot be used.
    """
    try:
        app.extensions["turn_to_write"] = Lock()
        app.extensions["engine"] = _open_engine(app)
        _migrate(app.extensions["engine"], app.root_path)
    except (ArgumentError, DBAPIError, OSError, ValueError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        if isinstance(error, ValueError):
            reason = "its port is no number"  # the error quotes it, and that can be a password without its host
        raise InvalidSettings(
            f"DATABASE_URL: データベースを使えません ({reason})。sqlite:///ファイル名 か postgresql://… です。"
            f" / The database cannot be used ({reason}). Set sqlite:///FILE or postgresql://…"
        ) from error
