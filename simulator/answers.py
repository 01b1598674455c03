"""What Epsilon answers, byte for byte; knows no HTTP and no database.

Every layout here is recorded (protocol.md, section 4) unless marked. The declarations lie: none of them
says anything about the bytes inside the percent-encoding.
"""

from collections.abc import Iterable
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
CARD_ALONE = frozenset("credit_time credit_flag pay_time card_st_code".split())
KONBINI_ALONE = RECEIPT_FIELDS[-8:]

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
    charset = "utf-8" if utf8 else CARRIED
    attributes = {
        "result": "0",
        "err_code": refusal.err_code,
        "err_detail": refusal.err_detail,
        "memo1": memo1,
        "memo2": memo2,
    }
    lines = [
        '<?xml version="1.0" encoding="UTF-8" ?>',
        "  <Epsilon_result>",
        *(f'    <result {name}="{order_value(value, charset)}" />' for name, value in attributes.items()),
        "  </Epsilon_result>",
    ]
    return Answer(joined(lines, "\r\n"), ORDER_TYPE)


def receipt(sale: dict[str, str]) -> Answer:
    """Konbini direct: the 26 fields in their order, in CP932 (assumed for `version=2`)."""
    lines = [
        '<?xml version="1.0" encoding="ISO-8859-1" ?>',
        "<Epsilon_result>",
        *(f'  <result {name}="{order_value((CONSTANTS | sale)[name])}" />' for name in RECEIPT_FIELDS),
        "</Epsilon_result>",
    ]
    return Answer(joined(lines, "\r\n"), ORDER_TYPE)


def found(sale: dict[str, str], seed: str) -> Answer:
    """An inquiry's sale, in an order of fields that follows from `seed`. It has no `result` field."""
    names = SALE_FIELDS
    if sale["payment_code"] == "3":
        names = [name for name in SALE_FIELDS if name not in CARD_ALONE] + KONBINI_ALONE
    lines = [
        '<?xml version="1.0" encoding="x-sjis-cp932" ?>',
        "<Epsilon_result>",
        *(f'  <result {name}="{inquiry_value((CONSTANTS | sale)[name])}" />' for name in mixed(names, seed)),
        "</Epsilon_result>",
    ]
    return Answer(joined(lines, "\n"), FOUND_TYPE)


def unknown() -> Answer:
    """An inquiry for an order that Epsilon does not know, or that is another contract's (assumed)."""
    return Answer(b'<?xml version="1.0"  ?>\n<Epsilon_result>\n</Epsilon_result>\n', UNKNOWN_TYPE)


def order_value(value: str, charset: str = CARRIED) -> str:
    """A value as receive_order3 writes it: space is %20, `~` stays bare."""
    return quote(value.encode(charset, "replace"), safe="")


def inquiry_value(value: str) -> str:
    """A value as getsales2 writes it: space is +, `~` is %7E."""
    return quote(value.encode(CARRIED, "replace"), safe=" ").replace(" ", "+").replace("~", "%7E")


def joined(lines: Iterable[str], line_end: str) -> bytes:
    """The document's bytes: every recorded answer is pure ASCII and ends with its line end."""
    return "".join(line + line_end for line in lines).encode("ascii")


def mixed(names: Iterable[str], seed: str) -> list[str]:
    """The names in an order that looks random and is the same for the same seed."""
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).digest())
