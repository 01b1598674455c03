"""A shop, an Epsilon and buyers, joined in process: no sockets."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from flask import Flask
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

import simulator
from app import create_app
from orders import OrderRecord, find
from simulator.state import reset
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, WsgiAdapter

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "")
if os.environ.get("CI") and not POSTGRESQL:
    raise RuntimeError("In CI the tests run on PostgreSQL too: set TEST_POSTGRESQL_URL, as .ci/run does.")


@pytest.fixture
def to_epsilon() -> Iterator[requests.Session]:
    """What carries the shop's calls; tests mount who answers them, and nobody else does."""
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, ScriptedEpsilon(requests.ConnectionError("nobody answers here")))
        yield session


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A database of our own on the server that TEST_POSTGRESQL_URL names."""
    name = f"shop_{secrets.token_hex(8)}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield make_url(POSTGRESQL).set(drivername="postgresql", database=name).render_as_string(False)
        server.execute(SQL("DROP DATABASE {}").format(Identifier(name)))


@pytest.fixture(scope="session")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An order book of SQLite with its tables, to be copied: making them takes longer than most tests."""
    file = tmp_path_factory.mktemp("book") / "orders.sqlite3"
    create_app({"DATABASE_URL": f"sqlite:///{file}"}).extensions["engine"].dispose()
    return file


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRESQL else [])])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An order book without orders: a file of SQLite and, where there is a server, PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('empty_book'), tmp_path)}"
    url: str = request.getfixturevalue("postgresql_url")
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('orders')").fetchone() != (None,):
            connection.execute("TRUNCATE orders, order_events, exchanges RESTART IDENTITY")
    return url


@pytest.fixture
def open_shop(database_url: str, to_epsilon: requests.Session) -> Iterator[Callable[..., Flask]]:
    """Open shops with settings of one's own; all are closed in the end."""
    opened: list[Flask] = []

    def open_one(**settings: str) -> Flask:
        shop = create_app({"DATABASE_URL": database_url, **settings}, session=to_epsilon)
        opened.append(shop)
        return shop

    yield open_one
    for shop in opened:
        shop.extensions["engine"].dispose()


@pytest.fixture
def shop(open_shop: Callable[..., Flask]) -> Flask:
    """The shop as it starts without any setting."""
    return open_shop()


@pytest.fixture(scope="session")
def local_epsilon() -> Iterator[Flask]:
    """The simulator, made once: its pages are compiled once."""
    app = simulator.create_app()
    yield app
    simulator.close(app)


@pytest.fixture
def epsilon(shop: Flask, to_epsilon: requests.Session, local_epsilon: Flask) -> Flask:
    """The simulator without a memory of earlier tests, joined to the shop in both directions."""
    here = local_epsilon.extensions["environment"]
    reset(here)
    here.session = requests.Session()
    here.session.mount(SHOP, WsgiAdapter(shop))
    to_epsilon.mount(EPSILON, WsgiAdapter(local_epsilon))
    return local_epsilon


@pytest.fixture
def buyer(shop: Flask, epsilon: Flask) -> Buyer:
    """A person who buys."""
    return Buyer(shop, epsilon)


@pytest.fixture
def stranger(shop: Flask, epsilon: Flask) -> Buyer:
    """Another person, at another browser."""
    return Buyer(shop, epsilon)


@pytest.fixture
def book(shop: Flask) -> Callable[[str], OrderRecord]:
    """Look an order up in the shop's book by its number."""

    def look_up(order_number: str) -> OrderRecord:
        with shop.app_context():
            record = find(order_number=order_number)
            assert record
            return record

    return look_up
