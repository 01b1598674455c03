"""Carries armed faults out on a call of a CGI; the CGIs know nothing of it.

`delay`, `never`, `endless` and `drip` need the connection itself, so a test's client in process gets
NeedsConnection for them. Closed connections are Dropped, which in process reaches the test.
"""

from collections.abc import Iterator
from selectors import EVENT_READ, DefaultSelector
from socket import MSG_PEEK, socket
from time import monotonic
from wsgiref.types import WSGIApplication, WSGIEnvironment

from sqlalchemy import select
from werkzeug.wrappers import Response

from . import spoils
from .exchanges import WAITING
from .fault_kinds import KINDS, LONGEST_WAIT
from .faults import Fault
from .fields import read_fields
from .manual import CGIS, RECEIVE_ORDER
from .recorder import Call, Dropped
from .tables import FIRST_TRANS_CODE, Transaction

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes; where an endless body ends
STALLED = 5.0  # seconds in which a client that reads nothing is given up
LOOK = 0.02  # seconds between two looks whether the client is still there

PIECE = b'  <result filler="' + b"0" * 16_000 + b'" />\n'


class NeedsConnection(RuntimeError):
    """The fault cannot be carried out in process."""


class Saboteur:
    """Answers a call by the app behind it, unless a fault is armed for the call."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, call: Call) -> Response:
        cgi = CGIS.get(call.exchange.path)
        fault = call.here.faults.take(cgi, *about(cgi, call)) if cgi and call.exchange.method == "POST" else None
        if fault is None:
            return self._right(environ)
        call.exchange.fault = f"{fault.kind}:{fault.value}" if fault.value else fault.kind
        right = self._right(environ) if KINDS[fault.kind].done else None
        if right is None:
            return unseen(cgi or "", fault, call)
        if fault.kind in spoils.SPOILS:
            spoiled = spoils.SPOILS[fault.kind](right)
            if spoiled is None:
                call.here.faults.give_back(fault)
                call.exchange.fault = ""
            return spoiled or right
        return held(fault, right, call, environ.get("werkzeug.socket"))

    def _right(self, environ: WSGIEnvironment) -> Response:
        return Response.from_app(self._inner, environ, buffered=True)


def about(cgi: str, call: Call) -> tuple[str, str]:
    """The order number and the memo2 of the order that a call is about, "" where it is about none."""
    order_number = call.fields.get("order_number", "")
    if cgi == RECEIVE_ORDER:
        return order_number, call.fields.get("memo2", "")
    trans_code = call.fields.get("trans_code", "")
    known = trans_code.isascii() and trans_code.isdigit() and len(trans_code) <= 9
    same = Transaction.id == int(trans_code) - FIRST_TRANS_CODE if known else Transaction.order_number == order_number
    with call.here.ledger.session() as session:
        found = session.execute(select(Transaction.order_number, Transaction.memo2).where(same)).first()
    return (found[0], found[1]) if found else (order_number, "")


def unseen(cgi: str, fault: Fault, call: Call) -> Response:
    """The faults that keep a request from the CGI."""
    if fault.kind == "close-before":
        raise Dropped("the connection was closed before the CGI saw the request")
    if fault.kind == "error":
        return spoils.error(cgi, fault.value, read_fields(call.exchange.body))
    return {"http-500": spoils.crash, "html": spoils.maintenance, "http-redirect": spoils.elsewhere}[fault.kind]()


def held(fault: Fault, right: Response, call: Call, connection: socket | None) -> Response:
    """The faults that keep the answer from the client."""
    if fault.kind == "close-after":
        raise Dropped("the CGI did its work, then the connection was closed")
    if connection is None:
        raise NeedsConnection(f"The fault {fault.kind} needs a real connection: use simulator.Server.")
    call.save(WAITING)
    connection.settimeout(STALLED)
    if fault.kind == "delay":
        wait(call, connection, float(fault.value))
    elif fault.kind == "never":
        wait(call, connection, LONGEST_WAIT)
        raise Dropped(f"no answer in {LONGEST_WAIT:.0f} s")
    else:
        pieces = endless() if fault.kind == "endless" else drip(right.data, fault, call, connection)
        streamed = Response(pieces, right.status_code, content_type=right.headers["Content-Type"])
        if fault.kind == "drip":
            streamed.content_length = len(right.data)
        return streamed
    return right


def endless() -> Iterator[bytes]:
    """An answer that begins well and does not stop."""
    yield b'<?xml version="1.0" encoding="UTF-8" ?>\n <Epsilon_result>\n  <result result="1" />\n'
    for _ in range(LARGEST_ANSWER // len(PIECE)):
        yield PIECE
    raise Dropped(f"an endless body ends after {LARGEST_ANSWER // 1024 // 1024} MiB")


def drip(body: bytes, fault: Fault, call: Call, connection: socket) -> Iterator[bytes]:
    """The answer one byte at a time."""
    began = monotonic()
    for place in range(len(body)):
        if monotonic() - began > LONGEST_WAIT:
            raise Dropped(f"the answer dripped for {LONGEST_WAIT:.0f} s")
        wait(call, connection, float(fault.value))
        yield body[place : place + 1]


def wait(call: Call, connection: socket, seconds: float) -> None:
    """Let so much time pass. Raises Dropped where the client leaves first, or the simulator ends."""
    began = monotonic()
    with DefaultSelector() as selector:
        selector.register(connection, EVENT_READ)
        while (left := began + seconds - monotonic()) > 0:
            if call.here.faults.closing.wait(min(left, LOOK)):
                raise Dropped("the simulator was closed")
            # Readable and nothing to read: the client closed its end.
            if selector.select(0) and not connection.recv(1, MSG_PEEK):
                raise Dropped(f"the client gave up after {monotonic() - began:.1f} s")
