"""Konbini direct: an order that is answered with the receipt itself."""

import re
from datetime import timedelta

import pytest

from epsilon import Receipt
from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.wire import CHOICE, KONBINI, LAWSON, UNVERSIONED, Epsilon, typed

FIELDS = (
    "result trans_code order_number state user_id user_name process_code last_update item_price memo1 memo2 "
    "mission_code st_code contract_code item_name payment_code user_mail_add item_code conveni_code receipt_no "
    "kigyou_code haraikomi_url paid receipt_date conveni_limit conveni_time"
).split()


@pytest.fixture(scope="module")
def receipt(epsilon: Epsilon) -> Answer:
    """What an order at Lawson is answered, with methods named in short and texts in UTF-8."""
    changes = {"st_code": "00100-0000-0000", "user_name": "ヤマダ タロウ", "memo1": "ミ~ド"}
    return epsilon.order({**LAWSON, **changes})


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 konbini direct: HTTP status", "recorded", "status", 200),
        claimed(
            "4 konbini direct: declaration", "recorded", "declaration", '<?xml version="1.0" encoding="ISO-8859-1" ?>'
        ),
        claimed("4 konbini direct: content type", "recorded", "content_type", "text/xml"),
        claimed("4 konbini direct: line ends", "recorded", "line_end", "CRLF"),
        claimed("4 konbini direct: the 26 fields in order", "recorded", "names", FIELDS),
        claimed("4 konbini direct: ASCII, one attribute to an element", "recorded", "shape", "as recorded"),
    ],
)
def test_konbini_direct_is_answered_with_the_receipt(receipt: Answer, part: str, believed: object) -> None:
    """The layout of a receipt."""
    assert receipt.outcome == "a receipt"
    assert getattr(receipt, part) == believed


@pytest.mark.parametrize(
    ("name", "believed"),
    [
        claimed("3 state: 0 for konbini until the money is in", "documented", "state", "0"),
        claimed("4 konbini direct: paid is 0", "documented", "paid", "0"),
        claimed("4 konbini direct: conveni_time is empty", "documented", "conveni_time", ""),
        claimed("4 konbini direct: payment_code is 3", "documented", "payment_code", "3"),
        claimed("3 st_code: a receipt gives all 34 digits", "recorded", "st_code", KONBINI),
        claimed("4 konbini direct: space is %20; CP932 with version=2", "assumed", "user_name",
                "%83%84%83%7D%83_%20%83%5E%83%8D%83E"),
        claimed("4 percent-encoding: an order's answer leaves ~ bare, ド is %83h", "recorded", "memo1", "%83~~%83h"),
    ],
)  # fmt: skip
def test_a_receipt_says(receipt: Answer, name: str, believed: str) -> None:
    """Its values, as they are written."""
    assert receipt.outcome == "a receipt"
    assert receipt.raw.get(name) == believed


@pytest.mark.claim("4 konbini direct: CP932 without version", "recorded")
def test_without_version_a_receipt_is_in_cp932(epsilon: Epsilon) -> None:
    """An old client's order, in CP932 both ways."""
    answer = epsilon.order({**LAWSON, **UNVERSIONED, "user_name": "ヤマダ タロウ"}, "cp932")

    assert answer.outcome == "a receipt"
    assert answer.raw.get("user_name") == "%83%84%83%7D%83_%20%83%5E%83%8D%83E"


@pytest.mark.claim("8 trans_code: 6 to 7 digits in beta", "recorded")
def test_a_trans_code_of_beta_is_short(receipt: Answer) -> None:
    """In production it has nine."""
    assert receipt.outcome == "a receipt"
    assert re.sub("[0-9]", "0", receipt["trans_code"] or "") in ("000000", "0000000")


@pytest.mark.claim("8 conveni_limit: ten days after the order", "recorded")
@pytest.mark.usefixtures("receipt")
def test_the_limit_is_ten_days_on(epsilon: Epsilon) -> None:
    """As the client reads it, from dates and times in Japan."""
    answer = epsilon.client.receive_order(typed(**LAWSON))

    assert isinstance(answer, Receipt)
    assert answer.sale.receipt_date
    assert answer.sale.conveni_limit == answer.sale.receipt_date.date() + timedelta(days=10)


@pytest.mark.parametrize(
    ("conveni_code", "name", "pattern"),
    [
        claimed("3 conveni_code 11: a receipt number of 13 digits", "documented", "11", "receipt_no", "[0-9]{13}"),
        claimed("3 conveni_code 11: a slip", "documented", "11", "haraikomi_url", "https?://.+"),
        claimed("3 conveni_code 21: a receipt number of 12 digits", "documented", "21", "receipt_no", "[0-9]{12}"),
        claimed("3 conveni_code 21: a company code of 5 digits", "documented", "21", "kigyou_code", "[0-9]{5}"),
        claimed("3 conveni_code 31: 6 digits (documented: 7)", "recorded", "31", "receipt_no", "[0-9]{6}"),
        claimed("3 conveni_code 32: 6 digits (documented: 7)", "recorded", "32", "receipt_no", "[0-9]{6}"),
        claimed("3 conveni_code 33: 6 digits, as Lawson", "clients", "33", "receipt_no", "[0-9]{6}"),
    ],
)
def test_each_store_has_its_numbers(epsilon: Epsilon, conveni_code: str, name: str, pattern: str) -> None:
    """What the buyer is to take to the store; told in the report by its digits as 0."""
    answer = epsilon.order({**LAWSON, "conveni_code": conveni_code})

    assert answer.outcome == "a receipt"
    value = answer[name] or ""
    told = value if re.fullmatch(pattern, value) else f"{len(value)} characters like {re.sub('[0-9]', '0', value)}"
    assert told == value


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        claimed("2 user_tel: 11 digits", "clients", {"user_tel": "09012345678"}, "a receipt"),
        claimed("2 user_tel: digits only", "clients", {"user_tel": "03-1234-5678"}, "error 601"),
        claimed("2 user_tel: needed for 31", "clients", {"user_tel": ""}, "error 601"),
        claimed("2 user_tel: needed for 32", "clients", {"user_tel": "", "conveni_code": "32"}, "error 601"),
        claimed("2 user_tel: needed for 33", "clients", {"user_tel": "", "conveni_code": "33"}, "error 601"),
        claimed("2 user_tel: not needed for 21", "clients", {"user_tel": "", "conveni_code": "21"}, "a receipt"),
        claimed("2 user_name_kana: may be there", "documented", {"user_name_kana": "タカハシ　ハナコ"}, "a receipt"),
        claimed("2 haraikomi_mail: may be 0", "clients", {"haraikomi_mail": "0"}, "a receipt"),
    ],
)
def test_konbini_direct_takes_fields_of_its_own(epsilon: Epsilon, changes: dict[str, str], outcome: str) -> None:
    """What belongs to the store."""
    assert epsilon.order({**LAWSON, **changes}).outcome == outcome


@pytest.mark.parametrize(
    "changes",
    [
        claimed("2 conveni_code: absent, the buyer chooses on a page", "documented", {"st_code": KONBINI}),
        claimed("2 conveni_code: another method beside konbini, a page", "documented", {**LAWSON, "st_code": CHOICE}),
    ],
)
def test_otherwise_konbini_is_chosen_on_a_page(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """Direct is konbini alone, with a store."""
    assert epsilon.order(changes).outcome == "a redirect"
