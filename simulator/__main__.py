"""The command `python -m simulator`; only reads options and waits."""

import argparse
import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from .app import SHOP
from .ledger import OldLedger
from .merchant import ITEMS, Merchant, WrongItem
from .server import HOST, Server

PORT = 8001
DATABASE = Path("instance") / "simulator.sqlite3"

EXAMPLES = """\
Point a shop at it by its base URL alone, for instance http://127.0.0.1:8001 instead of
https://beta.epsilon.jp, and by the contract code above. Cards: 4242 4242 4242 4242 is approved,
0000 0000 0000 0000 is refused, 4000 0000 0000 0333 meets 3-D Secure. Slips are paid at /counter; what the
merchant console holds is at /console.
"""


def port(value: str) -> int:
    """A TCP port; 0 takes any free one."""
    number = int(value)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def contract_code(value: str) -> str:
    """Eight letters or digits."""
    if not re.fullmatch(r"[A-Za-z0-9]{8}", value):
        raise ValueError
    return value


def url(value: str) -> str:
    """An http or https address without query."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError
    return value


def console(value: str) -> dict[str, Any]:
    """A file with a JSON object."""
    try:
        items = json.loads(Path(value).read_text("utf-8"))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {value}: {error.strerror}") from error
    if not isinstance(items, dict):
        raise ValueError
    return items


def item(value: str) -> list[str]:
    """An item and its value."""
    name, equals, text = value.partition("=")
    if not equals:
        raise ValueError
    return [name, text]


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, or the command line; exits with status 2 and one sentence where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A local GMO Epsilon on this machine. No money moves, nothing leaves the machine "
        "but calls to your shop.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=port, default=PORT, help=f"port on {HOST}; 0 takes any free one (default: {PORT})")
    add("--contract-code", type=contract_code, metavar="CODE",
        help=f"the one contract code it knows (default: {Merchant().contract_code})")  # fmt: skip
    add("--shop", type=url, default=SHOP, metavar="URL",
        help=f"the shop: buyers return to URL/return, notices go to URL/notice (default: {SHOP})")  # fmt: skip
    add("--console", type=console, default={}, metavar="FILE",
        help="items of the merchant console as JSON, as its page downloads them")  # fmt: skip
    add("--set", type=item, action="append", default=[], metavar="ITEM=VALUE",
        help=f"one item of the merchant console; the items are {', '.join(ITEMS)}")  # fmt: skip
    add("--allow-foreign-notices", action="store_true",
        help="send notices to other machines too; without this they go to this machine only")  # fmt: skip
    add("--allow-foreign-callers", metavar="ADDRESS", default=HOST,
        help="listen on this address (0.0.0.0: on all), so that other machines can use this simulator too")  # fmt: skip
    add("--fresh", action="store_true", help="forget what the database holds, then start")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--memory", action="store_true", help="keep nothing after the end")
    where.add_argument("--database", type=Path, default=DATABASE, metavar="PATH",
        help=f"SQLite file that keeps everything (default: {DATABASE})")  # fmt: skip
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM. Exit status 2 where it cannot start."""
    options = read_options(arguments)
    try:
        if not options.memory:
            options.database.parent.mkdir(parents=True, exist_ok=True)
        if options.fresh and not options.memory:
            # With what SQLite leaves beside it after a crash, which would be applied to the new file.
            for leftover in ("", "-journal", "-wal", "-shm"):
                Path(f"{options.database}{leftover}").unlink(missing_ok=True)
    except OSError as error:
        return refuse(f"Cannot make room for {options.database}: {error.strerror}.")
    try:
        server = Server(
            port=options.port,
            contract_code=options.contract_code,
            shop=options.shop,
            console=options.console | dict(options.set),
            allow_foreign_notices=options.allow_foreign_notices,
            memory=options.memory,
            database=f"sqlite:///{options.database}",
            listen=options.allow_foreign_callers,
        )
    except OSError as error:
        return refuse(
            f"Cannot listen on {options.allow_foreign_callers}:{options.port}: {error.strerror}. Try another --port."
        )
    except DBAPIError as error:
        return refuse(f"Cannot use {options.database} as database: {error.orig}.")
    except OldLedger:
        return refuse(
            f"{options.database} was written by another version of the simulator. "
            "Start with --fresh to forget what it holds, or name another --database."
        )
    except WrongItem as error:
        return refuse(f"Cannot set the console: {error}.")
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        merchant = server.merchant
        print(f"Epsilon simulator   {server.url}  (no money moves)")
        print(f"Contract code       {merchant.contract_code}")
        print(f"Buyers return to    {merchant.completed_url}")
        print(f"Notices go to       {merchant.completion_notice_url}")
        print(f"State               {'memory only' if options.memory else options.database}", flush=True)
        # With a timeout, as Windows does not interrupt a wait without one.
        while not stopped.wait(1):
            pass
    return 0


def refuse(sentence: str) -> int:
    """Say on stderr why it cannot start."""
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
