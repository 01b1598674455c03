"""Breaks everything at once, then compares the shop's book with Epsilon's: ``python bench/chaos.py --help``.

Real processes: gunicorn with two workers, the simulator, and scripted buyers who pay, leave, go back and click twice,
while one call to Epsilon in five fails, notices are doubled and forged, and workers are killed. Then peace, one
reconcile, and the comparison. The dice are seeded; what the operating system makes of them is not.
"""

import argparse
import os
import random
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

import requests
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parents[1]
MISCHIEF = (
    "close-before close-after delay http-500 http-502 http-redirect empty truncated html entity-bomb error "
    "redirect-elsewhere wrong-charset"
).split()
PATHS = ("card", "leave", "back", "direct", "direct-paid", "page", "twice")
WAIT = 20.0
TRIES = 6


class Buyer:
    """One person with one browser, who takes one of PATHS and presses reload when the page does not come."""

    def __init__(self, shop: str, epsilon: str, dice: random.Random) -> None:
        self.shop, self.epsilon, self.dice = shop, epsilon, dice
        self.browser = requests.Session()
        self.browser.trust_env = False

    def buy(self, path: str) -> None:
        """Go the whole way, or give up where nothing answers any more."""
        with self.browser, suppress(requests.RequestException, GaveUp):
            for attempt in range(2):
                page = self._order(path)
                if "/cgi-bin/" not in page.url:
                    return self._pay_slip(page) if path == "direct-paid" else None
                if path == "leave":
                    return None
                if path == "page":
                    return self._take_slip(page)
                if path != "back" or attempt:
                    return self._pay_by_card(page)
                self._visit(page.url, action="back")
        return None

    def _order(self, path: str) -> requests.Response:
        form = self._visit(self.shop)
        fields: dict[str, Any] = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', form.text))
        fields |= {"item_code": "apple", "quantity": "1", "user_name": "髙橋", "user_mail_add": "h@example.com"}
        fields |= {"st": "card" if path in ("card", "leave", "back", "twice") else "conveni"}
        if path.startswith("direct"):
            fields["conveni_code"] = "11"
        if path == "twice":
            Thread(target=self._click, args=(fields, self.browser.cookies.get_dict())).start()
        return self._visit(f"{self.shop}/orders", asked=None, **fields)

    def _click(self, fields: dict[str, str], cookies: dict[str, str]) -> None:
        with suppress(requests.RequestException):
            requests.post(f"{self.shop}/orders", data=fields, cookies=cookies, timeout=WAIT)

    def _pay_by_card(self, page: requests.Response) -> None:
        card: dict[str, Any] = {
            "card_number": "4242424242424242",
            "expire_m": "12",
            "expire_y": "2039",
            "security_code": "123",
        }
        action = "vanish" if self.dice.random() < 0.2 else "pay"
        self._visit(page.url, **card, action=action)

    def _take_slip(self, page: requests.Response) -> None:
        self._visit(page.url, conveni_code="21", user_tel="0312345678", action="issue")
        self._visit(page.url, action="return")

    def _pay_slip(self, page: requests.Response) -> None:
        number = re.search(r'class="code">(\w+)<', page.text)
        if number:
            asked = {"order_number": number[1]}
            found = self._visit(f"{self.epsilon}/api/transactions", asked=asked).json()["transactions"]
            for slip in found:
                self._visit(f"{self.epsilon}/counter", trans_code=slip["trans_code"])

    def _visit(self, url: str, *, asked: dict[str, str] | None = None, **form: Any) -> requests.Response:
        for _ in range(TRIES):
            with suppress(requests.RequestException):
                method = "POST" if form else "GET"
                page = self.browser.request(method, url, params=asked, data=form or None, timeout=WAIT)
                if page.status_code < 500:
                    return page
            time.sleep(0.1 + 0.3 * self.dice.random())
        raise GaveUp


class GaveUp(Exception):
    """The buyer has pressed reload often enough."""


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(log: IO[bytes], *command: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours while the block runs."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "bench")]), **settings}
    command = (sys.executable, *command)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(200):
        with suppress(requests.RequestException):
            if requests.get(url, timeout=1).ok:
                return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


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


def kill_workers(master: int, dice: random.Random, over: Event) -> None:
    """Kill one of gunicorn's workers now and then."""
    while not over.wait(1 + 2 * dice.random()):
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        with suppress(ProcessLookupError):
            if children:
                os.kill(int(dice.choice(children)), signal.SIGKILL)


def shout_notices(shop: str, ledger: Path, dice: random.Random, over: Event) -> None:
    """Send notices that Epsilon did not send: early, doubled, and of payments that never were."""
    while not over.wait(0.2):
        with suppress(requests.RequestException, sqlite3.Error), sqlite3.connect(ledger) as book:
            rows = book.execute("SELECT order_number FROM transactions ORDER BY id DESC LIMIT 20").fetchall()
            for (number,) in dice.sample(rows, min(2, len(rows))):
                for _ in range(2):
                    forged = {"order_number": number, "paid": "1", "state": "1", "trans_code": "1"}
                    requests.post(f"{shop}/notice", data=forged, timeout=WAIT)


def restart_database(command: str, dice: random.Random, over: Event) -> None:
    """Restart the database now and then."""
    while not over.wait(8 + 4 * dice.random()):
        subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)


def differences(ledger: Path, database_url: str) -> tuple[list[str], Counter[str]]:
    """Compare the two books; return what is wrong, and how many orders ended where."""
    with sqlite3.connect(ledger) as book:
        theirs = dict(book.execute("SELECT order_number, state FROM transactions").fetchall())
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as book:
        ours = book.execute(text("SELECT id, order_number, purchase, state FROM orders")).all()
        events = book.execute(text("SELECT order_id, from_state, to_state FROM order_events ORDER BY id")).all()
    engine.dispose()
    wrong = [f"{number}: Epsilon has it, the shop has not" for number in theirs.keys() - {row[1] for row in ours}]
    paid_purchases = Counter(purchase for _, _, purchase, state in ours if state == "paid")
    wrong += [f"purchase {purchase}: paid {times} times" for purchase, times in paid_purchases.items() if times > 1]
    for number, purchase, state in (row[1:] for row in ours):
        at_epsilon = theirs.get(number)
        paid_twice = state == "in_question" and paid_purchases[purchase] == 1
        if (at_epsilon == 1) != (state == "paid" or paid_twice):
            wrong.append(f"{number}: {state} here, state {at_epsilon} at Epsilon")
        if state in ("written", "unknown", "sent"):
            wrong.append(f"{number}: {state} is no end")
    stands = {row[0]: "written" for row in ours}
    for order_id, before, after in events:
        if stands[order_id] != before:
            wrong.append(f"order {order_id}: an event from {before} while it was {stands[order_id]}")
        stands[order_id] = after
    wrong += [f"{row[1]}: events end in {stands[row[0]]}, it is {row[3]}" for row in ours if stands[row[0]] != row[3]]
    return wrong, Counter(row[3] for row in ours)


def main() -> int:
    """Run it, print figures and seed, and fail on one difference."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--purchases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--buyers", type=int, default=12, help="so many at a time")
    parser.add_argument("--faults", type=float, default=0.2, help="the share of Epsilon's answers that fail")
    parser.add_argument("--death", type=float, default=0.01, help="how likely a worker dies at each deadly point")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; a file of SQLite otherwise")
    parser.add_argument("--restart-database", default="", metavar="COMMAND", help="run now and then")
    parser.add_argument("--log", default=os.devnull, help="a file for what all processes say")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(options, Path(folder))


def run(options: argparse.Namespace, folder: Path) -> int:
    """War, peace, comparison; return 1 where the books differ."""
    port, simulator_port, ledger = free_port(), free_port(), folder / "simulator.sqlite3"
    shop, epsilon = f"http://localhost:{port}", f"http://127.0.0.1:{simulator_port}"
    database_url = options.database_url or f"sqlite:///{folder / 'orders.sqlite3'}"
    settings = {"SHOP_URL": shop, "SIMULATOR_URL": epsilon, "DATABASE_URL": database_url, "EPSILON_ENV": "simulator"}
    dice = [random.Random(f"{options.seed} {part}") for part in range(options.purchases + 5)]  # noqa: S311
    paths = [dice[0].choice(PATHS) for _ in range(options.purchases)]
    gunicorn = ["-m", "gunicorn", "--workers=2", "--worker-class=gthread", "--threads=16", "--log-level=critical",
                f"--bind=127.0.0.1:{port}", "--timeout=60", "chaos_shop:create_app()"]  # fmt: skip
    over, started = Event(), time.monotonic()
    command = ["-m", "simulator", f"--port={simulator_port}", f"--shop={shop}", f"--database={ledger}"]
    with Path(options.log).open("ab") as log, running(log, *command):
        wait_for(f"{epsilon}/")
        deadly = {"CHAOS_DEATH": str(options.death), "CHAOS_SEED": str(options.seed)}
        with running(log, *gunicorn, **settings, **deadly) as master:
            wait_for(f"{shop}/healthz")
            trouble = [
                Thread(target=arm_faults, args=(epsilon, dice[1], over, options.faults)),
                Thread(target=kill_workers, args=(master.pid, dice[2], over)),
                Thread(target=shout_notices, args=(shop, ledger, dice[3], over)),
            ]
            if options.restart_database:
                trouble.append(Thread(target=restart_database, args=(options.restart_database, dice[4], over)))
            for each in trouble:
                each.start()
            with ThreadPoolExecutor(options.buyers) as crowd:
                for number, path in enumerate(paths):
                    crowd.submit(Buyer(shop, epsilon, dice[number + 5]).buy, path)
            over.set()
            for each in trouble:
                each.join()
        fired = disarm(epsilon)
        peace = ["-m", "flask", "--app", "chaos_shop", "orders", "reconcile", "--older-than", "0s", "--parallel", "8"]
        with running(log, *peace, **settings, CHAOS_PEACE="1") as reconcile:
            status = reconcile.wait()
    wrong, ends = differences(ledger, database_url)
    seconds = time.monotonic() - started
    print(f"seed {options.seed}, {database_url.partition(':')[0]}: {options.purchases} purchases in {seconds:.0f} s, "
          f"{fired} faults fired, orders: {', '.join(f'{n} {state}' for state, n in sorted(ends.items()))}; "
          f"reconcile ended with {status}; {len(wrong)} differences")  # fmt: skip
    print(*wrong[:50], sep="\n")
    return 1 if wrong else 0


def disarm(epsilon: str) -> int:
    """Make peace at Epsilon; return how often a fault had fired."""
    faults = requests.get(f"{epsilon}/api/faults", timeout=WAIT).json()["faults"]
    for fault in faults:
        requests.delete(f"{epsilon}/api/faults/{fault['id']}", timeout=WAIT)
    return sum(fault["fired"] for fault in faults)


if __name__ == "__main__":
    sys.exit(main())
