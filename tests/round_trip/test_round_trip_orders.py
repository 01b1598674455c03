"""Every way to pay, from the client's tables through the simulator and back: the inquiry says what was ordered."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import requests

from epsilon import (
    METHODS,
    MISSIONS,
    MONTHLY_LIMIT,
    ST_CODES,
    STORES,
    InvalidOrder,
    Receipt,
    Redirect,
    Refused,
    Sale,
    State,
    st_code,
)
from tests.epsilon.fake_epsilon import DELIVERY
from tests.round_trip.simulated import GOODS, PERSON, Simulated, order, said

TEA = Sale(
    trans_code="500001",
    order_number="A1",
    contract_code="12345678",
    state=State.UNPAID,
    item_price=980,
    st_code="10000-0000-00000-00000-00000-00000-00000",
    mission_code="1",
    process_code="1",
    payment_code="1",
    **PERSON,
    **GOODS,
)


@pytest.mark.parametrize("position", METHODS)
def test_an_order_by_each_method_comes_back_as_it_was_sent(simulated: Simulated, position: int) -> None:
    """With what its row of the table says it needs, it is taken, told back field by field, and paid."""
    method = METHODS[position]
    ordered = replace(TEA, st_code=st_code(position), payment_code=method.payment_code)
    answer = simulated.client.receive_order(order(position))
    assert isinstance(answer, Redirect)
    assert said(simulated.sale()) == ordered

    simulated.pay(position)

    state = State.AUTHORISED if position == 18 else State.PAID
    paid = said(simulated.sale())
    assert (paid.state, paid.payment_code, paid.paid) == (state, method.payment_code, position in (3, 7))
    assert (paid.item_price, paid.user_name, paid.item_name) == (980, PERSON["user_name"], GOODS["item_name"])


@pytest.mark.parametrize("conveni_code", STORES)
def test_a_slip_of_each_store_comes_back_as_it_was_sent(simulated: Simulated, conveni_code: str) -> None:
    """Konbini direct: the receipt says what was ordered, and the inquiry says what the receipt says."""
    tel = {"user_tel": "0312345678"} if STORES[conveni_code].needs_tel else {}
    kana = {"user_name_kana": "タカハシ ハナコ", "haraikomi_mail": "0"}

    answer = simulated.client.receive_order(order(3, conveni_code=conveni_code, **tel, **kana))

    assert isinstance(answer, Receipt)
    slip = answer.sale
    assert said(slip) == said(simulated.sale())
    digits = {"11": 13, "21": 12}.get(conveni_code, 6)
    assert said(slip) == replace(
        TEA,
        st_code=ST_CODES["conveni"],
        payment_code="3",
        conveni_code=conveni_code,
        receipt_no="500001".zfill(digits),
        kigyou_code="20020" if conveni_code == "21" else "",
        haraikomi_url=slip.haraikomi_url if conveni_code == "11" else "",
        receipt_date=slip.last_update,
        conveni_limit=slip.last_update and slip.last_update.date() + timedelta(days=10),
    )
    assert isinstance(slip.conveni_limit, date)
    assert slip.haraikomi_url.startswith(simulated.url) == (conveni_code == "11")


@pytest.mark.parametrize("offered", ST_CODES.values(), ids=ST_CODES)
def test_the_four_choices_of_the_samples(simulated: Simulated, offered: str) -> None:
    """``normal`` sends no address for deferred payment, ``atobarai`` has to."""
    delivery = DELIVERY if offered == ST_CODES["atobarai"] else {}
    assert isinstance(simulated.client.receive_order(order(st_code=offered, **delivery)), Redirect)
    assert simulated.sale().st_code == offered


def test_the_addresses_of_a_deferred_payment_arrive(simulated: Simulated) -> None:
    """The inquiry does not tell them, but the simulator's record has every one, as it was sent."""
    simulated.client.receive_order(order(18))
    [found] = simulated.api("GET", "transactions")["transactions"]
    assert {name: found["received"][name] for name in DELIVERY} == DELIVERY


@pytest.mark.parametrize("mission_code", MISSIONS)
def test_a_monthly_plan_comes_back_as_it_was_sent(simulated: Simulated, mission_code: int) -> None:
    """Each of the nine plans is taken at its highest price, and paid by card."""
    simulated.buy(1, mission_code=mission_code, item_price=MONTHLY_LIMIT)
    plan = replace(TEA, mission_code=str(mission_code), item_price=MONTHLY_LIMIT, state=State.PAID)
    assert said(simulated.sale()) == plan


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("髙①㈱ｱｲｳ～", "髙①㈱ｱｲｳ～"),
        ("〜−‖", "～－∥"),
        ("ソ表能十ポ予", "ソ表能十ポ予"),
        ("a+b=c&d%41 <\"'>~", "a+b=c&d%41 <\"'>~"),
        ("﨑 Ⅳ ℡ ∑ 纊", "﨑 Ⅳ ℡ ∑ 纊"),
    ],
)
def test_text_comes_back_as_epsilon_keeps_it(simulated: Simulated, sent: str, told: str) -> None:
    """CP932 keeps what Windows has, and writes three characters in its own way; bytes like ``\\`` break nothing."""
    simulated.client.receive_order(order(user_name=sent, item_name=sent, memo1=sent, memo2=sent))
    assert said(simulated.sale()) == replace(TEA, user_name=told, item_name=told, memo1=told, memo2=told)


@pytest.mark.parametrize("position", METHODS)
def test_the_highest_price_of_each_method(simulated: Simulated, position: int) -> None:
    """One yen under it and at it the simulator takes the order; one yen over it there is no order to send."""
    limit = METHODS[position].limit
    for number, price in (("A1", limit - 1), ("A2", limit)):
        simulated.client.receive_order(order(position, order_number=number, item_price=price))
        assert simulated.sale(number).item_price == price
    with pytest.raises(InvalidOrder) as caught:
        order(position, item_price=limit + 1)
    assert list(caught.value.errors) == ["item_price"]


def test_the_price_in_another_currency(simulated: Simulated) -> None:
    """Won are sent as they are, told back as they are, and the buyer is shown won."""
    answer = simulated.client.receive_order(order(19, currency_id="KRW"))
    assert isinstance(answer, Redirect)
    assert "KRW 980" in requests.get(answer.url, timeout=10).text
    simulated.pay(19)
    won = replace(TEA, st_code=st_code(19), payment_code="19", state=State.PAID)
    assert said(simulated.sale()) == won


def test_an_order_number_is_used_up(simulated: Simulated) -> None:
    """604, also for another order."""
    simulated.client.receive_order(order())
    with pytest.raises(Refused, match="604"):
        simulated.client.receive_order(order(3, item_price=1))
    assert said(simulated.sale()) == TEA


@pytest.mark.parametrize("position", METHODS)
def test_a_method_that_is_not_in_the_contract(simulated: Simulated, position: int) -> None:
    """907, and no order is left behind."""
    simulated.api("PUT", "console", methods=[other for other in METHODS if other != position])
    with pytest.raises(Refused, match="907"):
        simulated.client.receive_order(order(position))
    assert simulated.client.get_sales(order_number="A1") is None
