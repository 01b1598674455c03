"""Epsilon's codes as data: methods and states. Decides nothing, sends nothing.

Every row says how it is known: ``documented`` (Epsilon's pages), ``recorded`` (a real answer), ``clients``
(several shipping clients agree) or ``assumed``.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum


class Source(StrEnum):
    """How a fact about Epsilon is known."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    CLIENTS = "clients"
    ASSUMED = "assumed"


_DELIVERY = (
    "orderer_postal orderer_name orderer_address orderer_tel "
    "consignee_postal consignee_name consignee_address consignee_tel user_tel"
).split()
_YEN = ("JPY",)


@dataclass(frozen=True)
class Method:
    """A way to pay.

    ``position`` is its digit in ``st_code``, from 1. ``limit`` is its highest price, in yen. ``needs`` are the fields
    of an order that the buyer has to give beside name and mail address, where this is the only method (recorded; what a
    konbini needs is the store's, in ``STORES``). ``can_cancel``, ``can_capture`` and ``can_change_amount`` tell what
    can be done after the sale (clients), and ``currencies`` which ``currency_id`` it takes.
    """

    position: int
    ja: str
    en: str
    limit: int
    limit_source: Source = Source.DOCUMENTED
    can_cancel: bool = False
    can_capture: bool = False
    can_change_amount: bool = False
    needs: tuple[str, ...] = ()
    currencies: tuple[str, ...] = _YEN

    @property
    def payment_code(self) -> str:
        """Its ``payment_code`` in answers; those for JCB and AMEX cards carry 2 (documented)."""
        return str(self.position)


# An answer's item_price and an order's are whole numbers, and whether 1000 in USD are dollars or cents is told nowhere:
# Epsilon's table of currencies was not at hand. A currency that has no smaller unit leaves no such question, so the
# won is sold beside the yen, and every other currency is refused before it is charged a hundredfold.
_WHOLE_UNITS = ("JPY", "KRW")

METHODS = {
    method.position: method
    for method in (
        Method(
            1,
            "クレジットカード",
            "Credit card",
            9_999_999,
            can_cancel=True,
            can_capture=True,
            can_change_amount=True,
        ),
        Method(3, "コンビニ", "Convenience store", 299_999),
        Method(4, "PayPay銀行", "PayPay Bank", 9_999_999),
        Method(5, "楽天銀行", "Rakuten Bank", 9_999_999),
        Method(7, "ペイジー", "Pay-easy", 9_999_999),
        Method(8, "WebMoney", "WebMoney", 199_999),
        Method(9, "Yahoo!ウォレット", "Yahoo! Wallet", 499_999, can_cancel=True, can_capture=True),
        Method(11, "PayPal", "PayPal", 499_999, can_cancel=True),
        Method(12, "BitCash", "BitCash", 199_999),
        Method(13, "電子マネーちょコム", "Chocom e-money", 99_999),
        # For these two Epsilon's page and the clients that ship today disagree (50,000 and 500,000): a shop that keeps
        # to the lower, documented figure is refused by neither.
        Method(15, "スマートフォンキャリア決済", "Mobile carrier", 30_000, can_cancel=True, can_capture=True),
        Method(16, "JCB PREMO", "JCB PREMO", 50_000),
        Method(17, "住信SBIネット銀行", "SBI Sumishin Net Bank", 9_999_999),
        Method(18, "GMO後払い", "GMO deferred payment", 49_999, can_cancel=True, needs=tuple(_DELIVERY)),
        # Its limit depends on the currency; this one is that of item_price itself, whatever the currency.
        Method(
            19,
            "クレジットカード(多通貨)",
            "Credit card, other currencies",
            9_999_999,
            Source.ASSUMED,
            currencies=_WHOLE_UNITS,
        ),
        Method(22, "バーチャル口座", "Virtual account", 9_999_999, Source.CLIENTS),
        Method(25, "PayPay", "PayPay", 9_999_999, Source.CLIENTS, can_cancel=True, can_capture=True),
    )
}
CARD, KONBINI, PAY_EASY, DEFERRED, OTHER_CURRENCY = 1, 3, 7, 18, 19


def method_of(payment_code: str) -> Method | None:
    """Return the method that an answer's ``payment_code`` names, if it is known here.

    >>> method_of("3").en, method_of("2").en, method_of("99")
    ('Convenience store', 'Credit card', None)
    """
    # Answers for JCB and AMEX carry 2, though their digit in st_code is the first (documented).
    position = str(CARD) if payment_code == "2" else payment_code
    return next((method for method in METHODS.values() if method.payment_code == position), None)


MONTHLY_LIMIT = 30_000
"""The highest price of a monthly plan, in yen (documented)."""

ST_CODE_GROUPS = (5, 4, 5, 5, 5, 5, 5)
"""How the 34 digits of ``st_code`` are grouped (documented)."""


def st_code(*positions: int) -> str:
    """Return the ``st_code`` that offers the methods at these positions, at least one, of ``METHODS``.

    Raises:
        TypeError, ValueError: a position is not an int, or no method is known there; or there is no position.

    >>> st_code(CARD)
    '10000-0000-00000-00000-00000-00000-00000'
    >>> st_code(CARD, KONBINI, DEFERRED)
    '10100-0000-00000-00010-00000-00000-00000'
    """
    for position in positions:
        if type(position) is not int:
            raise TypeError(f"a position is an int, like 1 for the credit card, not {position!r}")
        if position not in METHODS:
            raise ValueError(f"no method is known at position {position}; METHODS has those that are")
    if not positions:
        raise ValueError("name at least one position: an order offers at least one method")
    digits = iter("1" if position in positions else "0" for position in range(1, sum(ST_CODE_GROUPS) + 1))
    return "-".join("".join(next(digits) for _ in range(size)) for size in ST_CODE_GROUPS)


def methods_in(st_code: str) -> list[int]:
    """Return the positions of the methods that an ``st_code`` offers, also where ``METHODS`` does not know them.

    Its short forms of 14 and 13 digits, 5-4-5 and 5-4-4, are read too (recorded).

    Raises:
        ValueError: it is no ``st_code``.

    >>> methods_in("10100-0000-00000-00010-00000-00000-00000"), methods_in("00100-0000-0000")
    ([1, 3, 18], [3])
    """
    if not re.fullmatch(r"[01]{5}-[01]{4}-([01]{4,5}|[01]{5}(-[01]{5}){4})", st_code):
        raise ValueError("an st_code is digits of 0 and 1, grouped 5-4-5-5-5-5-5, 5-4-5 or 5-4-4")
    return [position for position, digit in enumerate(st_code.replace("-", ""), 1) if digit == "1"]


ST_CODES = {
    "card": st_code(CARD),
    "normal": st_code(CARD, KONBINI, DEFERRED),
    "conveni": st_code(KONBINI),
    "atobarai": st_code(DEFERRED),
}
"""The four choices of Epsilon's samples, by the name they have there (documented)."""

PROCESS_CODES = frozenset({1, 2, 3, 4, 7, 8, 9})
"""1 first charge, 2 charge the registered card, 3 register a card, 4 change it, 7 undo a withdrawal, 8 end a monthly
plan, 9 withdraw. 1, 2: documented; 8, 9: recorded; 3, 4, 7: clients. 5 and 6 are unknown."""

AUTHORISED_FOR = timedelta(days=90)
"""How long after the order an authorised sale can be captured (recorded)."""


class State(Enum):
    """The state of a transaction as the inquiry gives it. 0 and 1: documented; the others: clients."""

    UNPAID = "0"
    PAID = "1"
    UNDER_REVIEW = "4"
    AUTHORISED = "5"
    SHIPPING = "6"
    CANCELLED = "9"
    REVIEW_REFUSED = "11"
    UNRECOGNISED = ""
    """Any other value; the value itself is in ``Sale.extra``."""
