"""What a buyer does on Epsilon's pages, as the shop hears of it; so never at a real Epsilon."""

import pytest

from tests.contract.claims import claimed
from tests.contract.people import REFUSED, Buyer
from tests.contract.wire import DEFERRED, LAWSON, Epsilon, new_number


@pytest.mark.claim("8 card 4242 4242 4242 4242 is approved: state 1", "recorded")
def test_a_paid_order_has_state_1(epsilon: Epsilon, buyer: Buyer) -> None:
    """Once the buyer typed the test card."""
    found = epsilon.ask(order_number=buyer.buy())

    assert [found["state"], found["payment_code"]] == ["1", "1"]


@pytest.mark.claim("8 card 0000 0000 0000 0000 is refused: 601", "recorded")
def test_a_refused_card_leaves_state_0(epsilon: Epsilon, buyer: Buyer) -> None:
    """Told to the buyer, on the page; the shop learns nothing."""
    number = new_number()

    page = buyer.type_card(epsilon.order({"order_number": number}), REFUSED)

    assert "601: ご利用の店舗では利用できないカード番号です" in page.text
    assert epsilon.ask(order_number=number)["state"] == "0"


@pytest.mark.claim("3 conveni_code 88: Pay-easy, receipt_no and kigyou_code", "documented")
def test_pay_easy_is_told_as_a_store(epsilon: Epsilon, buyer: Buyer) -> None:
    """Its number and its organisation are where a konbini's are."""
    number = epsilon.place({"st_code": "00000-0100-00000-00000-00000-00000-00000"})

    buyer.act(number, "issue")

    found = epsilon.ask(order_number=number)
    assert [found["payment_code"], found["conveni_code"]] == ["7", "88"]
    assert found["receipt_no"]
    assert found["kigyou_code"]


@pytest.mark.parametrize("number", ["3530 1113 3330 0000", "3782 822463 10005"])
@pytest.mark.claim("3 payment_code: 2 for JCB and AMEX", "documented")
def test_some_cards_have_another_payment_code(epsilon: Epsilon, buyer: Buyer, number: str) -> None:
    """Though their digit in st_code is the first."""
    order_number = new_number()

    buyer.type_card(epsilon.order({"order_number": order_number}), number)

    assert epsilon.ask(order_number=order_number)["payment_code"] == "2"


@pytest.mark.claim("3 state: 1 and paid=1 once the konbini has the money", "documented")
def test_a_paid_slip_is_told_by_an_inquiry(epsilon: Epsilon, buyer: Buyer) -> None:
    """At the counter, days later."""
    number = epsilon.place(LAWSON)

    buyer.act(number, "pay")

    found = epsilon.ask(order_number=number)
    assert [found["state"], found["paid"]] == ["1", "1"]


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        claimed("3 state: 4, 5, 6, 1 as a deferred payment goes on", "clients",
                ["authorise", "ship", "settle"], ["4", "5", "6", "1"]),
        claimed("3 state: 11 for a deferred payment that is refused", "clients", ["refuse"], ["4", "11"]),
    ],
)  # fmt: skip
def test_a_deferred_payment_is_reviewed(epsilon: Epsilon, buyer: Buyer, steps: list[str], states: list[str]) -> None:
    """Some days after the order."""
    number = new_number()
    buyer.press(epsilon.order({**DEFERRED, "order_number": number}), "review")
    seen = [epsilon.ask(order_number=number)["state"]]

    for step in steps:
        buyer.act(number, step)
        seen.append(epsilon.ask(order_number=number)["state"])

    assert seen == states


@pytest.mark.claim("2 order_number: used up also after the back button", "documented")
def test_a_number_is_used_up_by_going_back(buyer: Buyer, epsilon: Epsilon) -> None:
    """Who went back to the shop needs another number."""
    number = new_number()
    assert buyer.press(epsilon.order({"order_number": number}), "back").status_code == 303

    assert epsilon.order({"order_number": number}).outcome == "error 604"
