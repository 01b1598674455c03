"""After the sale: what cancel, capture and a new amount answer, also about orders that nobody placed or paid."""

import pytest

from epsilon import st_code
from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.people import Buyer, Console
from tests.contract.wire import DEFERRED, LAWSON, Epsilon, new_number

NO_TRANSACTION = "対象取引はありません"
NEW_PRICE = {"mission_code": "1", "new_item_price": "500"}
CGIS = ("sales_payment", "change_amount_payment", "cancel_payment")


@pytest.fixture(scope="module", params=CGIS)
def refused(request: pytest.FixtureRequest, epsilon: Epsilon) -> Answer:
    """What is answered about an order that nobody placed, by each CGI."""
    return epsilon.call(request.param, order_number=new_number(), **NEW_PRICE)


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 after-sale: HTTP status", "recorded", "status", 200),
        claimed("4 after-sale: declaration without a space before its end", "recorded", "declaration",
                '<?xml version="1.0" encoding="x-sjis-cp932"?>'),
        claimed("4 after-sale: content type", "recorded", "content_type", "text/xml; charset=CP932"),
        claimed("4 after-sale: line ends", "recorded", "line_end", "LF"),
        claimed("4 after-sale: alphabetical fields", "recorded", "names", ["err_code", "err_detail", "result"]),
        claimed("4 after-sale: ASCII, one attribute to an element", "recorded", "shape", "as recorded"),
    ],
)  # fmt: skip
def test_an_after_sale_cgi_answers_in_three_fields(refused: Answer, part: str, believed: object) -> None:
    """The layout of all three CGIs."""
    assert getattr(refused, part) == believed


@pytest.mark.parametrize(
    "cgi",
    [
        claimed("5 810: cancel_payment.cgi for an unknown order", "recorded", "cancel_payment"),
        claimed("5 810: sales_payment.cgi for an unknown order", "recorded", "sales_payment"),
        claimed("5 810: change_amount_payment.cgi for an unknown order", "recorded", "change_amount_payment"),
    ],
)
def test_an_unknown_order_is_810(epsilon: Epsilon, cgi: str) -> None:
    """In CP932. A cancel has also answered with three empty fields, which the client takes for neither yes nor no."""
    answer = epsilon.call(cgi, order_number=new_number(), **NEW_PRICE)

    believed = [["810", NO_TRANSACTION], *([["", ""]] if cgi == "cancel_payment" else [])]
    assert [answer["err_code"], answer["err_detail"]] in believed


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        claimed("3 result: 0 with 810", "assumed", {}, "0"),
        claimed("3 result: 9 for a wrong parameter", "clients", {"order_number": ""}, "9"),
    ],
)
def test_a_failure_has_a_result(epsilon: Epsilon, changes: dict[str, str], result: str) -> None:
    """0, or 9 for an error of the system or of a parameter."""
    assert epsilon.call("sales_payment", **{"order_number": new_number(), **changes})["result"] == result


@pytest.mark.parametrize(
    ("changes", "cgi"),
    [
        claimed("1 cancel_payment.cgi: not for konbini", "clients", LAWSON, "cancel_payment"),
        claimed("1 sales_payment.cgi: not for an order that waits for its buyer", "assumed", {}, "sales_payment"),
        claimed("1 change_amount_payment.cgi: not for konbini", "clients", LAWSON, "change_amount_payment"),
    ],
)
def test_what_is_not_paid_is_no_transaction(epsilon: Epsilon, changes: dict[str, str], cgi: str) -> None:
    """A number that waits at a konbini, or a page that waits for a card, has nothing to give back or take."""
    number = epsilon.place(changes)

    answer = epsilon.call(cgi, order_number=number, **NEW_PRICE)

    assert answer["result"] in ("0", "9", "")
    found = epsilon.ask(order_number=number)
    assert [found["state"], found["item_price"]] == ["0", "980"]


@pytest.mark.claim("4 after-sale: done, err_code and err_detail are empty", "recorded")
def test_what_is_done_has_an_empty_error(epsilon: Epsilon, buyer: Buyer) -> None:
    """Where a successful order has none at all."""
    done = epsilon.call("cancel_payment", order_number=buyer.buy())

    assert done.raw == {"err_code": "", "err_detail": "", "result": "1"}


@pytest.mark.claim("3 state: 9 once it is cancelled", "clients")
def test_a_card_order_is_cancelled(epsilon: Epsilon, buyer: Buyer) -> None:
    """The money goes back."""
    number = buyer.buy()

    epsilon.call("cancel_payment", order_number=number)

    assert epsilon.ask(order_number=number)["state"] == "9"


@pytest.mark.claim("3 state: 5 while authorised, 1 once captured", "clients")
def test_an_authorised_order_is_captured(epsilon: Epsilon, buyer: Buyer, console: Console) -> None:
    """Where the console says that money is taken later."""
    console.set(sale="authorise")
    number = buyer.buy()
    authorised = epsilon.ask(order_number=number)["state"]

    done = epsilon.call("sales_payment", order_number=number)

    assert [authorised, done["result"], epsilon.ask(order_number=number)["state"]] == ["5", "1", "1"]


@pytest.mark.claim("1 change_amount_payment.cgi: mission_code 1, one card order", "clients")
def test_a_card_order_gets_another_price(epsilon: Epsilon, buyer: Buyer) -> None:
    """An inquiry tells it."""
    number = buyer.buy()

    done = epsilon.call("change_amount_payment", order_number=number, **NEW_PRICE)

    assert [done["result"], epsilon.ask(order_number=number)["item_price"]] == ["1", "500"]


@pytest.mark.claim("1 change_amount_payment.cgi: mission_code 2, a monthly plan", "recorded")
def test_a_plan_gets_another_price(epsilon: Epsilon, buyer: Buyer) -> None:
    """By who joined it and for what."""
    plan = {"mission_code": "2", "user_id": f"member-{new_number()}", "item_code": "TEA-1"}
    number = buyer.buy(**plan)

    done = epsilon.call("change_amount_payment", **plan, new_item_price="500")

    assert [done["result"], epsilon.ask(order_number=number)["item_price"]] == ["1", "500"]


@pytest.mark.parametrize("position", [9, 11, 15, 18, 25])
@pytest.mark.claim("1 cancel_payment.cgi: also for wallets, carrier, deferred, PayPay", "clients")
def test_some_other_methods_are_cancelled(epsilon: Epsilon, buyer: Buyer, position: int) -> None:
    """Those that give money back at once."""
    number = new_number()
    method = DEFERRED if position == 18 else {"st_code": st_code(position)}
    buyer.press(epsilon.order({**method, "order_number": number}), "pay")

    assert epsilon.call("cancel_payment", order_number=number)["result"] == "1"
