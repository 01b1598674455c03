"""What Epsilon says of a transaction, typed. Believes nothing: the caller compares number, price and contract."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from .codes import State

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan's time. Epsilon's times carry no zone and are in this one (recorded); Japan has no summer time."""

# Other years are no dates of a payment. Nor has Python anything before the year 1 or after 9999: to move such a time
# to another zone, or to add a day to it, would raise in the hands of the caller.
_YEARS = range(1900, 3000)


@dataclass(frozen=True, kw_only=True)
class Sale:
    """The answer of an inquiry, or of a konbini direct order, in Epsilon's own field names.

    Prices are whole yen, times are aware in Japan time. A typed field whose text cannot be read, or whose year is
    not from 1900 to 2999, is ``None`` (``state``: ``UNRECOGNISED``) and its text is kept in ``extra``, as are all
    fields that are not known here.
    Echoed text is what Epsilon stored, which can differ from what was sent (``〜`` returns as ``～``).
    Source: the table of 24 fields on Epsilon's page (documented), and recorded answers.
    """

    trans_code: str
    order_number: str
    contract_code: str
    state: State
    item_price: int | None
    item_code: str = ""
    item_name: str = ""
    st_code: str = ""
    mission_code: str = ""
    process_code: str = ""
    payment_code: str = ""
    last_update: datetime | None = None
    user_id: str = field(default="", repr=False)
    user_name: str = field(default="", repr=False)
    user_mail_add: str = field(default="", repr=False)
    memo1: str = field(default="", repr=False)
    memo2: str = field(default="", repr=False)
    conveni_code: str = ""
    receipt_no: str = field(default="", repr=False)
    kigyou_code: str = ""
    haraikomi_url: str = field(default="", repr=False)
    paid: bool = False
    receipt_date: datetime | None = None
    conveni_limit: date | None = None
    conveni_time: datetime | None = None
    extra: dict[str, str] = field(default_factory=dict, repr=False)


def read_sale(fields: dict[str, str]) -> Sale:
    """Return the fields of an answer as a :class:`Sale`. Never raises: what cannot be read stays in ``extra``.

    >>> sale = read_sale({"trans_code": "123456", "state": "0", "item_price": "980", "keitai": "0",
    ...                   "conveni_limit": "2015-01-26"})
    >>> sale.state, sale.item_price, sale.conveni_limit, sale.extra
    (<State.UNPAID: '0'>, 980, datetime.date(2015, 1, 26), {'keitai': '0'})
    """
    values = {name: read(fields.get(name, "")) for name, read in _READERS.items()}
    extra = {name: text for name, text in fields.items() if name not in values or (text and values[name] is None)}
    values["state"] = values["state"] or State.UNRECOGNISED
    values["paid"] = bool(values["paid"])
    return Sale(**values, extra=extra)


def _read_state(text: str) -> State | None:
    try:
        return State(text)
    except ValueError:
        return None


def _read_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _read_paid(text: str) -> bool | None:
    return {"": False, "0": False, "1": True}.get(text)


def _read_date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _read_time(text: str) -> datetime | None:
    try:
        time = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=JAPAN)
    except ValueError:
        return None
    return time if time.year in _YEARS else None


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        (
            "trans_code order_number contract_code item_code item_name st_code mission_code process_code payment_code "
            "user_id user_name user_mail_add memo1 memo2 conveni_code receipt_no kigyou_code haraikomi_url"
        ).split(),
        str,
    ),
    "state": _read_state,
    "item_price": _read_number,
    "paid": _read_paid,
    "conveni_limit": _read_date,
    "last_update": _read_time,
    "receipt_date": _read_time,
    "conveni_time": _read_time,
}
"""How each field of a :class:`Sale` is read; ``None`` is what cannot be read."""
