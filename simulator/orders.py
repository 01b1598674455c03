"""An order as receive_order3.cgi takes it, and the check of every field; knows no HTTP and no database."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from . import codes
from .codes import KONBINI, OTHER_CURRENCY, STORES, Store
from .fields import CARRIED, Fields, as_carried
from .refusals import METHOD_NOT_CONTRACTED, REFUSALS, Refused

Rule = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A checked order, every field by Epsilon's own name and as Epsilon echoes it."""

    contract_code: str
    user_id: str = field(repr=False)
    user_name: str = field(repr=False)
    user_mail_add: str = field(repr=False)
    item_code: str
    item_name: str
    order_number: str
    st_code: str
    mission_code: str
    item_price: int
    process_code: str
    memo1: str = field(repr=False)
    memo2: str = field(repr=False)
    lang_id: str


def pattern(expression: str) -> Rule:
    """A rule: the whole value matches."""
    compiled = re.compile(expression)
    return lambda value: compiled.fullmatch(value) is not None


def text(limit: int, *, required: bool = False) -> Rule:
    """A rule: printable text that CP932 carries in at most `limit` bytes."""

    def carried(value: str) -> bool:
        echoed = as_carried(value)
        return echoed is not None and len(echoed.encode(CARRIED)) <= limit and (bool(echoed) or not required)

    return carried


def mail_address(value: str) -> bool:
    """A rule: the documented alphabet, at most 128 bytes, one @ with something on both sides."""
    return len(value) <= 128 and pattern(r"[A-Za-z0-9._-]+@[A-Za-z0-9._-]+")(value)


# In the order of the vendor's table, which is the order in which they are checked (assumed). Alphabets and
# limits: documented. Absent version, character_code, lang_id and currency_id: recorded, documented.
RULES: dict[str, Rule] = {
    "version": pattern(r"2?"),
    "user_id": pattern(r"[A-Za-z0-9.\-+/@]{1,64}"),
    "user_name": text(64, required=True),
    "user_mail_add": mail_address,
    "item_code": pattern(r"[A-Za-z0-9.\-+/]{1,64}"),
    "item_name": text(64, required=True),
    "order_number": pattern(r"[A-Za-z0-9]{1,32}"),
    "st_code": lambda value: codes.SHAPE.fullmatch(value) is not None and "1" in value,
    "mission_code": pattern(r"[1-9]|10"),
    "item_price": pattern(r"[1-9][0-9]{0,6}"),
    # 3 to 9 are operations on members, which this form of the simulator does not know yet.
    "process_code": pattern(r"[12]"),
    "memo1": text(128),
    "memo2": text(128),
    # xml=0 asks for an HTML page that was never seen.
    "xml": pattern(r"1"),
    "character_code": pattern(r"(UTF8)?"),
    # Some vendor pages call character_code by this name.
    "charset": pattern(r"(UTF8)?"),
    "lang_id": pattern(r"(ja|en)?"),
    "currency_id": pattern(r"([A-Z]{3})?"),
}

# Checked only for konbini direct. Kana: full-width (vendor's sample), 64 bytes (assumed).
DIRECT_RULES: dict[str, Rule] = {
    "conveni_code": lambda value: value in STORES,
    "user_tel": pattern(r"([0-9]{10,11})?"),
    "user_name_kana": lambda value: text(64)(value) and pattern(r"[ァ-ヶー・　 ]*")(value),
    "haraikomi_mail": pattern(r"[01]?"),
}


def read_order(fields: Fields, contract_code: str) -> tuple[Order, Store | None]:
    """The order that the fields describe, and the store where they ask for konbini direct.

    Raises Refused with the first check that fails: 607 for another contract, then 601 or 909 field by field
    (a field sent twice fails its check: assumed), then 907.
    """
    if fields.repeated("contract_code") or fields["contract_code"] != contract_code:
        raise Refused(REFUSALS["contract_code"])
    check(fields, RULES)
    order = Order(
        contract_code=contract_code,
        user_id=fields["user_id"],
        user_name=as_carried(fields["user_name"]) or "",
        user_mail_add=fields["user_mail_add"],
        item_code=fields["item_code"],
        item_name=as_carried(fields["item_name"]) or "",
        order_number=fields["order_number"],
        st_code=codes.spelled_out(fields["st_code"]),
        mission_code=fields["mission_code"],
        item_price=int(fields["item_price"]),
        process_code=fields["process_code"],
        memo1=as_carried(fields["memo1"]) or "",
        memo2=as_carried(fields["memo2"]) or "",
        lang_id=fields["lang_id"] or "ja",
    )
    check_methods(order, fields["currency_id"])
    if codes.positions(order.st_code) != (KONBINI,) or not fields["conveni_code"]:
        return order, None
    check(fields, DIRECT_RULES)
    store = STORES[fields["conveni_code"]]
    if store.needs_phone and not fields["user_tel"]:
        raise Refused(REFUSALS["user_tel"])
    return order, store


def check_methods(order: Order, currency_id: str) -> None:
    """Raise Refused unless at least one method that the order names can take it."""
    methods = codes.named(order.st_code, order.mission_code, order.process_code)
    if currency_id not in ("", "JPY"):
        methods = [method for method in methods if method.position == OTHER_CURRENCY]
    affordable = [method for method in methods if order.item_price <= method.limit]
    if methods and not affordable:
        raise Refused(REFUSALS["item_price"])
    if not any(method.page for method in affordable):
        raise Refused(METHOD_NOT_CONTRACTED)


def check(fields: Fields, rules: dict[str, Rule]) -> None:
    """Raise Refused for the first field that breaks its rule or was sent twice."""
    for name, rule in rules.items():
        if fields.repeated(name) or not rule(fields[name]):
            raise Refused(REFUSALS[name])
