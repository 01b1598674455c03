"""Inquiries about an order that is there: what is told of it, and how it is written."""

import base64
import re
from datetime import datetime

import pytest

from epsilon import JAPAN, State
from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.wire import CHOICE, FORM, INQUIRY_CGI_1, LAWSON, SECONDS, Epsilon

COMMON = (
    "last_update user_mail_add state trans_code mission_code item_price payment_code item_code order_number st_code "
    "memo1 contract_code item_name user_name process_code keitai due_date add_info user_id memo2"
).split()
CARD_ONLY = "credit_time credit_flag pay_time card_st_code".split()
KONBINI_ONLY = "conveni_code receipt_no kigyou_code haraikomi_url paid receipt_date conveni_limit conveni_time".split()


@pytest.fixture(scope="module")
def found(epsilon: Epsilon) -> Answer:
    """An inquiry about an order by card that waits for its buyer."""
    number = epsilon.place({"st_code": "10000-0000-0000", "user_name": "ヤマダ タロウ", "memo1": "ミ~"})
    return epsilon.ask(order_number=number)


@pytest.fixture(scope="module")
def slip(epsilon: Epsilon) -> Answer:
    """An inquiry about a konbini order."""
    return epsilon.ask(order_number=epsilon.place(LAWSON))


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 inquiry: HTTP status", "recorded", "status", 200),
        claimed("4 inquiry: declaration", "recorded", "declaration", '<?xml version="1.0" encoding="x-sjis-cp932" ?>'),
        claimed("4 inquiry: content type", "recorded", "content_type", "text/xml; charset=CP932"),
        claimed("4 inquiry: line ends", "recorded", "line_end", "LF"),
        claimed("4 inquiry: ASCII, one attribute to an element", "recorded", "shape", "as recorded"),
    ],
)
def test_a_found_order_is_told(found: Answer, part: str, believed: object) -> None:
    """The layout of an inquiry, also where the order came in UTF-8."""
    assert getattr(found, part) == believed


@pytest.mark.claim("4 inquiry: the 24 fields of a card", "recorded")
def test_a_card_order_has_these_fields(found: Answer) -> None:
    """All of these, in any order, and maybe new ones; none of a konbini's."""
    assert sorted({*found.names} & {*COMMON, *CARD_ONLY, *KONBINI_ONLY}) == sorted([*COMMON, *CARD_ONLY])


@pytest.mark.claim("4 inquiry: konbini fields instead of the card's", "recorded")
def test_a_konbini_order_has_these_fields(slip: Answer) -> None:
    """Eight fields more, and four fewer."""
    assert sorted({*slip.names} & {*COMMON, *CARD_ONLY, *KONBINI_ONLY}) == sorted([*COMMON, *KONBINI_ONLY])


@pytest.mark.claim("4 inquiry: found, it has no result", "recorded")
def test_a_found_order_has_no_result(found: Answer) -> None:
    """What the vendor's samples look for is not there."""
    assert ["state" in found.names, "result" in found.names] == [True, False]


@pytest.mark.claim("4 inquiry: the order of fields is unpredictable", "recorded")
def test_no_two_inquiries_agree_on_the_order_of_fields(epsilon: Epsilon, found: Answer) -> None:
    """Of six that ask the same, two at least differ."""
    orders = {tuple(epsilon.ask(order_number=found["order_number"] or "").names) for _ in range(6)}

    assert ("differ" if len(orders) > 1 else "agree") == "differ"


@pytest.mark.parametrize(
    ("name", "believed"),
    [
        claimed("3 state: 0 for an order that waits for its buyer", "documented", "state", "0"),
        claimed("3 st_code: an inquiry gives all 34 digits", "recorded", "st_code",
                "10000-0000-00000-00000-00000-00000-00000"),
        claimed("4 inquiry: space is +; CP932 with version=2", "recorded", "user_name",
                "%83%84%83%7D%83_+%83%5E%83%8D%83E"),
        claimed("4 percent-encoding: an inquiry writes ~ as %7E", "recorded", "memo1", "%83%7E%7E"),
        claimed('4 empty values are NAME=""', "recorded", "memo2", ""),
        claimed("3 payment_code: 1 where card is the only method", "assumed", "payment_code", "1"),
    ],
)  # fmt: skip
def test_an_inquiry_says(found: Answer, name: str, believed: str) -> None:
    """Its values, as they are written."""
    assert found.raw.get(name) == believed


@pytest.mark.claim("3 payment_code: empty until the buyer chooses", "assumed")
def test_a_method_that_is_not_chosen_is_empty(epsilon: Epsilon) -> None:
    """Where several are possible."""
    assert epsilon.ask(order_number=epsilon.place({"st_code": CHOICE}))["payment_code"] == ""


@pytest.mark.claim("4 times: Japan time without a zone, + for the space", "recorded")
def test_times_are_in_japan(epsilon: Epsilon, found: Answer) -> None:
    """Within ten minutes, as clocks differ."""
    assert re.sub("[0-9]", "0", found.raw.get("last_update", "")) == "0000-00-00+00%0A00%0A00"  # a colon is %3A

    sale = epsilon.client.get_sales(order_number=found["order_number"] or "")
    assert sale
    assert sale.last_update
    assert abs((datetime.now(JAPAN) - sale.last_update).total_seconds()) // 600 == 0


@pytest.mark.claim("1 getsales2.cgi: by order_number", "recorded")
def test_an_order_is_found_by_its_number(epsilon: Epsilon, slip: Answer) -> None:
    """The client reads what was ordered, and that it is not paid."""
    sale = epsilon.client.get_sales(order_number=slip["order_number"] or "")

    assert sale
    ours = sale.contract_code == epsilon.contract_code
    assert [sale.state, sale.item_price, sale.item_name, ours] == [State.UNPAID, 980, "煎茶", True]


@pytest.mark.claim("1 getsales2.cgi: by trans_code", "documented")
def test_an_order_is_found_by_its_trans_code(epsilon: Epsilon, slip: Answer) -> None:
    """The same order."""
    assert epsilon.ask(trans_code=slip["trans_code"] or "")["order_number"] == slip["order_number"]


@pytest.mark.usefixtures("console")
@pytest.mark.claim("1 getsales.cgi (CGI-1): the same answer for the console's password", "documented")
def test_the_second_inquiry_answers_who_has_the_password(epsilon: Epsilon, slip: Answer) -> None:
    """From any address."""
    login = base64.b64encode(f"{epsilon.contract_code}:password".encode()).decode()
    response = epsilon.session.post(
        epsilon.url + INQUIRY_CGI_1,
        {"trans_code": slip["trans_code"]},
        headers={**FORM, "Authorization": f"Basic {login}"},
        timeout=SECONDS,
    )
    answer = Answer(response.status_code, response.headers["Content-Type"], response.content)

    assert (dict(answer.raw), answer.content_type) == (slip.raw, slip.content_type)
