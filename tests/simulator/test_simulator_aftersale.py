"""After the sale: cancel, capture, another amount, the member's card, each with its bytes and each error."""

import pytest

from tests.simulator.simulator_people import DEFERRED, GOOD_CARD, LAWSON, Clock, Epsilon, NoticedShop, only

NO_ORDER = ("0", "810", "%91%CE%8F%DB%8E%E6%88%F8%82%CD%82%A0%82%E8%82%DC%82%B9%82%F1")
NO_NUMBER = ("9", "601", "%83I%81%5B%83_%81%5B%94%D4%8D%86%82%CC%8C%60%8E%AE%82%AA%88%D9%8F%ED%82%C5%82%B7")
WRONG_PRICE = ("9", "601", "%95%CF%8DX%8C%E3%82%CC%89%BF%8Ai%82%CC%8Ew%92%E8%82%AA%88%D9%8F%ED%82%C5%82%B7")
WRONG_MISSION = ("9", "909", "%89%DB%8B%E0%8B%E6%95%AA%82%CC%8Ew%92%E8%82%AA%88%D9%8F%ED%82%C5%82%B7")
NO_CONTRACT = ("9", "607", "%8C_%96%F1%83R%81%5B%83h%8C%60%8E%AE%83G%83%89%81%5B")
DONE = ("1", "", "")

CANCELS = [1, 9, 11, 15, 18, 25]
CAPTURES = [1, 9, 15, 25]
AT_ONCE = [1, 4, 5, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19, 25]


def answer(result: str, err_code: str, err_detail: str) -> bytes:
    """The whole answer: three fields in the order of the alphabet, LF, no space before the declaration's end."""
    return (
        '<?xml version="1.0" encoding="x-sjis-cp932"?>\n'
        "<Epsilon_result>\n"
        f'  <result err_code="{err_code}" />\n'
        f'  <result err_detail="{err_detail}" />\n'
        f'  <result result="{result}" />\n'
        "</Epsilon_result>\n"
    ).encode()


def buy(epsilon: Epsilon, position: int = 1, **changes: str) -> None:
    """Somebody orders and pays by a method."""
    epsilon.press(epsilon.arrive(only(position) | changes), "pay", GOOD_CARD)


def state(epsilon: Epsilon) -> str:
    """What an inquiry says."""
    return epsilon.sale(order_number="O3042483")["state"]


@pytest.mark.parametrize("position", AT_ONCE)
def test_some_methods_can_be_cancelled(epsilon: Epsilon, position: int) -> None:
    """Card, wallets, carrier, deferred and PayPay end in state 9; for the others there is no such transaction."""
    buy(epsilon, position)
    before = state(epsilon)

    cancelled = epsilon.call("cancel_payment.cgi", order_number="O3042483")

    assert cancelled.data == answer(*(DONE if position in CANCELS else NO_ORDER))
    assert cancelled.headers["Content-Type"] == "text/xml; charset=CP932"
    assert cancelled.status_code == 200
    assert state(epsilon) == ("9" if position in CANCELS else before)


@pytest.mark.parametrize("position", AT_ONCE)
def test_some_methods_are_authorised_first(epsilon: Epsilon, shop: NoticedShop, position: int) -> None:
    """Where the console says so, state is 5 until captured, within the order's 90 days."""
    epsilon.set_console(sale="authorise")
    buy(epsilon, position)
    before = state(epsilon)
    assert before == ("5" if position in [*CAPTURES, 18] else "1")
    assert shop.fields[0]["state"] == before

    captured = epsilon.call("sales_payment.cgi", order_number="O3042483")

    assert captured.data == answer(*(DONE if position in CAPTURES else NO_ORDER))
    assert state(epsilon) == ("1" if position in CAPTURES else before)


@pytest.mark.parametrize(("days", "expected"), [(90, DONE), (91, NO_ORDER)])
def test_an_authorised_sale_waits_90_days(
    epsilon: Epsilon, clock: Clock, days: int, expected: tuple[str, str, str]
) -> None:
    """On the ninetieth day it is captured, later not."""
    epsilon.set_console(sale="authorise")
    buy(epsilon)
    clock.wait(days=days)

    assert epsilon.call("sales_payment.cgi", order_number="O3042483").data == answer(*expected)


def test_nothing_is_done_twice(epsilon: Epsilon) -> None:
    """A captured sale is not captured again, a cancelled one neither cancelled nor captured nor changed."""
    epsilon.set_console(sale="authorise")
    buy(epsilon)
    assert epsilon.call("sales_payment.cgi", order_number="O3042483").data == answer(*DONE)
    assert epsilon.call("sales_payment.cgi", order_number="O3042483").data == answer(*NO_ORDER)
    assert epsilon.call("cancel_payment.cgi", order_number="O3042483").data == answer(*DONE)
    for cgi in ("cancel_payment.cgi", "sales_payment.cgi", "change_amount_payment.cgi"):
        again = epsilon.call(cgi, order_number="O3042483", mission_code="1", new_item_price="1")
        assert again.data == answer(*NO_ORDER)


@pytest.mark.parametrize("order", [{}, LAWSON, DEFERRED, {"mission_code": "2"}])
@pytest.mark.parametrize("cgi", ["cancel_payment.cgi", "sales_payment.cgi", "change_amount_payment.cgi"])
def test_an_order_that_is_not_paid_has_nothing_to_undo(epsilon: Epsilon, cgi: str, order: dict[str, str]) -> None:
    """Registered alone is no transaction yet."""
    epsilon.receive_order(order)

    refused = epsilon.call(cgi, order_number="O3042483", mission_code="1", new_item_price="1")

    assert refused.data == answer(*NO_ORDER)


@pytest.mark.parametrize("order", [LAWSON, LAWSON | {"conveni_code": "11"}])
def test_a_paid_slip_cannot_be_cancelled(epsilon: Epsilon, order: dict[str, str]) -> None:
    """A konbini slip has no way back, paid or not."""
    epsilon.receive_order(order)
    epsilon.browser.post("/counter", data={"trans_code": "500001"})

    assert epsilon.call("cancel_payment.cgi", order_number="O3042483").data == answer(*NO_ORDER)
    assert state(epsilon) == "1"


@pytest.mark.parametrize("cgi", ["cancel_payment.cgi", "sales_payment.cgi", "change_amount_payment.cgi"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"order_number": "NOBODYS"}, NO_ORDER),
        ({"order_number": "' OR 1=1 --"}, NO_ORDER),
        ({"order_number": ""}, NO_NUMBER),
        ({}, NO_NUMBER),
        ({"contract_code": "1", "order_number": "O3042483"}, NO_CONTRACT),
        ({"contract_code": "", "order_number": "O3042483"}, NO_CONTRACT),
    ],
)
def test_who_asks_for_nothing_gets_nothing(
    epsilon: Epsilon, cgi: str, fields: dict[str, str], expected: tuple[str, str, str]
) -> None:
    """An unknown order is 810 with result 0, a missing parameter result 9."""
    buy(epsilon)

    assert epsilon.call(cgi, **({"mission_code": "1", "new_item_price": "500"} | fields)).data == answer(*expected)
    assert epsilon.sale(order_number="O3042483")["item_price"] == "10000"


@pytest.mark.parametrize("cgi", ["cancel_payment", "sales_payment", "change_amount_payment", "get_user_info"])
def test_another_contract_and_another_sender_are_refused(epsilon: Epsilon, cgi: str) -> None:
    """907 for another's contract code, 908 from an address that is not in the console."""
    buy(epsilon)
    call = {"order_number": "O3042483", "user_id": "U1421364630", "mission_code": "1", "new_item_price": "500"}

    assert b'err_code="907"' in epsilon.call(f"{cgi}.cgi", **(call | {"contract_code": "87654321"})).data
    epsilon.set_console(senders="192.0.2.1")
    assert b'err_code="908"' in epsilon.call(f"{cgi}.cgi", **call).data


def test_a_card_order_gets_another_amount(epsilon: Epsilon) -> None:
    """mission_code 1 with the order number; an inquiry tells the new price."""
    buy(epsilon)

    changed = epsilon.call(
        "change_amount_payment.cgi", mission_code="1", order_number="O3042483", new_item_price="9999999"
    )

    assert changed.data == answer(*DONE)
    assert epsilon.sale(order_number="O3042483")["item_price"] == "9999999"


def test_a_monthly_plan_gets_another_amount(epsilon: Epsilon) -> None:
    """mission_code 2 with user and item; a plan's limit is 30,000."""
    buy(epsilon, mission_code="3")
    plan = {"mission_code": "2", "user_id": "U1421364630", "item_code": "ITEM001"}

    assert epsilon.call("change_amount_payment.cgi", **plan, new_item_price="30000").data == answer(*DONE)
    assert epsilon.sale(order_number="O3042483")["item_price"] == "30000"
    assert epsilon.call("change_amount_payment.cgi", **plan, new_item_price="30001").data == answer(*WRONG_PRICE)
    for change in ({"user_id": "nobody"}, {"item_code": "ITEM002"}):
        other = epsilon.call("change_amount_payment.cgi", **(plan | change), new_item_price="500")
        assert other.data == answer(*NO_ORDER)


@pytest.mark.parametrize("price", ["", "0", "-1", "1.5", "10000000", "１００"])
def test_an_amount_that_is_none_is_refused(epsilon: Epsilon, price: str) -> None:
    """1 to 9,999,999."""
    buy(epsilon)

    changed = epsilon.call("change_amount_payment.cgi", mission_code="1", order_number="O3042483", new_item_price=price)

    assert changed.data == answer(*WRONG_PRICE)


@pytest.mark.parametrize("mission_code", ["", "0", "3", "10"])
def test_an_amount_is_changed_for_an_order_or_a_plan(epsilon: Epsilon, mission_code: str) -> None:
    """Any other mission_code is 909."""
    buy(epsilon)

    changed = epsilon.call(
        "change_amount_payment.cgi", mission_code=mission_code, order_number="O3042483", new_item_price="1"
    )

    assert changed.data == answer(*WRONG_MISSION)


@pytest.mark.parametrize("position", [5, 9, 25])
def test_only_a_card_order_gets_another_amount(epsilon: Epsilon, position: int) -> None:
    """Other methods have no such transaction."""
    buy(epsilon, position)

    changed = epsilon.call("change_amount_payment.cgi", mission_code="1", order_number="O3042483", new_item_price="1")

    assert changed.data == answer(*NO_ORDER)


def test_a_user_without_a_card_is_801(epsilon: Epsilon) -> None:
    """result 2, and a text that asks for a phone number; the card's fields are empty."""
    asked = epsilon.call("get_user_info.cgi", user_id="nobody")

    assert asked.data == (
        b'<?xml version="1.0" encoding="x-sjis-cp932"?>\n'
        b"<Epsilon_result>\n"
        b'  <result card_brand="" />\n'
        b'  <result card_number_mask="" />\n'
        b'  <result err_code="801" />\n'
        b'  <result err_detail="%93d%98b%94%D4%8D%86%82%F0%90%B3%82%B5%82%AD%93%FC%97%CD%82%B5%82%C4%82%AD'
        b'%82%BE%82%B3%82%A2" />\n'
        b'  <result result="2" />\n'
        b"</Epsilon_result>\n"
    )


@pytest.mark.parametrize("user_id", ["", "a_b", "u" * 65, "\0"])
def test_a_user_id_that_is_none_is_601(epsilon: Epsilon, user_id: str) -> None:
    """The recorded text of user_id, with result 9."""
    asked = epsilon.call("get_user_info.cgi", user_id=user_id).data

    assert b'err_code="601"' in asked
    assert b'result="9"' in asked
