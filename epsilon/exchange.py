"""One request to a CGI and its answer over HTTP, bounded in time and size. Knows the wire, but no CGI."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from requests.exceptions import InvalidSchema, InvalidURL
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ProxyError

from .deadline import PunctualAdapter
from .errors import BadAnswer, EpsilonError, NoAnswer, Unreachable
from .origin import is_this_machine
from .wire import encode_form

MAX_ANSWER_BYTES = 1024 * 1024

_NOTHING_WAS_SENT = (
    NewConnectionError,
    ConnectTimeoutError,
    ProxyError,
    LocationValueError,
    InvalidURL,
    InvalidSchema,
    requests.ConnectTimeout,
)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. ``status`` is ``None`` and ``body`` empty where no whole answer came."""

    url: str
    fields: Mapping[str, str] = field(repr=False)
    status: int | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float


class Transport:
    """Posts forms. TLS is verified, redirects are not followed, no cookie and no stray credential is sent."""

    def __init__(
        self,
        session: requests.Session | None,
        timeout: tuple[float, float],
        on_exchange: Callable[[Exchange], None] | None,
    ) -> None:
        self._session = session or _new_session(sum(timeout))
        self._timeout = timeout
        self._on_exchange = on_exchange

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def post(self, url: str, fields: Mapping[str, str], auth: AuthBase | None = None) -> bytes:
        """Return the body that answers ``fields``.

        Raises:
            Unreachable, NoAnswer: no whole answer came.
            BadAnswer: its HTTP status is not 200, or it is over ``MAX_ANSWER_BYTES``.
            ValueError: a field cannot be encoded; nothing was sent.
        """
        form = encode_form(fields)
        started = time.monotonic()
        status: int | None = None
        headers: Mapping[str, str] = {}
        body = b""
        try:
            with self._send(url, form, auth) as response:
                body = _read(response, deadline=started + sum(self._timeout))
                status, headers = response.status_code, response.headers
        except (OSError, HTTPError) as error:  # requests' errors are OSErrors; a missing CA file is a plain one
            raise _sorted_error(error) from None
        finally:
            if self._on_exchange:
                self._on_exchange(Exchange(url, fields, status, headers, body, time.monotonic() - started))
        if status != 200:
            raise BadAnswer("the HTTP status is not 200", status=status, body=body)
        return body

    def _send(self, url: str, form: bytes, auth: AuthBase | None) -> requests.Response:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            # A compressed answer can grow without end, or never yield a byte.
            "Accept-Encoding": "identity",
        }
        request = self._session.prepare_request(
            requests.Request("POST", url, headers=headers, data=form, auth=auth or _no_auth)
        )
        request.headers.pop("Cookie", None)
        # The environment may name a proxy and a CA file of its own.
        settings = self._session.merge_environment_settings(url, {}, stream=True, verify=True, cert=None)
        # Not Session.send: it keeps cookies, and reads a redirect's whole body and target even if told not to follow.
        return self._session.get_adapter(url).send(
            request,
            stream=True,
            timeout=self._timeout,
            verify=settings["verify"] or True,
            cert=settings["cert"],
            # A proxy for a simulator on this machine would be given what is meant to stay here.
            proxies={} if is_this_machine(urlsplit(url).hostname or "") else settings["proxies"],
        )


def _read(response: requests.Response, *, deadline: float) -> bytes:
    body = bytearray()
    while chunk := response.raw.read1(65536, decode_content=False):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise BadAnswer("the answer is too long", status=response.status_code, body=bytes(body))
        # A session of the caller's own has a read timeout that starts anew with every byte.
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return bytes(body)


def _sorted_error(error: OSError | HTTPError) -> EpsilonError:
    # requests.ConnectionError mixes a refused connection with one that broke after sending: what it wraps tells.
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Unreachable("the TLS certificate is not trusted")
    # The exceptions' own texts hold addresses and can hold a proxy's credentials; their names are enough.
    name = type(error).__name__
    return Unreachable(name) if any(isinstance(cause, _NOTHING_WAS_SENT) for cause in causes) else NoAnswer(name)


def _causes(error: object) -> Iterator[BaseException]:
    """Yield an error of requests or urllib3, and what it wraps in ``reason`` or as its first argument, and so on.

    Not ``__context__``: that leads to what the caller was handling, such as a call that failed before this one.
    """
    while isinstance(error, BaseException):
        yield error
        error = getattr(error, "reason", None) or next(iter(error.args), None)


def _new_session(seconds: float) -> requests.Session:
    session = requests.Session()
    adapter = PunctualAdapter(seconds)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from taking credentials out of a ~/.netrc."""
    return request
