"""An HTTP adapter for ``requests`` whose exchanges end in time, however slowly the bytes come. Knows no CGI.

A read timeout starts anew with every byte, so an answer that drips would never end: its status line and
headers, a ``100 Continue`` after another, the sizes of its chunks, its trailers, or a proxy's answer to CONNECT.
"""

import math
import socket
import time
from contextvars import ContextVar
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

_end: ContextVar[float] = ContextVar("_end")
"""When the exchange that this thread is about has to end, in seconds of ``time.monotonic``."""


def _seconds_until(end: float) -> float:
    if (seconds := end - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds


class _Reader(RawIOBase):
    """What comes over a socket until ``end``."""

    def __init__(self, sock: socket.socket, raw: RawIOBase, end: float) -> None:
        self._sock, self._raw, self._end = sock, raw, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_seconds_until(self._end))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # The socket's timeout is what requests was given for each read; here it is for all of them.
        end = min(_end.get(), time.monotonic() + (sock.gettimeout() or math.inf))
        self.fp = BufferedReader(_Reader(sock, self.fp.detach(), end))


class _Connection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        # The TLS handshake is next, which is one operation to the socket.
        sock.settimeout(min(_seconds_until(_end.get()), sock.gettimeout() or math.inf))
        return sock


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class PunctualAdapter(HTTPAdapter):
    """Keeps connections, tries nothing twice, and ends each exchange ``seconds`` after it began, at the latest.

    Also the read timeout that requests is given holds for the whole answer. What overruns is a
    ``requests.ReadTimeout``, or urllib3's ``ReadTimeoutError`` while the body is read. Only the lookup of the host's
    name, and connecting to its addresses one after the other, can take longer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(pool_connections=1, pool_maxsize=32, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections to Epsilon."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pools of connections through a proxy; those through a SOCKS proxy are its own."""
        manager = super().proxy_manager_for(*args, **kwargs)
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and return its answer, whose body can be read until the same end."""
        token = _end.set(time.monotonic() + self._seconds)
        try:
            return super().send(*args, **kwargs)
        finally:
            _end.reset(token)
