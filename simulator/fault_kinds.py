"""The kinds of fault: what a client meets, and whether the CGI did its work. Docs and pages quote this table."""

from collections.abc import Sequence
from typing import NamedTuple

from .manual import CGIS, INQUIRIES, RECEIVE_ORDER

LONGEST_WAIT = 300.0  # seconds; nobody's client should wait longer, and no thread does

ANY = tuple(CGIS.values())
ORDERS = (RECEIVE_ORDER,)

SECONDS = "seconds"
CODE = "err_code"


class Kind(NamedTuple):
    """A way to fail: what the client meets, whether the CGI did its work, in which CGIs, what value it takes."""

    name: str
    says: str
    done: bool
    cgis: Sequence[str] = ANY
    takes: str = ""


KINDS = {kind.name: kind for kind in (
    Kind("close-before", "the connection closes; the CGI never saw the request", done=False),
    Kind("close-after", "the CGI did its work, then the connection closes without an answer", done=True),
    Kind("delay", "the whole answer comes after so many seconds", done=True, takes=SECONDS),
    Kind("never", "the CGI did its work, and the answer never comes", done=True),
    Kind("http-500", "HTTP 500 with an HTML page; the CGI never saw the request", done=False),
    Kind("http-502", "HTTP 502 from a proxy that lost the answer; the CGI did its work", done=True),
    Kind("http-redirect", "HTTP 302 to a foreign host; the CGI never saw the request", done=False),
    Kind("empty", "HTTP 200 with an empty body; the CGI did its work", done=True),
    Kind("truncated", "half of the XML; the CGI did its work", done=True),
    Kind("html", "an HTML page with HTTP 200; the CGI never saw the request", done=False),
    Kind("wrong-charset", "values in UTF-8 where CP932 belongs and the other way, labelled EUC-JP", done=True),
    Kind("entity-bomb", "XML whose entities expand to gigabytes; the CGI did its work", done=True),
    Kind("endless", "XML that goes on for 64 MiB; the CGI did its work", done=True),
    Kind("drip", "the answer byte by byte, so many seconds apart", done=True, takes=SECONDS),
    Kind("error", "this err_code; the CGI never saw the request", done=False, takes=CODE),
    Kind("other-price", "the inquiry tells a price one yen higher", done=True, cgis=INQUIRIES),
    Kind("other-order", "the inquiry tells another order number", done=True, cgis=INQUIRIES),
    Kind("other-contract", "the inquiry tells another contract code", done=True, cgis=INQUIRIES),
    Kind("redirect-elsewhere", "the order’s redirect leads to a foreign host", done=True, cgis=ORDERS),
)}  # fmt: skip

# What a value may be, and what it is where none is given.
VALUES = {
    "": (r"", "no value", ""),
    SECONDS: (r"[0-9]{1,3}(\.[0-9]{1,3})?", f"seconds, at most {LONGEST_WAIT:.0f}, such as 2.5", "5"),
    CODE: (r"[0-9]{3}", "an error code of three digits, such as 908", "502"),
}
