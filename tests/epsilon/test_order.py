"""An order that breaks a rule of Epsilon's cannot be made, and says in two languages what is wrong with it."""

import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from epsilon import METHODS, ST_CODES, STORES, FieldError, InvalidOrder, Order, st_code
from epsilon.codes import OTHER_CURRENCY
from tests.epsilon.fake_epsilon import APPLE, DELIVERY, KONBINI, PERSONAL, order


def errors_of(**changes: object) -> dict[str, list[str]]:
    """Return what is wrong with the usual order if these fields are so, in English, by field."""
    try:
        order(**changes)
    except InvalidOrder as invalid:
        return {name: [error.en for error in errors] for name, errors in invalid.errors.items()}
    return {}


def too_long(limit: int, length: int) -> str:
    return f"At most {limit} bytes ({limit // 2} full-width characters); it has {length}."


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("user_id", 64),
        ("user_name", 64),
        ("user_mail_add", 128),
        ("item_code", 64),
        ("item_name", 64),
        ("order_number", 32),
        ("memo1", 128),
        ("memo2", 128),
    ],
)
def test_half_width_text_up_to_the_limit(name: str, limit: int) -> None:
    """A field takes as many half-width characters as the table says, and not one more."""
    tail = "@example.com" if name == "user_mail_add" else "0"
    for length in (limit - 1, limit):
        value = "a" * (length - len(tail)) + tail
        assert getattr(order(**{name: value}), name) == value
    assert errors_of(**{name: "a" * (limit + 1 - len(tail)) + tail}) == {name: [too_long(limit, limit + 1)]}


@pytest.mark.parametrize(("name", "limit"), [("user_name", 64), ("item_name", 64), ("memo1", 128), ("memo2", 128)])
def test_full_width_text_counts_twice(name: str, limit: int) -> None:
    """Limits are bytes in CP932: 髙 and ～ are two, half-width kana one, whatever they are in UTF-8."""
    for value in ("髙" * (limit // 2), "〜" * (limit // 2), "ｱ" * limit, "髙" * (limit // 2 - 1) + "a"):
        assert getattr(order(**{name: value}), name) == value
    for value in ("髙" * (limit // 2) + "a", "ｱ" * (limit + 1)):
        assert errors_of(**{name: value}) == {name: [too_long(limit, limit + 1)]}


@pytest.mark.parametrize("limit", [64])
def test_the_name_in_kana_is_as_long_as_the_name(limit: int) -> None:
    """``user_name_kana`` holds 32 kana."""
    assert order(user_name_kana="ア" * 32).user_name_kana == "ア" * 32
    assert errors_of(user_name_kana="ア" * 33) == {"user_name_kana": [too_long(limit, 66)]}


ALPHABETS = {
    "user_id": (".-+/@", "Use only letters, digits and . - + / @."),
    "item_code": (".-+/", "Use only letters, digits and . - + /."),
    "order_number": ("", "Use only letters and digits."),
}


@pytest.mark.parametrize("name", ALPHABETS)
def test_the_alphabet_of_codes(name: str) -> None:
    """Of the characters of ASCII exactly those of the table are taken; no full-width letter, digit or line end."""
    marks, rule = ALPHABETS[name]
    for character in map(chr, range(128)):
        taken = (character.isascii() and character.isalnum()) or character in marks
        assert errors_of(**{name: f"A{character}1"}) == ({} if taken else {name: [rule]}), character
    for value in ("Ａ1", "１", "é", "٣", "髙", "A1\n", "\nA1", "🍵"):
        assert errors_of(**{name: value}) == {name: [rule]}, value


def test_the_alphabet_of_mail_addresses() -> None:
    """An address has letters, digits and ``. - _ @``: also the odd ones that Japan's carriers gave out."""
    for character in map(chr, range(128)):
        taken = (character.isascii() and character.isalnum()) or character in ".-_"
        wrong = {"user_mail_add": ["Use only letters, digits and . - _ @."]}
        if character == "@":
            wrong = {"user_mail_add": ["Write it like name@example.com."]}
        assert errors_of(user_mail_add=f"a{character}b@example.com") == ({} if taken else wrong), character
    for value in ("a@example.com", "a..b.@example.co.jp", "-@e-x.example.com", "_@1.2"):
        assert order(user_mail_add=value).user_mail_add == value


@pytest.mark.parametrize(
    "value", ["hanako", "@example.com", "hanako@", "hanako@example", "a@b@example.com", "a@.com", "a@b..com", "a@b."]
)
def test_a_mail_address_has_a_name_and_a_host(value: str) -> None:
    """What cannot be an address is refused before the konbini's number goes astray."""
    assert errors_of(user_mail_add=value) == {"user_mail_add": ["Write it like name@example.com."]}


def test_a_hostile_mail_address_is_refused_at_once() -> None:
    """The check takes time in proportion to the length: 200,000 dots are no way to stop a shop."""
    started = time.monotonic()
    assert list(errors_of(user_mail_add="a@" + "." * 200_000 + "@")) == ["user_mail_add"]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ["user_name", "item_name", "memo1", "memo2"])
def test_characters_that_epsilon_cannot_carry_are_named(name: str) -> None:
    """The message shows the very characters, in both languages, each once; those of CP932 pass."""
    with pytest.raises(InvalidOrder) as caught:
        order(**{name: "𠮷野家🍵—¥🍵"})
    assert caught.value.errors == {
        name: [
            FieldError(
                name,
                "イプシロンでは使えない文字があります: 𠮷 🍵 — ¥",
                "Epsilon cannot carry these characters: 𠮷 🍵 — ¥",
            )
        ]
    }
    assert getattr(order(**{name: "髙﨑①㈱ｱｲｳ～〜−"}), name) == "髙﨑①㈱ｱｲｳ～〜−"


def test_characters_that_cannot_be_seen_are_named_by_number() -> None:
    """A line end, a NUL and half a character are named by their code point."""
    assert errors_of(memo1="a\r\nb\x00\ud800") == {
        "memo1": ["Epsilon cannot carry these characters: U+000D U+000A U+0000 U+D800"]
    }


@pytest.mark.parametrize("value", ["タカハシ ハナコ", "ヴァーヶ・\u3000ー", ""])
def test_kana_are_taken(value: str) -> None:
    """The name in kana is full-width katakana with spaces; it may be empty."""
    assert order(user_name_kana=value).user_name_kana == value


@pytest.mark.parametrize("value", ["たかはし", "ﾀｶﾊｼ", "髙橋", "Hanako", "タカハシ1"])
def test_other_than_kana_are_refused(value: str) -> None:
    """Hiragana, half-width kana, kanji, letters and digits are no katakana."""
    assert errors_of(user_name_kana=value) == {"user_name_kana": ["Use full-width katakana."]}


@pytest.mark.parametrize("value", ["0312345678", "09012345678"])
def test_a_phone_number_has_ten_or_eleven_digits(value: str) -> None:
    """Ten digits for a house, eleven for a mobile."""
    assert order(user_tel=value).user_tel == value


@pytest.mark.parametrize(
    "value", ["031234567", "090123456789", "0312345678901", "03-1234-5678", "０３１２３４５６７８", "0312345678\n"]
)
def test_other_phone_numbers_are_refused(value: str) -> None:
    """Nine and twelve digits, the thirteen that were recorded as 601, hyphens and full-width digits."""
    assert errors_of(user_tel=value) == {"user_tel": ["A phone number has 10 or 11 digits and nothing else."]}


@pytest.mark.parametrize("position", METHODS)
def test_each_method_has_a_highest_price(position: int) -> None:
    """The highest price of a method is taken, one yen less too, one yen more is not."""
    limit = {
        1: 9_999_999,
        3: 299_999,
        4: 9_999_999,
        5: 9_999_999,
        7: 9_999_999,
        8: 199_999,
        9: 499_999,
        11: 499_999,
        12: 199_999,
        13: 99_999,
        15: 30_000,
        16: 50_000,
        17: 9_999_999,
        18: 49_999,
        19: 9_999_999,
        22: 9_999_999,
        25: 9_999_999,
    }[position]
    offered = {"st_code": st_code(position), **(DELIVERY if position == 18 else {})}
    for price in (1, limit - 1, limit):
        assert order(**offered, item_price=price).item_price == price
    assert errors_of(**offered, item_price=limit + 1) == {
        "item_price": [f"At most {limit:,} yen with this way to pay."]
    }


def test_of_several_methods_the_highest_limit_holds() -> None:
    """The buyer can still choose the card, so the deferred payment's limit does not hold for ``normal``."""
    assert order(st_code=ST_CODES["normal"], item_price=9_999_999).item_price == 9_999_999
    assert errors_of(st_code=st_code(3, 18), **DELIVERY, item_price=300_000) == {
        "item_price": ["At most 299,999 yen with this way to pay."]
    }


@pytest.mark.parametrize("mission_code", range(2, 11))
def test_a_monthly_plan_has_a_lower_limit(mission_code: int) -> None:
    """A monthly plan is by card alone and costs 30,000 yen at most."""
    assert order(mission_code=mission_code, item_price=30_000).item_price == 30_000
    assert errors_of(mission_code=mission_code, item_price=30_001, st_code=ST_CODES["normal"]) == {
        "mission_code": ["Monthly plans are by card only."],
        "item_price": ["At most 30,000 yen with this way to pay."],
    }


@pytest.mark.parametrize("price", [0, -1, -9_999_999])
def test_nothing_is_free(price: int) -> None:
    """A price is at least one yen."""
    assert errors_of(item_price=price) == {"item_price": ["At least 1 yen."]}


@pytest.mark.parametrize("price", [980.0, 1078.0000000000002, float("nan"), float("inf"), True, "980", None])
def test_a_price_is_a_whole_number(price: object) -> None:
    """What a multiplication by 1.1 leaves is not sent to Epsilon, and neither is a NaN, which is under every limit."""
    assert errors_of(item_price=price) == {"item_price": ["Must be a whole number (an int)."]}


NUMBERS = {"mission_code", "item_price", "process_code"}


@pytest.mark.parametrize("name", [field.name for field in fields(Order)])
def test_a_field_of_another_type_is_an_error_of_that_field(name: str) -> None:
    """Nothing else is raised, whatever comes: a form's ``None``, a number for text, or text for a number."""
    rule = "Must be a whole number (an int)." if name in NUMBERS else "Must be text (a str)."
    for value in (None, b"1", 1.0, True, False, [], {}, object(), "1" if name in NUMBERS else 1):
        assert errors_of(**{name: value}) == {name: [rule]}, value


def test_all_fields_of_other_types_are_told_at_once() -> None:
    """They are told in both languages, before the rules that rely on the types, and without their values."""
    with pytest.raises(InvalidOrder) as caught:
        order(user_name=None, item_price="980", st_code="1", process_code=True)
    assert caught.value.errors == {
        "user_name": [FieldError("user_name", "文字列(str)にしてください。", "Must be text (a str).")],
        "item_price": [FieldError("item_price", "整数(int)にしてください。", "Must be a whole number (an int).")],
        "process_code": [FieldError("process_code", "整数(int)にしてください。", "Must be a whole number (an int).")],
    }


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "10000-0000-00000",
        "1000000000000000000000000000000000",
        "20000-0000-00000-00000-00000-00000-00000",
        "１0000-0000-00000-00000-00000-00000-00000",
        "10000-0000-00000-00000-00000-00000-00000\n",
        "card",
    ],
)
def test_the_shape_of_st_code(value: str) -> None:
    """34 digits of 0 and 1 in seven groups, and nothing else."""
    assert errors_of(st_code=value) == {"st_code": ["34 digits of 0 and 1, grouped 5-4-5-5-5-5-5."]}


def test_some_method_is_offered() -> None:
    """All zeros offer no way to pay."""
    assert errors_of(st_code="00000-0000-00000-00000-00000-00000-00000") == {"st_code": ["Choose at least one method."]}


@pytest.mark.parametrize("value", [0, 11, -1])
def test_mission_codes_are_one_to_ten(value: int) -> None:
    """There is no other plan."""
    assert errors_of(mission_code=value) == {"mission_code": ["From 1 to 10."]}


@pytest.mark.parametrize("value", [0, 5, 6, 10, -1])
def test_process_codes_are_those_that_are_known(value: int) -> None:
    """5 and 6 are unknown to everybody."""
    assert errors_of(process_code=value) == {"process_code": ["One of 1, 2, 3, 4, 7, 8, 9."]}


@pytest.mark.parametrize(("value", "wrong"), [("ja", {}), ("en", {}), ("", {}), ("fr", {"lang_id": ["ja or en."]})])
def test_languages(value: str, wrong: dict[str, list[str]]) -> None:
    """Epsilon's pages speak Japanese and English."""
    assert errors_of(lang_id=value) == wrong


def test_currencies() -> None:
    """Yen with any method; another currency only with the method for other currencies."""
    assert errors_of(currency_id="JPY") == {}
    for currency_id in ("", "JPY", "KRW"):
        assert errors_of(currency_id=currency_id, st_code=st_code(OTHER_CURRENCY)) == {}
    for currency_id in ("KRW", "USD"):
        assert errors_of(currency_id=currency_id) == errors_of(currency_id=currency_id, st_code=st_code(1, 19))
        assert errors_of(currency_id=currency_id) == {
            "currency_id": ["Other currencies than JPY need the method for other currencies."]
        }
    for value in ("usd", "YEN!", "円"):
        assert errors_of(currency_id=value) == {"currency_id": ["Three capital letters."]}


@pytest.mark.parametrize("currency_id", ["USD", "EUR", "TWD", "BHD", "VND", "XYZ"])
def test_a_currency_whose_unit_is_not_known_is_refused(currency_id: str) -> None:
    """Nobody says whether 980 in dollars are 980 dollars or 9.80, so it is not sent."""
    with pytest.raises(InvalidOrder) as caught:
        order(currency_id=currency_id, st_code=st_code(OTHER_CURRENCY))
    assert caught.value.errors == {
        "currency_id": [
            FieldError(
                "currency_id",
                "この通貨の金額の単位が公開されていないため、使えません。JPYかKRWにしてください。",
                "Whether its prices are in whole units is not documented: use JPY or KRW.",
            )
        ]
    }


def test_a_price_in_another_currency_is_not_told_in_yen() -> None:
    """The limit of ``item_price`` holds in every currency, and its message names the currency."""
    won = {"currency_id": "KRW", "st_code": st_code(OTHER_CURRENCY)}
    assert errors_of(**won, item_price=10_000_000) == {"item_price": ["At most 9,999,999 KRW with this way to pay."]}
    assert errors_of(**won, item_price=0) == {"item_price": ["At least 1 KRW."]}
    assert errors_of(**won | {"currency_id": "<b>"}, item_price=0) == {
        "item_price": ["At least 1 yen."],
        "currency_id": ["Three capital letters."],
    }


@pytest.mark.parametrize("conveni_code", STORES)
def test_stores_that_need_a_phone_number(conveni_code: str) -> None:
    """Lawson, Seicomart and Ministop ask for the phone number at the terminal; the others do not."""
    konbini = {**KONBINI, "conveni_code": conveni_code}
    assert errors_of(**konbini, user_tel="0312345678") == {}
    needs = {"user_tel": ["This store needs a phone number."]} if conveni_code in ("31", "32", "33") else {}
    assert errors_of(**konbini) == needs


def test_a_store_goes_with_konbini_alone() -> None:
    """A store is chosen only where konbini is the one method; a store that is not known is refused."""
    assert errors_of(conveni_code="21") == {"conveni_code": ["Only where konbini is the one method."]}
    assert errors_of(conveni_code="21", st_code=ST_CODES["normal"]) == {
        "conveni_code": ["Only where konbini is the one method."]
    }
    assert errors_of(**KONBINI, conveni_code="12") == {"conveni_code": ["Choose one of the stores."]}
    # Which methods there are is not known, so nothing is said of the store.
    assert list(errors_of(conveni_code="21", st_code="1")) == ["st_code"]


def test_the_mail_of_the_receipt_number_can_be_declined() -> None:
    """``haraikomi_mail`` is 0 or not sent."""
    assert order(**KONBINI, haraikomi_mail="0").fields()["haraikomi_mail"] == "0"
    assert errors_of(haraikomi_mail="1") == {"haraikomi_mail": ["0 or empty."]}


def test_deferred_payment_alone_needs_to_know_who_orders_and_who_receives() -> None:
    """Every field of delivery is needed where it is the only method, at any price; blanks are nothing."""
    deferred = {"st_code": ST_CODES["atobarai"]}
    needed = {name: ["This is required."] for name in DELIVERY}
    assert set(DELIVERY) == {"delivery_code", *METHODS[18].needs}
    assert errors_of(**deferred, **DELIVERY) == {}
    assert errors_of(**deferred) == needed
    assert errors_of(**deferred, **DELIVERY | {"orderer_address": " \u3000"}) == {
        "orderer_address": ["This is required."]
    }
    assert errors_of(**deferred, item_price=50_000) == needed | {
        "item_price": ["At most 49,999 yen with this way to pay."]
    }


def test_beside_another_method_epsilons_page_asks_for_the_delivery() -> None:
    """The vendor's ``normal`` sends none of it; but where the price leaves only deferred payment, it is needed."""
    assert errors_of(st_code=ST_CODES["normal"]) == {}
    assert errors_of(st_code=st_code(15, 18), item_price=30_000) == {}
    assert set(errors_of(st_code=st_code(15, 18), item_price=30_001)) == set(DELIVERY)
    assert errors_of(st_code=st_code(15, 18), item_price=30_001, **DELIVERY) == {}


@pytest.mark.parametrize("who", ["orderer", "consignee"])
def test_where_a_delivery_goes(who: str) -> None:
    """A postal code has 7 digits, a phone number 10 or 11, a name 64 bytes and an address 128; all of it in CP932."""
    usual = {"st_code": ST_CODES["normal"]}
    postal = {f"{who}_postal": ["A postal code has 7 digits and nothing else."]}
    for value in ("150-0043", "150004", "15000430", "１５００043", "1500043\n"):
        assert errors_of(**usual, **{f"{who}_postal": value}) == postal, value
    tel = {f"{who}_tel": ["A phone number has 10 or 11 digits and nothing else."]}
    for value in ("031234567", "090123456789", "03-1234-5678", "０３１２３４５６７８"):
        assert errors_of(**usual, **{f"{who}_tel": value}) == tel, value
    for name, limit in ((f"{who}_name", 64), (f"{who}_address", 128)):
        assert errors_of(**usual, **{name: "髙" * (limit // 2)}) == {}
        assert errors_of(**usual, **{name: "髙" * (limit // 2) + "1"}) == {name: [too_long(limit, limit + 1)]}
        assert errors_of(**usual, **{name: "𠮷"}) == {name: ["Epsilon cannot carry these characters: 𠮷"]}
    assert errors_of(**usual, delivery_code="1") == {"delivery_code": ["It is 99."]}


def test_a_registered_card_is_for_card_alone() -> None:
    """Charging it, registering it and changing it offer no other method."""
    for process_code in (2, 3, 4):
        assert errors_of(process_code=process_code) == {}
        for offered in (ST_CODES["conveni"], ST_CODES["normal"], st_code(19)):
            assert errors_of(process_code=process_code, st_code=offered) == {
                "st_code": ["A registered card is for card alone."]
            }
    assert errors_of(process_code=2, mission_code=6, item_price=30_000) == {}


REQUIRED = {
    1: "user_id user_name user_mail_add item_code item_name order_number st_code",
    2: "user_id user_name user_mail_add item_code item_name order_number st_code",
    3: "user_id user_name user_mail_add st_code",
    4: "user_id user_name user_mail_add st_code",
    7: "user_id",
    8: "user_id item_code",
    9: "user_id",
}


@pytest.mark.parametrize("process_code", REQUIRED)
def test_what_each_process_code_needs(process_code: int) -> None:
    """A charge needs everything, a member operation only what it is about; blanks are nothing."""
    needed = REQUIRED[process_code].split()
    with pytest.raises(InvalidOrder) as caught:
        Order(process_code=process_code)
    price = {"item_price": ["At least 1 yen."]} if process_code in (1, 2) else {}
    missing = {name: ["This is required."] for name in needed}
    assert {name: [error.en for error in errors] for name, errors in caught.value.errors.items()} == missing | price
    assert order(process_code=process_code).process_code == process_code
    for name in {"user_name", "item_name"} & set(needed):
        assert errors_of(process_code=process_code, **{name: " \u3000"}) == {name: ["This is required."]}


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Every broken rule of every field, in the order of the fields, in Japanese and in English."""
    with pytest.raises(InvalidOrder) as caught:
        Order(
            user_id="",
            user_name="🍵" + "あ" * 32,
            user_mail_add="hanako",
            item_code="リ",
            item_name="りんご",
            order_number="A-1",
            st_code="1",
            mission_code=11,
            item_price=0,
            lang_id="fr",
            conveni_code="12",
            user_tel="1",
        )
    assert caught.value.errors == {
        "user_id": [FieldError("user_id", "入力してください。", "This is required.")],
        "user_name": [
            FieldError(
                "user_name",
                "イプシロンでは使えない文字があります: 🍵",
                "Epsilon cannot carry these characters: 🍵",
            ),
            FieldError(
                "user_name",
                "全角32文字・半角64文字以内にしてください(いまは半角65文字分です)。",
                "At most 64 bytes (32 full-width characters); it has 65.",
            ),
        ],
        "user_mail_add": [
            FieldError(
                "user_mail_add",
                "name@example.com のような形で入力してください。",
                "Write it like name@example.com.",
            )
        ],
        "item_code": [
            FieldError(
                "item_code",
                "半角英数字と . - + / だけを使ってください。",
                "Use only letters, digits and . - + /.",
            )
        ],
        "order_number": [
            FieldError("order_number", "半角英数字 だけを使ってください。", "Use only letters and digits.")
        ],
        "st_code": [
            FieldError(
                "st_code",
                "0と1を34桁、5-4-5-5-5-5-5に区切ってください。",
                "34 digits of 0 and 1, grouped 5-4-5-5-5-5-5.",
            )
        ],
        "mission_code": [FieldError("mission_code", "1から10までです。", "From 1 to 10.")],
        "item_price": [FieldError("item_price", "1円以上にしてください。", "At least 1 yen.")],
        "lang_id": [FieldError("lang_id", "jaかenです。", "ja or en.")],
        "conveni_code": [FieldError("conveni_code", "コンビニを選び直してください。", "Choose one of the stores.")],
        "user_tel": [
            FieldError(
                "user_tel",
                "電話番号は、数字だけで10桁か11桁です。",
                "A phone number has 10 or 11 digits and nothing else.",
            )
        ],
    }
    assert list(caught.value.errors) == [
        *("user_id", "user_name", "user_mail_add", "item_code", "order_number", "st_code"),
        *("mission_code", "item_price", "lang_id", "conveni_code", "user_tel"),
    ]


def test_the_message_tells_the_rules_and_not_the_values() -> None:
    """An invalid order is safe to log: it names fields and rules, and it is a ValueError."""
    with pytest.raises(ValueError, match=r"^user_mail_add: Write it like") as caught:
        order(**PERSONAL | {"user_mail_add": "takahashi-at-home", "user_tel": "03-1234-5678"})
    for shown in (str(caught.value), repr(caught.value)):
        assert not any(value in shown for value in [*PERSONAL.values(), "takahashi", "03-1234-5678"])


def test_the_fields_of_an_order_by_card() -> None:
    """What is sent is what was ordered, as text; what is empty is not sent."""
    assert order().fields() == {
        "user_id": "guest-1",
        "user_name": "髙橋 花子",
        "user_mail_add": "hanako@example.com",
        "item_code": "EP-0001",
        "item_name": "りんご",
        "order_number": "1234567802",
        "st_code": "10000-0000-00000-00000-00000-00000-00000",
        "mission_code": "1",
        "item_price": "980",
        "process_code": "1",
    }


def test_all_the_fields_that_there_are() -> None:
    """The fields of the table that the client does not add itself, and the four for konbini direct."""
    konbini = {**KONBINI, "conveni_code": "31", "haraikomi_mail": "0", "lang_id": "en", "currency_id": "JPY"}
    sent = order(**PERSONAL, **konbini).fields()
    assert sent == {
        **{name: str(value) for name, value in APPLE.items()},
        **PERSONAL,
        **konbini,
        "mission_code": "1",
        "process_code": "1",
    }


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (
            lambda: Order(process_code=9, user_id="member-1"),
            {"user_id": "member-1", "process_code": "9"},
        ),
        (
            lambda: Order(process_code=8, user_id="member-1", item_code="PLAN-1"),
            {"user_id": "member-1", "item_code": "PLAN-1", "process_code": "8"},
        ),
        (
            lambda: Order(
                process_code=3,
                user_id="member-1",
                user_name="髙橋 花子",
                user_mail_add="hanako@example.com",
                st_code=ST_CODES["card"],
                memo1="m",
            ),
            {
                "user_id": "member-1",
                "user_name": "髙橋 花子",
                "user_mail_add": "hanako@example.com",
                "st_code": "10000-0000-00000-00000-00000-00000-00000",
                "process_code": "3",
                "memo1": "m",
            },
        ),
    ],
)
def test_the_fields_of_member_operations(make: Callable[[], Order], fields: dict[str, str]) -> None:
    """A member operation sends no price and no plan."""
    assert make().fields() == fields


CHARGED = {
    *("user_id", "user_name", "user_mail_add", "item_code", "item_name", "order_number", "st_code", "mission_code"),
    *("item_price", "process_code", "memo1", "memo2", "lang_id", "currency_id"),
}
REGISTERED = {"user_id", "user_name", "user_mail_add", "st_code", "memo1", "memo2", "process_code"}


@pytest.mark.parametrize(
    ("process_code", "names"),
    [
        (1, CHARGED | {"conveni_code", "user_tel", "user_name_kana", "haraikomi_mail"}),
        (2, CHARGED),
        (3, REGISTERED),
        (4, REGISTERED),
        (7, {"user_id", "process_code"}),
        (8, {"user_id", "item_code", "process_code"}),
        (9, {"user_id", "process_code"}),
    ],
)
def test_only_the_fields_of_its_process_code_are_sent(process_code: int, names: set[str]) -> None:
    """Of an order that has everything, each process_code sends what belongs to it: no phone number is told in vain."""
    everything = order(
        **PERSONAL, **KONBINI, conveni_code="31", haraikomi_mail="0", lang_id="en", currency_id="JPY", mission_code=1
    )
    card: dict[str, Any] = {"st_code": ST_CODES["card"], "conveni_code": ""} if process_code in (2, 3, 4) else {}
    assert set(replace(everything, process_code=process_code, **card).fields()) == names


def test_only_the_fields_of_its_methods_are_sent() -> None:
    """A card is charged without an address, a slip is issued without one, and the other way round."""
    everything = {**PERSONAL, **DELIVERY, "haraikomi_mail": "0"}
    konbini = {"user_tel", "user_name_kana", "haraikomi_mail"}
    common = CHARGED - {"lang_id", "currency_id"}
    for offered, names in (
        (ST_CODES["card"], common),
        (ST_CODES["conveni"], common | konbini),
        (ST_CODES["atobarai"], common | set(DELIVERY)),
        (ST_CODES["normal"], common | konbini | set(DELIVERY)),
    ):
        assert set(order(**everything | {"st_code": offered}).fields()) == names


def test_an_order_shows_nobody_in_a_log() -> None:
    """``repr`` says what was ordered and not by whom."""
    shown = repr(order(**PERSONAL | DELIVERY))
    personal = {**PERSONAL, **DELIVERY}
    assert not any(value in shown for name, value in personal.items() if name != "delivery_code")
    assert shown == (
        "Order(item_code='EP-0001', item_name='りんご', order_number='1234567802',"
        " st_code='10000-0000-00000-00000-00000-00000-00000', mission_code=1, item_price=980, process_code=1,"
        " lang_id='', currency_id='', conveni_code='', haraikomi_mail='', delivery_code='99')"
    )


def test_an_order_stays_valid() -> None:
    """It cannot be changed, and a copy with a change is checked again."""
    made: Any = order()
    with pytest.raises(FrozenInstanceError):
        made.item_price = 0
    assert replace(order(), item_price=1) == order(item_price=1)
    with pytest.raises(InvalidOrder):
        replace(order(), item_price=0)
