"""What Epsilon answers, byte for byte; knows no HTTP and no database.

Every layout here is recorded (protocol.md, section 4) unless marked. The declarations lie: none of them
says anything about the bytes inside the percent-encoding.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

from .fields import CARRIED
from .refusals import Refusal

# receive_order3 sends no charset.
ORDER_TYPE = "text/xml"
FOUND_TYPE = "text/xml; charset=CP932"
UNKNOWN_TYPE = "text/xml; charset=UTF8"

RECEIPT_FIELDS = (
    "result trans_code order_number state user_id user_name process_code last_update item_price memo1 memo2 "
    "mission_code st_code contract_code item_name payment_code user_mail_add item_code conveni_code "
    "receipt_no kigyou_code haraikomi_url paid receipt_date conveni_limit conveni_time"
).split()

SALE_FIELDS = (
    "last_update user_mail_add state credit_time trans_code mission_code credit_flag item_price payment_code "
    "item_code order_number st_code memo1 contract_code item_name pay_time user_name process_code keitai "
    "due_date card_st_code add_info user_id memo2"
).split()
CARD_FIELDS = frozenset("credit_time credit_flag pay_time card_st_code".split())
KONBINI_FIELDS = RECEIPT_FIELDS[-8:]
# Which methods' inquiries have them: 1 and 3 recorded, the others assumed. "" is not chosen yet.
CARD_CODES = ("1", "2", "19", "")
KONBINI_CODES = ("3", "7")

# What the recorded inquiry said in the fields that no order sets.
CONSTANTS = {
    "result": "1",
    "credit_flag": "0",
    "pay_time": "1",
    "keitai": "100",
    "due_date": "",
    "card_st_code": "10",
    "add_info": "",
}

# The results of the after-sale CGIs.
SUCCESS, FAILURE, NOBODY, WRONG = "1", "0", "2", "9"


class Answer(NamedTuple):
    """An answer's bytes and its whole Content-Type."""

    body: bytes
    content_type: str


def redirect(url: str) -> Answer:
    """An order was registered; the buyer goes to `url`. The uneven indentation is Epsilon's."""
    return Answer(
        b'<?xml version="1.0" encoding="UTF-8" ?>\n'
        b" <Epsilon_result>\n"
        b'  <result result="1" />\n'
        b'  <result redirect="' + order_value(url).encode() + b'" />\n'
        b"  </Epsilon_result>\n",
        ORDER_TYPE,
    )


def error(refusal: Refusal, memo1: str, memo2: str, *, utf8: bool) -> Answer:
    """An order was refused; texts in UTF-8 for `version=2`, else CP932."""
    write = partial(order_value, charset="utf-8" if utf8 else CARRIED)
    fields = refused(refusal) | {"memo1": memo1, "memo2": memo2}
    return Answer(document('encoding="UTF-8" ', fields, write, line_end="\r\n", indent="  "), ORDER_TYPE)


def receipt(sale: Mapping[str, str]) -> Answer:
    """Konbini direct: the 26 fields in their order, in CP932 (assumed for `version=2`)."""
    fields = {name: (CONSTANTS | dict(sale))[name] for name in RECEIPT_FIELDS}
    return Answer(document('encoding="ISO-8859-1" ', fields, order_value, line_end="\r\n"), ORDER_TYPE)


def done(fields: Mapping[str, str]) -> Answer:
    """A member operation was done (process_code 8 and 9; for 7 assumed)."""
    fields = {"result": SUCCESS} | dict(fields)
    return Answer(document('encoding="x-sjis-cp932" ', fields, order_value, line_end="\r\n"), ORDER_TYPE)


def found(sale: Mapping[str, str], seed: str) -> Answer:
    """An inquiry's sale, in an order of fields that follows from `seed`. It has no `result` field."""
    names = [name for name in SALE_FIELDS if name not in CARD_FIELDS or sale["payment_code"] in CARD_CODES]
    if sale["payment_code"] in KONBINI_CODES:
        names += KONBINI_FIELDS
    fields = {name: (CONSTANTS | dict(sale))[name] for name in mixed(names, seed)}
    return Answer(document('encoding="x-sjis-cp932" ', fields, inquiry_value), FOUND_TYPE)


def unknown() -> Answer:
    """An inquiry for an order that Epsilon does not know, or that is another contract's (assumed)."""
    return Answer(document(" ", {}, inquiry_value), UNKNOWN_TYPE)


def inquiry_error(refusal: Refusal) -> Answer:
    """An inquiry was refused: `result` 0, which the vendor's samples test for; the rest is assumed."""
    return Answer(document('encoding="x-sjis-cp932" ', refused(refusal), inquiry_value), FOUND_TYPE)


def after_sale(result: str, refusal: Refusal | None = None, **fields: str) -> Answer:
    """What cancel, capture, amount and user info answer: alphabetical, and on success err_code is empty."""
    told = {"err_code": refusal.err_code, "err_detail": refusal.err_detail} if refusal else {}
    fields = {"err_code": "", "err_detail": "", "result": result} | told | fields
    return Answer(document('encoding="x-sjis-cp932"', dict(sorted(fields.items())), order_value), FOUND_TYPE)


def refused(refusal: Refusal) -> dict[str, str]:
    """The fields in which an error is told."""
    return {"result": FAILURE, "err_code": refusal.err_code, "err_detail": refusal.err_detail}


def document(
    declared: str, fields: Mapping[str, str], write: Callable[[str], str], line_end: str = "\n", indent: str = ""
) -> bytes:
    """The answer's bytes: one attribute to an element; every recorded one is ASCII and ends with its line end."""
    lines = [
        f'<?xml version="1.0" {declared}?>',
        f"{indent}<Epsilon_result>",
        *(f'{indent}  <result {name}="{write(value)}" />' for name, value in fields.items()),
        f"{indent}</Epsilon_result>",
    ]
    return "".join(line + line_end for line in lines).encode("ascii")


def order_value(value: str, charset: str = CARRIED) -> str:
    """A value as receive_order3 writes it: space is %20, `~` stays bare."""
    return quote(value.encode(charset, "replace"), safe="")


def inquiry_value(value: str) -> str:
    """A value as getsales2 writes it: space is +, `~` is %7E."""
    return quote(value.encode(CARRIED, "replace"), safe=" ").replace(" ", "+").replace("~", "%7E")


def mixed(names: Iterable[str], seed: str) -> list[str]:
    """The names in an order that looks random and is the same for the same seed."""
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).digest())
