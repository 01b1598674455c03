"""Epsilon's bytes become our text, whatever they declare, and ours become a form."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epsilon.wire import UnreadableAnswer, charset_of, cp932_length, decode_answer, encode_form, uncarried
from tests.samples import (
    CANCEL_OF_NOTHING,
    CANCEL_SAYS_NOTHING,
    CANCELLED,
    ERROR_IN_CP932,
    ERROR_IN_UTF8,
    INQUIRY_CARD,
    INQUIRY_KONBINI,
    INQUIRY_UNKNOWN,
    INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES,
    KONBINI_DIRECT,
    PLAN_ENDED,
    REDIRECT,
    REDIRECT_WITH_SLASH_IN_TOKEN,
    SAMPLES,
    USER_INFO,
    WITHDRAWN,
    Sample,
)

DECLARATIONS = (
    b"",
    b'<?xml version="1.0" encoding="UTF-8" ?>\n ',
    b'<?xml version="1.0" encoding="ISO-8859-1" ?>\r\n  ',
    b'<?xml version="1.0" encoding="x-sjis-cp932" ?>\n',
    b'<?xml version="1.0" encoding="x-sjis-cp932"?>\n',
    b'<?xml version="1.0" encoding="Shift_JIS"?>',
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b'<?xml version="1.0"  ?>\n',
    b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>',
    b'\r\n<?xml version="1.0"?>',
)
HARD = "髙①㈱ｱｲｳ～〜−"
HARD_AS_STORED = "髙①㈱ｱｲｳ～～－"


def document(*pairs: tuple[str, bytes], declaration: bytes = b"") -> bytes:
    """Write an answer with these values, every byte of them percent-encoded."""
    results = "".join(f'<result {name}="{quote(value, safe="")}" />' for name, value in pairs)
    return declaration + f"<Epsilon_result>{results}</Epsilon_result>".encode("ascii")


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_the_declaration_decides_nothing(declaration: bytes) -> None:
    """Whatever charset the document declares, text in CP932 and in UTF-8 decodes right."""
    in_cp932 = document(("user_name", HARD.encode("cp932")), ("memo1", b""), declaration=declaration)
    in_utf8 = document(("user_name", HARD.encode("utf-8")), ("memo1", b""), declaration=declaration)
    assert decode_answer(in_cp932) == {"user_name": HARD_AS_STORED, "memo1": ""}
    assert decode_answer(in_utf8) == {"user_name": HARD, "memo1": ""}


@pytest.mark.parametrize(
    ("sample", "fields"),
    [
        (
            REDIRECT,
            {
                "result": "1",
                "redirect": "https://beta.epsilon.jp/cgi-bin/order/method_select3.cgi?trans_code=IOnPh3Psm7k86",
            },
        ),
        (
            REDIRECT_WITH_SLASH_IN_TOKEN,
            {
                "result": "1",
                "redirect": "https://beta.epsilon.jp/cgi-bin/order/method_select3.cgi?trans_code=IOnPh3%2Fsm7k86",
            },
        ),
        (
            ERROR_IN_CP932,
            {
                "result": "0",
                "err_code": "601",
                "err_detail": "決済コードの指定が異常です",
                "memo1": "memo1",
                "memo2": "memo2",
            },
        ),
        (
            ERROR_IN_UTF8,
            {
                "result": "0",
                "err_code": "601",
                "err_detail": "電話番号を正しく入力してください",
                "memo1": "お歳暮 α",
                "memo2": "",
            },
        ),
        (
            PLAN_ENDED,
            {
                "result": "1",
                "user_id": "member-1",
                "item_code": "PLAN-1",
                "item_name": "ダンス",
                "item_price": "500",
                "mission_code": "2",
                "memo1": "",
                "memo2": "",
            },
        ),
        (
            WITHDRAWN,
            {"result": "1", "user_id": "member-1", "user_name": "ヤマダ タロウ", "memo1": "", "memo2": ""},
        ),
        (INQUIRY_UNKNOWN, {}),
        (INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES, {"result": "0"}),
        (CANCELLED, {"err_code": "", "err_detail": "", "result": "1"}),
        (CANCEL_OF_NOTHING, {"err_code": "810", "err_detail": "対象取引はありません", "result": "9"}),
        (CANCEL_SAYS_NOTHING, {"err_code": "", "err_detail": "", "result": ""}),
        (
            USER_INFO,
            {
                "card_brand": "VISA",
                "card_number_mask": "4***-****-****-4242",
                "err_code": "",
                "err_detail": "",
                "result": "1",
            },
        ),
    ],
    ids=str,
)
def test_a_recorded_answer_decodes_to_its_fields(sample: Sample, fields: dict[str, str]) -> None:
    """Each recorded form of answer gives all its fields, in its own order."""
    assert list(decode_answer(sample.body).items()) == list(fields.items())


def test_the_two_cgis_spell_the_same_text_differently() -> None:
    """``%20`` and ``+`` are both a space, and ``%83~`` and ``%83%7E`` both ミ."""
    ordered, inquired = decode_answer(KONBINI_DIRECT.body), decode_answer(INQUIRY_KONBINI.body)
    assert (ordered["user_name"], ordered["item_name"]) == ("ヤマダ タロウ", "ミカン")
    assert (inquired["user_name"], inquired["item_name"]) == ("ヤマダ タロウ", "ミカン")
    assert (ordered["receipt_date"], inquired["receipt_date"]) == ("2015-01-16 08:30:31", "2015-01-16 08:30:31")
    assert (len(ordered), len(inquired), len(decode_answer(INQUIRY_CARD.body))) == (26, 28, 24)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("%83_", "ダ"),
        ("%83h", "ド"),
        ("%83%7E", "ミ"),
        ("%83~", "ミ"),
        ("%81%5B", "ー"),
        ("%81[", "ー"),
        ("a+b%20c%2Bd", "a b c+d"),
        ("%EE%E0%87%40%87%8A%B1%B2%B3%81%60%81%7C", "髙①㈱ｱｲｳ～－"),
        ("IOnPh3%252F", "IOnPh3%2F"),
        ("100%", "100%"),
        ("%zz%8", "%zz%8"),
        ("&#x30a2;&lt;", "\\u30a2<"),
    ],
)
def test_percent_encoding_is_of_bytes(written: str, text: str) -> None:
    """A trail byte may stay bare, a percent sign may be stray, and a token is decoded once."""
    answer = f'<Epsilon_result><result v="{written}" /></Epsilon_result>'
    assert decode_answer(answer.encode("ascii")) == {"v": text}


def test_bytes_that_nobody_encoded_are_read_too() -> None:
    """Raw CP932 between the quotes is the same as the percent-encoding of it."""
    answer = b'<Epsilon_result><result user_name="' + "髙橋 ダミー".encode("cp932") + b'" /></Epsilon_result>'
    assert decode_answer(answer) == {"user_name": "髙橋 ダミー"}


@pytest.mark.parametrize("item_name", ["鮑　1kg", "鮨Ａ", "凜。", "遙カ"])
def test_one_value_that_looks_like_utf8_does_not_spoil_the_others(item_name: str) -> None:
    """Some CP932 text is also valid UTF-8; the customer's name beside it must not turn to ``\\x83\\x84``."""
    answer = document(("item_name", item_name.encode("cp932")), ("user_name", "ヤマダ".encode("cp932")))
    assert decode_answer(answer) == {"item_name": item_name, "user_name": "ヤマダ"}


@pytest.mark.parametrize("text", ["ﾃｸ", "ﾂｰ", "apple", "", "αβγ", "髙橋"])
def test_half_width_kana_are_not_taken_for_utf8(text: str) -> None:
    """CP932 text is CP932, also where its bytes are UTF-8's for accented letters."""
    assert charset_of([text.encode("cp932")]) == "cp932"


@given(st.lists(st.text(alphabet="ァアダミ髙漢字かな①ABC 0～", min_size=1), min_size=1))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_japanese_in_utf8_is_seen(texts: list[str]) -> None:
    """An answer in UTF-8 with any kana or kanji in it is read as such."""
    spoken = "".join(texts)
    values = [text.encode("utf-8") for text in texts]
    assert charset_of(values) == ("cp932" if spoken.isascii() else "utf-8")


@pytest.mark.parametrize("byte", range(256))
def test_a_value_is_never_lost_to_one_bad_byte(byte: int) -> None:
    """A byte that stands for nothing stays in the text in some form, and what is around it stays as it was."""
    decoded = decode_answer(document(("user_name", b"\x83\x84" + bytes([byte]) + b"\r\n"), ("memo1", b"\x83\x84")))
    assert decoded["memo1"] == "ヤ"
    before, middle, after = decoded["user_name"][:1], decoded["user_name"][1:-2], decoded["user_name"][-2:]
    assert (before, after) == ("ヤ", "\r\n")
    assert middle == f"\\x{byte:02x}" or middle.encode("cp932") == bytes([byte])


@given(st.binary(max_size=40))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_no_bytes_are_too_odd_for_a_value(value: bytes) -> None:
    """Any bytes decode to text, and no character stands for more than the four bytes of UTF-8's longest."""
    decoded = decode_answer(document(("memo1", value)))
    assert list(decoded) == ["memo1"]
    assert len(decoded["memo1"]) >= len(value) / 4


@given(st.permutations(list(decode_answer(INQUIRY_CARD.body))))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_the_order_of_the_fields_is_kept_and_means_nothing(names: list[str]) -> None:
    """An inquiry's fields come in any order."""
    fields = decode_answer(INQUIRY_CARD.body)
    decoded = decode_answer(document(*((name, fields[name].encode("cp932")) for name in names)))
    assert list(decoded) == names
    assert decoded == fields


def test_fields_that_nobody_knows_are_kept() -> None:
    """New fields have appeared over the years; also several attributes on one element are read."""
    answer = b'<Epsilon_result><result brand_new="1" result="1" /><other x="2" /></Epsilon_result>'
    assert decode_answer(answer) == {"brand_new": "1", "result": "1"}


@pytest.mark.parametrize("root", [b"<Epsilon_result/>", b"<Epsilon_result>\r\n <!-- none --> </Epsilon_result>"])
def test_an_empty_root_has_no_fields(root: bytes) -> None:
    """An empty root is an answer: the order is unknown."""
    assert decode_answer(root) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"1",
        b"<html><body>502 Bad Gateway</body></html>",
        b"<Epsilon_result>",
        b"<Epsilon_result/><Epsilon_result/>",
        b"<result result='1' />",
        b"<epsilon_result/>",
        b'<Epsilon_result xmlns="urn:x"/>',
        b"<Epsilon_result>The service is busy.</Epsilon_result>",
        b"<Epsilon_result><error/></Epsilon_result>",
        b"<Epsilon_result><result /></Epsilon_result>",
        b'<Epsilon_result><a><result result="1" /></a></Epsilon_result>',
        b'<Epsilon_result><result state="1" state="1" /></Epsilon_result>',
        b'<Epsilon_result><result state="0" /><result state="1" /></Epsilon_result>',
        b"<!DOCTYPE Epsilon_result><Epsilon_result/>",
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><Epsilon_result/>',
        b'<!DOCTYPE x [<!ENTITY a "1">]><Epsilon_result><result result="&a;"/></Epsilon_result>',
        b'<Epsilon_result><result result="&a;" /></Epsilon_result>',
        "<Epsilon_result/>".encode("utf-16"),
        b"\xff\xfe<Epsilon_result/>",
        b'<Epsilon_result><result memo1="\x00" /></Epsilon_result>',
    ],
)
def test_anything_else_is_unreadable(body: bytes) -> None:
    """What is not Epsilon's document is refused; above all it is never taken for an unknown order."""
    with pytest.raises(UnreadableAnswer):
        decode_answer(body)


def test_the_reason_does_not_quote_the_document() -> None:
    """A document that cannot be read may hold personal data, so none of it is in the error."""
    with pytest.raises(UnreadableAnswer) as caught:
        decode_answer(b'<Epsilon_result><result user_name="hanako@example.com" /><oops')
    assert str(caught.value) == "ParseError"


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_same_field_twice_is_fine_if_it_says_the_same(sample: Sample) -> None:
    """A repeated field with the same value changes nothing."""
    doubled = sample.body.replace(b'<result result="1" />', b'<result result="1" /><result result="1" />')
    assert decode_answer(doubled) == decode_answer(sample.body)


@pytest.mark.parametrize("character", list("𠮷🍵—¥é·•–\t\n\x00\x7f\x80\ue000\ud800"))
def test_characters_that_cannot_be_carried_are_named(character: str) -> None:
    """A character outside CP932, a control character and a user-defined one are found, each once."""
    assert uncarried(f"髙①㈱{character}〜−{character}") == [character]


def test_characters_that_are_in_cp932_are_carried() -> None:
    """The extensions of NEC and IBM are in CP932, and so are the two that come back altered."""
    assert uncarried("髙﨑①㈱ｱｲｳ～〜−¢£ーヴヶ\u3000 ~\\") == []


@pytest.mark.parametrize(("text", "length"), [("", 0), ("apple", 5), ("りんご", 6), (HARD, 15), ("ﾘﾝｺﾞ", 4)])
def test_length_is_bytes_in_cp932(text: str, length: int) -> None:
    """Full-width characters count for two, half-width kana for one."""
    assert cp932_length(text) == length
    assert length == len(text.encode("cp932"))


@pytest.mark.parametrize(("sent", "stored"), [("〜", "～"), ("−", "－")])
def test_the_two_characters_that_come_back_altered(sent: str, stored: str) -> None:
    """Python's own codec writes both as Epsilon stores them: no table of ours is needed."""
    assert sent != stored
    assert sent.encode("cp932") == stored.encode("cp932")
    assert (uncarried(sent), cp932_length(sent)) == ([], 2)


@pytest.mark.parametrize("half", ["\ud83c", "x\udf75y"])
def test_a_form_of_half_a_character_cannot_be_sent(half: str) -> None:
    """The field is named, and what it holds is not."""
    with pytest.raises(ValueError, match=r"^memo1 holds half a character") as caught:
        encode_form({"memo2": "🍵", "memo1": half})
    assert type(caught.value) is ValueError


def test_a_form_is_sent_in_utf8() -> None:
    """``character_code=UTF8`` announces UTF-8, and all that could end a field is encoded."""
    fields = {"user_name": "髙橋 花子", "memo1": "a&b=c+d%20e\r\n;", "memo2": "🍵"}
    body = encode_form(fields)
    assert body == (
        b"user_name=%E9%AB%99%E6%A9%8B+%E8%8A%B1%E5%AD%90&memo1=a%26b%3Dc%2Bd%2520e%0D%0A%3B&memo2=%F0%9F%8D%B5"
    )
