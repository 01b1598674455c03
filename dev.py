"""The developer's commands: `python dev.py run`, `test`, `check`, `load` and `setup`. The Makefile only calls these.

Nothing is installed yet when this starts, so it uses the standard library alone, and only words that Python 3.6 can
read, because a Python that is too old must get as far as the sentence that says so.
"""

import argparse
import errno
import hashlib
import importlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.request import ProxyHandler, build_opener

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    have = ".".join(str(part) for part in sys.version_info[:3])
    advice = "install a newer one and name it, as in `make run PYTHON=python3.12` (on Windows `py -3.12 dev.py run`)"
    sys.stderr.write(f"This needs Python 3.11 or newer, and {sys.executable} is {have}: {advice}.\n")
    sys.exit(2)

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP, UNFINISHED = VENV / "installed.txt", "unfinished"
RUNTIME, EVERYTHING = "requirements.txt", "requirements-dev.txt"
PIP_INSTALL = "-m pip install --quiet --quiet --no-input --disable-pip-version-check --require-hashes -r"
START_SECONDS, STOP_SECONDS, ANSWER_SECONDS, PAUSE_SECONDS = 30, 5, 2, 0.1
WITHOUT_PROXY = build_opener(ProxyHandler({}))

# What a server says while all is well. Anything else reaches the terminal, a traceback above all.
NOISE = re.compile(r'\] ".*" \d{3} \S+$|^ \* Running|development server|Press CTRL\+C')

SHOP_ALONE = """
  Shop       {shop}

  EPSILON_ENV is {epsilon}, so the simulator stays off. Ctrl-C stops the shop.
"""
TRY = """
  Shop       {shop}
  Simulator  {simulator}

  Card 4242 4242 4242 4242, any future date, is approved; 0000 0000 0000 0000 is refused.
  A konbini slip is paid at {simulator}/counter. Ctrl-C stops both.
"""
TRY_IN_JAPANESE = """\
  カード 4242 4242 4242 4242（有効期限は未来の年月）は承認、0000 0000 0000 0000 は拒否されます。
  コンビニの支払いは {simulator}/counter で。Ctrl-C で両方とも止まります。
"""


class Program(subprocess.Popen[str]):
    """A program for the Python in .venv: in this terminal, or apart from it, where Ctrl-C is ours to answer."""

    def __init__(self, command: str, *more: str, apart: bool = False, settings: dict[str, str] | None = None) -> None:
        super().__init__(
            [str(PYTHON), *command.split(), *more],
            cwd=ROOT,
            env={**os.environ, **(settings or {})},
            stdout=subprocess.DEVNULL if apart else None,
            stderr=subprocess.PIPE if apart else None,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=apart,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if apart else 0,
        )
        self.echo = threading.Thread(target=self.pass_on_words, daemon=True)
        self.echo.start()

    def pass_on_words(self) -> None:
        for line in self.stderr or ():
            if not NOISE.search(line):
                print(line, end="", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Stop the program and whatever it started, which with FLASK_DEBUG is a second Python."""
        if sys.platform == "win32":
            steps = (partial(self.send_signal, signal.CTRL_BREAK_EVENT), self.kill)
        else:
            steps = (partial(os.killpg, self.pid, signal.SIGTERM), partial(os.killpg, self.pid, signal.SIGKILL))
        for step in steps:
            with suppress(OSError, subprocess.TimeoutExpired):
                step()
                self.wait(STOP_SECONDS)
        self.echo.join(STOP_SECONDS)


def refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def work(command: str, *more: str) -> int:
    """Run a program in this terminal to its end, and leave Ctrl-C to it."""
    program = Program(command, *more)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    return program.wait()


def has_venv() -> bool:
    """Whether .venv has a Python that starts, is new enough and has pip."""
    needs = f"sys.version_info >= {OLDEST} and importlib.util.find_spec('pip')"
    with suppress(OSError):
        return Program("-c", f"import importlib.util, sys; sys.exit(not ({needs}))").wait() == 0
    return False


def make_venv() -> None:
    try:
        importlib.import_module("ensurepip")
        venv = importlib.import_module("venv")
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        STAMP.write_text(UNFINISHED)
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except ImportError as error:
        refuse(f"This Python cannot make .venv ({error}): on Debian `apt install python3-venv`, then start again.")
    except (OSError, subprocess.CalledProcessError) as error:
        refuse(f"Python could not make .venv ({error}): remove that folder, then start again.")


def set_up(*enough: str) -> None:
    """Have .venv hold one of these requirements files: the first, unless it holds another already."""
    digests = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in enough]
    installed = STAMP.read_text() if STAMP.exists() else ""
    # Half a set-up is thrown away: pip takes half a package for a whole one.
    usable = installed != UNFINISHED and has_venv()
    if usable and installed in digests:
        return
    print("Setting up .venv (once, about a minute) ...", flush=True)
    if not usable:
        make_venv()
    STAMP.write_text(UNFINISHED)
    if work(PIP_INSTALL, enough[0]):
        refuse(f"pip could not install {enough[0]}, as it says above: set that right, then start again.")
    STAMP.write_text(digests[0])


def read_setting(name: str, default: str) -> str:
    """Read the environment, then .env, as the shop does."""
    dotenv = ROOT / ".env"
    lines = dotenv.read_text(encoding="utf-8", errors="replace") if dotenv.exists() else ""
    found = re.findall(rf"""^\s*(?:export\s+)?{name}\s*=\s*["']?([^"'\s#]*)""", lines, re.MULTILINE)
    return os.environ.get(name, found[-1] if found else "") or default


def claim_port(name: str, default: str, *hosts: str) -> int:
    """Read which port to use, and see that it is free wherever a browser would look for it."""
    text = os.environ.get(name) or default
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        refuse(f"{name} is {text!r}, but a port is a number from 1 to 65535, as in `make run {name}={default}`.")
    for host in hosts:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket.create_server((host, int(text)), family=family).close()
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
                other = f"`make run {name}={int(text) + 80}` (on Windows set {name} in the environment)"
                refuse(f"Port {text} {why}: stop the program that has it, or choose another with {other}.")
    return int(text)


def run() -> int:
    """Start the shop and the simulator in this terminal; Ctrl-C stops both."""
    port, epsilon = claim_port("PORT", "8000", "127.0.0.1", "::1"), read_setting("EPSILON_ENV", "simulator")
    shop = f"http://localhost:{port}"
    servers = {"shop": (f"-m flask --app app run --host localhost --port {port}", f"{shop}/healthz")}
    settings = {"PYTHONIOENCODING": "utf-8", "SHOP_URL": read_setting("SHOP_URL", shop)}
    greetings = [SHOP_ALONE.format(shop=shop, epsilon=epsilon)]
    if epsilon == "simulator":
        simulator_port = claim_port("SIMULATOR_PORT", "8001", "127.0.0.1")
        if simulator_port == port:
            refuse(f"PORT and SIMULATOR_PORT are both {port}: choose two, as in `make run PORT={port + 80}`.")
        simulator, contract = f"http://127.0.0.1:{simulator_port}", read_setting("EPSILON_CONTRACT_CODE", "12345678")
        options = f"--port {simulator_port} --shop {shop} --contract-code {contract}"
        servers["simulator"] = (f"-m simulator {options}", f"{simulator}/")
        settings.update(SHOP_URL=shop, SIMULATOR_URL=simulator)
        greetings = [words.format(shop=shop, simulator=simulator) for words in (TRY, TRY_IN_JAPANESE)]
    set_up(RUNTIME, EVERYTHING)
    return serve(servers, settings, greetings)


def serve(servers: dict[str, tuple[str, str]], settings: dict[str, str], greetings: list[str]) -> int:
    """Keep the servers, each a command and the page that shows it is up, until one stops or we are asked to."""
    asked: list[int] = []
    for name in {"SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"} & set(dir(signal)):
        signal.signal(getattr(signal, name), lambda number, _: asked.append(number))
    running: dict[str, Program] = {}
    ended: dict[str, int] = {}
    greeted, latest = False, time.monotonic() + START_SECONDS
    try:
        for name, (command, _) in servers.items():
            running[name] = Program(command, apart=True, settings=settings)
        while not asked and not ended and (greeted or time.monotonic() < latest):
            if not greeted and all(answers(page) for _, page in servers.values()):
                greeted = True
                for text in greetings:
                    show(text)
            time.sleep(PAUSE_SECONDS)
            ended = {name: program.returncode for name, program in running.items() if program.poll() is not None}
    finally:
        for program in running.values():
            program.stop()
    if asked:
        return 0
    reasons = [f"The {name} stopped by itself with status {status}" for name, status in ended.items()]
    print("; ".join(reasons or ["The start takes too long"]) + ", so all is stopped.", file=sys.stderr)
    return 1


def answers(page: str) -> bool:
    with suppress(OSError, HTTPException), WITHOUT_PROXY.open(page, timeout=ANSWER_SECONDS):
        return True
    return False


def show(text: str) -> None:
    """Print, or leave out what this terminal has no characters for."""
    with suppress(UnicodeEncodeError):
        text.encode(sys.stdout.encoding)
        print(text, flush=True)


def test(*arguments: str) -> int:
    """Run all tests, on all cores; or pytest gets whatever else is typed, as in `test -k konbini`."""
    set_up(EVERYTHING)
    return work("-m pytest", *(arguments or ("--numprocesses=auto", "--dist=worksteal")))


def check() -> int:
    """Check style and types with ruff and mypy, and who imports whom."""
    set_up(EVERYTHING)
    tools = ("ruff check", "ruff format --check", "mypy .", "pytest tests/epsilon/test_imports.py")
    statuses = [work(f"-m {tool}") for tool in tools]
    return int(any(statuses))


def load() -> int:
    """Measure two hundred buyers at once, while Epsilon is slow; draws docs/load.svg."""
    set_up(EVERYTHING)
    return work("-m bench.load")


def chaos(*arguments: str) -> int:
    """Break everything at once and compare the books; `chaos --help` has the options."""
    set_up(EVERYTHING)
    return work("-m bench.chaos", *arguments)


def setup() -> int:
    """Make .venv and install everything into it; the other commands do so by themselves."""
    set_up(EVERYTHING)
    print(".venv is ready.")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py", description="The developer's commands.", allow_abbrev=False)
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands = {"run": run, "test": test, "check": check, "load": load, "chaos": chaos, "setup": setup}
    for name, command in commands.items():
        choices.add_parser(name, help=command.__doc__, description=command.__doc__, allow_abbrev=False)
    options, others = parser.parse_known_args()
    if others and options.command not in ("test", "chaos"):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    try:
        return commands[options.command](*others)
    except KeyboardInterrupt:
        refuse("Interrupted: start again to finish.")


if __name__ == "__main__":
    sys.exit(main())
