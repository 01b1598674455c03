"""The shop's database: one engine for the process, one session for a request. Knows no tables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from sqlalchemy import DateTime, Dialect, Engine, TypeDecorator, create_engine, event, make_url
from sqlalchemy.orm import DeclarativeBase, Session


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
    """Return the session of the current request; it is closed with the request."""
    if "session" not in g:
        g.session = Session(current_app.extensions["engine"])
    here: Session = g.session
    return here


def _close_session(_: BaseException | None) -> None:
    if here := g.pop("session", None):
        here.close()


def _use_wal(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # Readers go on while one writes, and a writer waits its turn instead of failing.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _open_engine(app: Flask) -> Engine:
    url = make_url(app.config["DATABASE_URL"])
    if url.drivername.startswith("sqlite") and url.database:
        file = Path(app.instance_path, url.database)  # an absolute path stays as it is
        file.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url.set(database=str(file)))
        event.listen(engine, "connect", _use_wal)
        return engine
    return create_engine(url)


def init_app(app: Flask) -> None:
    """Open the database that ``DATABASE_URL`` names; the first start creates its tables."""
    app.extensions["engine"] = _open_engine(app)
    Base.metadata.create_all(app.extensions["engine"])
    app.teardown_appcontext(_close_session)
