"""The shop's database: reading and writing, on SQLite and on PostgreSQL. Knows no tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from flask import Flask, current_app, g
from sqlalchemy import Connection, DateTime, Dialect, Engine, TypeDecorator, create_engine, event, make_url, text
from sqlalchemy.orm import DeclarativeBase, Session

BUSY_SECONDS = 10
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


def session() -> Session:
    """Return the session in which the current request reads; it is closed with the request."""
    if "session" not in g:
        g.session = Session(current_app.extensions["engine"])
    here: Session = g.session
    return here


@contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction that writes: it waits its turn at the start, and what it reads stays true to its end.

    On SQLite it is an immediate one. On PostgreSQL rows are locked as they are read (``with_for_update``).
    What the request has read before is read anew afterwards.
    """
    if "session" in g:
        g.session.rollback()
    with Session(current_app.extensions["engine"].execution_options(immediate=True)) as here, here.begin():
        yield here
    if "session" in g:
        g.session.rollback()  # also out of the snapshot in which it read until now


def _close_session(_: BaseException | None) -> None:
    if here := g.pop("session", None):
        here.close()


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # The driver must not begin transactions of its own; _begin does.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers go on while one writes, and a writer waits its turn instead of failing.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _open_engine(app: Flask) -> Engine:
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    file = Path(app.instance_path, url.database or "orders.sqlite3")  # an absolute path stays as it is
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(database=str(file)))
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _migrate(engine: Engine, root: str) -> None:
    """Bring the tables up to date. Of several processes that start at once one does it and the others wait."""
    config = Config(attributes={})
    config.set_main_option("script_location", str(Path(root, "migrations")))
    with engine.execution_options(immediate=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def init_app(app: Flask) -> None:
    """Open the database that ``DATABASE_URL`` names; every start brings its tables up to date."""
    app.extensions["engine"] = _open_engine(app)
    _migrate(app.extensions["engine"], app.root_path)
    app.teardown_appcontext(_close_session)
