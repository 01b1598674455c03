"""Members against the simulator: register a card, charge it, change it, end a plan, withdraw, come back."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from epsilon import (
    MISSIONS,
    ST_CODES,
    BadAnswer,
    Done,
    EpsilonError,
    NoAnswer,
    Order,
    Redirect,
    Refused,
    State,
    UserInfo,
)
from tests.round_trip.simulated import JCB, PERSON, VISA, Simulated, order, said
from tests.round_trip.test_round_trip_orders import TEA

MEMBER = PERSON["user_id"]
CARD_OF = {
    VISA: UserInfo(card_brand="VISA", card_number_mask="4***-****-****-4242"),
    JCB: UserInfo(card_brand="JCB", card_number_mask="3***-****-****-0000"),
}


def withdraw(simulated: Simulated, user_id: str = MEMBER) -> object:
    """process_code 9."""
    return simulated.client.receive_order(Order(process_code=9, user_id=user_id))


def come_back(simulated: Simulated, user_id: str = MEMBER) -> object:
    """process_code 7."""
    return simulated.client.receive_order(Order(process_code=7, user_id=user_id))


def test_a_card_is_registered_charged_and_changed(simulated: Simulated) -> None:
    """3 registers without an order, 2 charges without a card being typed, 4 puts another in its place."""
    assert simulated.client.get_user_info(MEMBER) is None
    simulated.register(3, VISA)
    assert simulated.client.get_user_info(MEMBER) == CARD_OF[VISA]

    page = simulated.client.receive_order(order(process_code=2))
    assert isinstance(page, Redirect)
    assert "VISA 4***-****-****-4242" in requests.get(page.url, timeout=10).text
    simulated.type_card(page.url, "")
    visa = replace(TEA, trans_code="500002", process_code="2", state=State.PAID)
    assert said(simulated.sale()) == visa

    simulated.register(4, JCB)
    assert simulated.client.get_user_info(MEMBER) == CARD_OF[JCB]
    page = simulated.client.receive_order(order(process_code=2, order_number="A2"))
    assert isinstance(page, Redirect)
    simulated.type_card(page.url, "")
    assert said(simulated.sale("A2")) == replace(visa, trans_code="500004", order_number="A2", payment_code="2")


def test_a_first_charge_registers_the_card(simulated: Simulated) -> None:
    """1, by a card that the buyer types."""
    page = simulated.client.receive_order(order())
    assert isinstance(page, Redirect)
    simulated.type_card(page.url)
    assert said(simulated.sale()) == replace(TEA, state=State.PAID)
    assert simulated.client.get_user_info(MEMBER) == CARD_OF[VISA]


@pytest.mark.parametrize("mission_code", MISSIONS)
def test_a_plan_by_the_registered_card(simulated: Simulated, mission_code: int) -> None:
    """2 with a monthly plan: told back as it was sent; 8 ends it and tells what was ended, once."""
    simulated.register()
    page = simulated.client.receive_order(order(process_code=2, mission_code=mission_code))
    assert isinstance(page, Redirect)
    simulated.type_card(page.url, "")
    plan = replace(TEA, trans_code="500002", process_code="2", mission_code=str(mission_code), state=State.PAID)
    assert said(simulated.sale()) == plan

    ended = simulated.client.receive_order(Order(process_code=8, user_id=MEMBER, item_code="TEA-1"))

    assert ended == Done(
        {
            "result": "1",
            "user_id": MEMBER,
            "item_code": "TEA-1",
            "item_name": "煎茶①㈱ｱｲｳ～",
            "item_price": "980",
            "mission_code": str(mission_code),
            "memo1": "",
            "memo2": "",
        }
    )
    with pytest.raises(Refused, match="605"):
        simulated.client.receive_order(Order(process_code=8, user_id=MEMBER, item_code="TEA-1"))


@pytest.mark.parametrize("changes", [{"item_code": "TEA-2"}, {"user_id": "taro-1"}])
def test_a_plan_that_is_not_there(simulated: Simulated, changes: dict[str, str]) -> None:
    """605 for another item and for another member; and the plan goes on."""
    simulated.buy(1, mission_code=2)
    asked: dict[str, Any] = {"user_id": MEMBER, "item_code": "TEA-1"} | changes
    with pytest.raises(Refused) as caught:
        simulated.client.receive_order(Order(process_code=8, **asked))
    assert (caught.value.code, caught.value.detail) == ("605", "月次課金データ検索エラー")
    simulated.client.change_amount_payment(user_id=MEMBER, item_code="TEA-1", new_item_price=1)


def test_a_member_withdraws_and_comes_back(simulated: Simulated) -> None:
    """9 takes the card away and 7 brings it back; each is done once."""
    simulated.register()
    gone = Done({"result": "1", "user_id": MEMBER, "user_name": "髙橋①㈱ｱｲｳ～", "memo1": "", "memo2": ""})
    assert withdraw(simulated) == gone
    assert simulated.client.get_user_info(MEMBER) is None
    with pytest.raises(BadAnswer):
        withdraw(simulated)
    assert come_back(simulated) == gone
    assert simulated.client.get_user_info(MEMBER) == CARD_OF[VISA]
    with pytest.raises(BadAnswer):
        come_back(simulated)


@pytest.mark.parametrize("act", [withdraw, come_back])
def test_a_stranger_is_told_by_the_status(simulated: Simulated, act: Any) -> None:
    """HTTP 500 with a page, which is kept: ``error.status`` tells it from other answers that are none."""
    with pytest.raises(BadAnswer) as caught:
        act(simulated, "nobody")
    assert caught.value.status == 500
    assert b"<html" in caught.value.body


def operation(process_code: int) -> Order:
    """Ask for each operation, with the fields that are its own."""
    if process_code <= 2:
        return order(process_code=process_code)
    member: dict[str, Any] = {"user_id": MEMBER}
    if process_code <= 4:
        member = {**PERSON, "st_code": ST_CODES["card"]}
    if process_code == 8:
        member["item_code"] = "TEA-1"
    return Order(process_code=process_code, **member)


@pytest.mark.parametrize("process_code", [1, 2, 3, 4, 7, 8, 9])
@pytest.mark.parametrize(
    ("fault", "value", "kind", "status"),
    [
        ("error", "502", Refused, None),
        ("error", "601", Refused, None),
        ("error", "607", Refused, None),
        ("error", "907", Refused, None),
        ("error", "908", Refused, None),
        ("error", "909", Refused, None),
        ("http-500", "", BadAnswer, 500),
        ("http-502", "", BadAnswer, 502),
        ("http-redirect", "", BadAnswer, 302),
        ("html", "", BadAnswer, 200),
        ("empty", "", BadAnswer, 200),
        ("truncated", "", BadAnswer, 200),
        ("close-before", "", NoAnswer, None),
        ("close-after", "", NoAnswer, None),
    ],
)
def test_every_operation_can_fail_in_every_way(
    simulated: Simulated, process_code: int, fault: str, value: str, kind: type[EpsilonError], status: int | None
) -> None:
    """The error says what is known: Epsilon's own no, an answer that is none, or no answer at all."""
    # There is a member, and a plan to end; for 7 the member has gone.
    page = simulated.client.receive_order(order(order_number="A0", mission_code=2))
    assert isinstance(page, Redirect)
    simulated.type_card(page.url)
    if process_code == 7:
        withdraw(simulated)
    simulated.fail(fault, value)

    with pytest.raises(kind) as caught:
        simulated.client.receive_order(operation(process_code))

    assert type(caught.value) is kind
    assert getattr(caught.value, "status", None) == status
    assert getattr(caught.value, "code", "") == value


@pytest.mark.parametrize("process_code", [1, 2, 3, 4, 7, 8, 9])
def test_every_operation_needs_the_contract_and_a_registered_sender(simulated: Simulated, process_code: int) -> None:
    """907 where the contract sleeps, 908 from an address that is not in the console."""
    for item, value, code in (("active", False, "907"), ("senders", "192.0.2.1", "908")):
        simulated.api("PUT", "console", **{item: value})
        with pytest.raises(Refused) as caught:
            simulated.client.receive_order(operation(process_code))
        assert caught.value.code == code
        simulated.api("PUT", "console", active=True, senders="127.0.0.1")
