"""Asks Epsilon's CGIs, by their names, and returns typed answers. Knows no web framework and no database."""

from collections.abc import Callable

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from .answers import Done, Receipt, Redirect, UserInfo
from .codes import CARD, METHODS, MONTHLY_LIMIT
from .errors import BadAnswer, InvalidOrder, Refused
from .exchange import Exchange, Transport
from .order import Order, check_price
from .origin import checked_base_url, origin_of
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
CANCEL_CGI = "/cgi-bin/order/cancel_payment.cgi"
CAPTURE_CGI = "/cgi-bin/order/sales_payment.cgi"
AMOUNT_CGI = "/cgi-bin/order/change_amount_payment.cgi"
USER_CGI = "/cgi-bin/order/get_user_info.cgi"


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
        self.base_url = checked_base_url(base_url)
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

        A member operation has no ``order_number``; ``get_user_info`` tells what became of it, and a plan that has
        ended is 605. A ``BadAnswer`` whose ``status`` is 500, to 9 (recorded) or 7 (assumed): there is no such user.
        """
        sent = {"version": "2", "contract_code": self.contract_code, **order.fields()}
        answer, body = self._ask(ORDER_CGI, {**sent, "xml": "1", "character_code": "UTF8"})
        if answer.get("result") == "0" or answer.get("err_code"):
            raise Refused(answer.get("err_code", ""), answer.get("err_detail", ""))
        if answer.get("result") != "1":
            raise BadAnswer("there is no result in it", status=200, body=body)
        if url := answer.get("redirect"):
            if origin_of(url) != origin_of(self.base_url):
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

    def cancel_payment(self, order_number: str) -> None:
        """Cancel an order whose method ``can_cancel`` (recorded); the money goes back, or is never taken.

        Raises:
            Unreachable: nothing was sent; a retry is safe.
            NoAnswer, BadAnswer: it may be cancelled; ``get_sales`` says so by ``State.CANCELLED``. If not, a retry is
                safe: what is cancelled is not cancelled twice (assumed).
            Refused: 810 for no such order, or one that cannot be cancelled, or not any more.
        """
        self._change(CANCEL_CGI, {"order_number": order_number})

    def sales_payment(self, order_number: str) -> None:
        """Capture an authorised order (実売上) whose method ``can_capture``, within ``AUTHORISED_FOR`` (recorded).

        Raises:
            Unreachable: nothing was sent; a retry is safe.
            NoAnswer, BadAnswer: the money may be taken; retry only while ``get_sales`` says ``State.AUTHORISED``.
            Refused: 810 for no such order, or one that is not authorised, or not any more.
        """
        self._change(CAPTURE_CGI, {"order_number": order_number})

    def change_amount_payment(
        self, *, new_item_price: int, order_number: str = "", user_id: str = "", item_code: str = ""
    ) -> None:
        """Set a new price, in yen: of one card order (clients), or of a user's monthly plan for an item (recorded).

        Raises:
            Unreachable: nothing was sent; a retry is safe.
            NoAnswer, BadAnswer: the price may be new; ``item_price`` of ``get_sales`` says which. A retry sets the same
                price again, which is safe.
            Refused: 810 for no such order or plan, or one that is not by card; 601 for its price.
            InvalidOrder: the price is no whole number from 1 to the limit; nothing was sent.
            TypeError: neither an order nor a plan is named, or both; nothing was sent.
        """
        match bool(order_number), bool(user_id), bool(item_code):
            case True, False, False:
                named, limit = {"mission_code": "1", "order_number": order_number}, METHODS[CARD].limit
            case False, True, True:
                named = {"mission_code": "2", "user_id": user_id, "item_code": item_code}
                limit = MONTHLY_LIMIT
            case _:
                raise TypeError("give either order_number, or user_id and item_code")
        if errors := list(check_price("new_item_price", new_item_price, limit)):
            raise InvalidOrder(errors)
        self._change(AMOUNT_CGI, {**named, "new_item_price": str(new_item_price)})

    def get_user_info(self, user_id: str) -> UserInfo | None:
        """Ask for the card that is registered for ``user_id``; ``None`` is no card (recorded). Safe to repeat.

        Raises:
            Unreachable, NoAnswer, BadAnswer: nothing was learned; ask again later.
            Refused: Epsilon does not let this caller ask, or ``user_id`` cannot be one.
        """
        try:
            answer, body = self._change(USER_CGI, {"user_id": user_id})
        except Refused as refused:
            if refused.code == "801":
                return None
            raise
        if not answer.get("card_number_mask"):
            raise BadAnswer("there is no card in it", status=200, body=body)
        return UserInfo(answer.get("card_brand", ""), answer["card_number_mask"])

    def _change(self, path: str, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
        answer, body = self._ask(path, {"contract_code": self.contract_code, **fields})
        result, err_code = answer.get("result"), answer.get("err_code", "")
        # 0 and 9 are failures, and get_user_info says 2 where there is no card (clients).
        if result in ("0", "9") or (result != "1" and err_code):
            raise Refused(err_code, answer.get("err_detail", ""))
        # Three empty fields came for an unknown order (recorded). They are no yes, and no clear no.
        if result != "1" or err_code:
            raise BadAnswer("it says neither yes nor no", status=200, body=body)
        return answer, body

    def _ask(self, path: str, fields: dict[str, str], auth: AuthBase | None = None) -> tuple[dict[str, str], bytes]:
        body = self._transport.post(self.base_url + path, fields, auth)
        try:
            return decode_answer(body), body
        except UnreadableAnswer as error:
            raise BadAnswer(str(error), status=200, body=body) from None
