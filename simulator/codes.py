"""The digits of st_code, and the stores and numbers under which money is paid in; knows no HTTP and no orders.

Written from protocol.md section 3 alone and shared with nobody, so that a client's mistake in its tables
shows here instead of cancelling itself out.
"""

import re
from typing import NamedTuple

GROUPS = (5, 4, 5, 5, 5, 5, 5)
SHAPE = re.compile(r"[01]{5}-[01]{4}-([01]{4,5}|[01]{5}(-[01]{5}){4})")


class Store(NamedTuple):
    """Where a slip is paid: conveni_code, names, digits of its receipt number, and what else it needs or gives."""

    code: str
    ja: str
    en: str
    digits: int
    needs_phone: bool = False  # clients
    company_code: str = ""
    has_slip: bool = False


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

# Not konbini, but paid like a slip. Pay-easy: 88 is documented, the numbers are ours. A virtual account has no
# conveni_code; that its account number is shown like a receipt number is assumed.
PAYEASY_STORE = Store("88", "ペイジー", "Pay-easy", 6, company_code="58888")
ACCOUNT_STORE = Store("", "シミュレーター銀行 本店 普通預金", "Simulator Bank, head office, ordinary account", 7)


def spelled_out(st_code: str) -> str:
    """The 34 digits of a valid `st_code` in seven groups; short forms are filled up with 0 (recorded)."""
    digits = st_code.replace("-", "").ljust(sum(GROUPS), "0")
    starts = [sum(GROUPS[:place]) for place in range(len(GROUPS))]
    return "-".join(digits[start : start + size] for start, size in zip(starts, GROUPS, strict=True))


def positions(st_code: str) -> tuple[int, ...]:
    """The positions, from 1, of the methods that an `st_code` names."""
    return tuple(place for place, digit in enumerate(st_code.replace("-", ""), start=1) if digit == "1")
