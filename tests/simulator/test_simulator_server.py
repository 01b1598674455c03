"""The simulator as a program: over real sockets, and from the command line."""

import errno
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import sleep

import pytest
import requests

from simulator import Server
from simulator.__main__ import main
from tests.simulator.simulator_people import ORDER, RECEIVE_ORDER, decoded

ROOT = Path(__file__).parents[2]


def run(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """Start `python -m simulator` in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: "subprocess.Popen[str]", number: int) -> tuple[int, str, str]:
    """Stop it by a signal; its status, and the rest of what it said."""
    process.send_signal(number)
    said, complained = process.communicate(timeout=10)
    return process.returncode, said, complained


def test_a_test_starts_its_own_epsilon() -> None:
    """On port 0 it takes a free port, answers at once, and is gone after the block."""
    with Server(contract_code="99999999") as epsilon:
        answer = requests.post(epsilon.url + RECEIVE_ORDER, data=ORDER | {"contract_code": "99999999"}, timeout=5)
        assert answer.headers["Content-Type"] == "text/xml"
        assert decoded(answer.content)["redirect"].startswith(f"{epsilon.url}/cgi-bin/order/card3.cgi?")

    with pytest.raises(requests.ConnectionError):
        requests.get(epsilon.url, timeout=5)


def test_other_machines_reach_it_only_where_it_was_told_so() -> None:
    """By itself it listens on loopback and knows no other name; told an address, it answers to any name."""
    name = {"Host": "simulator.example.com"}
    with Server() as at_home, Server(listen="0.0.0.0") as for_all:
        assert requests.get(at_home.url, headers=name, timeout=5).status_code == 400
        assert requests.get(for_all.url, headers=name, timeout=5).status_code == 200


def test_two_run_side_by_side() -> None:
    """Each has its own port and its own memory."""
    with Server() as one, Server() as other:
        assert one.url != other.url
        for epsilon in (one, other):
            assert b'result="1"' in requests.post(epsilon.url + RECEIVE_ORDER, data=ORDER, timeout=5).content


def test_the_command_says_where_it_is_and_its_orders_survive_a_restart(tmp_path: Path) -> None:
    """It prints its address and the URLs that it calls, ends without a traceback, and forgets nothing."""
    answers = []
    for number in (signal.SIGINT, signal.SIGTERM):
        process = run(tmp_path, "--port", "0", "--shop", "http://localhost:9", "--contract-code", "12345678")
        assert process.stdout is not None
        first, *lines = [process.stdout.readline() for _ in range(5)]
        url = first.split()[2]
        answers.append(requests.post(url + RECEIVE_ORDER, data=ORDER, timeout=5).content)

        assert first == f"Epsilon simulator   {url}  (no money moves)\n"
        assert lines == [
            "Contract code       12345678\n",
            "Buyers return to    http://localhost:9/return\n",
            "Notices go to       http://localhost:9/notice\n",
            f"State               {Path('instance') / 'simulator.sqlite3'}\n",
        ]
        assert stop(process, number) == (0, "", "")

    assert b'result="1"' in answers[0]
    assert b'err_code="604"' in answers[1]


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and no traceback."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert main(["--port", str(port), "--memory"]) == 2

    told = f"Cannot listen on 127.0.0.1:{port}: {os.strerror(errno.EADDRINUSE)}. Try another --port.\n"
    assert capsys.readouterr() == ("", told)


def test_a_folder_is_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A state file that cannot be opened is one sentence too."""
    assert main(["--port", "0", "--database", str(tmp_path)]) == 2

    assert capsys.readouterr() == ("", f"Cannot use {tmp_path} as database: unable to open database file.\n")


def test_a_state_file_of_another_version_is_kept_until_it_is_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with both ways out; --fresh forgets the old file and starts."""
    path = tmp_path / "state.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE transactions (id INTEGER PRIMARY KEY, token TEXT)")
        connection.commit()
    old = path.read_bytes()

    assert main(["--port", "0", "--database", str(path)]) == 2

    assert capsys.readouterr() == (
        "",
        f"{path} was written by another version of the simulator. Start with --fresh to forget what it holds, "
        "or name another --database.\n",
    )
    assert path.read_bytes() == old
    process = run(tmp_path, "--port", "0", "--database", str(path), "--fresh", "--set", "conveni_days=3")
    assert process.stdout is not None
    url = process.stdout.readline().split()[2]
    assert requests.get(f"{url}/console.json", timeout=5).json()["conveni_days"] == 3
    assert stop(process, signal.SIGTERM)[0] == 0


def test_a_running_server_repeats_notices_by_itself() -> None:
    """A notice that is due by the simulator's clock is sent within a second or two, without a button."""
    with Server(shop="http://localhost:9") as epsilon:
        requests.post(epsilon.url + RECEIVE_ORDER, data=ORDER, timeout=5)
        page = f"{epsilon.url}/transactions/500001"
        requests.post(page, data={"action": "completion_late"}, timeout=5)
        assert "ConnectionError" not in requests.get(page, timeout=5).text
        epsilon.app.extensions["environment"].now.move(1)

        for _ in range(50):
            if "ConnectionError" in requests.get(page, timeout=5).text:
                break
            sleep(0.1)

        assert "ConnectionError" in requests.get(page, timeout=5).text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "70000"], "argument --port: invalid port value: '70000'"),
        (["--contract-code", "12"], "argument --contract-code: invalid contract_code value: '12'"),
        (["--shop", "localhost:8000"], "argument --shop: invalid url value: 'localhost:8000'"),
        (["--memory", "--database", "x"], "argument --database: not allowed with argument --memory"),
    ],
)
def test_a_wrong_option_is_told(options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and a sentence that names the option."""
    with pytest.raises(SystemExit) as stopped:
        main(options)

    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith(f"{sentence}\n")


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """--help tells each option with its default."""
    with pytest.raises(SystemExit):
        main(["--help"])

    told = capsys.readouterr().out
    for option in (
        "--port",
        "--contract-code",
        "--shop",
        "--console",
        "--set",
        "--allow-foreign-notices",
        "--allow-foreign-callers",
        "--fresh",
        "--memory",
        "--database",
    ):
        assert option in told
    for default in ("8001", "12345678", "http://localhost:8000", "simulator.sqlite3"):
        assert default in told
