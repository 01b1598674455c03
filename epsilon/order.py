"""An order that cannot exist invalid: Epsilon's rules for each field. Sends nothing.

The limits are those of the table of 18 fields on Epsilon's order page (documented); the konbini fields and
the member operations are marked where clients or recordings are the source. Limits of text are bytes in CP932.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from .codes import (
    CARD,
    KONBINI,
    METHODS,
    MISSION_CODES,
    MONTHLY_LIMIT,
    OTHER_CURRENCY,
    PROCESS_CODES,
    ST_CODE_GROUPS,
    STORES,
)
from .errors import FieldError, InvalidOrder
from .wire import cp932_length, uncarried

_CHARGE = (
    "user_id user_name user_mail_add item_code item_name order_number st_code mission_code item_price process_code"
)
_REGISTER = "user_id user_name user_mail_add st_code process_code"
_REQUIRED = {
    1: _CHARGE,
    2: _CHARGE,
    3: _REGISTER,
    4: _REGISTER,
    7: "user_id process_code",
    8: "user_id item_code process_code",
    9: "user_id process_code",
}
"""The fields that each process_code needs. 1, 2: documented; 8, 9: recorded; 3, 4, 7: clients."""

_ALPHABETS = {
    "user_id": (r"[A-Za-z0-9.\-+/@]*", "半角英数字と . - + / @", "letters, digits and . - + / @"),
    "user_mail_add": (r"[A-Za-z0-9.\-_@]*", "半角英数字と . - _ @", "letters, digits and . - _ @"),
    "item_code": (r"[A-Za-z0-9.\-+/]*", "半角英数字と . - + /", "letters, digits and . - + /"),
    "order_number": (r"[A-Za-z0-9]*", "半角英数字", "letters and digits"),
}
_BYTES = {
    "user_id": 64,
    "user_name": 64,
    "user_mail_add": 128,
    "item_code": 64,
    "item_name": 64,
    "order_number": 32,
    "memo1": 128,
    "memo2": 128,
    "user_name_kana": 64,  # assumed: as user_name
}
_MAX_PRICE = 9_999_999

_MAIL = r"[^@]+@[^@.]+(\.[^@.]+)+"
_KANA = r"[ァ-ヺー・ \u3000]*"
_TEL = r"[0-9]{10,11}"
_ST_CODE = "-".join(f"[01]{{{size}}}" for size in ST_CODE_GROUPS)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What ``receive_order3.cgi`` is told about one attempt to pay, in Epsilon's own field names.

    ``item_price`` is the total in yen. ``order_number`` is unique for ever, over every attempt: a second use
    is refused with 604. ``process_code`` 1 and 2 need all of the item; the member operations 3, 4, 7, 8 and 9
    need less. With the konbini digit alone in ``st_code``, a ``conveni_code`` asks for the receipt directly.

    Raises:
        InvalidOrder: with every broken rule of every field.

    >>> Order(order_number="A1", item_code="EP-1", item_name="りんご", item_price=980, user_id="guest-1",
    ...       user_name="髙橋 花子", user_mail_add="hanako@example.com",
    ...       st_code="10000-0000-00000-00000-00000-00000-00000").fields()["item_price"]
    '980'
    >>> try:
    ...     Order(order_number="A-1", user_id="", process_code=9)
    ... except InvalidOrder as error:
    ...     print(list(error.errors))
    ['user_id', 'order_number']
    """

    user_id: str = field(default="", repr=False)
    user_name: str = field(default="", repr=False)
    user_mail_add: str = field(default="", repr=False)
    item_code: str = ""
    item_name: str = ""
    order_number: str = ""
    st_code: str = ""
    mission_code: int = 1
    item_price: int = 0
    process_code: int = 1
    memo1: str = field(default="", repr=False)
    memo2: str = field(default="", repr=False)
    lang_id: str = ""
    currency_id: str = ""
    conveni_code: str = ""
    user_tel: str = field(default="", repr=False)
    user_name_kana: str = field(default="", repr=False)
    haraikomi_mail: str = ""

    def __post_init__(self) -> None:
        errors = list(self._check())
        if errors:
            position = {f.name: index for index, f in enumerate(fields(self))}
            raise InvalidOrder(sorted(errors, key=lambda error: position[error.field]))

    def fields(self) -> dict[str, str]:
        """Return the fields to send, as text; those that are empty or not of this process_code are left out."""
        return {
            f.name: str(value)
            for f in fields(self)
            if (value := getattr(self, f.name)) not in ("", 0)
            and (self.process_code in (1, 2) or f.name not in ("mission_code", "currency_id"))
        }

    def _check(self) -> Iterator[FieldError]:
        yield from self._check_text()
        yield from self._check_required()
        yield from self._check_choices()
        yield from self._check_konbini()
        yield from self._check_price()

    def _check_text(self) -> Iterator[FieldError]:
        for name, limit in _BYTES.items():
            value = getattr(self, name)
            alphabet = _ALPHABETS.get(name)
            if alphabet:
                pattern, ja, en = alphabet
                if not re.fullmatch(pattern, value):
                    yield FieldError(name, f"{ja} だけを使ってください。", f"Use only {en}.")
            elif lost := uncarried(value):
                shown = " ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in lost)
                yield FieldError(
                    name,
                    f"イプシロンでは使えない文字があります: {shown}",
                    f"Epsilon cannot carry these characters: {shown}",
                )
            if (length := cp932_length(value)) > limit:
                yield FieldError(
                    name,
                    f"全角{limit // 2}文字・半角{limit}文字以内にしてください(いまは半角{length}文字分です)。",
                    f"At most {limit} bytes ({limit // 2} full-width characters); it has {length}.",
                )
        if self.user_mail_add and not re.fullmatch(_MAIL, self.user_mail_add):
            yield FieldError(
                "user_mail_add",
                "name@example.com のような形で入力してください。",
                "Write it like name@example.com.",
            )
        if not re.fullmatch(_KANA, self.user_name_kana):
            yield FieldError("user_name_kana", "全角カタカナで入力してください。", "Use full-width katakana.")
        if self.user_tel and not re.fullmatch(_TEL, self.user_tel):
            yield FieldError(
                "user_tel",
                "電話番号は、数字だけで10桁か11桁です。",
                "A phone number has 10 or 11 digits and nothing else.",
            )

    def _check_required(self) -> Iterator[FieldError]:
        for name in _REQUIRED.get(self.process_code, "").split():
            value = getattr(self, name)
            if value == "" or (isinstance(value, str) and value.isspace()):
                yield FieldError(name, "入力してください。", "This is required.")

    def _check_choices(self) -> Iterator[FieldError]:
        if self.process_code not in PROCESS_CODES:
            yield FieldError("process_code", "1、2、3、4、7、8、9のいずれかです。", "One of 1, 2, 3, 4, 7, 8, 9.")
        if self.mission_code not in MISSION_CODES:
            yield FieldError("mission_code", "1から10までです。", "From 1 to 10.")
        elif self.mission_code > 1 and self._methods() not in ([CARD], []):
            yield FieldError("mission_code", "月次課金はカードだけです。", "Monthly plans are by card only.")
        if self.st_code and not re.fullmatch(_ST_CODE, self.st_code):
            yield FieldError(
                "st_code",
                "0と1を34桁、5-4-5-5-5-5-5に区切ってください。",
                "34 digits of 0 and 1, grouped 5-4-5-5-5-5-5.",
            )
        elif self.st_code and not self._methods():
            yield FieldError("st_code", "決済方法を一つ以上選んでください。", "Choose at least one method.")
        if self.lang_id not in ("", "ja", "en"):
            yield FieldError("lang_id", "jaかenです。", "ja or en.")
        if self.currency_id and not re.fullmatch(r"[A-Z]{3}", self.currency_id):
            yield FieldError("currency_id", "通貨コードは英大文字3文字です。", "Three capital letters.")
        elif self.currency_id not in ("", "JPY") and self._methods() != [OTHER_CURRENCY]:
            yield FieldError(
                "currency_id",
                "JPY以外は、カード(多通貨)だけで使えます。",
                "Other currencies than JPY need the method for other currencies.",
            )

    def _check_konbini(self) -> Iterator[FieldError]:
        if self.haraikomi_mail not in ("", "0"):
            yield FieldError("haraikomi_mail", "0か空です。", "0 or empty.")
        if not self.conveni_code:
            return
        store = STORES.get(self.conveni_code)
        if not store:
            yield FieldError("conveni_code", "コンビニを選び直してください。", "Choose one of the stores.")
        elif self._methods() != [KONBINI]:
            yield FieldError(
                "conveni_code",
                "コンビニ決済だけを選んだときに指定できます。",
                "Only where konbini is the one method.",
            )
        elif store.needs_tel and not self.user_tel:
            yield FieldError("user_tel", "このコンビニでは電話番号が必要です。", "This store needs a phone number.")

    def _check_price(self) -> Iterator[FieldError]:
        if self.process_code not in (1, 2):
            return
        # What arithmetic on prices easily makes: 1078.0 would be sent as it is, and a NaN is under every limit.
        if type(self.item_price) is not int:
            yield FieldError("item_price", "整数にしてください。", "A whole number of yen.")
            return
        if self.item_price < 1:
            yield FieldError("item_price", "1円以上にしてください。", "At least 1 yen.")
        # Of several methods the buyer chooses one that allows the price, so the highest limit holds.
        limit = max((METHODS[p].limit for p in self._methods() if p in METHODS), default=_MAX_PRICE)
        if self.mission_code > 1:
            limit = MONTHLY_LIMIT
        if self.item_price > limit:
            yield FieldError(
                "item_price",
                f"このお支払い方法では{limit:,}円までです。",
                f"At most {limit:,} yen with this way to pay.",
            )

    def _methods(self) -> list[int]:
        return [position for position, digit in enumerate(self.st_code.replace("-", ""), 1) if digit == "1"]
