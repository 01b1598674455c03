"""Two hundred buyers at once, while Epsilon takes three seconds: what they wait for, and what it costs the shop.

Prints the tables and draws the chart of docs/production.md; promises nothing. On PostgreSQL too, where
TEST_POSTGRESQL_URL names a server.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Event, Thread

from bench.figures import Rush, draw, table_of_pace, table_of_rush
from bench.served_shop import ROOT, Shop, databases, fill, open_shop
from bench.slow_epsilon import Epsilon

CHART = ROOT / "docs" / "load.svg"
EPSILON_SECONDS = 3.0
BUYERS, ROUNDS = 200, 3
VISITORS, VISITOR_PAUSE_SECONDS = 4, 0.1
FULL, TIMES, COMMAND_TIMES = 100_000, 41, 3


def rush(shop: Shop) -> Rush:
    """Send BUYERS at once, each buying ROUNDS times as somebody new, while visitors look at the shelf."""
    calm = [shop.call("GET", "/").seconds for _ in range(TIMES)]
    everybody, over = Barrier(BUYERS), Event()
    first: list[float] = []

    def buy(_: int) -> list[tuple[float, float] | None]:
        ends: list[tuple[float, float] | None] = []
        for number in range(ROUNDS):
            form, entries = shop.open_form()
            if number == 0:
                everybody.wait()
                first.append(time.perf_counter())
            reply = shop.call("POST", "/orders", form.cookie, **entries)
            arrived = reply.status == 303 and reply.location.endswith("/pay")
            ends.append((time.perf_counter() - first[0], reply.seconds) if arrived else None)
            if not arrived:
                print(f"did not arrive: {reply}", file=sys.stderr)
        return ends

    visits: list[tuple[float, float]] = []

    def look() -> None:
        while not over.wait(VISITOR_PAUSE_SECONDS):
            # Only what happens during the rush counts, not the opening of two hundred forms before it.
            reply = shop.call("GET", "/")
            if first:
                visits.append((time.perf_counter() - first[0], reply.seconds))

    visitors = [Thread(target=look) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    with ThreadPoolExecutor(BUYERS) as buyers:
        ends = [end for all_ in buyers.map(buy, range(BUYERS)) for end in all_]
    seconds = time.perf_counter() - first[0]
    over.set()
    for visitor in visitors:
        visitor.join()
    orders = [end for end in ends if end]
    return Rush(orders, visits, calm, len(ends) - len(orders), seconds, shop.workers_megabytes())


def pace(shop: Shop, token: str, number: str) -> dict[str, float]:
    """Return the milliseconds of each page and command at its quickest, which other work disturbs least."""

    def order() -> float:
        form, entries = shop.open_form()
        return shop.call("POST", "/orders", form.cookie, **entries).seconds

    def command(*words: str) -> Callable[[], float]:
        def run() -> float:
            started = time.perf_counter()
            shop.flask(*words)
            return time.perf_counter() - started

        return run

    form, entries = shop.open_form()
    token_of_form = {"csrf_token": entries["csrf_token"]}
    pages: dict[str, Callable[[], float]] = {
        "GET /": lambda: shop.call("GET", "/").seconds,
        "POST /orders": order,
        "GET /orders/TOKEN": lambda: shop.call("GET", f"/orders/{token}").seconds,
        "POST /orders/TOKEN": lambda: shop.call("POST", f"/orders/{token}", form.cookie, **token_of_form).seconds,
        "GET /return": lambda: shop.call("GET", f"/return?order_number={number}").seconds,
        "POST /notice": lambda: shop.call("POST", "/notice", order_number=number).seconds,
        "GET /readyz": lambda: shop.call("GET", "/readyz").seconds,
    }
    commands = {
        "flask orders list": command("orders", "list"),
        "flask orders list --state paid": command("orders", "list", "--state", "paid"),
        "flask orders list --state in_question": command("orders", "list", "--state", "in_question"),
        "flask orders show": command("orders", "show", number),
    }
    found = {name: min(page() for _ in range(TIMES)) * 1000 for name, page in pages.items()}
    return found | {name: min(run() for _ in range(COMMAND_TIMES)) * 1000 for name, run in commands.items()}


def main() -> None:
    """Measure on each database, print the tables, draw the chart."""
    epsilon = Epsilon(EPSILON_SECONDS)
    Thread(target=epsilon.serve_forever, daemon=True).start()
    rushes: dict[str, Rush] = {}
    paces: dict[str, tuple[dict[str, float], dict[str, float]]] = {}
    with TemporaryDirectory() as name, databases(Path(name)) as addresses:
        for kind, address in addresses.items():
            with open_shop(address, epsilon.url, Path(name, "log")) as shop:
                epsilon.seconds = EPSILON_SECONDS
                rushes[kind] = rush(shop)
                epsilon.seconds = 0.0
                fill(shop, 0, 0)
                few = pace(shop, "t0", "N0")
                fill(shop, 1, FULL)
                paces[kind] = few, pace(shop, f"t{FULL // 2}", f"N{FULL // 2}")
    print(table_of_rush(rushes), table_of_pace(paces, FULL), sep="\n\n")
    CHART.write_text(draw(rushes), encoding="utf-8")
    print(f"\n{CHART.relative_to(ROOT)} shows each request.")


if __name__ == "__main__":
    main()
