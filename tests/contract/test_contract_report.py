"""The report is complete and true: it tells of every claim, and of an Epsilon that lies, or does not answer."""

import ast
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests
from werkzeug.wrappers import Response

import simulator
from epsilon import Client
from tests.contract import real
from tests.contract.claims import SOURCES
from tests.contract.wire import Epsilon

HERE = Path(__file__).parent
CONTRACT_CODE = "A7654321"
LIE = (b'<?xml version="1.0"  ?>', b'<?xml version="1.1"  ?>')
THE_LIE = "4 unknown order: declaration with two spaces"
BUYERS = {"needs a buyer who pays", "needs another console or contract"}


class Liar:
    """An Epsilon that tells the truth, but for a few bytes."""

    def __init__(self, honest: WSGIApplication) -> None:
        self.honest = honest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the honest one does, then lie."""
        answer = Response.from_app(self.honest, environ, buffered=True)
        answer.data = answer.data.replace(*LIE)
        return answer(environ, start_response)


def run_suite(*options: str, **settings: str) -> tuple[int, str]:
    """Run the suite as a person does, without these tests; return its exit status and what it said."""
    suite = [sys.executable, "-m", "pytest", "tests/contract", f"--ignore={__file__}", "-p", "no:cacheprovider"]
    # Neither the shop's fixtures nor other people's plugins, which take longer to load than the suite to run.
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONIOENCODING": "utf-8"}
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("EPSILON_", "PYTEST_"))}
    done = subprocess.run(
        [*suite, "--confcutdir=tests/contract", *options],
        cwd=HERE.parents[1],
        env={**bare, **quick, **settings},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


def rows_of(said: str) -> dict[str, tuple[str, ...]]:
    """Return source, verdict and words of each claim in the table."""
    rows = re.findall(r"^\| ([1-8] .+?) \| (\w+) \| ([\w ]+) \| (.*?) ?\|$", said, re.MULTILINE)
    return {claim: tuple(row) for claim, *row in rows}


def claims_in_the_suite() -> dict[str, str]:
    """Return every claim that stands in the source of a test, and its source of knowledge."""
    found = {}
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("claimed", "pytest.mark.claim"):
                claim, source = (ast.literal_eval(argument) for argument in node.args[:2])
                found[claim] = source
    return found


def test_every_claim_is_in_the_table_with_what_was_found() -> None:
    """Where Epsilon is as we believe, all is confirmed, but for what needs a buyer; nothing says whose contract."""
    with simulator.Server(port=0, contract_code=CONTRACT_CODE) as server:
        status, said = run_suite("-m", "beta", EPSILON_CONTRACT_URL=server.url, EPSILON_CONTRACT_CODE=CONTRACT_CODE)
        sold = [row for row in requests.get(f"{server.url}/api/transactions", timeout=10).json()["transactions"]
                if row["state"] != 0]  # fmt: skip

    rows = rows_of(said)
    assert (status, sold) == (0, [])
    assert {claim: source for claim, (source, _, _) in rows.items()} == claims_in_the_suite()
    assert {(verdict, words) for _, verdict, words in rows.values()} == {
        ("confirmed", ""),
        *(("left open", words) for words in BUYERS),
    }
    assert CONTRACT_CODE not in said


def test_a_lie_about_one_row_is_contradicted() -> None:
    """That test fails, and the table tells what came instead; all other rows stay confirmed or open."""
    with simulator.Server(port=0, contract_code=CONTRACT_CODE) as server:
        server.app.wsgi_app = Liar(server.app.wsgi_app)  # type: ignore[method-assign]
        status, said = run_suite("-m", "beta", EPSILON_CONTRACT_URL=server.url, EPSILON_CONTRACT_CODE=CONTRACT_CODE)

    contradicted = {claim: row for claim, row in rows_of(said).items() if row[1] == "contradicted"}
    assert status == 1
    assert contradicted == {
        THE_LIE: ("recorded", "contradicted", """`'<?xml version="1.1"  ?>' instead of '<?xml version="1.0"  ?>'`""")
    }
    assert "1 contradicted" in said


def test_an_epsilon_that_does_not_answer_leaves_all_open() -> None:
    """Silence confirms nothing and contradicts nothing; yet the run fails, and says why."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://localhost:{closed.getsockname()[1]}"
    status, said = run_suite(
        "-m", "beta", "-k", "orders or payments", EPSILON_CONTRACT_URL=url, EPSILON_CONTRACT_CODE=CONTRACT_CODE
    )

    assert status == 1
    assert {row[1:] for row in rows_of(said).values()} == {("left open", f"{url} does not answer (ConnectionError)")}


def test_the_simulator_reports_when_it_is_asked_to() -> None:
    """Then nothing is left open: buyers pay there, and the console can be changed."""
    status, said = run_suite("-k", "payments", "--contract-report")

    assert status == 0
    assert {row[1:] for row in rows_of(said).values()} == {("confirmed", "")}


def test_a_missing_contract_is_said() -> None:
    """In one sentence that tells what to set; nothing is sent."""
    status, said = run_suite("-m", "beta")

    assert status == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: -m beta asks the real Epsilon: set EPSILON_CONTRACT_CODE" in said


@pytest.mark.parametrize("url", ["https://secure.epsilon.jp/", "http://beta.epsilon.jp", "beta.epsilon.jp"])
def test_no_other_address_is_asked(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Never the production environment, where orders are real; never in the clear."""
    monkeypatch.setenv("EPSILON_CONTRACT_CODE", CONTRACT_CODE)
    monkeypatch.setenv("EPSILON_CONTRACT_URL", url)
    with pytest.raises(pytest.UsageError):
        real.address()
    monkeypatch.setenv("EPSILON_CONTRACT_URL", " ")
    assert real.address() == "https://beta.epsilon.jp"


@pytest.mark.parametrize(("code", "senders", "err_code"), [("1", "127.0.0.1", "607"), ("", "192.0.2.1", "908")])
def test_a_caller_who_is_not_heard_blames_nobody(code: str, senders: str, err_code: str) -> None:
    """Where Epsilon refuses this contract or this machine, that is said, and no claim is contradicted."""
    with simulator.Server(port=0, console={"senders": senders}) as server, requests.Session() as session:
        client = Client(code or server.merchant.contract_code, base_url=server.url)
        with pytest.raises(pytest.fail.Exception, match=f"refuses .* \\({err_code}\\)"):
            real.greet(Epsilon(server.url, client.contract_code, True, session, client))
        client.close()


def test_every_test_of_an_epsilon_has_a_claim(request: pytest.FixtureRequest) -> None:
    """Of those that are collected with this one; each says how it is known, in one of four words."""
    ours = [item for item in request.session.items if item.path.is_relative_to(HERE)]
    asking = [item for item in ours if "epsilon" in getattr(item, "fixturenames", ())]

    assert [item.nodeid for item in asking if not item.get_closest_marker("claim")] == []
    assert set(claims_in_the_suite().values()) == set(SOURCES)
