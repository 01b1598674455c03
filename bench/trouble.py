"""What goes wrong in chaos: at Epsilon, on the lines, in the shop's processes and its database. Repairs nothing."""

import os
import random
import shlex
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import psycopg
import requests

MISCHIEF = (
    "close-before close-after delay http-500 http-502 http-redirect empty truncated html entity-bomb error "
    "redirect-elsewhere wrong-charset"
).split()
WAIT = 20.0


def arm_faults(epsilon: str, dice: random.Random, over: Event, share: float) -> None:
    """Keep as many faults armed as make one call to Epsilon in five fail."""
    called = 0
    with requests.Session() as gremlin, suppress(requests.ConnectionError):
        while not over.wait(0.05):
            newest = gremlin.get(f"{epsilon}/api/requests", timeout=WAIT).json()["requests"]
            latest = max((row["id"] for row in newest), default=0)
            for _ in range(latest - called):
                if dice.random() < share / (1 - share):
                    kind = dice.choice(MISCHIEF)
                    cgi = "receive_order3.cgi" if kind == "redirect-elsewhere" or dice.random() < 0.5 else ""
                    value = "1.5" if kind == "delay" else "502" if kind == "error" else ""
                    fault = {"kind": kind, "cgi": cgi, "value": value, "times": 1}
                    gremlin.post(f"{epsilon}/api/faults", json=fault, timeout=WAIT)
            called = latest


@contextmanager
def lossy_post(shop: str, dice: random.Random) -> Iterator[tuple[str, Counter[str]]]:
    """Carry Epsilon's notices while the block runs: lose, drop, double and delay one in five each.

    Yields the address for the notices, and what became of them.
    """
    fates: Counter[str] = Counter()

    def bring(body: bytes) -> bytes:
        with suppress(requests.RequestException):
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            return requests.post(f"{shop}/notice", data=body, headers=form, timeout=WAIT).content
        return b""

    class Postman(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fate = dice.choice(("lost", "dropped", "doubled", "late", "brought"))
            fates[fate] += 1
            if fate == "dropped":
                return  # Epsilon hears nothing, and would come again in a minute: after the end
            if fate == "late":
                time.sleep(3 * dice.random())
            if fate == "doubled":
                Thread(target=bring, args=[body]).start()
            reply = b"1" if fate == "lost" else bring(body)
            with suppress(OSError):  # Epsilon has given up waiting
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Postman) as office:
        Thread(target=office.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{office.server_port}/", fates
        finally:
            office.shutdown()


def shout_notices(shop: str, ledger: Path, dice: random.Random, over: Event) -> None:
    """Send notices that Epsilon did not send: early, doubled, and of payments that never were."""
    while not over.wait(0.2):
        with suppress(requests.RequestException, sqlite3.Error), sqlite3.connect(ledger) as book:
            rows = book.execute("SELECT order_number FROM transactions ORDER BY id DESC LIMIT 20").fetchall()
            for (number,) in dice.sample(rows, min(2, len(rows))):
                for _ in range(2):
                    forged = {"order_number": number, "paid": "1", "state": "1", "trans_code": "1"}
                    requests.post(f"{shop}/notice", data=forged, timeout=WAIT)


def kill_workers(master: int, dice: random.Random, over: Event, killed: Counter[str]) -> None:
    """Kill one of gunicorn's workers now and then."""
    while not over.wait(1 + 2 * dice.random()):
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        with suppress(ProcessLookupError):
            if children:
                os.kill(int(dice.choice(children)), signal.SIGKILL)
                killed["workers killed"] += 1


def break_database(url: str, dice: random.Random, over: Event, broken: Counter[str], restart: str) -> None:
    """Take the database away now and then.

    PostgreSQL drops all connections, as when it restarts, or is restarted by the command ``restart``; SQLite is
    held by somebody else for longer than the shop waits.
    """
    while not over.wait(2 + 4 * dice.random()):
        if restart:
            subprocess.run(shlex.split(restart), check=True, stdout=subprocess.DEVNULL)
        elif url.startswith("postgresql"):
            with psycopg.connect(url, autocommit=True) as server:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        else:
            with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=WAIT, isolation_level=None) as book:
                book.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                book.execute("ROLLBACK")
        broken["times without the database"] += 1
