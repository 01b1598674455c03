"""Which Epsilon the suite asks, its buyer and console where it is a simulator, and the report in the end."""

from collections.abc import Generator, Iterator

import pytest
import requests

import simulator
from epsilon import Client
from tests.contract import real
from tests.contract.claims import Row, judge, tell, without_secrets, write_table
from tests.contract.people import Buyer, Console
from tests.contract.wire import Epsilon, new_user

MakeReport = Generator[None, pytest.TestReport, pytest.TestReport]
NO_NOTICES = dict.fromkeys(("payment_notice_url", "completion_notice_url", "deferred_notice_url", "timeout_url"), "")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --contract-report."""
    parser.addoption("--contract-report", action="store_true", help="print the table of claims for the simulator too")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Before anything is asked of a real Epsilon, see that it may be."""
    if any(item.get_closest_marker("beta") for item in session.items):
        real.address()


@pytest.fixture(scope="session", params=["simulator", pytest.param("beta", marks=pytest.mark.beta)])
def epsilon(request: pytest.FixtureRequest) -> Iterator[Epsilon]:
    """The Epsilon that is asked: a simulator in this process, or the real one."""
    with requests.Session() as session:
        if request.param == "beta":
            client = Client(real.contract_code(), base_url=real.address())
            epsilon = Epsilon(client.base_url, client.contract_code, True, session, client)
            real.greet(epsilon)
            yield epsilon
        else:
            session.trust_env = False
            with simulator.Server(port=0, console=NO_NOTICES) as server:
                client = Client(server.merchant.contract_code, base_url=server.url)
                yield Epsilon(server.url, client.contract_code, False, session, client)
        client.close()


@pytest.fixture
def buyer(epsilon: Epsilon) -> Buyer:
    """Somebody who pays; at a real Epsilon nobody does."""
    if epsilon.real:
        pytest.skip("needs a buyer who pays")
    return Buyer(epsilon)


@pytest.fixture
def member(buyer: Buyer) -> str:
    """The user_id of somebody who joined the plan TEA-1 by card."""
    user_id = new_user()
    buyer.buy(user_id=user_id, mission_code="2")
    return user_id


@pytest.fixture
def console(epsilon: Epsilon) -> Iterator[Console]:
    """The merchant's console, which a real contract's tests leave alone."""
    if epsilon.real:
        pytest.skip("needs another console or contract")
    console = Console(epsilon)
    yield console
    console.set(sale="immediate", senders="127.0.0.1")


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say in a failure what came instead, in the words of the report."""
    return [without_secrets(tell(left, right), real.contract_code())] if op in ("==", "in") else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> MakeReport:
    """Write into each test's report what it found of its claim."""
    report = yield
    marker = item.get_closest_marker("claim")
    if marker and (report.when == "call" or not report.passed):
        claim, source = marker.args
        asked = "beta" if item.get_closest_marker("beta") else "simulator"
        verdict, words = judge(report.passed, call.excinfo and call.excinfo.value)
        row = Row(claim, source, asked, verdict, without_secrets(words, real.contract_code()))
        # As a plain tuple, since pytest-xdist carries nothing else from its workers.
        report.user_properties.append(("claim", tuple(row)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table: always for beta, for the simulator where it is asked for."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    found = [Row(*row) for report in reports for name, row in getattr(report, "user_properties", ()) if name == "claim"]
    for asked in ("beta", *(["simulator"] * config.getoption("--contract-report", default=False))):
        if rows := [row for row in found if row.asked == asked]:
            terminalreporter.section(f"what {asked} says to our claims")
            for line in write_table(rows):
                terminalreporter.write_line(line)
