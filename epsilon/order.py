"""An order that cannot exist invalid: it is held against Epsilon's rules when it is made. Sends nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from .codes import (
    CARD,
    DEFERRED,
    KONBINI,
    METHODS,
    MONTHLY_LIMIT,
    OTHER_CURRENCY,
    PROCESS_CODES,
    methods_in,
)
from .errors import FieldError, InvalidOrder
from .missions import MISSIONS
from .rules import ALPHABETS, BYTES, MAX_PRICE, OF_METHOD, OPTIONAL, REQUIRED, SHAPES, TYPES
from .stores import STORES
from .wire import cp932_length, uncarried


@dataclass(frozen=True, kw_only=True)
class Order:
    """What ``receive_order3.cgi`` is told about one attempt to pay, in Epsilon's own field names.

    ``item_price`` is the total in yen, or in whole units of another ``currency_id``. ``order_number`` is unique for
    ever, over every attempt: a second use is refused with 604. ``process_code`` 1 and 2 need all of the item; the
    member operations 3, 4, 7, 8 and 9 need less, and what does not belong to them, or to a method of ``st_code``, is
    checked but not sent. 2, 3 and 4 are about a registered card, and take the card alone.

    With the konbini digit alone in ``st_code``, a ``conveni_code`` asks for the receipt directly. With deferred payment
    alone, ``delivery_code`` (99, the only one that is known) and who ordered and who receives are needed; with other
    methods beside it, Epsilon's page asks for what is missing.

    Raises:
        InvalidOrder: with every broken rule of every field; if fields are of the wrong type, with these alone.

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
    delivery_code: str = ""
    orderer_postal: str = field(default="", repr=False)
    orderer_name: str = field(default="", repr=False)
    orderer_address: str = field(default="", repr=False)
    orderer_tel: str = field(default="", repr=False)
    consignee_postal: str = field(default="", repr=False)
    consignee_name: str = field(default="", repr=False)
    consignee_address: str = field(default="", repr=False)
    consignee_tel: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        # The other rules rely on the types.
        errors = list(self._check_types()) or list(self._check())
        if errors:
            position = {f.name: index for index, f in enumerate(fields(self))}
            raise InvalidOrder(sorted(errors, key=lambda error: position[error.field]))

    def fields(self) -> dict[str, str]:
        """Return the fields to send, as text: those that belong to this order and are not empty."""
        names = f"{REQUIRED[self.process_code]} {OPTIONAL.get(self.process_code, '')}".split()
        if self.process_code == 1:
            names += " ".join(OF_METHOD.get(position, "") for position in self._methods()).split()
        return {f.name: str(getattr(self, f.name)) for f in fields(self) if f.name in names and getattr(self, f.name)}

    def _check_types(self) -> Iterator[FieldError]:
        for f in fields(self):
            # Exactly: True is an int that would be sent as "True", and 1078.0 comes easily of arithmetic on prices.
            if type(getattr(self, f.name)) is not f.type:
                yield FieldError(f.name, *TYPES[f.type])

    def _check(self) -> Iterator[FieldError]:
        yield from self._check_text()
        yield from self._check_required()
        yield from self._check_choices()
        yield from self._check_konbini()
        yield from self._check_price()

    def _check_text(self) -> Iterator[FieldError]:
        for name, limit in BYTES.items():
            value = getattr(self, name)
            if name in ALPHABETS:
                pattern, ja, en = ALPHABETS[name]
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
        for name, (_, ja, en) in SHAPES.items():
            if getattr(self, name) and not self._has_shape(name):
                yield FieldError(name, ja, en)

    def _check_required(self) -> Iterator[FieldError]:
        names = REQUIRED.get(self.process_code, "")
        # With a method beside it that allows the price, Epsilon's page asks for them where it is chosen.
        methods = self._methods()
        left = [p for p in methods if p in METHODS and self.item_price <= METHODS[p].limit]
        if self.process_code == 1 and [DEFERRED] in (methods, left):
            names += " " + OF_METHOD[DEFERRED]
        for name in names.split():
            if not str(getattr(self, name)).strip():
                yield FieldError(name, "入力してください。", "This is required.")

    def _check_choices(self) -> Iterator[FieldError]:
        if self.process_code not in PROCESS_CODES:
            yield FieldError("process_code", "1、2、3、4、7、8、9のいずれかです。", "One of 1, 2, 3, 4, 7, 8, 9.")
        methods = self._methods()
        if self.mission_code != 1 and self.mission_code not in MISSIONS:
            yield FieldError("mission_code", "1から10までです。", "From 1 to 10.")
        elif self.mission_code > 1 and methods not in ([CARD], []):
            yield FieldError("mission_code", "月次課金はカードだけです。", "Monthly plans are by card only.")
        if self.process_code in (2, 3, 4) and methods not in ([CARD], []):
            yield FieldError("st_code", "登録カードの処理はカードだけです。", "A registered card is for card alone.")
        if self._has_shape("st_code") and not methods:
            yield FieldError("st_code", "決済方法を一つ以上選んでください。", "Choose at least one method.")
        if not self._has_shape("currency_id") or self.currency_id == "JPY":
            return
        if methods != [OTHER_CURRENCY]:
            yield FieldError(
                "currency_id",
                "JPY以外は、カード(多通貨)だけで使えます。",
                "Other currencies than JPY need the method for other currencies.",
            )
        elif self.currency_id not in (known := METHODS[OTHER_CURRENCY].currencies):
            yield FieldError(
                "currency_id",
                f"この通貨の金額の単位が公開されていないため、使えません。{'か'.join(known)}にしてください。",
                f"Whether its prices are in whole units is not documented: use {' or '.join(known)}.",
            )

    def _check_konbini(self) -> Iterator[FieldError]:
        if not self.conveni_code:
            return
        store = STORES.get(self.conveni_code)
        if not store:
            yield FieldError("conveni_code", "コンビニを選び直してください。", "Choose one of the stores.")
        elif self._methods() not in ([KONBINI], []):
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
        # Of several methods the buyer chooses one that allows the price, so the highest limit holds.
        limit = max((METHODS[p].limit for p in self._methods() if p in METHODS), default=MAX_PRICE)
        if self.mission_code > 1:
            limit = MONTHLY_LIMIT
        yield from check_price("item_price", self.item_price, limit, self.currency_id)

    def _has_shape(self, name: str) -> bool:
        return bool(re.fullmatch(SHAPES[name][0], getattr(self, name)))

    def _methods(self) -> list[int]:
        return methods_in(self.st_code) if self._has_shape("st_code") else []


def check_price(name: str, price: int, limit: int, currency_id: str = "JPY") -> Iterator[FieldError]:
    """Yield what is wrong with a price, in whole units of its currency, whose highest is ``limit``."""
    # Exactly an int, for the reasons that an order has.
    if type(price) is not int:
        yield FieldError(name, *TYPES[int])
        return
    foreign = currency_id != "JPY" and currency_id in METHODS[OTHER_CURRENCY].currencies
    ja, en = (f" {currency_id} ", currency_id) if foreign else ("円", "yen")
    if price < 1:
        yield FieldError(name, f"1{ja}以上にしてください。", f"At least 1 {en}.")
    if price > limit:
        ja, en = f"このお支払い方法では{limit:,}{ja}までです。", f"At most {limit:,} {en} with this way to pay."
        yield FieldError(name, ja, en)
