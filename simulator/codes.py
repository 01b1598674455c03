"""The simulator's own tables of methods and stores; knows no HTTP and no orders.

Written from protocol.md section 3 alone and shared with nobody, so that a client's mistake in its tables
shows here instead of cancelling itself out.
"""

import re
from typing import NamedTuple

CARD = 1
KONBINI = 3
OTHER_CURRENCY = 19

ONE_CHARGE = "1"  # the mission_code of everything but monthly plans
REGISTERED_CARD = "2"  # the process_code that charges the card of an earlier order
MONTHLY_LIMIT = 30_000  # yen; card, mission_code 2 to 10 (documented)

GROUPS = (5, 4, 5, 5, 5, 5, 5)
SHAPE = re.compile(r"[01]{5}-[01]{4}-([01]{4,5}|[01]{5}(-[01]{5}){4})")


class Method(NamedTuple):
    """A way to pay: its position in st_code (also its payment_code), names, highest price in yen."""

    position: int
    ja: str
    en: str
    limit: int
    page: str | None = None  # the CGI that shows the buyer this method; without one it is not contracted


class Store(NamedTuple):
    """A konbini: conveni_code, names, digits of its receipt number, and what else it needs or gives."""

    code: str
    ja: str
    en: str
    digits: int
    needs_phone: bool = False
    company_code: str = ""
    has_slip: bool = False


# Limits: documented, but for 22 and 25 (clients) and 19 (assumed: it depends on the currency).
METHODS = {
    method.position: method
    for method in (
        Method(CARD, "クレジットカード", "Credit card", 9_999_999, "card3.cgi"),
        # The name of the konbini page is assumed; it was never recorded.
        Method(KONBINI, "コンビニ", "Convenience store", 299_999, "conveni3.cgi"),
        Method(4, "PayPay銀行", "PayPay Bank", 9_999_999),
        Method(5, "楽天銀行", "Rakuten Bank", 9_999_999),
        Method(7, "ペイジー", "Pay-easy", 9_999_999),
        Method(8, "WebMoney", "WebMoney", 199_999),
        Method(9, "Yahoo!ウォレット", "Yahoo! wallet", 499_999),
        Method(11, "PayPal", "PayPal", 499_999),
        Method(12, "BitCash", "BitCash", 199_999),
        Method(13, "電子マネーちょコム", "chocom", 99_999),
        Method(15, "スマートフォンキャリア", "Carrier billing", 30_000),
        Method(16, "JCB PREMO", "JCB PREMO", 50_000),
        Method(17, "住信SBIネット銀行", "SBI Sumishin Net Bank", 9_999_999),
        Method(18, "GMO後払い", "GMO deferred payment", 49_999),
        Method(OTHER_CURRENCY, "クレジットカード(多通貨)", "Credit card, other currencies", 9_999_999),
        Method(22, "バーチャル口座", "Virtual account", 9_999_999),
        Method(25, "PayPay", "PayPay", 9_999_999),
    )
}

# Six digits as recorded in 2018 and used today; the vendor's table still says seven.
SHORT_RECEIPT = 6

# Beta names its sample slip for Lawson too (recorded). Only Seven-Eleven has one by the vendor's table, and
# a shop that shows a slip for every store would mislead its buyers, so here the table wins.
STORES = {
    store.code: store
    for store in (
        Store("11", "セブン-イレブン", "Seven-Eleven", 13, has_slip=True),
        Store("21", "ファミリーマート", "FamilyMart", 12, company_code="20020"),
        Store("31", "ローソン", "Lawson", SHORT_RECEIPT, needs_phone=True),
        Store("32", "セイコーマート", "Seicomart", SHORT_RECEIPT, needs_phone=True),
        Store("33", "ミニストップ", "Ministop", SHORT_RECEIPT, needs_phone=True),
    )
}


def spelled_out(st_code: str) -> str:
    """The 34 digits of a valid `st_code` in seven groups; short forms are filled up with 0 (recorded)."""
    digits = st_code.replace("-", "").ljust(sum(GROUPS), "0")
    starts = [sum(GROUPS[:place]) for place in range(len(GROUPS))]
    return "-".join(digits[start : start + size] for start, size in zip(starts, GROUPS, strict=True))


def positions(st_code: str) -> tuple[int, ...]:
    """The positions, from 1, of the methods that an `st_code` names."""
    return tuple(place for place, digit in enumerate(st_code.replace("-", ""), start=1) if digit == "1")


def named(st_code: str, mission_code: str, process_code: str) -> list[Method]:
    """The methods that an order asks for. Monthly plans and registered cards are for cards only (documented)."""
    methods = [METHODS[place] for place in positions(st_code) if place in METHODS]
    if process_code == REGISTERED_CARD:
        return [method for method in methods if method.position == CARD]
    if mission_code != ONE_CHARGE:
        return [method._replace(limit=MONTHLY_LIMIT) for method in methods if method.position == CARD]
    return methods


def offered(st_code: str, mission_code: str, process_code: str, item_price: int) -> list[Method]:
    """The methods that a buyer is shown: asked for, contracted, and allowed for the price."""
    methods = named(st_code, mission_code, process_code)
    return [method for method in methods if method.page and item_price <= method.limit]
