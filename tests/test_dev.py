"""A developer types `make run` for the first time, and for the second."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from threading import Timer

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60
OUR_SETTINGS = {"PORT", "SIMULATOR_PORT", "EPSILON_ENV", "EPSILON_CONTRACT_CODE", "SHOP_URL", "DATABASE_URL"}
NOT_IN_A_CLONE = shutil.ignore_patterns(".venv", ".git", ".env", "instance", "__pycache__", ".*_cache", ".hypothesis")


class Terminal(subprocess.Popen[str]):
    """A terminal in which somebody typed a command."""

    def __init__(self, *command: str | Path, folder: Path, **environment: str) -> None:
        bare = {name: value for name, value in os.environ.items() if name not in OUR_SETTINGS}
        super().__init__(
            [sys.executable, *command],
            cwd=folder,
            env={**bare, "PYTHONIOENCODING": "utf-8", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.patience = Timer(PATIENCE_SECONDS, self.terminate)
        self.patience.start()

    def read_until(self, words: str) -> str:
        assert self.stdout
        seen = ""
        for line in self.stdout:
            seen += line
            if words in line:
                return seen
        pytest.fail(f"{words!r} was never said; this was: {seen} {self.communicate()}")

    def end(self) -> tuple[int, str, str]:
        """Its exit status and what it said, on either stream, since last read."""
        words, troubles = self.communicate()
        self.patience.cancel()
        return self.returncode, words, troubles


Type = Callable[..., Terminal]
ANNOUNCED, READY = "Setting up .venv (once, about a minute) ...\n", ".venv is ready.\n"
NO_VENV = (
    "This Python cannot make .venv (No module named ensurepip): on Debian `apt install python3-venv`,"
    " then start again.\n"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of this folder, without what is private to it."""
    shutil.copytree(ROOT, tmp_path / "clone", ignore=NOT_IN_A_CLONE)
    return tmp_path / "clone"


@pytest.fixture
def ready_clone(clone: Path) -> Path:
    """A copy in which somebody has set up before: it has our .venv, so that no test waits for the network."""
    if (ROOT / ".venv").exists():
        (clone / ".venv").symlink_to(ROOT / ".venv", target_is_directory=True)
    return clone


@pytest.fixture
def without_venv(tmp_path: Path) -> str:
    """A PYTHONPATH with which Python is as Debian installs it at first."""
    (tmp_path / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    return str(tmp_path)


@pytest.fixture
def type_in() -> Iterator[Type]:
    with ExitStack() as open_terminals:

        def type_in(folder: Path, *command: str | Path, **environment: str) -> Terminal:
            terminal = Terminal(*command, folder=folder, **environment)
            open_terminals.enter_context(terminal)
            open_terminals.callback(terminal.terminate)
            open_terminals.callback(terminal.patience.cancel)
            return terminal

        yield type_in


@pytest.fixture
def ports() -> dict[str, str]:
    """Two free ports, as make would pass them on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return {"PORT": str(one.getsockname()[1]), "SIMULATOR_PORT": str(other.getsockname()[1])}


def ask(host: str, port: str, page: str) -> int:
    connection = HTTPConnection(host, int(port), timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", page)
        return connection.getresponse().status
    finally:
        connection.close()


def assert_free(*ports: str) -> None:
    for port in ports:
        socket.create_server(("127.0.0.1", int(port))).close()


def test_an_old_python_can_read_the_file() -> None:
    """The sentence about an old Python reaches whoever has one, back to 3.6."""
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_so(type_in: Type) -> None:
    """A Python older than 3.11 is one sentence."""
    pretend = "import runpy, sys; sys.version_info = (3, 9, 18); runpy.run_path('dev.py', run_name='__main__')"
    assert type_in(ROOT, "-c", pretend, "run").end() == (
        2,
        "",
        f"This needs Python 3.11 or newer, and {sys.executable} is 3.9.18: install a newer one and name it,"
        " as in `make run PYTHON=python3.12` (on Windows `py -3.12 dev.py run`).\n",
    )


def test_a_python_without_venv_is_told_what_to_install(clone: Path, without_venv: str, type_in: Type) -> None:
    """Debian packs ensurepip, without which no .venv can be made, apart from Python."""
    assert type_in(clone, "dev.py", "setup", PYTHONPATH=without_venv).end() == (2, ANNOUNCED, NO_VENV)
    assert not (clone / ".venv").exists()


def test_set_up_makes_keeps_and_makes_again(clone: Path, without_venv: str, type_in: Type) -> None:
    """A .venv that is complete is kept; one that lost its Python, or that pip could not finish, is made again."""
    (clone / ".venv").mkdir()
    (clone / "requirements-dev.txt").write_text("# nothing, so that pip needs no network\n")
    assert type_in(clone, "dev.py", "setup").end() == (0, ANNOUNCED + READY, "")
    assert type_in(clone, "dev.py", "setup", PYTHONPATH=without_venv).end() == (0, READY, "")

    (clone / "requirements-dev.txt").write_text("./nowhere\n")
    status, words, trouble = type_in(clone, "dev.py", "setup").end()
    assert (status, words) == (2, ANNOUNCED)
    assert "ERROR" in trouble
    assert trouble.endswith(
        "\npip could not install requirements-dev.txt, as it says above: set that right, then start again.\n"
    )

    # Making it takes seconds; a Python that cannot make it shows as well that it would be made.
    (clone / "requirements-dev.txt").write_text("# nothing again\n")
    assert type_in(clone, "dev.py", "setup", PYTHONPATH=without_venv).end() == (2, ANNOUNCED, NO_VENV)


@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
@pytest.mark.parametrize("nonsense", ["eighty", "0", "-1", "8000.5", "65536", "８０"])
def test_a_nonsense_port_is_one_sentence(name: str, nonsense: str, ports: dict[str, str], type_in: Type) -> None:
    """A port is a number from 1 to 65535."""
    status, words, trouble = type_in(ROOT, "dev.py", "run", **{**ports, name: nonsense}).end()
    assert (status, words) == (2, "")
    assert trouble.startswith(f"{name} is '{nonsense}', but a port is a number from 1 to 65535")
    assert trouble.count("\n") == 1


@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
def test_a_taken_port_is_one_sentence(name: str, ports: dict[str, str], clone: Path, type_in: Type) -> None:
    """It names the port and how to choose another, before anything is set up or started."""
    with socket.create_server(("127.0.0.1", int(ports[name]))):
        status, words, trouble = type_in(clone, "dev.py", "run", **ports).end()
    assert (status, words) == (2, "")
    assert trouble.startswith(f"Port {ports[name]} is taken: ")
    assert f"`make run {name}=" in trouble
    assert trouble.count("\n") == 1


def test_two_servers_want_two_ports(ports: dict[str, str], type_in: Type) -> None:
    """The shop and the simulator cannot share a port."""
    status, _, trouble = type_in(ROOT, "dev.py", "run", PORT=ports["PORT"], SIMULATOR_PORT=ports["PORT"]).end()
    assert status == 2
    assert trouble.startswith(f"PORT and SIMULATOR_PORT are both {ports['PORT']}: choose two")


@pytest.mark.parametrize(
    ("asked", "encoding", "greeting"),
    [(signal.SIGINT, "utf-8", "Ctrl-C で両方とも止まります"), (signal.SIGTERM, "cp1252", "Ctrl-C stops both.")],
)
def test_both_answer_until_they_are_stopped(
    asked: signal.Signals, encoding: str, greeting: str, ports: dict[str, str], ready_clone: Path, type_in: Type
) -> None:
    """`run` says what to try once both answer, in what the terminal can show, and takes both away with it."""
    terminal = type_in(ready_clone, "dev.py", "run", **ports, PYTHONIOENCODING=encoding)
    words = terminal.read_until(greeting)
    assert f"http://localhost:{ports['PORT']}\n" in words
    assert f"http://127.0.0.1:{ports['SIMULATOR_PORT']}\n" in words
    assert ask("localhost", ports["PORT"], "/") == 200
    assert ask("127.0.0.1", ports["SIMULATOR_PORT"], "/counter") == 200

    terminal.send_signal(asked)
    status, _, trouble = terminal.end()
    assert (status, trouble) == (0, "")
    assert_free(*ports.values())


def test_neither_stays_where_the_other_has_died(ports: dict[str, str], ready_clone: Path, type_in: Type) -> None:
    """The one that died is named, below its own words."""
    shutil.rmtree(ready_clone / "simulator")
    status, words, trouble = type_in(ready_clone, "dev.py", "run", **ports).end()
    assert (status, words) == (1, "")
    assert "No module named simulator\n" in trouble
    assert trouble.endswith("The simulator stopped by itself with status 1, so all is stopped.\n")
    assert_free(*ports.values())


def test_the_simulator_stays_off_where_epsilon_is_real(ports: dict[str, str], ready_clone: Path, type_in: Type) -> None:
    """One setting points at the real Epsilon, and .env is where it is written down."""
    settings = "EPSILON_ENV=beta  # ours\nEPSILON_CONTRACT_CODE=87654321\nSECRET_KEY=" + "s" * 32
    (ready_clone / ".env").write_text(settings)
    terminal = type_in(ready_clone, "dev.py", "run", **ports)
    words = terminal.read_until("Ctrl-C stops the shop.")
    assert "EPSILON_ENV is beta, so the simulator stays off." in words
    assert ask("localhost", ports["PORT"], "/") == 200
    assert_free(ports["SIMULATOR_PORT"])

    terminal.send_signal(signal.SIGTERM)
    assert terminal.end()[0] == 0


def test_pytest_gets_whatever_else_is_typed(ready_clone: Path, type_in: Type) -> None:
    """`test` hands on what it does not know, and the other commands refuse it."""
    status, words, _ = type_in(ready_clone, "dev.py", "test", "--version").end()
    assert (status, words[:7]) == (0, "pytest ")
    status, _, trouble = type_in(ready_clone, "dev.py", "run", "--fast").end()
    assert status == 2
    assert trouble.endswith("dev.py: error: unrecognized arguments: --fast\n")
