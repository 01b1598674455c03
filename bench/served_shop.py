"""A shop that gunicorn serves as configured, as its buyers and its owner reach it, and databases for it."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """What came back from the shop, and after how long."""

    status: int
    location: str
    cookie: str
    page: str
    seconds: float


@dataclass(frozen=True)
class Shop:
    """A shop that gunicorn serves, and its database."""

    port: int
    pid: int
    database_url: str

    def call(self, method: str, path: str, cookie: str = "", **form: str) -> Reply:
        """Call it on a connection of its own, as nginx does."""
        started = time.perf_counter()
        connection = HTTPConnection("localhost", self.port, timeout=PATIENCE_SECONDS)
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        seconds = time.perf_counter() - started
        connection.close()
        cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0] or cookie
        return Reply(answer.status, answer.headers["Location"] or "", cookie, page, seconds)

    def open_form(self) -> tuple[Reply, dict[str, str]]:
        """Open the order form as a new buyer; return it, and what to send back."""
        form = self.call("GET", "/")
        hidden = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', form.page))
        person = {"user_name": "髙橋 花子", "user_mail_add": "hanako@example.com"}
        return form, hidden | person | {"item_code": "apple", "quantity": "1", "st": "card"}

    def workers_megabytes(self) -> list[int]:
        """Return the largest memory that each worker has had, where the system is Linux and tells."""
        with suppress(OSError):
            workers = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            peaks = [re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in workers]
            return sorted(int(peak[1]) // 1024 for peak in peaks if peak)
        return []

    def flask(self, *command: str) -> None:
        """Run one of the shop's commands on its database."""
        program = [sys.executable, "-m", "flask", "--app", "app", *command]
        environment = {**os.environ, "DATABASE_URL": self.database_url, "EPSILON_ENV": "simulator"}
        subprocess.run(program, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def open_shop(database_url: str, epsilon_url: str, log: Path) -> Iterator[Shop]:
    """Start gunicorn as gunicorn.conf.py says, and stop it in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    settings = {
        "PORT": str(port),
        "SHOP_URL": f"http://localhost:{port}",
        "EPSILON_ENV": "simulator",
        "EPSILON_CONTRACT_CODE": "12345678",
        "SIMULATOR_URL": epsilon_url,
        "DATABASE_URL": database_url,
    }
    with (
        log.open("w") as words,
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn"], cwd=ROOT, env={**os.environ, **settings}, stderr=words
        ) as gunicorn,
    ):
        shop = Shop(port, gunicorn.pid, database_url)
        try:
            while not _is_ready(shop):
                if gunicorn.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(0.1)
            yield shop
        finally:
            gunicorn.terminate()


def _is_ready(shop: Shop) -> bool:
    with suppress(OSError):
        return shop.call("GET", "/readyz").status == 200
    return False


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Make an empty database of each kind there is: name and address."""
    addresses = {"SQLite": f"sqlite:///{folder / 'orders.sqlite3'}"}
    if not (server := os.environ.get("TEST_POSTGRESQL_URL")):
        yield addresses
        return
    url, name = make_url(server).set(drivername="postgresql+psycopg"), f"load_{secrets.token_hex(4)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        addresses["PostgreSQL"] = url.set(drivername="postgresql", database=name).render_as_string(False)
        yield addresses
        connection.execute(text(f"DROP DATABASE {name} (FORCE)"))


def fill(shop: Shop, first: int, last: int) -> None:
    """Write orders down that nobody placed, of which every hundredth is still open."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
    told = "item_code item_name user_id user_name user_mail_add user_tel user_name_kana memo1 memo2 conveni_code"
    heard = "redirect err_code err_detail trans_code payment_code receipt_no kigyou_code haraikomi_url"
    texts = f"{told} {heard}".split()
    columns = "token, browser, purchase, form_key, order_number, state, created_at, quantity, item_price, st"
    values = "'t' || i, 'b' || i, 'p' || i, 'f' || i, 'N' || i, 'written', CURRENT_TIMESTAMP, 1, 980, 'card'"
    engine = create_engine(make_url(shop.database_url.replace("postgresql:", "postgresql+psycopg:")))
    with engine.begin() as connection:
        for statement in (
            f"{numbers} INSERT INTO orders ({columns}, {', '.join(texts)})"
            f" SELECT {values}, {', '.join(['$x$'] * len(texts)).replace('$', chr(39))} FROM n",
            "UPDATE orders SET state = 'paid' WHERE order_number LIKE 'N%' AND state = 'written' AND id % 100 <> 0",
            'INSERT INTO order_events (order_id, "at", from_state, to_state, word, exchange, note)'
            " SELECT id, created_at, 'written', 'paid', 'notice', '', '' FROM orders"
            " WHERE state = 'paid' AND id > (SELECT COALESCE(MAX(order_id), 0) FROM order_events)",
        ):
            connection.execute(text(statement))
        connection.execute(text("ANALYZE"))  # as PostgreSQL does by itself, some time later
    engine.dispose()
