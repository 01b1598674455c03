"""A simulator without sockets, a shop for its notices, and a clock that stands still."""

import dataclasses
from collections.abc import Iterator
from copy import copy
from itertools import count

import pytest
import requests
from flask import Flask

from simulator import close, create_app
from simulator.clock import Clock as MovableClock
from simulator.faults import Faults
from simulator.merchant import Merchant
from simulator.state import reset
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
        merchant=Merchant(),
        # The same database, emptied, since a new one would compile every statement anew; but another ledger, so
        # that what a test left running writes nothing into the next one's.
        ledger=copy(app.extensions["environment"].ledger),
        session=session,
        now=MovableClock(clock),
        faults=Faults(),
        orders=count(),
        inquiries=count(),
    )
    reset(app.extensions["environment"])
    yield Epsilon(app)
    app.extensions["environment"].faults.closing.set()
    app.extensions["recorder"].close(0.5)
    session.close()
