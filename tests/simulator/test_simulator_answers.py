"""The bytes of every answer, against samples written from what was recorded."""

import re
from urllib.parse import unquote

import pytest

from simulator import close, create_app
from tests.simulator.simulator_people import GOOD_CARD, KONBINI, LAWSON, NORMAL, ORDER, Epsilon, decoded

CARD_SALE = {
    "last_update": "2015-01-16+08%3A30%3A31",
    "user_mail_add": "yamada-taro%40example.com",
    "state": "1",
    "credit_time": "2015-01-16+08%3A30%3A31",
    "trans_code": "500001",
    "mission_code": "1",
    "credit_flag": "0",
    "item_price": "10000",
    "payment_code": "1",
    "item_code": "ITEM001",
    "order_number": "O3042483",
    "st_code": "10000-0000-00000-00000-00000-00000-00000",
    "memo1": "memo1",
    "contract_code": "12345678",
    "item_name": "Greate+Product",
    "pay_time": "1",
    "user_name": "%83%84%83%7D%83_+%83%5E%83%8D%83E",
    "process_code": "1",
    "keitai": "100",
    "due_date": "",
    "card_st_code": "10",
    "add_info": "",
    "user_id": "U1421364630",
    "memo2": "memo2",
}


def test_a_registered_order_is_answered_with_a_redirect(epsilon: Epsilon) -> None:
    """The redirect answer has LF, its own indentation, and a text/xml without charset."""
    answer = epsilon.receive_order(NORMAL)

    token = re.search(rb"trans_code%3D(\w+)\"", answer.data)
    assert token is not None
    assert answer.data == (
        b'<?xml version="1.0" encoding="UTF-8" ?>\n'
        b" <Epsilon_result>\n"
        b'  <result result="1" />\n'
        b'  <result redirect="http%3A%2F%2Flocalhost%2Fcgi-bin%2Forder%2Fmethod_select3.cgi'
        b"%3Ftrans_code%3D" + token[1] + b'" />\n'
        b"  </Epsilon_result>\n"
    )
    assert answer.headers["Content-Type"] == "text/xml"
    assert len(token[1]) == 13


def test_the_redirect_names_the_host_that_was_asked(epsilon: Epsilon) -> None:
    """A simulator on any port sends the buyer to itself."""
    answer = epsilon.browser.post("/cgi-bin/order/receive_order3.cgi", data=ORDER, base_url="http://127.0.0.1:49152")

    assert decoded(answer.data)["redirect"].startswith("http://127.0.0.1:49152/cgi-bin/order/card3.cgi?")


def test_some_tokens_hold_a_slash_that_is_encoded_twice(epsilon: Epsilon) -> None:
    """The third token has %2F in the address, so %252F in the attribute; decoded once it works."""
    attributes = [epsilon.receive_order({"order_number": f"N{number}"}).data for number in range(6)]

    assert [b"%252F" in attribute for attribute in attributes] == [False, False, True, False, False, True]
    address = decoded(attributes[2])["redirect"]
    assert "%2F" in address
    assert epsilon.browser.get(address).status_code == 200


def test_an_error_without_version_is_in_cp932(epsilon: Epsilon) -> None:
    """The recorded error, byte for byte: CRLF, four spaces, CP932 within the percent-encoding."""
    answer = epsilon.receive_order({"st_code": "invalid_id"}, without="version character_code")

    assert answer.data == (
        b'<?xml version="1.0" encoding="UTF-8" ?>\r\n'
        b"  <Epsilon_result>\r\n"
        b'    <result result="0" />\r\n'
        b'    <result err_code="601" />\r\n'
        b'    <result err_detail="%8C%88%8D%CF%83R%81%5B%83h%82%CC%8Ew%92%E8%82%AA%88%D9%8F%ED%82%C5%82%B7" />\r\n'
        b'    <result memo1="memo1" />\r\n'
        b'    <result memo2="memo2" />\r\n'
        b"  </Epsilon_result>\r\n"
    )
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.status_code == 200


def test_an_error_with_version_2_is_in_utf8(epsilon: Epsilon) -> None:
    """With version=2 the texts come back in UTF-8, and a space in a memo is %20."""
    answer = epsilon.receive_order({"user_id": "", "memo1": "髙 ~", "memo2": ""})

    assert answer.data == (
        b'<?xml version="1.0" encoding="UTF-8" ?>\r\n'
        b"  <Epsilon_result>\r\n"
        b'    <result result="0" />\r\n'
        b'    <result err_code="601" />\r\n'
        b'    <result err_detail="%E3%83%A6%E3%83%BC%E3%82%B6%E3%83%BCID%E3%81%AE%E5%BD%A2%E5%BC%8F%E3%81%8C'
        b'%E7%95%B0%E5%B8%B8%E3%81%A7%E3%81%99" />\r\n'
        b'    <result memo1="%E9%AB%99%20~" />\r\n'
        b'    <result memo2="" />\r\n'
        b"  </Epsilon_result>\r\n"
    )


def test_konbini_direct_answers_the_receipt(epsilon: Epsilon) -> None:
    """The 26 fields of the recorded receipt in their order, with a six-digit number for Lawson."""
    answer = epsilon.receive_order(LAWSON | {"memo1": "", "memo2": ""}, without="version character_code")

    lines = [
        b'<?xml version="1.0" encoding="ISO-8859-1" ?>',
        b"<Epsilon_result>",
        b'  <result result="1" />',
        b'  <result trans_code="500001" />',
        b'  <result order_number="O3042483" />',
        b'  <result state="0" />',
        b'  <result user_id="U1421364630" />',
        b'  <result user_name="%83%84%83%7D%83_%20%83%5E%83%8D%83E" />',
        b'  <result process_code="1" />',
        b'  <result last_update="2015-01-16%2008%3A30%3A31" />',
        b'  <result item_price="10000" />',
        b'  <result memo1="" />',
        b'  <result memo2="" />',
        b'  <result mission_code="1" />',
        b'  <result st_code="00100-0000-00000-00000-00000-00000-00000" />',
        b'  <result contract_code="12345678" />',
        b'  <result item_name="Greate%20Product" />',
        b'  <result payment_code="3" />',
        b'  <result user_mail_add="yamada-taro%40example.com" />',
        b'  <result item_code="ITEM001" />',
        b'  <result conveni_code="31" />',
        b'  <result receipt_no="500001" />',
        b'  <result kigyou_code="" />',
        b'  <result haraikomi_url="" />',
        b'  <result paid="0" />',
        b'  <result receipt_date="2015-01-16%2008%3A30%3A31" />',
        b'  <result conveni_limit="2015-01-26" />',
        b'  <result conveni_time="" />',
        b"</Epsilon_result>",
    ]
    assert answer.data == b"".join(line + b"\r\n" for line in lines)
    assert answer.headers["Content-Type"] == "text/xml"


def test_konbini_direct_is_cp932_also_for_version_2(epsilon: Epsilon) -> None:
    """Texts come back as CP932 writes them, trail bytes that are ASCII letters and ~ bare."""
    answer = epsilon.receive_order(LAWSON | {"user_name": "髙①㈱ｱｲｳ～〜−", "memo1": "ミ~ダド"})

    assert b'user_name="%EE%E0%87%40%87%8A%B1%B2%B3%81%60%81%60%81%7C"' in answer.data
    assert b'memo1="%83~~%83_%83h"' in answer.data
    assert decoded(answer.data)["user_name"] == "髙①㈱ｱｲｳ～～－"


@pytest.mark.parametrize(
    ("conveni_code", "receipt_no", "kigyou_code", "haraikomi_url"),
    [
        ("11", "0000000500001", "", "http://localhost/slip?receipt=0000000500001"),
        ("21", "000000500001", "20020", ""),
        ("31", "500001", "", ""),
        ("32", "500001", "", ""),
        ("33", "500001", "", ""),
    ],
)
def test_each_store_gives_its_own_kind_of_number(
    epsilon: Epsilon, conveni_code: str, receipt_no: str, kigyou_code: str, haraikomi_url: str
) -> None:
    """13 digits and a slip at Seven-Eleven, 12 and a company code at FamilyMart, six elsewhere."""
    answer = decoded(epsilon.receive_order(LAWSON | {"conveni_code": conveni_code}).data)

    assert answer["receipt_no"] == receipt_no
    assert answer["kigyou_code"] == kigyou_code
    assert answer["haraikomi_url"] == haraikomi_url


def test_an_unknown_order_is_an_empty_root(epsilon: Epsilon) -> None:
    """Two spaces in the declaration, charset UTF8, and no field at all."""
    answer = epsilon.get_sales(order_number="1234567890")

    assert answer.data == b'<?xml version="1.0"  ?>\n<Epsilon_result>\n</Epsilon_result>\n'
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF8"


@pytest.mark.parametrize("asked", [{"trans_code": "500001"}, {"order_number": "O3042483"}])
def test_a_paid_card_order_is_found(epsilon: Epsilon, asked: dict[str, str]) -> None:
    """The 24 fields of the recorded inquiry in any order, + for space, LF, charset CP932, no result."""
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    answer = epsilon.get_sales(**asked)

    lines = answer.data.decode("ascii").split("\n")
    assert lines[:2] == ['<?xml version="1.0" encoding="x-sjis-cp932" ?>', "<Epsilon_result>"]
    assert lines[-2:] == ["</Epsilon_result>", ""]
    assert sorted(lines[2:-2]) == sorted(f'  <result {name}="{value}" />' for name, value in CARD_SALE.items())
    assert answer.headers["Content-Type"] == "text/xml; charset=CP932"


def test_the_order_of_an_inquirys_fields_varies_and_repeats(epsilon: Epsilon) -> None:
    """Calls do not agree on the order of fields; the same calls to another simulator do, by its seed."""
    epsilon.receive_order()

    orders = [list(epsilon.sale(order_number="O3042483")) for _ in range(5)]

    assert len({tuple(order) for order in orders}) == 5
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(CARD_SALE))}
    again, otherwise = create_app(), create_app(seed=1)
    for app, agrees in ((again, True), (otherwise, False)):
        other = Epsilon(app)
        other.receive_order()
        assert ([list(other.sale(order_number="O3042483")) for _ in range(5)] == orders) is agrees
        close(app)


def test_an_inquiry_leaves_no_tilde_bare(epsilon: Epsilon) -> None:
    """The inquiry writes %7E where the order writes ~, and + where it writes %20."""
    epsilon.receive_order({"memo1": "ミ ~"})

    assert b'memo1="%83%7E+%7E"' in epsilon.get_sales(order_number="O3042483").data


def test_an_order_not_yet_paid_by_card_has_state_0(epsilon: Epsilon) -> None:
    """A registered order is found at once, not paid."""
    epsilon.receive_order()

    expected = {name: unquote(value.replace("+", " "), "cp932") for name, value in CARD_SALE.items()}
    assert epsilon.sale(order_number="O3042483") == expected | {"state": "0", "credit_time": ""}


def test_a_konbini_order_has_the_konbini_fields(epsilon: Epsilon) -> None:
    """Eight fields more than a card's, and none of the card's own four."""
    epsilon.receive_order(LAWSON)

    expected = {name: unquote(value.replace("+", " "), "cp932") for name, value in CARD_SALE.items()}
    for name in ("credit_time", "credit_flag", "pay_time", "card_st_code"):
        del expected[name]
    assert epsilon.sale(trans_code="500001") == expected | {
        "state": "0",
        "payment_code": "3",
        "st_code": "00100-0000-00000-00000-00000-00000-00000",
        "conveni_code": "31",
        "receipt_no": "500001",
        "kigyou_code": "",
        "haraikomi_url": "",
        "paid": "0",
        "receipt_date": "2015-01-16 08:30:31",
        "conveni_limit": "2015-01-26",
        "conveni_time": "",
    }


def test_a_method_not_yet_chosen_is_empty(epsilon: Epsilon) -> None:
    """Where the buyer has the choice, payment_code waits for it (assumed); short codes are spelled out."""
    epsilon.receive_order(NORMAL)

    assert epsilon.sale(order_number="O3042483")["payment_code"] == ""


@pytest.mark.parametrize(
    "asked",
    [
        {"contract_code": "87654321", "trans_code": "500001"},
        {"contract_code": "", "order_number": "O3042483"},
        {"trans_code": "500002"},
        {"trans_code": "500001 "},
        {"trans_code": "-1"},
        {"trans_code": "9" * 5000},
        {"trans_code": "٥٠٠٠٠١"},
        {"order_number": "o3042483"},
        {"order_number": "' OR 1=1 --"},
        {"order_number": "O3042483\0"},
        {},
    ],
)
def test_garbage_and_strangers_find_nothing(epsilon: Epsilon, asked: dict[str, str]) -> None:
    """An inquiry that names no order of this contract is an unknown order, never an error page."""
    epsilon.receive_order(KONBINI)

    assert epsilon.get_sales(**asked).data == b'<?xml version="1.0"  ?>\n<Epsilon_result>\n</Epsilon_result>\n'
