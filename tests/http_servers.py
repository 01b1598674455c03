"""The shop and the simulator as two real servers on this machine, at two hosts as in real life."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

import simulator
from app import create_app


@dataclass(frozen=True)
class Town:
    """Where the shop and Epsilon answer."""

    shop: str
    epsilon: str


class Quiet(WSGIRequestHandler):
    """Prints no line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    """Run both servers, with the shop's orders in ``folder``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shop_url = f"http://localhost:{listener.getsockname()[1]}"
        with simulator.Server(port=0, shop=shop_url) as epsilon:
            settings = {"SIMULATOR_URL": epsilon.url, "SHOP_URL": shop_url}
            shop = create_app({"DATABASE_URL": f"sqlite:///{folder / 'orders.sqlite3'}", **settings})
            server = make_server("127.0.0.1", 0, shop, threaded=True, request_handler=Quiet, fd=listener.fileno())
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield Town(shop_url, epsilon.url)
            finally:
                server.shutdown()
                thread.join()
                server.server_close()
                shop.extensions["epsilon"].close()
                shop.extensions["engine"].dispose()
