"""Whom the client talks to in these tests: an Epsilon made of one answer, and a server on a real socket."""

import io
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, quote

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from epsilon import BETA, Client, Exchange, Order
from tests.samples import Sample

APPLE: dict[str, str | int] = {
    "order_number": "1234567802",
    "item_code": "EP-0001",
    "item_name": "りんご",
    "item_price": 980,
    "user_id": "guest-1",
    "user_name": "髙橋 花子",
    "user_mail_add": "hanako@example.com",
    "st_code": "10000-0000-00000-00000-00000-00000-00000",
}
KONBINI = {"st_code": "00100-0000-00000-00000-00000-00000-00000"}
DELIVERY = {
    "delivery_code": "99",
    "orderer_postal": "1500043",
    "orderer_name": "髙橋 ①子",
    "orderer_address": "東京都渋谷区道玄坂①－１～２ ㈱ｱｲｳ気付",
    "orderer_tel": "09012345678",
    "consignee_postal": "5300001",
    "consignee_name": "﨑山 梅田",
    "consignee_address": "大阪府大阪市北区梅田３－１",
    "consignee_tel": "0612345678",
    "user_tel": "0312345678",
}
PERSONAL = {
    "user_id": "guest-1",
    "user_name": "髙橋 花子",
    "user_mail_add": "hanako@example.com",
    "memo1": "庭に犬がいます",
    "memo2": "二階へ",
    "user_tel": "0312345678",
    "user_name_kana": "タカハシ ハナコ",
}


def order(**changes: object) -> Order:
    """Order an apple by card, but for ``changes``, which may be of any kind: the order is what checks them."""
    make: Callable[..., Order] = Order
    return make(**(APPLE | changes))


def saying(**fields: str) -> Sample:
    """Write an answer of these fields, in UTF-8."""
    results = "".join(f'<result {name}="{quote(value, safe="")}" />' for name, value in fields.items())
    return Sample("made up", "text/xml", f"<Epsilon_result>{results}</Epsilon_result>".encode("ascii"))


class FakeEpsilon(BaseAdapter):
    """An Epsilon with one answer to everything, or one way to fail; ``asked`` keeps what it was sent."""

    def __init__(self, answer: Sample | Exception) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[requests.PreparedRequest] = []
        self.verified: list[object] = []

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer, or fail."""
        self.asked.append(request)
        self.verified.append(verify)
        if isinstance(self.answer, Exception):
            raise self.answer
        raw = HTTPResponse(
            io.BytesIO(self.answer.body),
            headers=self.answer.headers,
            status=self.answer.status,
            preload_content=False,
        )
        response: requests.Response = HTTPAdapter().build_response(request, raw)
        return response

    def close(self) -> None:
        """Nothing is open."""

    def client(
        self,
        *,
        base_url: str = BETA,
        password: str | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> Client:
        """A client of this Epsilon."""
        session = requests.Session()
        session.mount(base_url, self)
        return Client("12345678", base_url=base_url, password=password, session=session, on_exchange=on_exchange)


def form_of(request: requests.PreparedRequest) -> dict[str, str]:
    """Return the fields of a form that was sent, which is one of UTF-8 and names no field twice."""
    assert isinstance(request.body, bytes)
    pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return an HTTP answer of ``body``; headers are written with underscores."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Caller:
    """One connection that somebody made to a :class:`Server`."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.connection = connection
        self.closing = closing
        self._file = connection.makefile("rb")

    def read_request(self) -> bytes | None:
        """Return one request, head and body; ``None`` if there is no more."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                return None
            head += line
        length = next(line for line in head.splitlines() if line.lower().startswith(b"content-length:"))
        return head + self._file.read(int(length.split(b":")[1]))

    def send(self, data: bytes) -> None:
        """Send ``data``."""
        self.connection.sendall(data)

    def pause(self, seconds: float | None = None) -> None:
        """Wait, but no longer than the test goes on."""
        self.closing.wait(seconds)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Server:
    """Treats every connection to a free port of this machine in the given way."""

    def __init__(self, treat: Callable[[Caller], None], *, tls: ssl.SSLContext | None = None) -> None:
        self._treat = treat
        self._tls = tls
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return len(self._connections)

    def __enter__(self) -> Self:
        self._start(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        # On Linux this wakes whoever waits in accept() or recv(); closing alone does not.
        for opened in [self._listener, *self._connections]:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._start(partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            caller = Caller(connection, self._closing)
            try:
                self._treat(caller)
            finally:
                caller.close()


def answer_all(answer: bytes) -> Callable[[Caller], None]:
    """Treat connections well: give this answer to each request, for as long as the caller likes."""

    def treat(caller: Caller) -> None:
        while caller.read_request() is not None:
            caller.send(answer)

    return treat
