"""Watches every call of a CGI from outside the app: what came in, what went out. The CGIs know nothing of it."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from threading import Condition
from time import perf_counter
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from . import exchanges
from .environment import Environment
from .exchanges import ANSWERED, LONGEST_KEPT, WAITING, Exchange
from .guard import LARGEST_REQUEST
from .ledger import Ledger
from .manual import CGIS

LEFT = "the client closed the connection before the answer was complete"
MASK = "********"


class Dropped(ConnectionError):
    """The connection ends here, with these words in the record. In process, a test's client raises it."""


class Call:
    """One request on its way: `fields` as sent (the first of each, one character a byte), `exchange` the record."""

    def __init__(self, environ: WSGIEnvironment, here: Environment) -> None:
        self.here = here
        body = take_body(environ)
        self.fields = {
            name: values[0] for name, values in parse_qs(body.decode("latin-1"), keep_blank_values=True).items()
        }
        request = Request(environ)
        self.exchange = Exchange(
            at=here.timestamp(),
            seconds=0.0,
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            headers=[[name, masked(name, value)] for name, value in request.headers],
            body=body[:LONGEST_KEPT],
            body_size=max(len(body), request.content_length or 0),
            order_number=self.fields.get("order_number", ""),
            fault="",
            outcome=WAITING,
            status=0,
            answer_headers=[],
            answer=b"",
            answer_size=0,
        )
        self._began = perf_counter()

    def note(self, piece: bytes) -> None:
        """Note a piece of the answer."""
        self.exchange.answer += piece[: LONGEST_KEPT - len(self.exchange.answer)]
        self.exchange.answer_size += len(piece)

    def save(self, outcome: str) -> None:
        """Write down how it stands. Whoever makes a client wait does so first, so that the page shows it."""
        self.exchange.outcome = outcome
        self.exchange.seconds = round(perf_counter() - self._began, 4)
        if not self.exchange.order_number:
            told = re.search(rb'<result order_number="([A-Za-z0-9]*)"', self.exchange.answer)
            self.exchange.order_number = told[1].decode() if told else ""
        self.exchange = exchanges.save(self.here.ledger, self.exchange)


class Recorder:
    """WSGI middleware that writes down every call of a CGI, known or misspelled, and no page of a buyer.

    `answer` answers a call, or raises Dropped. A whole answer is written down before the client has it, so that
    whoever asks next finds it.
    """

    def __init__(self, app: Flask, answer: Callable[[WSGIEnvironment, Call], Response]) -> None:
        self._pages, self._app, self._answer = app.wsgi_app, app, answer
        self._open = 0
        self._closed: Ledger | None = None
        self._changed = Condition()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_call(environ):
            return self._pages(environ, start_response)
        with self._changed:
            self._open += 1
        response = None
        outcome = "no answer was made"
        call = Call(environ, self._app.extensions["environment"])
        try:
            response = self._answer(environ, call)
            call.exchange.status = response.status_code
            call.exchange.answer_headers = [list(pair) for pair in response.get_wsgi_headers(environ)]
            outcome = ANSWERED
        except Dropped as dropped:
            outcome = str(dropped)
            raise
        finally:
            if response is None or not response.is_streamed:
                call.note(response.data if response else b"")
                self._end(call, outcome)
        if response.is_streamed:
            response.response = self._watched(call, response.iter_encoded())
        return response(environ, start_response)

    def close(self, seconds: float) -> None:
        """Wait at most so long until no call is open, and write nothing into this ledger any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)
            self._closed = self._app.extensions["environment"].ledger

    def _watched(self, call: Call, pieces: Iterable[bytes]) -> Iterator[bytes]:
        outcome = LEFT
        try:
            for piece in pieces:
                call.note(piece)
                yield piece
            outcome = ANSWERED
        except Dropped as dropped:
            outcome = str(dropped)
            raise
        finally:
            self._end(call, outcome)

    def _end(self, call: Call, outcome: str) -> None:
        if call.here.ledger is not self._closed:
            call.save(outcome)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _is_call(self, environ: WSGIEnvironment) -> bool:
        path = environ.get("PATH_INFO", "")
        if path in CGIS:
            return True
        if not path.startswith(("/cgi-bin/", "/client/")):
            return False
        try:
            self._app.url_map.bind("").match(path, method=environ["REQUEST_METHOD"])
        except MethodNotAllowed:
            return False
        except HTTPException:
            # No route has this name: most likely a CGI's, misspelled.
            return True
        return False


def take_body(environ: WSGIEnvironment) -> bytes:
    """Read a body of a bearable size, and put it back for the app; a larger one stays where it is."""
    length = environ.get("CONTENT_LENGTH") or "0"
    chunked = environ.get("wsgi.input_terminated", False)
    if not chunked and not (length.isdecimal() and int(length) <= LARGEST_REQUEST):
        return b""
    body: bytes = environ["wsgi.input"].read(LARGEST_REQUEST + 1 if chunked else int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body


def masked(name: str, value: str) -> str:
    """A header as it may be kept: passwords and cookies are not."""
    if name.lower() not in ("authorization", "proxy-authorization", "cookie"):
        return value
    scheme, _, secret = value.partition(" ")
    if scheme.lower() != "basic":
        return MASK
    try:
        user = b64decode(secret, validate=True).decode("latin-1").partition(":")[0]
    except (Error, ValueError):
        return f"{scheme} {MASK}"
    return f"{scheme} {user}:{MASK}"
