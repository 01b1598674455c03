"""Which orders are taken, and how every other one is refused."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.simulator.simulator_people import KONBINI, LAWSON, NORMAL, ORDER, RECEIVE_ORDER, Epsilon, decoded, refusal

USER_ID = ("601", "ユーザーIDの形式が異常です")
USER_NAME = ("601", "ユーザー氏名の形式が異常です")
MAIL = ("601", "メールアドレスの形式が異常です")
ITEM_CODE = ("601", "商品コードの形式が異常です")
ITEM_NAME = ("601", "商品名の形式が異常です")
ORDER_NUMBER = ("601", "オーダー番号の形式が異常です")
ST_CODE = ("601", "決済コードの指定が異常です")
MISSION = ("909", "課金区分の指定が異常です")
PRICE = ("601", "価格の指定が異常です")
PROCESS = ("601", "処理区分の指定が異常です")
PHONE = ("601", "電話番号を正しく入力してください")
CONTRACT = ("607", "契約コード形式エラー")
USED = ("604", "オーダー番号が重複しています")
NOT_CONTRACTED = ("907", "ご契約に含まれない決済方法です")
NOT_ACTIVE = ("907", "ご契約が決済システムを利用可能な状態ではありません")
NOT_AN_ORDER = ("502", "注文情報を受け付けることができませんでした")

TAKEN_ANSWER = b'<result result="1" />'

TAKEN = [
    {},
    {"user_id": "a.-+/@Z09"},
    {"user_id": "u" * 64},
    {"user_name": "山" * 32},
    {"user_name": "ｱ" * 64},
    {"user_name": "髙﨑①㈱ 〜−"},
    {"item_name": "り" * 32},
    {"user_mail_add": "a" * 120 + "@b.co.jp"},
    {"item_code": "a.-+/9"},
    {"order_number": "9" * 32},
    {"item_price": "1"},
    {"item_price": "9999999"},
    {"mission_code": "10", "item_price": "30000"},
    {"memo1": "こ" * 64, "memo2": ""},
    {"lang_id": "en", "currency_id": "JPY"},
    {"st_code": "10000-0000-0000"},
    {"st_code": "10000-0000-00000"},
    {"st_code": "11111-1111-11111-11111-11111-11111-11111"},
    NORMAL | {"item_price": "9999999"},
    KONBINI | {"item_price": "299999"},
    KONBINI | {"user_tel": "what"},
    LAWSON | {"user_name_kana": "ヤマダ　タロウ", "haraikomi_mail": "0"},
    LAWSON | {"user_tel": "09012345678"},
    LAWSON | {"conveni_code": "21", "user_tel": ""},
    {"a_field_that_nobody_knows": "1"},
]

REFUSED = [
    ({"contract_code": "87654321"}, NOT_ACTIVE),
    ({"contract_code": "1234567"}, CONTRACT),
    ({"contract_code": ""}, CONTRACT),
    ({"character_code": "SJIS"}, ("601", "文字コードの指定が異常です")),
    ({"charset": "SJIS"}, ("601", "文字コードの指定が異常です")),
    ({"user_id": ""}, USER_ID),
    ({"user_id": "u" * 65}, USER_ID),
    ({"user_id": "a_b"}, USER_ID),
    ({"user_id": "１"}, USER_ID),
    ({"user_id": "a\n"}, USER_ID),
    ({"user_name": ""}, USER_NAME),
    ({"user_name": "山" * 33}, USER_NAME),
    ({"user_name": "a" * 65}, USER_NAME),
    ({"user_name": "𠮷田"}, USER_NAME),
    ({"user_name": "🍵"}, USER_NAME),
    ({"user_name": "—"}, USER_NAME),
    ({"user_name": "¥"}, USER_NAME),
    ({"user_name": "a\0"}, USER_NAME),
    ({"user_name": "a\nb"}, USER_NAME),
    ({"user_name": "\ue000"}, USER_NAME),
    ({"user_mail_add": ""}, MAIL),
    ({"user_mail_add": "nobody"}, MAIL),
    ({"user_mail_add": "a@b@c"}, MAIL),
    ({"user_mail_add": "a+b@example.com"}, MAIL),
    ({"user_mail_add": "a" * 121 + "@b.co.jp"}, MAIL),
    ({"item_code": ""}, ITEM_CODE),
    ({"item_code": "りんご"}, ITEM_CODE),
    ({"item_code": "i" * 65}, ITEM_CODE),
    ({"item_name": ""}, ITEM_NAME),
    ({"item_name": "り" * 32 + "a"}, ITEM_NAME),
    ({"order_number": ""}, ORDER_NUMBER),
    ({"order_number": "A-1"}, ORDER_NUMBER),
    ({"order_number": "1" * 33}, ORDER_NUMBER),
    ({"st_code": ""}, ST_CODE),
    ({"st_code": "00000-0000-00000-00000-00000-00000-00000"}, ST_CODE),
    ({"st_code": "20000-0000-00000-00000-00000-00000-00000"}, ST_CODE),
    ({"st_code": "1000000000000000000000000000000000"}, ST_CODE),
    ({"st_code": "10000-0000-00000-00000"}, ST_CODE),
    ({"mission_code": "0"}, MISSION),
    ({"mission_code": "11"}, MISSION),
    ({"mission_code": ""}, MISSION),
    ({"item_price": ""}, PRICE),
    ({"item_price": "0"}, PRICE),
    ({"item_price": "-1"}, PRICE),
    ({"item_price": "1.5"}, PRICE),
    ({"item_price": "1e3"}, PRICE),
    ({"item_price": "0100"}, PRICE),
    ({"item_price": "１００"}, PRICE),
    ({"item_price": "10000000"}, PRICE),
    ({"item_price": "9" * 50_000}, PRICE),
    ({"mission_code": "2", "item_price": "30001"}, PRICE),
    (KONBINI | {"item_price": "300000"}, PRICE),
    ({"process_code": ""}, PROCESS),
    ({"process_code": "5"}, PROCESS),
    ({"process_code": "6"}, PROCESS),
    ({"process_code": "10"}, PROCESS),
    ({"memo1": "a" * 129}, ("601", "予備1の形式が異常です")),
    ({"memo2": "🍵"}, ("601", "予備2の形式が異常です")),
    ({"xml": "2"}, ("601", "応答形式の指定が異常です")),
    ({"xml": ""}, ("601", "応答形式の指定が異常です")),
    ({"lang_id": "fr"}, ("601", "言語コードの指定が異常です")),
    ({"currency_id": "yen"}, ("601", "通貨コードの指定が異常です")),
    ({"currency_id": "USD"}, NOT_CONTRACTED),
    ({"st_code": "01000-0000-0000"}, NOT_CONTRACTED),
    (KONBINI | {"process_code": "2"}, NOT_CONTRACTED),
    (KONBINI | {"mission_code": "2"}, NOT_CONTRACTED),
    (LAWSON | {"conveni_code": "88"}, ("601", "コンビニ種別の指定が異常です")),
    (LAWSON | {"conveni_code": "99"}, ("601", "コンビニ種別の指定が異常です")),
    (LAWSON | {"user_tel": "0312345678901"}, PHONE),
    (LAWSON | {"user_tel": ""}, PHONE),
    (LAWSON | {"user_tel": "03-1234-5678"}, PHONE),
    (LAWSON | {"conveni_code": "21", "user_tel": "1"}, PHONE),
    (LAWSON | {"user_name_kana": "Yamada"}, ("601", "ユーザー氏名カナの形式が異常です")),
    (LAWSON | {"user_name_kana": "ｱｲｳ"}, ("601", "ユーザー氏名カナの形式が異常です")),
    (LAWSON | {"haraikomi_mail": "yes"}, ("601", "払込票メールの指定が異常です")),
]


@pytest.mark.parametrize("changes", TAKEN)
def test_an_order_within_the_limits_is_taken(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """Every limit of the vendor's table counts bytes of CP932 and includes its end."""
    assert decoded(epsilon.receive_order(changes).data)["result"] == "1"


@pytest.mark.parametrize(("changes", "expected"), REFUSED)
def test_an_order_outside_the_limits_is_refused(
    epsilon: Epsilon, changes: dict[str, str], expected: tuple[str, str]
) -> None:
    """The code and the text name the first field that is wrong, and nothing is registered."""
    answer = epsilon.receive_order(changes)

    assert answer.status_code == 200
    assert refusal(answer) == expected
    assert epsilon.sale(order_number="O3042483") == {}


def test_another_version_is_refused(epsilon: Epsilon) -> None:
    """The only version there is, is 2; the refusal of another comes in CP932, as without one."""
    answer = epsilon.receive_order({"version": "1"})

    assert refusal(answer, "cp932") == ("601", "CGIバージョンの指定が異常です")


def test_only_the_first_wrong_field_is_named(epsilon: Epsilon) -> None:
    """Fields are checked in the order of the vendor's table."""
    assert refusal(epsilon.receive_order({"item_price": "0", "user_name": ""})) == USER_NAME


@pytest.mark.parametrize("changes", [{}, KONBINI, LAWSON])
def test_an_order_number_is_used_once(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """The second use of an order number is 604, with whatever method."""
    epsilon.receive_order()

    assert refusal(epsilon.receive_order(changes)) == USED


def test_an_order_number_stays_used_after_back(epsilon: Epsilon) -> None:
    """Going back on Epsilon's page does not give the number free."""
    epsilon.press(epsilon.page_of(), "back")

    assert refusal(epsilon.receive_order()) == USED


def test_a_refused_order_does_not_use_its_number_up(epsilon: Epsilon) -> None:
    """After 601 the same number is taken."""
    epsilon.receive_order({"user_id": ""})

    assert decoded(epsilon.receive_order().data)["result"] == "1"


def test_a_race_for_one_order_number_has_one_winner(epsilon: Epsilon) -> None:
    """Ten requests at once with one number: one is registered, nine are 604."""

    def send(_: int) -> bool:
        return TAKEN_ANSWER in epsilon.app.test_client().post(RECEIVE_ORDER, data=ORDER).data

    with ThreadPoolExecutor(10) as crowd:
        assert sorted(crowd.map(send, range(10))) == [False] * 9 + [True]


def test_trans_codes_are_numbers_that_rise(epsilon: Epsilon) -> None:
    """Each order gets the next number of six digits."""
    numbers = []
    for name in ("A1", "A2", "A3"):
        epsilon.receive_order({"order_number": name})
        numbers.append(epsilon.sale(order_number=name)["trans_code"])

    assert numbers == ["500001", "500002", "500003"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("contract_code", CONTRACT),
        ("user_id", USER_ID),
        ("item_price", PRICE),
        ("order_number", ORDER_NUMBER),
        ("mission_code", MISSION),
    ],
)
def test_a_field_sent_twice_is_refused(epsilon: Epsilon, field: str, expected: tuple[str, str]) -> None:
    """Two values for one field are never silently one of them, even if they agree."""
    body = urlencode(ORDER) + "&" + urlencode({field: ORDER[field]})

    assert refusal(epsilon.post_body(body.encode())) == expected


@pytest.mark.parametrize("charset", ["cp932", "euc-jp", "utf-8"])
def test_old_clients_charsets_are_found_out(epsilon: Epsilon, charset: str) -> None:
    """Without version, CP932, EUC-JP and UTF-8 are all understood and come back as CP932."""
    name, item = "山田 たろう", "りんご～"
    order = {field: value for field, value in ORDER.items() if field not in ("version", "character_code")}
    body = urlencode(order | {"user_name": name, "item_name": item.replace("～", "〜")}, encoding=charset)

    epsilon.post_body(body.encode())

    sale = epsilon.sale(order_number="O3042483")
    assert (sale["user_name"], sale["item_name"]) == (name, item)


def test_windows_characters_in_euc_jp_are_understood(epsilon: Epsilon) -> None:
    """Numbers and kanji that Windows added to EUC-JP are read as Windows writes them."""
    order = {field: value for field, value in ORDER.items() if field not in ("version", "character_code")}
    body = urlencode(order | {"user_name": b"\xad\xa1\xad\xea\xfc\xe2\x8e\xb1\xa4\xa2"}).encode()

    epsilon.post_body(body)

    assert epsilon.sale(order_number="O3042483")["user_name"] == "①㈱髙ｱあ"


def test_windows_characters_in_cp932_are_understood(epsilon: Epsilon) -> None:
    """An old client's 髙, ① and half-width kana survive, whether percent-encoded or raw bytes."""
    name = "髙①㈱ｱｲｳ～"
    order = {field: value for field, value in ORDER.items() if field not in ("version", "user_name")}

    epsilon.post_body(urlencode(order).encode() + b"&user_name=" + name.encode("cp932"))

    assert epsilon.sale(order_number="O3042483")["user_name"] == name


@pytest.mark.parametrize("value", [b"%FF%FE%80", b"\xff\xfe", b"%83", b"%ZZ%\x00", b"%EF%BF%BD"])
@pytest.mark.parametrize("version", [b"version=2&", b""])
def test_bytes_that_are_no_charset_are_refused(epsilon: Epsilon, value: bytes, version: bytes) -> None:
    """Undecodable bytes are a field error, and the error's own echo is sound."""
    order = {field: value for field, value in ORDER.items() if field not in ("version", "memo1")}

    answer = epsilon.post_body(version + urlencode(order).encode() + b"&memo1=" + value)

    assert refusal(answer, "utf-8" if version else "cp932") == ("601", "予備1の形式が異常です")


@pytest.mark.parametrize("body", [b"", b"&&&===", b"\x00", b"a" * 60_000, b"%" * 9999, b"<xml/>"])
def test_a_body_that_is_no_order_is_refused(epsilon: Epsilon, body: bytes) -> None:
    """Whatever is posted, the answer is an error in XML."""
    assert refusal(epsilon.post_body(body), "cp932") == NOT_AN_ORDER


def test_an_order_without_a_contract_is_refused(epsilon: Epsilon) -> None:
    """Any field of an order makes it one, and then it is the contract code that is missing."""
    assert refusal(epsilon.post_body(b"memo1=a"), "cp932") == CONTRACT


def test_a_huge_body_is_not_read(epsilon: Epsilon) -> None:
    """Above 64 KiB the answer is HTTP 413."""
    assert epsilon.post_body(b"memo1=" + b"a" * 70_000).status_code == 413


@pytest.mark.parametrize("path", ["receive_order3.cgi", "getsales2.cgi"])
def test_the_cgis_are_called_by_post(epsilon: Epsilon, path: str) -> None:
    """A GET is HTTP 405 and says what is allowed."""
    answer = epsilon.browser.get(f"/cgi-bin/order/{path}")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
