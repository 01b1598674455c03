"""One simulator for all, which forgets everything between two tests; it tells no shop of what happens."""

from collections.abc import Iterator

import pytest

import simulator
from epsilon import METHODS, Client
from tests.round_trip.simulated import Simulated

CONSOLE = {
    "sale": "immediate",
    "methods": list(METHODS),
    "senders": "127.0.0.1",
    **dict.fromkeys(("payment_notice_url", "completion_notice_url", "deferred_notice_url", "timeout_url"), ""),
}


@pytest.fixture(scope="session")
def server() -> Iterator[simulator.Server]:
    """A simulator at a free port."""
    with simulator.Server(port=0) as server:
        yield server


@pytest.fixture
def simulated(server: simulator.Server) -> Iterator[Simulated]:
    """A local Epsilon without a memory, all of whose methods are in the contract."""
    client = Client("12345678", base_url=server.url)
    simulated = Simulated(server, client)
    simulated.api("POST", "reset")
    simulated.api("PUT", "console", **CONSOLE)
    yield simulated
    client.close()
