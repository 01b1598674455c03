"""After the sale against the simulator: the tables say what each method can do, and each call says how it went."""

from collections.abc import Callable

import pytest

from epsilon import (
    AUTHORISED_FOR,
    METHODS,
    MONTHLY_LIMIT,
    BadAnswer,
    Client,
    EpsilonError,
    NoAnswer,
    Refused,
    State,
    UserInfo,
    method_of,
)
from tests.round_trip.simulated import PERSON, Simulated, order

NO_TRANSACTION = ("810", "対象取引はありません")


def refusal_of(act: Callable[[], object]) -> tuple[str, str]:
    """Return code and words of the refusal that this call meets, or two empty texts where it is done."""
    try:
        assert act() is None
    except Refused as refused:
        return refused.code, refused.detail
    return "", ""


@pytest.mark.parametrize("position", METHODS)
def test_a_method_can_be_cancelled_if_its_row_says_so(simulated: Simulated, position: int) -> None:
    """Then it is cancelled once; else nothing changes."""
    simulated.buy(position)
    before = simulated.sale().state
    can = METHODS[position].can_cancel

    assert refusal_of(lambda: simulated.client.cancel_payment("A1")) == (("", "") if can else NO_TRANSACTION)

    assert simulated.sale().state == (State.CANCELLED if can else before)
    assert refusal_of(lambda: simulated.client.cancel_payment("A1")) == NO_TRANSACTION


@pytest.mark.parametrize("position", METHODS)
def test_a_method_can_be_captured_if_its_row_says_so(simulated: Simulated, position: int) -> None:
    """Then it is authorised first, where the console says so, and captured once; else nothing changes."""
    simulated.api("PUT", "console", sale="authorise")
    simulated.buy(position)
    before = simulated.sale().state
    can = METHODS[position].can_capture
    assert before == (State.AUTHORISED if can or position == 18 else State.PAID)

    assert refusal_of(lambda: simulated.client.sales_payment("A1")) == (("", "") if can else NO_TRANSACTION)

    assert simulated.sale().state == (State.PAID if can else before)
    assert refusal_of(lambda: simulated.client.sales_payment("A1")) == NO_TRANSACTION


@pytest.mark.parametrize("position", METHODS)
def test_a_method_gets_another_amount_if_its_row_says_so(simulated: Simulated, position: int) -> None:
    """Then the inquiry tells it; else nothing changes."""
    simulated.buy(position)
    can = METHODS[position].can_change_amount

    def change() -> None:
        simulated.client.change_amount_payment(order_number="A1", new_item_price=1_980)

    assert refusal_of(change) == (("", "") if can else NO_TRANSACTION)
    assert simulated.sale().item_price == (1_980 if can else 980)


@pytest.mark.parametrize("payment_code", ["1", "2"])
def test_a_card_of_any_brand_is_a_card(simulated: Simulated, payment_code: str) -> None:
    """JCB and AMEX, whose answers carry 2, are captured, changed and cancelled like the others."""
    simulated.api("PUT", "console", sale="authorise")
    simulated.client.receive_order(order())
    simulated.act("pay", payment_code=payment_code)
    method = method_of(simulated.sale().payment_code)
    assert method is METHODS[1]
    simulated.client.sales_payment("A1")
    simulated.client.change_amount_payment(order_number="A1", new_item_price=METHODS[1].limit)
    assert (simulated.sale().state, simulated.sale().item_price) == (State.PAID, 9_999_999)
    simulated.client.cancel_payment("A1")
    assert simulated.sale().state is State.CANCELLED


@pytest.mark.parametrize("days", [AUTHORISED_FOR.days - 1, AUTHORISED_FOR.days])
def test_an_authorised_sale_waits_so_long(simulated: Simulated, days: int) -> None:
    """The day before it is captured; as soon as the time is over it is 810."""
    simulated.api("PUT", "console", sale="authorise")
    simulated.buy(1)
    simulated.api("POST", "clock", days=days)
    in_time = days < AUTHORISED_FOR.days
    assert refusal_of(lambda: simulated.client.sales_payment("A1")) == (("", "") if in_time else NO_TRANSACTION)
    assert simulated.sale().state is (State.PAID if in_time else State.AUTHORISED)


def test_a_plan_gets_another_amount(simulated: Simulated) -> None:
    """By member and item, up to the limit of plans; another's plan is none."""
    simulated.buy(1, mission_code=3)
    plan = {"user_id": PERSON["user_id"], "item_code": "TEA-1"}
    simulated.client.change_amount_payment(**plan, new_item_price=MONTHLY_LIMIT)
    assert simulated.sale().item_price == 30_000
    for change in ({"user_id": "taro-1"}, {"item_code": "TEA-2"}):
        with pytest.raises(Refused, match="810"):
            simulated.client.change_amount_payment(**plan | change, new_item_price=1)
    assert simulated.sale().item_price == 30_000


def test_a_plan_has_its_limit_by_its_order_number_too(simulated: Simulated) -> None:
    """The client cannot see that an order is a plan; Epsilon can: 601, with result 9."""
    simulated.buy(1, mission_code=3)
    with pytest.raises(Refused) as caught:
        simulated.client.change_amount_payment(order_number="A1", new_item_price=MONTHLY_LIMIT + 1)
    assert (caught.value.code, caught.value.detail) == ("601", "変更後の価格の指定が異常です")
    assert simulated.sale().item_price == 980


Call = Callable[[Client], object]
CHANGES: dict[str, tuple[str, Call]] = {
    "cancel": ("cancel_payment.cgi", lambda client: client.cancel_payment("A1")),
    "capture": ("sales_payment.cgi", lambda client: client.sales_payment("A1")),
    "amount": (
        "change_amount_payment.cgi",
        lambda client: client.change_amount_payment(order_number="A1", new_item_price=1_980),
    ),
}
CARD: tuple[str, Call] = ("get_user_info.cgi", lambda client: client.get_user_info(PERSON["user_id"]))
changes = pytest.mark.parametrize(("cgi", "call"), CHANGES.values(), ids=CHANGES)
calls = pytest.mark.parametrize(("cgi", "call"), [*CHANGES.values(), CARD], ids=[*CHANGES, "card"])


@changes
def test_an_order_that_epsilon_does_not_know(simulated: Simulated, cgi: str, call: Call) -> None:
    """810, before there is an order and while nobody has paid it."""
    assert refusal_of(lambda: call(simulated.client)) == NO_TRANSACTION
    simulated.client.receive_order(order())
    assert refusal_of(lambda: call(simulated.client)) == NO_TRANSACTION


@pytest.mark.parametrize("call", [lambda client: client.cancel_payment(""), lambda client: client.get_user_info("a_b")])
def test_a_parameter_that_is_none(simulated: Simulated, call: Call) -> None:
    """601 with result 9: an order without a number, a user_id with a letter that none has."""
    with pytest.raises(Refused, match="601"):
        call(simulated.client)


@calls
def test_a_call_needs_the_contract_and_a_registered_sender(simulated: Simulated, cgi: str, call: Call) -> None:
    """607 and 907 for a contract that is none or another's, 908 from an address that is not in the console."""
    for contract_code, code in (("1", "607"), ("87654321", "907")):
        other = Client(contract_code, base_url=simulated.url)
        with pytest.raises(Refused, match=code):
            call(other)
        other.close()
    simulated.api("PUT", "console", senders="192.0.2.1")
    with pytest.raises(Refused, match="908"):
        call(simulated.client)


def authorised(simulated: Simulated) -> None:
    """Have an order that can be cancelled, captured and changed, and a member with a card."""
    simulated.api("PUT", "console", sale="authorise")
    simulated.register()
    simulated.buy(1)


@calls
@pytest.mark.parametrize(
    ("fault", "value", "kind", "status"),
    [
        *(("error", code, Refused, None) for code in ("502", "601", "605", "607", "810", "907", "908", "909")),
        ("http-500", "", BadAnswer, 500),
        ("http-redirect", "", BadAnswer, 302),
        ("html", "", BadAnswer, 200),
        ("close-before", "", NoAnswer, None),
    ],
)
def test_a_call_that_fails_before_it_is_seen(
    simulated: Simulated, cgi: str, call: Call, fault: str, value: str, kind: type[EpsilonError], status: int | None
) -> None:
    """Nothing was done, and where Epsilon did not say so itself, the inquiry does; a retry then does it."""
    authorised(simulated)
    simulated.fail(fault, value, cgi)
    with pytest.raises(kind) as caught:
        call(simulated.client)
    assert type(caught.value) is kind
    assert (getattr(caught.value, "code", ""), getattr(caught.value, "status", None)) == (value, status)
    assert (simulated.sale().state, simulated.sale().item_price) == (State.AUTHORISED, 980)
    assert call(simulated.client) in (None, UserInfo("VISA", "4***-****-****-4242"))


@calls
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("close-after", NoAnswer),
        ("http-502", BadAnswer),
        ("empty", BadAnswer),
        ("truncated", BadAnswer),
        ("entity-bomb", BadAnswer),
    ],
)
def test_a_call_whose_answer_is_lost(
    simulated: Simulated, cgi: str, call: Call, fault: str, kind: type[EpsilonError]
) -> None:
    """It was done, the inquiry says so, and a retry does nothing a second time."""
    authorised(simulated)
    simulated.fail(fault, cgi=cgi)
    with pytest.raises(kind) as caught:
        call(simulated.client)
    assert type(caught.value) is kind
    done = {
        "cancel_payment.cgi": (State.CANCELLED, 980),
        "sales_payment.cgi": (State.PAID, 980),
        "change_amount_payment.cgi": (State.AUTHORISED, 1_980),
        "get_user_info.cgi": (State.AUTHORISED, 980),
    }[cgi]
    assert (simulated.sale().state, simulated.sale().item_price) == done
    if cgi in ("cancel_payment.cgi", "sales_payment.cgi"):
        assert refusal_of(lambda: call(simulated.client)) == NO_TRANSACTION
    else:
        call(simulated.client)
    assert (simulated.sale().state, simulated.sale().item_price) == done


@calls
def test_an_answer_in_the_wrong_charset_is_still_read(simulated: Simulated, cgi: str, call: Call) -> None:
    """What it means is in ASCII, and its words are read whatever they are written in."""
    authorised(simulated)
    if cgi != "get_user_info.cgi":
        simulated.client.cancel_payment("A1")
        simulated.fail("wrong-charset", cgi=cgi)
        assert refusal_of(lambda: call(simulated.client)) == NO_TRANSACTION
    else:
        simulated.fail("wrong-charset", cgi=cgi)
        assert call(simulated.client) == UserInfo("VISA", "4***-****-****-4242")
