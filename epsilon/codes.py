"""Epsilon's codes as data: methods, stores, plans and states. Decides nothing, sends nothing.

Every row says how it is known: ``documented`` (Epsilon's pages), ``recorded`` (a real answer), ``clients``
(several shipping clients agree) or ``assumed``.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Source(StrEnum):
    """How a fact about Epsilon is known."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    CLIENTS = "clients"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Method:
    """A way to pay. ``position`` is its digit in ``st_code`` (from 1) and its ``payment_code``; ``limit`` is in yen."""

    position: int
    ja: str
    en: str
    limit: int
    limit_source: Source = Source.DOCUMENTED


METHODS = {
    method.position: method
    for method in (
        Method(1, "クレジットカード", "Credit card", 9_999_999),
        Method(3, "コンビニ", "Convenience store", 299_999),
        Method(4, "PayPay銀行", "PayPay Bank", 9_999_999),
        Method(5, "楽天銀行", "Rakuten Bank", 9_999_999),
        Method(7, "ペイジー", "Pay-easy", 9_999_999),
        Method(8, "WebMoney", "WebMoney", 199_999),
        Method(9, "Yahoo!ウォレット", "Yahoo! Wallet", 499_999),
        Method(11, "PayPal", "PayPal", 499_999),
        Method(12, "BitCash", "BitCash", 199_999),
        Method(13, "電子マネーちょコム", "Chocom e-money", 99_999),
        # Epsilon's page says 30,000; the clients that ship today send up to 50,000.
        Method(15, "スマートフォンキャリア決済", "Mobile carrier", 50_000, Source.CLIENTS),
        # Epsilon's page says 50,000; the clients that ship today send up to 500,000.
        Method(16, "JCB PREMO", "JCB PREMO", 500_000, Source.CLIENTS),
        Method(17, "住信SBIネット銀行", "SBI Sumishin Net Bank", 9_999_999),
        Method(18, "GMO後払い", "GMO deferred payment", 49_999),
        # Its limit depends on the currency; Epsilon's table of currencies was not at hand.
        Method(19, "クレジットカード(多通貨)", "Credit card, other currencies", 9_999_999, Source.ASSUMED),
        Method(22, "バーチャル口座", "Virtual account", 9_999_999, Source.CLIENTS),
        Method(25, "PayPay", "PayPay", 9_999_999, Source.CLIENTS),
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
    return next((method for method in METHODS.values() if str(method.position) == position), None)


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


ST_CODES = {
    "card": st_code(CARD),
    "normal": st_code(CARD, KONBINI, DEFERRED),
    "conveni": st_code(KONBINI),
    "atobarai": st_code(DEFERRED),
}
"""The four choices of Epsilon's samples, by the name they have there (documented)."""


@dataclass(frozen=True)
class Store:
    """A convenience store: what it needs from the buyer, and how the slip is paid there."""

    ja: str
    en: str
    needs_tel: bool
    steps_ja: tuple[str, ...]
    steps_en: tuple[str, ...]


_LOPPI_JA = (
    "店内の端末Loppiで「各種番号をお持ちの方」を選びます。",
    "受付番号と、ご注文時の電話番号を入力します。",
    "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
)
_LOPPI_EN = (
    "On the Loppi terminal in the store, choose the entry for those who have a number.",
    "Enter the receipt number and the phone number given with the order.",
    "Take the slip that it prints to the till within 30 minutes and pay.",
)

# Which stores need user_tel: clients. The steps are the stores' common knowledge, in our own words.
STORES = {
    "11": Store(
        "セブン-イレブン",
        "Seven-Eleven",
        False,
        (
            "払込票を印刷するか、払込票番号(13桁)を控えます。",
            "レジで「インターネット代金の支払い」と伝え、払込票または番号を見せます。",
            "代金を支払い、領収書を受け取ります。",
        ),
        (
            "Print the payment slip, or note its 13-digit number.",
            "At the till, say that you pay for an internet purchase and show the slip or the number.",
            "Pay, and take the receipt.",
        ),
    ),
    "21": Store(
        "ファミリーマート",
        "FamilyMart",
        False,
        (
            "店内の端末で「代金支払い」を選びます。",
            "企業コード(5桁)と注文番号(12桁)を入力します。",
            "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
        ),
        (
            "On the terminal in the store, choose to pay a bill.",
            "Enter the company code (5 digits) and the receipt number (12 digits).",
            "Take the slip that it prints to the till within 30 minutes and pay.",
        ),
    ),
    "31": Store("ローソン", "Lawson", True, _LOPPI_JA, _LOPPI_EN),
    "32": Store(
        "セイコーマート",
        "Seicomart",
        True,
        (
            "店内の端末クラブステーションで「インターネット受付」を選びます。",
            "受付番号と、ご注文時の電話番号を入力します。",
            "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
        ),
        (
            "On the Club Station terminal in the store, choose internet orders.",
            "Enter the receipt number and the phone number given with the order.",
            "Take the slip that it prints to the till within 30 minutes and pay.",
        ),
    ),
    "33": Store("ミニストップ", "Ministop", True, _LOPPI_JA, _LOPPI_EN),
}
"""The stores a buyer can be sent to directly, by ``conveni_code`` (documented; 33: clients)."""

MISSION_CODES = frozenset(range(1, 11))
"""1: once; 2 to 10: monthly plans (documented)."""

PROCESS_CODES = frozenset({1, 2, 3, 4, 7, 8, 9})
"""1, 2: charge; 3, 4: register and change a card; 7 to 9: member operations. 5 and 6 are unknown."""


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
