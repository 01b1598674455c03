"""The simulator as a running server on this machine's loopback address."""

import os
import socket
from threading import Thread
from types import TracebackType
from typing import Self

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import CONTRACT_CODE, MEMORY, SHOP, close, create_app

HOST = "127.0.0.1"


class QuietRequests(WSGIRequestHandler):
    """Prints no line per request: addresses hold the buyers' tokens, and the console shows what came."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class Server:
    """A local Epsilon for a `with` block; it answers from the moment it is made until `close`.

    `port` 0 takes any free one. With `memory` everything is forgotten in the end; otherwise `database` (an
    SQLAlchemy URL of SQLite) keeps it. Raises OSError where the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        contract_code: str = CONTRACT_CODE,
        shop: str = SHOP,
        memory: bool = True,
        database: str = "sqlite:///instance/simulator.sqlite3",
    ) -> None:
        self._listener = socket.socket()
        try:
            # So that a restart need not wait; on Windows the same option would share a taken port.
            if os.name == "posix":
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((HOST, port))
            self._listener.listen()
            self.app = create_app(contract_code=contract_code, shop=shop, database=MEMORY if memory else database)
        except BaseException:
            self._listener.close()
            raise
        self._server = make_server(
            HOST, 0, self.app, threaded=True, request_handler=QuietRequests, fd=self._listener.fileno()
        )
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and close the database."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._listener.close()
        close(self.app)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
