"""Epsilon's rules for the fields of an order, as data: which are sent, and what they may hold. Decides nothing.

The limits are those of the table of 18 fields on Epsilon's order page (documented); the fields of konbini and of
deferred payment and the member operations are marked where clients or recordings are the source.
"""

from .codes import DEFERRED, KONBINI, METHODS, ST_CODE_GROUPS

_CHARGE = (
    "user_id user_name user_mail_add item_code item_name order_number st_code mission_code item_price process_code"
)
_REGISTER = "user_id user_name user_mail_add st_code process_code"
REQUIRED = {
    1: _CHARGE,
    2: _CHARGE,
    3: _REGISTER,
    4: _REGISTER,
    7: "user_id process_code",
    8: "user_id item_code process_code",
    9: "user_id process_code",
}
"""The fields that each process_code needs. 1, 2: documented; 8, 9: recorded; 3, 4, 7: clients."""

OPTIONAL = {
    1: "memo1 memo2 lang_id currency_id",
    2: "memo1 memo2 lang_id currency_id",
    3: "memo1 memo2",
    4: "memo1 memo2",
}
"""The fields that each process_code takes besides. 3, 4: clients."""

OF_METHOD = {
    KONBINI: "conveni_code user_tel user_name_kana haraikomi_mail",
    DEFERRED: " ".join(("delivery_code", *METHODS[DEFERRED].needs)),
}
"""The fields that a first charge takes where ``st_code`` offers the method. Konbini direct: documented and clients.
Deferred payment: recorded where it is the only method, which needs them all; beside others none (documented)."""

TYPES: dict[object, tuple[str, str]] = {
    str: ("文字列(str)にしてください。", "Must be text (a str)."),
    int: ("整数(int)にしてください。", "Must be a whole number (an int)."),
}
"""What to say of a field that is not of its type."""

ALPHABETS = {
    "user_id": (r"[A-Za-z0-9.\-+/@]*", "半角英数字と . - + / @", "letters, digits and . - + / @"),
    "user_mail_add": (r"[A-Za-z0-9.\-_@]*", "半角英数字と . - _ @", "letters, digits and . - _ @"),
    "item_code": (r"[A-Za-z0-9.\-+/]*", "半角英数字と . - + /", "letters, digits and . - + /"),
    "order_number": (r"[A-Za-z0-9]*", "半角英数字", "letters and digits"),
}
"""The characters of a code, in words too (documented)."""

BYTES = {
    "user_id": 64,
    "user_name": 64,
    "user_mail_add": 128,
    "item_code": 64,
    "item_name": 64,
    "order_number": 32,
    "memo1": 128,
    "memo2": 128,
    "user_name_kana": 64,  # assumed: as user_name
    # Assumed: a name as user_name, an address as a memo.
    "orderer_name": 64,
    "orderer_address": 128,
    "consignee_name": 64,
    "consignee_address": 128,
}
"""The longest text, in bytes of CP932 (documented)."""

_TEL = (
    r"[0-9]{10,11}",
    "電話番号は、数字だけで10桁か11桁です。",
    "A phone number has 10 or 11 digits and nothing else.",
)
_POSTAL = (
    r"[0-9]{7}",
    "郵便番号は、数字だけで7桁です。",
    "A postal code has 7 digits and nothing else.",
)

SHAPES = {
    "user_mail_add": (
        r"[^@]+@[^@.]+(\.[^@.]+)+",
        "name@example.com のような形で入力してください。",
        "Write it like name@example.com.",
    ),
    "st_code": (
        "-".join(f"[01]{{{size}}}" for size in ST_CODE_GROUPS),
        "0と1を34桁、5-4-5-5-5-5-5に区切ってください。",
        "34 digits of 0 and 1, grouped 5-4-5-5-5-5-5.",
    ),
    "lang_id": (r"ja|en", "jaかenです。", "ja or en."),
    "currency_id": (r"[A-Z]{3}", "通貨コードは英大文字3文字です。", "Three capital letters."),
    "user_tel": _TEL,
    "user_name_kana": (r"[ァ-ヺー・ \u3000]*", "全角カタカナで入力してください。", "Use full-width katakana."),
    "haraikomi_mail": (r"0", "0か空です。", "0 or empty."),
    "delivery_code": (r"99", "99です。", "It is 99."),
    "orderer_postal": _POSTAL,
    "orderer_tel": _TEL,
    "consignee_postal": _POSTAL,
    "consignee_tel": _TEL,
}
"""The shape of a field that is not empty, and what to say of any other."""

MAX_PRICE = 9_999_999
"""The highest price of any method, in yen (documented)."""
