"""After the sale: cancel, capture, another amount, the registered card. What is sent, and what each answer becomes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from epsilon import (
    BadAnswer,
    Client,
    EpsilonError,
    Exchange,
    FieldError,
    InvalidOrder,
    NoAnswer,
    Refused,
    Unreachable,
    UserInfo,
)
from tests.epsilon.fake_epsilon import FakeEpsilon, form_of, saying
from tests.samples import (
    CANCEL_OF_NOTHING,
    CANCEL_SAYS_NOTHING,
    CANCELLED,
    ERROR_IN_CP932,
    INQUIRY_CARD,
    INQUIRY_UNKNOWN,
    KONBINI_DIRECT,
    REDIRECT,
    USER_INFO,
    WITHDRAWAL_OF_A_STRANGER,
    Sample,
)

CGI = "https://beta.epsilon.jp/cgi-bin/order/"

Call = Callable[[Client], object]
CHANGES: dict[str, tuple[Call, str, dict[str, str]]] = {
    "cancel": (
        lambda client: client.cancel_payment("1234567802"),
        "cancel_payment.cgi",
        {"order_number": "1234567802"},
    ),
    "capture": (
        lambda client: client.sales_payment("1234567802"),
        "sales_payment.cgi",
        {"order_number": "1234567802"},
    ),
    "new amount of an order": (
        lambda client: client.change_amount_payment(order_number="1234567802", new_item_price=9_999_999),
        "change_amount_payment.cgi",
        {"mission_code": "1", "order_number": "1234567802", "new_item_price": "9999999"},
    ),
    "new amount of a plan": (
        lambda client: client.change_amount_payment(user_id="member-1", item_code="PLAN-1", new_item_price=30_000),
        "change_amount_payment.cgi",
        {"mission_code": "2", "user_id": "member-1", "item_code": "PLAN-1", "new_item_price": "30000"},
    ),
}
CARD: tuple[Call, str, dict[str, str]] = (
    lambda client: client.get_user_info("member-1"),
    "get_user_info.cgi",
    {"user_id": "member-1"},
)
ALL = {**CHANGES, "card": CARD}

changes = pytest.mark.parametrize("call", [call for call, *_ in CHANGES.values()], ids=CHANGES)
calls = pytest.mark.parametrize("call", [call for call, *_ in ALL.values()], ids=ALL)


@pytest.mark.parametrize(("call", "cgi", "fields"), ALL.values(), ids=ALL)
def test_each_call_sends_what_its_cgi_takes(call: Call, cgi: str, fields: dict[str, str]) -> None:
    """By POST, the contract and the fields of that CGI, and no password."""
    epsilon = FakeEpsilon(USER_INFO)
    call(epsilon.client(password="secret"))
    [request] = epsilon.asked
    assert (request.method, request.url) == ("POST", CGI + cgi)
    assert form_of(request) == {"contract_code": "12345678", **fields}
    assert "Authorization" not in request.headers


@changes
def test_a_change_is_done(call: Call) -> None:
    """``result`` 1 and an empty ``err_code`` is a yes, and there is nothing more to tell."""
    assert call(FakeEpsilon(CANCELLED).client()) is None
    assert call(FakeEpsilon(saying(result="1")).client()) is None


def test_the_card_of_a_member() -> None:
    """Its brand and its mask; a log shows the brand alone."""
    card = FakeEpsilon(USER_INFO).client().get_user_info("member-1")
    assert card == UserInfo(card_brand="VISA", card_number_mask="4***-****-****-4242")
    assert repr(card) == "UserInfo(card_brand='VISA')"


@pytest.mark.parametrize("result", ["2", "0", "9"])
def test_a_member_without_a_card(result: str) -> None:
    """801 says so, whatever its text and its result: there is none."""
    nothing = saying(card_brand="", card_number_mask="", err_code="801", err_detail="電話番号", result=result)
    assert FakeEpsilon(nothing).client().get_user_info("nobody") is None


@calls
@pytest.mark.parametrize(
    ("sample", "code", "detail"),
    [
        (CANCEL_OF_NOTHING, "810", "対象取引はありません"),
        (ERROR_IN_CP932, "601", "決済コードの指定が異常です"),
        (saying(err_code="908", err_detail="権限がありません", result="9"), "908", "権限がありません"),
        (saying(err_code="605", err_detail="髙①", result="0"), "605", "髙①"),
        (saying(err_code="", err_detail="システムエラー", result="9"), "", "システムエラー"),
        (saying(result="0"), "", ""),
        (saying(result="9"), "", ""),
        (saying(err_code="909", err_detail="", result="2"), "909", ""),
        (saying(err_code="607"), "607", ""),
    ],
    ids=str,
)
def test_epsilon_says_no(call: Call, sample: Sample, code: str, detail: str) -> None:
    """0 and 9 are a no, and so is an ``err_code`` with anything but a yes; its words are kept."""
    with pytest.raises(Refused) as caught:
        call(FakeEpsilon(sample).client())
    assert (caught.value.code, caught.value.detail) == (code, detail)


@changes
def test_801_is_a_no_to_anything_but_the_question_for_a_card(call: Call) -> None:
    """Only ``get_user_info`` takes it for an answer."""
    with pytest.raises(Refused, match="801"):
        call(FakeEpsilon(saying(err_code="801", err_detail="", result="9")).client())


@calls
@pytest.mark.parametrize(
    "sample",
    [
        CANCEL_SAYS_NOTHING,
        INQUIRY_UNKNOWN,
        INQUIRY_CARD,
        saying(result=""),
        saying(result="2"),
        saying(result="01"),
        saying(result="１"),
        saying(err_code="", err_detail="対象取引はありません"),
        saying(result="1", err_code="810", err_detail="対象取引はありません"),
        saying(card_brand="VISA", card_number_mask="4***-****-****-4242"),
        WITHDRAWAL_OF_A_STRANGER,
        Sample("nothing", "text/xml", b""),
        Sample("a page", "text/html", b"<!DOCTYPE html><title>Sorry</title>"),
        Sample("half", "text/xml", USER_INFO.body[:-20]),
        replace(USER_INFO, status=500),
        replace(USER_INFO, status=302),
    ],
    ids=str,
)
def test_an_answer_that_is_neither_yes_nor_no(call: Call, sample: Sample) -> None:
    """Three empty fields, a contradiction, a page: nobody knows what was done, and the body is kept for the report."""
    with pytest.raises(BadAnswer) as caught:
        call(FakeEpsilon(sample).client())
    assert (caught.value.status, caught.value.body) == (sample.status, sample.body)


@pytest.mark.parametrize(
    "sample",
    [CANCELLED, REDIRECT, KONBINI_DIRECT, saying(result="1", card_brand="VISA", card_number_mask="")],
    ids=str,
)
def test_a_yes_without_a_card_is_no_card(sample: Sample) -> None:
    """It is not taken for a member who has none, who would be asked to register again."""
    with pytest.raises(BadAnswer, match="there is no card in it"):
        FakeEpsilon(sample).client().get_user_info("member-1")


@calls
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (requests.ConnectTimeout("member-1"), Unreachable),
        (requests.ReadTimeout("member-1"), NoAnswer),
        (requests.ConnectionError("member-1"), NoAnswer),
        (OSError("member-1"), NoAnswer),
    ],
)
def test_no_exception_of_requests_gets_out(call: Call, failure: Exception, kind: type[EpsilonError]) -> None:
    """Nothing was sent, or nobody knows; the message names nobody."""
    with pytest.raises(kind) as caught:
        call(FakeEpsilon(failure).client())
    assert type(caught.value) is kind
    assert "member-1" not in str(caught.value)


@calls
def test_an_exchange_is_heard_of_once(call: Call) -> None:
    """The listener hears of every call; its ``repr`` shows neither the member nor the card."""
    heard: list[Exchange] = []
    call(FakeEpsilon(USER_INFO).client(on_exchange=heard.append))
    [exchange] = heard
    assert (exchange.status, exchange.body) == (200, USER_INFO.body)
    assert not any(shown in repr(heard) for shown in ("member-1", "4242", "VISA"))


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"user_id": "member-1"},
        {"item_code": "PLAN-1"},
        {"order_number": "1", "user_id": "member-1"},
        {"order_number": "1", "item_code": "PLAN-1"},
        {"order_number": "1", "user_id": "member-1", "item_code": "PLAN-1"},
    ],
)
def test_a_new_amount_is_of_an_order_or_of_a_plan(named: dict[str, str]) -> None:
    """Neither, both or half of a plan is the caller's mistake, and nothing is sent."""
    epsilon = FakeEpsilon(CANCELLED)
    with pytest.raises(TypeError, match="give either order_number, or user_id and item_code"):
        epsilon.client().change_amount_payment(new_item_price=1, **named)
    assert epsilon.asked == []


AN_ORDER = {"order_number": "1"}
A_PLAN = {"user_id": "member-1", "item_code": "PLAN-1"}


@pytest.mark.parametrize(
    ("named", "price", "ja", "en"),
    [
        (AN_ORDER, 0, "1円以上にしてください。", "At least 1 yen."),
        (A_PLAN, -1, "1円以上にしてください。", "At least 1 yen."),
        (
            AN_ORDER,
            10_000_000,
            "このお支払い方法では9,999,999円までです。",
            "At most 9,999,999 yen with this way to pay.",
        ),
        (A_PLAN, 30_001, "このお支払い方法では30,000円までです。", "At most 30,000 yen with this way to pay."),
        *(
            (AN_ORDER, price, "整数(int)にしてください。", "Must be a whole number (an int).")
            for price in (980.0, True, "980", None, float("nan"))
        ),
    ],
)
def test_a_new_amount_is_held_against_the_rules_of_a_price(named: dict[str, str], price: Any, ja: str, en: str) -> None:
    """It is refused by its own name, as a field of an order is, and nothing is sent."""
    epsilon = FakeEpsilon(CANCELLED)
    with pytest.raises(InvalidOrder) as caught:
        epsilon.client().change_amount_payment(new_item_price=price, **named)
    assert caught.value.errors == {"new_item_price": [FieldError("new_item_price", ja, en)]}
    assert epsilon.asked == []


@pytest.mark.parametrize("hostile", ["1&new_item_price=1", "1\r\nx: y", "%31", "'; --", "🍵", ""])
def test_a_number_from_anywhere_stays_one_field(hostile: str) -> None:
    """What a shop's page sends on cannot become another field; an empty one is Epsilon's to refuse."""
    for act in (Client.cancel_payment, Client.sales_payment):
        epsilon = FakeEpsilon(CANCELLED)
        act(epsilon.client(), hostile)
        assert form_of(epsilon.asked[0]) == {"contract_code": "12345678", "order_number": hostile}
