"""The simulator as a running server on this machine's loopback address."""

import os
import socket
from collections.abc import Mapping
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from wsgiref.types import WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler, make_server

from . import notices
from .app import MEMORY, SHOP, close, create_app
from .environment import Environment
from .merchant import Merchant

HOST = "127.0.0.1"
NOTICE_PAUSE = 1.0  # seconds between two looks whether a notice is due


class QuietRequests(WSGIRequestHandler):
    """Prints no line per request: addresses hold the buyers' tokens, and the console shows what came."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close it: where nothing was answered, the handler would wait for the next request on it."""
        self.close_connection = True


class Server:
    """A local Epsilon for a `with` block; it answers from the moment it is made until `close`.

    `port` 0 takes any free one. With `memory` everything is forgotten in the end; otherwise `database` (an
    SQLAlchemy URL of SQLite) keeps it. With another address to `listen` on than loopback, other machines reach it.
    The other arguments are those of `create_app`, and so are the errors; OSError where the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        contract_code: str | None = None,
        shop: str = SHOP,
        console: Mapping[str, Any] | None = None,
        allow_foreign_notices: bool = False,
        memory: bool = True,
        database: str = "sqlite:///instance/simulator.sqlite3",
        listen: str = HOST,
    ) -> None:
        self._listener = socket.socket()
        try:
            # So that a restart need not wait; on Windows the same option would share a taken port.
            if os.name == "posix":
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((listen, port))
            self._listener.listen()
            self.app = create_app(
                contract_code=contract_code,
                shop=shop,
                console=console,
                allow_foreign_notices=allow_foreign_notices,
                database=MEMORY if memory else database,
            )
            if listen != HOST:
                self.app.config["TRUSTED_HOSTS"] = None  # other machines know it by names of their own
        except BaseException:
            self._listener.close()
            raise
        self._server = make_server(
            HOST, 0, self.app, threaded=True, request_handler=QuietRequests, fd=self._listener.fileno()
        )
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self._closed = Event()
        self._notices = Thread(target=self._send_notices, daemon=True)
        self._notices.start()

    @property
    def merchant(self) -> Merchant:
        """The merchant's console as it is now."""
        environment: Environment = self.app.extensions["environment"]
        return environment.merchant

    def _send_notices(self) -> None:
        while not self._closed.wait(NOTICE_PAUSE):
            notices.send_due(self.app.extensions["environment"])

    def close(self) -> None:
        """Stop answering and close the database."""
        self._closed.set()
        self._notices.join()
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
