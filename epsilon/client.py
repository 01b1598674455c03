"""Asks Epsilon's CGIs, by their names, and returns typed answers. Knows no web framework and no database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from .errors import BadAnswer, Refused
from .exchange import Exchange, Transport, is_this_machine
from .order import Order
from .sale import Sale, read_sale
from .wire import UnreadableAnswer, decode_answer

BETA = "https://beta.epsilon.jp"
PRODUCTION = "https://secure.epsilon.jp"

CONNECT_SECONDS = 5.0
# The Java sample's two seconds are too short, and an order that was given up on may still be registered.
ANSWER_SECONDS = 30.0

ORDER_CGI = "/cgi-bin/order/receive_order3.cgi"
INQUIRY_CGI = "/cgi-bin/order/getsales2.cgi"
# "CGI-1" is not under cgi-bin, and takes the console's password in place of a registered address.
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


class Client:
    """Epsilon for one contract. Safe to share between threads; one per process is enough.

    ``timeout`` is (seconds to connect, seconds for the whole answer); a call ends after both together, however slowly
    the bytes come, unless the lookup of the host's name takes longer. A ``session`` keeps its own adapters: with them
    only the reading of the body is bounded so, and headers that drip are not. A proxy that the environment or the
    session names is used, but not to this machine.

    A ``password`` selects the inquiry with HTTP Basic (CGI-1). ``on_exchange`` is called after every request, failed
    ones too; it must not raise.

    Raises:
        ValueError: ``base_url`` is neither https nor, for a simulator, http on this machine; or HTTP Basic cannot
            carry the ``password``.
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
        if password is not None and any(character > "\xff" for character in contract_code + password):
            raise ValueError("contract_code and password must be in Latin-1, which HTTP Basic carries")
        self._password = password
        self._transport = Transport(session, timeout, on_exchange)

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def receive_order(self, order: Order) -> Redirect | Receipt | Done:
        """Register ``order`` with ``receive_order3.cgi`` (documented).

        Raises:
            Unreachable: nothing was sent; a retry is safe.
            NoAnswer, BadAnswer: it may be registered; ask ``get_sales(order_number=...)`` before all else.
            Refused: Epsilon said no; a new attempt needs a new ``order_number``.
        """
        sent = {"version": "2", "contract_code": self.contract_code, **order.fields()}
        answer, body = self._ask(ORDER_CGI, {**sent, "xml": "1", "character_code": "UTF8"})
        if answer.get("result") == "0" or answer.get("err_code"):
            raise Refused(answer.get("err_code", ""), answer.get("err_detail", ""))
        if answer.get("result") != "1":
            raise BadAnswer("there is no result in it", status=200, body=body)
        if url := answer.get("redirect"):
            if _origin(url) != _origin(self.base_url):
                raise BadAnswer("it redirects to a foreign host", status=200, body=body)
            return Redirect(url)
        if answer.get("trans_code"):
            return Receipt(read_sale(answer))
        if order.process_code in (1, 2):
            raise BadAnswer("there is neither a redirect nor a receipt in it", status=200, body=body)
        return Done(answer)

    def get_sales(self, *, trans_code: str = "", order_number: str = "") -> Sale | None:
        """Ask what became of a transaction; ``None`` is an order that Epsilon does not know.

        Give exactly one of the two: ``trans_code`` (documented), or ``order_number`` (recorded with CGI-2, assumed
        with CGI-1). Asking is always safe to repeat.

        Raises:
            Unreachable, NoAnswer, BadAnswer: nothing was learned; ask again later.
            Refused: Epsilon does not let this caller ask.
            TypeError, ValueError: not exactly one was given, or it holds what UTF-8 cannot carry; nothing was sent.
        """
        if bool(trans_code) == bool(order_number):
            raise TypeError("give exactly one of trans_code and order_number")
        asked = {"trans_code": trans_code} if trans_code else {"order_number": order_number}
        if self._password is None:
            answer, body = self._ask(INQUIRY_CGI, {"contract_code": self.contract_code, **asked})
        else:
            answer, body = self._ask(INQUIRY_CGI_1, asked, HTTPBasicAuth(self.contract_code, self._password))
        if answer.get("err_code"):
            raise Refused(answer["err_code"], answer.get("err_detail", ""))
        sale = [answer.get(name) for name in ("trans_code", "order_number", "state")]
        # An unknown order is an empty root (recorded); the vendor's samples look for result="0" instead.
        if not answer or (answer.get("result") == "0" and not any(sale)):
            return None
        # A sale has no result (recorded).
        if not all(sale) or (answer.get("result") or "1") != "1":
            raise BadAnswer("it is neither a sale nor an unknown order", status=200, body=body)
        return read_sale(answer)

    def _ask(self, path: str, fields: dict[str, str], auth: AuthBase | None = None) -> tuple[dict[str, str], bytes]:
        body = self._transport.post(self.base_url + path, fields, auth)
        try:
            return decode_answer(body), body
        except UnreadableAnswer as error:
            raise BadAnswer(str(error), status=200, body=body) from None


def _checked_base_url(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or parts.path.strip("/") or parts.query or _origin(url) is None:
        raise ValueError("base_url is a scheme and a host, like https://beta.epsilon.jp")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname)):
        raise ValueError("base_url must be https; http is only for a simulator on this machine")
    return f"{parts.scheme}://{parts.netloc}"


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        port = {"https": 443, "http": 80}.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    # Browsers read a backslash as a slash and drop line breaks; Epsilon sends neither, nor a user name.
    if parts.username is not None or not url.isprintable() or "\\" in url or " " in url:
        return None
    return parts.scheme, parts.hostname, port
