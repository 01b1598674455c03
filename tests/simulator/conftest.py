"""A simulator without sockets, a shop for its notices, and a clock that stands still."""

import dataclasses
from collections.abc import Iterator
from itertools import count

import pytest
import requests
from flask import Flask

from simulator import close, create_app
from simulator.ledger import Ledger
from tests.simulator.simulator_people import Clock, Epsilon, NoticedShop


@pytest.fixture
def clock() -> Clock:
    """08:30:31 on 16 January 2015, the time of the recorded konbini answer."""
    return Clock()


@pytest.fixture
def shop() -> NoticedShop:
    """The shop at http://localhost:8000."""
    return NoticedShop()


@pytest.fixture(scope="session")
def app() -> Iterator[Flask]:
    """The app, made once; what it remembers is each test's own."""
    app = create_app()
    yield app
    close(app)


@pytest.fixture
def epsilon(app: Flask, shop: NoticedShop, clock: Clock) -> Iterator[Epsilon]:
    """A new simulator in memory."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://localhost:8000/", shop)
    app.extensions["environment"] = dataclasses.replace(
        app.extensions["environment"],
        ledger=Ledger("sqlite://"),
        session=session,
        now=clock,
        orders=count(),
        inquiries=count(),
    )
    yield Epsilon(app)
    close(app)
