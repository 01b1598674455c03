"""Talks to Epsilon's CGIs over HTTP and returns typed answers. Knows no web framework and no database."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError

from .errors import BadAnswer, EpsilonError, NoAnswer, Refused, Unreachable
from .order import Order
from .sale import Sale, read_sale
from .wire import UnreadableAnswer, decode_answer, encode_form

BETA = "https://beta.epsilon.jp"
PRODUCTION = "https://secure.epsilon.jp"

CONNECT_SECONDS = 5.0
# The Java sample's two seconds are too short, and an order that was given up on may still be registered.
ANSWER_SECONDS = 30.0
MAX_ANSWER_BYTES = 1024 * 1024

ORDER_CGI = "/cgi-bin/order/receive_order3.cgi"
INQUIRY_CGI = "/cgi-bin/order/getsales2.cgi"
# "CGI-1" is not under cgi-bin, and takes the console's password in place of a registered address (documented).
INQUIRY_CGI_1 = "/client/getsales.cgi"


@dataclass(frozen=True)
class Redirect:
    """The order is registered: send the buyer to ``url``, as it is. It is on the configured Epsilon's origin."""

    url: str


@dataclass(frozen=True)
class Receipt:
    """A konbini direct order is registered; ``sale`` holds its receipt number, deadline and slip."""

    sale: Sale


@dataclass(frozen=True)
class Done:
    """A member operation succeeded; there is no page to go to. ``fields`` are the answer's own."""

    fields: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. ``status`` is ``None`` and ``body`` empty where no whole answer came."""

    url: str
    fields: Mapping[str, str] = field(repr=False)
    status: int | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float


class Client:
    """Epsilon for one contract. Safe to share between threads; one per process is enough.

    ``timeout`` is (seconds to connect, seconds for the whole answer). ``password`` selects the inquiry with HTTP
    Basic (CGI-1). ``on_exchange`` is called after every request, failed ones too; it must not raise.

    Raises:
        ValueError: ``base_url`` is neither https nor, for a simulator, http on this machine.
    """

    def __init__(
        self,
        contract_code: str,
        *,
        base_url: str = BETA,
        password: str | None = None,
        timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
        session: requests.Session | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.contract_code = contract_code
        self.base_url = _checked_base_url(base_url)
        self._password = password
        self._timeout = timeout
        self._session = session or _new_session()
        self._on_exchange = on_exchange

    def receive_order(self, order: Order) -> Redirect | Receipt | Done:
        """Register ``order`` with ``receive_order3.cgi`` (documented).

        Raises:
            Unreachable: nothing was sent; a retry is safe.
            NoAnswer, BadAnswer: it may be registered; ask ``get_sales(order_number=...)`` before anything else.
            Refused: Epsilon said no; a new attempt needs a new ``order_number``.
        """
        answer = self._post(
            ORDER_CGI,
            {
                "version": "2",
                "contract_code": self.contract_code,
                **order.fields(),
                "xml": "1",
                "character_code": "UTF8",
            },
        )
        fields = answer.fields
        if fields.get("result") == "0" or fields.get("err_code"):
            raise Refused(fields.get("err_code", ""), fields.get("err_detail", ""))
        if fields.get("result") != "1":
            raise answer.bad("there is no result in it")
        if url := fields.get("redirect"):
            if _origin(url) != _origin(self.base_url):
                raise answer.bad("it redirects to a foreign host")
            return Redirect(url)
        if fields.get("trans_code"):
            return Receipt(read_sale(fields))
        if order.process_code in (1, 2):
            raise answer.bad("there is neither a redirect nor a receipt in it")
        return Done(fields)

    def get_sales(self, *, trans_code: str = "", order_number: str = "") -> Sale | None:
        """Ask what became of a transaction; ``None`` is an order that Epsilon does not know.

        Give exactly one of the two: ``trans_code`` (documented) or ``order_number`` (recorded for CGI-2, assumed
        for CGI-1). Asking is always safe to repeat.

        Raises:
            Unreachable, NoAnswer, BadAnswer: nothing was learned; ask again later.
            Refused: Epsilon does not let this caller ask.
        """
        if bool(trans_code) == bool(order_number):
            raise TypeError("give exactly one of trans_code and order_number")
        asked = {"trans_code": trans_code} if trans_code else {"order_number": order_number}
        if self._password is None:
            answer = self._post(INQUIRY_CGI, {"contract_code": self.contract_code, **asked})
        else:
            answer = self._post(INQUIRY_CGI_1, asked, HTTPBasicAuth(self.contract_code, self._password))
        fields = answer.fields
        if fields.get("err_code"):
            raise Refused(fields["err_code"], fields.get("err_detail", ""))
        # An unknown order is an empty root (recorded); the vendor's samples look for result="0" instead.
        if not fields or fields.get("result") == "0":
            return None
        if not (fields.get("trans_code") and fields.get("order_number") and fields.get("state")):
            raise answer.bad("it is neither a sale nor an unknown order")
        return read_sale(fields)

    def _post(self, path: str, fields: dict[str, str], auth: AuthBase | None = None) -> "_Answer":
        url = self.base_url + path
        started = time.monotonic()
        status: int | None = None
        headers: Mapping[str, str] = {}
        body = b""
        try:
            with self._session.post(
                url,
                data=encode_form(fields),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                auth=auth or _no_auth,
                timeout=self._timeout,
                verify=True,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _read(response, deadline=started + sum(self._timeout))
                status, headers = response.status_code, response.headers
        except (requests.RequestException, HTTPError) as error:
            raise _sorted_error(error) from None
        finally:
            if self._on_exchange:
                self._on_exchange(Exchange(url, fields, status, headers, body, time.monotonic() - started))
        if status != 200:
            raise BadAnswer("the HTTP status is not 200", status=status, body=body)
        try:
            return _Answer(decode_answer(body), status, body)
        except UnreadableAnswer as error:
            raise BadAnswer(str(error), status=status, body=body) from None


@dataclass(frozen=True)
class _Answer:
    fields: dict[str, str]
    status: int
    body: bytes

    def bad(self, reason: str) -> BadAnswer:
        return BadAnswer(reason, status=self.status, body=self.body)


def _read(response: requests.Response, *, deadline: float) -> bytes:
    body = bytearray()
    while chunk := response.raw.read1(65536, decode_content=True):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise BadAnswer(
                f"the answer is over {MAX_ANSWER_BYTES} bytes", status=response.status_code, body=bytes(body)
            )
        # requests' read timeout starts anew with every byte; an answer that drips would never end.
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return bytes(body)


def _sorted_error(error: requests.RequestException | HTTPError) -> EpsilonError:
    # The exceptions' own texts hold addresses and can hold credentials of a proxy; their names are enough.
    name = type(error).__name__
    cause: BaseException | None = error
    while cause is not None:
        # requests.ConnectionError mixes a refused connection with one that broke after sending.
        if isinstance(cause, NewConnectionError | ConnectTimeoutError | ProxyError | requests.ConnectTimeout):
            return Unreachable(name)
        if type(cause).__name__ == "SSLCertVerificationError":
            return Unreachable("the TLS certificate is not trusted")
        reason = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        cause = reason if isinstance(reason, BaseException) else cause.__context__
    return NoAnswer(name)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=32, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from taking credentials out of a ~/.netrc."""
    return request


def _checked_base_url(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError("base_url is a scheme and a host, like https://beta.epsilon.jp")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        raise ValueError("base_url must be https; http is only for a simulator on this machine")
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        if parts.username is not None or any(c.isspace() or c == "\\" for c in url):
            return ("", None, None)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ("", None, None)
