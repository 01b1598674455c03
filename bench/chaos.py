"""Breaks everything at once, then compares the shop's book with Epsilon's: ``python -m bench.chaos --help``.

Real processes: gunicorn with two workers, the simulator, and scripted buyers who pay, leave, go back and click twice,
while one call to Epsilon in five fails, notices are lost, late, doubled and forged, workers are killed and the database
goes away. Then peace, one reconcile, and the comparison. The dice are seeded; what the operating system makes of them
is not.
"""

import argparse
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

import click
import requests
from sqlalchemy import create_engine, text

from bench.scripted_buyer import PATHS, Buyer
from bench.trouble import WAIT, arm_faults, break_database, kill_workers, lossy_post, shout_notices

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(log: IO[bytes], *command: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours while the block runs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
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
    parser.add_argument(
        "--restart-database",
        default="",
        metavar="COMMAND",
        help="run now and then, in place of dropping PostgreSQL's connections",
    )
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
    dice = [random.Random(f"{options.seed} {part}") for part in range(options.purchases + 6)]  # noqa: S311
    paths = [dice[0].choice(PATHS) for _ in range(options.purchases)]
    gunicorn = ["-m", "gunicorn", "--workers=2", "--worker-class=gthread", "--threads=16", "--log-level=critical",
                f"--bind=127.0.0.1:{port}", "--timeout=60", "bench.chaos_shop:create_app()"]  # fmt: skip
    over, started, met = Event(), time.monotonic(), Counter[str]()
    with Path(options.log).open("ab") as log, lossy_post(shop, dice[5]) as (post, notices):
        simulator = ["-m", "simulator", f"--port={simulator_port}", f"--shop={shop}", f"--database={ledger}"]
        for kind in ("payment", "completion"):
            simulator += ["--set", f"{kind}_notice_url={post}"]
        with running(log, *simulator):
            wait_for(f"{epsilon}/")
            deadly = {"CHAOS_DEATH": str(options.death), "CHAOS_SEED": str(options.seed)}
            with running(log, *gunicorn, **settings, **deadly) as master:
                wait_for(f"{shop}/healthz")
                trouble = [
                    Thread(target=arm_faults, args=(epsilon, dice[1], over, options.faults)),
                    Thread(target=kill_workers, args=(master.pid, dice[2], over, met)),
                    Thread(target=shout_notices, args=(shop, ledger, dice[3], over)),
                    Thread(target=break_database, args=(database_url, dice[4], over, met, options.restart_database)),
                ]
                for each in trouble:
                    each.start()
                send_buyers(paths, options.buyers, lambda number: Buyer(shop, epsilon, dice[number + 6]))
                over.set()
                for each in trouble:
                    each.join()
            met["faults fired"] = disarm(epsilon)
            reconcile = "-m flask --app bench.chaos_shop orders reconcile --older-than 0s --parallel 8"
            with running(log, *reconcile.split(), **settings, CHAOS_PEACE="1") as peace:
                status = peace.wait()
    wrong, ends = differences(ledger, database_url)
    seconds = time.monotonic() - started
    print(f"seed {options.seed}, {database_url.partition(':')[0]}: {options.purchases} purchases in {seconds:.0f} s; "
          f"{counted(met)}; notices {counted(notices)}; orders: {counted(ends)}; "
          f"reconcile ended with {status}; {len(wrong)} differences")  # fmt: skip
    print(*wrong[:50], sep="\n")
    return 1 if wrong else 0


def send_buyers(paths: list[str], at_a_time: int, buyer: Callable[[int], Buyer]) -> None:
    """Send a buyer along each path, with a progress bar on a terminal."""
    with ThreadPoolExecutor(at_a_time) as crowd:
        visits = [crowd.submit(buyer(number).buy, path) for number, path in enumerate(paths)]
        with click.progressbar(as_completed(visits), length=len(paths), hidden=not sys.stdout.isatty()) as bar:
            for visit in bar:
                visit.result()


def counted(things: Counter[str]) -> str:
    """Say how many there are of each."""
    return ", ".join(f"{number} {thing}" for thing, number in sorted(things.items()))


def disarm(epsilon: str) -> int:
    """Make peace at Epsilon; return how often a fault had fired."""
    faults = requests.get(f"{epsilon}/api/faults", timeout=WAIT).json()["faults"]
    for fault in faults:
        requests.delete(f"{epsilon}/api/faults/{fault['id']}", timeout=WAIT)
    return sum(fault["fired"] for fault in faults)


if __name__ == "__main__":
    sys.exit(main())
