"""What each field of an order may hold; knows no HTTP and no order."""

import re
from collections.abc import Callable, Iterable, Mapping

from . import codes
from .codes import STORES
from .fields import CARRIED, Fields, as_carried
from .refusals import REFUSALS, Refused

Rule = Callable[[str], bool]


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
    # 5 and 6 are unknown.
    "process_code": pattern(r"[1-4789]"),
    "memo1": text(128),
    "memo2": text(128),
    "xml": pattern(r"[01]"),
    "character_code": pattern(r"(UTF8)?"),
    # Some vendor pages call character_code by this name.
    "charset": pattern(r"(UTF8)?"),
    "lang_id": pattern(r"(ja|en)?"),
    "currency_id": pattern(r"([A-Z]{3})?"),
}

# Member operations take fewer fields (recorded, clients); others may be there and are not looked at (assumed).
NEVER_NEEDED_BY_MEMBERS = frozenset("item_name order_number mission_code item_price".split())
NEEDED_BY_8 = frozenset("version user_id item_code process_code memo1 memo2 xml character_code charset".split())
NEEDED_BY_7_AND_9 = NEEDED_BY_8 - {"item_code"}
NEEDED_BY_3_AND_4 = frozenset(RULES) - NEVER_NEEDED_BY_MEMBERS - {"item_code"}
NEEDED: Mapping[str, frozenset[str]] = {
    "3": NEEDED_BY_3_AND_4,
    "4": NEEDED_BY_3_AND_4,
    "7": NEEDED_BY_7_AND_9,
    "8": NEEDED_BY_8,
    "9": NEEDED_BY_7_AND_9,
}

# Checked only for konbini direct. Kana: full-width (vendor's sample), 64 bytes (assumed).
DIRECT_RULES: dict[str, Rule] = {
    "conveni_code": lambda value: value in STORES,
    "user_tel": pattern(r"([0-9]{10,11})?"),
    "user_name_kana": lambda value: text(64)(value) and pattern(r"[ァ-ヶー・　 ]*")(value),
    "haraikomi_mail": pattern(r"[01]?"),
}

PHONE = pattern(r"[0-9]{10,11}")
POSTAL = pattern(r"[0-9]{7}")  # recorded
# Checked where GMO deferred payment is the only method, and where they are sent (assumed). Limits: assumed.
DEFERRED_RULES: dict[str, Rule] = {
    "delivery_code": pattern(r"99"),
    "consignee_postal": POSTAL,
    "consignee_name": text(64, required=True),
    "consignee_address": text(128, required=True),
    "consignee_tel": PHONE,
    "orderer_postal": POSTAL,
    "orderer_name": text(64, required=True),
    "orderer_address": text(128, required=True),
    "orderer_tel": PHONE,
    "user_tel": PHONE,
}


def check(fields: Fields, rules: Mapping[str, Rule], names: Iterable[str] | None = None) -> None:
    """Raise Refused for the first field, of all or of `names`, that breaks its rule or was sent twice."""
    for name, rule in rules.items():
        if (names is None or name in names) and (fields.repeated(name) or not rule(fields[name])):
            raise Refused(REFUSALS[name])
