"""After the sale: cancel, capture, another price. The table has the first word, and Epsilon's inquiry the last."""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

import aftersale
import epsilon as gateway
import orders
import settlement
from aftersale import CannotBeDone
from database import writing
from epsilon import METHODS
from orders import OrderRecord, OrderState, Word
from tests.people import EPSILON, SHOP, Buyer, WsgiAdapter, build_response
from tests.samples import CANCEL_SAYS_NOTHING

Book = Callable[[str], OrderRecord]
Sell = Callable[..., str]
Type = Callable[..., tuple[int, str]]
S = OrderState
CARD, KONBINI, PAY_EASY, YAHOO, PAYPAL, CARRIER, DEFERRED, CURRENCY, ACCOUNT, PAYPAY = (
    1,
    3,
    7,
    9,
    11,
    15,
    18,
    19,
    22,
    25,
)
BY_NUMBER = (KONBINI, PAY_EASY, ACCOUNT)
CANCELLED_AT_EPSILON = (CARD, YAHOO, PAYPAL, CARRIER, DEFERRED, PAYPAY)
INQUIRY, CANCEL, CAPTURE, AMOUNT = (
    "getsales2.cgi",
    "cancel_payment.cgi",
    "sales_payment.cgi",
    "change_amount_payment.cgi",
)
REFUSAL = b'<Epsilon_result><result result="9" /><result err_code="908" /><result err_detail="" /></Epsilon_result>'
DELIVERY = {"delivery_code": "99", "user_tel": "0312345678"} | {
    f"{who}_{name}": value
    for who in ("orderer", "consignee")
    for name, value in {
        "postal": "1500043", "name": "髙橋 花子", "address": "東京都渋谷区道玄坂１－①", "tel": "0312345678",
    }.items()
}  # fmt: skip


class Line(WsgiAdapter):
    """The line to Epsilon: keeps which CGIs were called, and can meddle with the calls of one.

    ``instead`` is said in Epsilon's place, which then hears nothing; ``afterwards`` happens once Epsilon has done its
    work, and before its answer is heard.
    """

    def __init__(self, epsilon: Flask) -> None:
        super().__init__(epsilon)
        self.asked: list[str] = []
        self.bodies: list[str] = []
        self.instead: dict[str, bytes | Exception] = {}
        self.afterwards: dict[str, Callable[[], object]] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Carry a call."""
        cgi = str(request.url).rpartition("/")[-1]
        self.asked.append(cgi)
        self.bodies.append(request.body.decode() if isinstance(request.body, bytes) else str(request.body))
        if isinstance(said := self.instead.get(cgi), Exception):
            raise said
        if said is not None:
            return build_response(request, 200, {"Content-Type": "text/xml"}, said)
        answer = super().send(request, *args, **kwargs)
        self.afterwards.pop(cgi, lambda: None)()
        return answer


class Terminal(BytesIO):
    """A keyboard at which somebody types these lines."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def lose_the_answer() -> None:
    """The connection breaks after Epsilon has done its work."""
    raise requests.ReadTimeout("lost")


def press_ctrl_c() -> None:
    """The process is stopped between sending and recording."""
    raise KeyboardInterrupt


@pytest.fixture
def line(epsilon: Flask, to_epsilon: requests.Session) -> Line:
    """The line to the simulator, without trouble until a test makes some."""
    line = Line(epsilon)
    to_epsilon.mount(EPSILON, line)
    return line


@pytest.fixture
def type_in(shop: Flask) -> Type:
    """Type a command after ``flask orders``; return its exit status and all that it says."""

    def type_in(*words: str, keys: bytes | None = None) -> tuple[int, str]:
        stdin = None if keys is None else Terminal(keys)
        result = shop.test_cli_runner().invoke(args=["orders", *words], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return type_in


@pytest.fixture
def sell(shop: Flask, epsilon: Flask, line: Line) -> Iterator[Sell]:
    """Sell something by the method at a position of ``st_code``; return its order number.

    The buyer has paid at once; ``authorise`` leaves the money to be captured, ``review`` the buyer to be reviewed. By
    konbini, Pay-easy and virtual account there is only a number to pay by.
    """
    console = epsilon.test_client()

    def sell(position: int, *, authorise: bool = False, review: bool = False, **fields: Any) -> str:
        usual: dict[str, Any] = {
            "item_code": "apple", "item_name": "ふじりんご ①", "item_price": 980, "user_id": "guest-1",
            "user_name": "髙橋 花子", "user_mail_add": "hanako@example.com",
        }  # fmt: skip
        usual |= DELIVERY if position == DEFERRED else {}
        number = orders.new_order_number()
        order = gateway.Order(order_number=number, st_code=gateway.st_code(position), **(usual | fields))
        key = secrets.token_hex(8)
        with shop.app_context():
            record, _ = orders.write_down(order, st="other", quantity=1, browser="b", purchase=key, form_key=key)
            answer = shop.extensions["epsilon"].receive_order(order)
            assert isinstance(answer, gateway.Redirect)
            orders.conclude(record, S.SENT, Word.ORDER, redirect=answer.url)
        console.put("/api/console", json={"sale": "authorise" if authorise else "immediate"})
        pay = "issue" if position in BY_NUMBER else "pay"
        if review:
            page = answer.url.replace("method_select3.cgi", "atobarai3.cgi")
            assert Buyer(shop, epsilon).open(page, action="review").status_code == 303
        else:
            assert console.post(f"/api/transactions/{trans_code(epsilon, order)}/{pay}", json={}).status_code == 200
        with shop.app_context():
            settlement.settle(shop.extensions["epsilon"], Word.RETURN, order_number=number)
        line.asked.clear()
        line.bodies.clear()
        return number

    yield sell
    console.put("/api/console", json={"sale": "immediate"})


def trans_code(epsilon: Flask, order: gateway.Order | OrderRecord) -> str:
    """Return the number that Epsilon has for an order."""
    found = epsilon.test_client().get("/api/transactions", query_string={"order_number": order.order_number})
    return str(found.json["transactions"][0]["trans_code"])  # type: ignore[index]


def age(shop: Flask, number: str, time: timedelta) -> None:
    """Make an order of the shop's book so much older."""
    with shop.app_context(), writing() as here:
        orders.lock(here, orders.find_known(order_number=number))[0].created_at -= time


def last_event(shop: Flask, number: str) -> tuple[str, str, str, str]:
    """Return the last event of an order: from, to, on whose word, and its note."""
    with shop.app_context():
        event = orders.events_of(orders.find_known(order_number=number))[-1]
        assert re.fullmatch(r"[0-9a-f]{16}", event.exchange)
        return event.from_state.value, event.to_state.value, event.word.value, event.note


def count_events(shop: Flask, number: str) -> int:
    """Return how many events an order has."""
    with shop.app_context():
        return len(orders.events_of(orders.find_known(order_number=number)))


# What can be done, by each method that it can be done with.


@pytest.mark.parametrize("position", CANCELLED_AT_EPSILON)
def test_an_order_is_cancelled(shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book, position: int) -> None:
    """Epsilon is asked about the order, for the cancellation, and about the order again, whose word is the event."""
    number = sell(position)
    before = S.AUTHORISED if position == DEFERRED else S.PAID
    assert book(number).state is before
    status, said = type_in("cancel", number, "--yes")
    assert (status, said) == (0, f"Done: Epsilon says that order {number} is cancelled, 980 JPY.\n")
    assert (book(number).state, book(number).leased_until) == (S.CANCELLED, None)
    assert line.asked == [INQUIRY, CANCEL, INQUIRY]
    assert last_event(shop, number) == (before, "cancelled", "person", "")


@pytest.mark.parametrize("position", [CARD, YAHOO, CARRIER, PAYPAY])
def test_an_authorised_order_is_captured(
    shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book, position: int
) -> None:
    """Its money is taken, and it is paid."""
    number = sell(position, authorise=True)
    assert book(number).state is S.AUTHORISED
    status, said = type_in("capture", number, "--yes")
    assert (status, said) == (0, f"Done: Epsilon says that order {number} is paid, 980 JPY.\n")
    assert book(number).state is S.PAID
    assert line.asked == [INQUIRY, CAPTURE, INQUIRY]
    assert last_event(shop, number) == ("authorised", "paid", "person", "")


@pytest.mark.parametrize("position", [CARD, YAHOO, CARRIER, PAYPAY])
def test_an_authorised_order_is_cancelled(shop: Flask, sell: Sell, type_in: Type, position: int) -> None:
    """Its money is never taken."""
    number = sell(position, authorise=True)
    assert type_in("cancel", number, "--yes")[0] == 0
    assert last_event(shop, number) == ("authorised", "cancelled", "person", "")


def test_an_order_under_review_is_cancelled(shop: Flask, sell: Sell, type_in: Type, book: Book) -> None:
    """A deferred payment can be called off before its review has ended."""
    number = sell(DEFERRED, review=True)
    assert book(number).state is S.UNDER_REVIEW
    assert type_in("cancel", number, "--yes")[0] == 0
    assert last_event(shop, number) == ("under_review", "cancelled", "person", "")


@pytest.mark.parametrize("state", [S.AUTHORISED, S.PAID])
def test_a_card_order_gets_another_price(
    shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book, state: OrderState
) -> None:
    """Both prices are in the event, and the order has the one that the inquiry tells."""
    number = sell(CARD, authorise=state is S.AUTHORISED)
    status, said = type_in("change-amount", number, "500", "--yes")
    assert (status, said) == (0, f"Done: Epsilon says that order {number} is {state}, 500 JPY.\n")
    assert (book(number).state, book(number).item_price, book(number).new_item_price) == (state, 500, None)
    assert line.asked == [INQUIRY, AMOUNT, INQUIRY]
    assert f"order_number={number}&new_item_price=500" in line.bodies[1]
    assert last_event(shop, number) == (state, state, "person", "item_price 980 -> 500")
    assert type_in("capture", number, "--yes")[0] == (0 if state is S.AUTHORISED else 1)


def test_a_monthly_plan_gets_another_price(shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book) -> None:
    """Epsilon is told its user and its item, and says the new price of the order."""
    number = sell(CARD, mission_code=4, item_code="teabox", item_price=1980)
    status, said = type_in("change-amount", number, "1500", "--yes")
    assert (status, said) == (0, f"Done: Epsilon says that order {number} is paid, 1,500 JPY each month.\n")
    assert "mission_code=2&user_id=guest-1&item_code=teabox&new_item_price=1500" in line.bodies[1]
    assert (book(number).item_price, book(number).new_item_price) == (1500, None)
    assert last_event(shop, number) == ("paid", "paid", "person", "item_price 1980 -> 1500")


def test_the_event_names_the_exchange(shop: Flask, sell: Sell, type_in: Type, caplog: pytest.LogCaptureFixture) -> None:
    """It is the inquiry that came after, and the log has it."""
    number = sell(CARD)
    caplog.set_level(logging.INFO)
    caplog.clear()
    type_in("cancel", number, "--yes")
    exchanges = re.findall(r"exchange (\w+): /cgi-bin/order/(\w+\.cgi) answered 200", caplog.text)
    assert [cgi for _, cgi in exchanges] == [INQUIRY, CANCEL, INQUIRY]
    with shop.app_context():
        assert orders.events_of(orders.find_known(order_number=number))[-1].exchange == exchanges[-1][0]


# What cannot be done, and is not asked of Epsilon.


@pytest.mark.parametrize("position", BY_NUMBER)
def test_a_slip_cannot_be_cancelled(
    epsilon: Flask, sell: Sell, type_in: Type, line: Line, book: Book, position: int
) -> None:
    """It says until when the buyer can still pay; who does so has paid, and gets the money back by hand."""
    number = sell(position)
    limit = f" until {datetime.now(gateway.JAPAN) + timedelta(days=10):%Y-%m-%d}" if position != ACCOUNT else ""
    assert type_in("cancel", number, "--yes") == (
        1,
        f"{METHODS[position].en} cannot be cancelled: order {number} stays payable{limit}. If it is paid, a notice or "
        "reconcile makes it paid here too, and you refund the buyer by hand.\n",
    )
    assert line.asked == []
    epsilon.test_client().post(f"/api/transactions/{trans_code(epsilon, book(number))}/pay_slip", json={})
    assert book(number).state is S.PAID
    assert type_in("cancel", number, "--yes") == (
        1,
        f"{METHODS[position].en} cannot be cancelled: if order {number} is paid, refund the buyer by hand.\n",
    )
    assert CANCEL not in line.asked


@pytest.mark.parametrize("position", sorted(METHODS.keys() - {*CANCELLED_AT_EPSILON, *BY_NUMBER}))
def test_what_banks_and_coins_have_paid_cannot_be_cancelled(
    sell: Sell, type_in: Type, line: Line, position: int
) -> None:
    """The merchant gives it back by hand."""
    number = sell(position)
    status, said = type_in("cancel", number, "--yes")
    assert (status, "refund the buyer by hand" in said, METHODS[position].en in said) == (1, True, True)
    assert line.asked == []


@pytest.mark.parametrize("position", sorted(METHODS.keys() - {CARD, *BY_NUMBER}))
def test_only_a_card_order_gets_another_price(sell: Sell, type_in: Type, line: Line, position: int) -> None:
    """Whatever else it was paid by."""
    number = sell(position)
    status, said = type_in("change-amount", number, "500", "--yes")
    assert (status, said) == (
        1,
        f"The price of what is paid by {METHODS[position].en} cannot be changed: only that of a card's can.\n",
    )
    assert line.asked == []


def test_only_what_is_authorised_can_be_captured(sell: Sell, type_in: Type, line: Line) -> None:
    """Not what is paid, awaited or cancelled; nor what is authorised by a method that Epsilon does not capture."""
    paid, awaited, deferred, cancelled = sell(CARD), sell(KONBINI), sell(DEFERRED), sell(CARD, authorise=True)
    type_in("cancel", cancelled, "--yes")
    line.asked.clear()
    only = "only one that is authorised can be captured."
    assert type_in("capture", paid, "--yes") == (1, f"Order {paid} is paid: {only}\n")
    assert type_in("capture", awaited, "--yes") == (1, f"Order {awaited} is awaiting: {only}\n")
    assert type_in("capture", cancelled, "--yes") == (1, f"Order {cancelled} is cancelled: {only}\n")
    assert type_in("capture", deferred, "--yes") == (
        1,
        f"GMO deferred payment cannot be captured: order {deferred} stays as it is.\n",
    )
    assert line.asked == []


def test_an_authorisation_lapses(shop: Flask, sell: Sell, type_in: Type, line: Line) -> None:
    """On the ninetieth day it is captured; after that Epsilon is not even asked, and the order can be cancelled."""
    in_time, late = sell(CARD, authorise=True), sell(CARD, authorise=True)
    age(shop, in_time, gateway.AUTHORISED_FOR - timedelta(minutes=1))
    age(shop, late, gateway.AUTHORISED_FOR + timedelta(seconds=1))
    assert type_in("capture", in_time, "--yes")[0] == 0
    line.asked.clear()
    today = f"{datetime.now(gateway.JAPAN):%Y-%m-%d}"
    assert type_in("capture", late, "--yes") == (
        1,
        f"The authorisation of order {late} lapsed on {today}, 90 days after the order: its money cannot be taken any "
        "more.\n",
    )
    assert line.asked == []
    assert type_in("cancel", late, "--yes")[0] == 0


@pytest.mark.parametrize("command", [["cancel"], ["capture"], ["change-amount"]])
def test_what_is_not_sold_is_not_changed(buyer: Buyer, type_in: Type, line: Line, command: list[str]) -> None:
    """Neither an order whose buyer is still on Epsilon's page, nor one that does not exist."""
    buyer.order()
    [number] = buyer.order_numbers()
    line.asked.clear()
    price = ["500"] if command == ["change-amount"] else []
    status, said = type_in(*command, number, *price, "--yes")
    assert (status, said.startswith(f"Order {number} is sent: only one that is ")) == (1, True)
    status, said = type_in(*command, "NOBODYS", *price, "--yes")
    assert (status, said) == (1, "Error: There is no order NOBODYS. `flask orders list` shows those that are.\n")
    assert line.asked == []


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        ("980", "The price of order {} is 980 JPY already."),
        ("10000000", "The new price must be from 1 to 9,999,999 JPY."),
    ],
)
def test_a_price_that_cannot_be(sell: Sell, type_in: Type, line: Line, book: Book, price: str, sentence: str) -> None:
    """The one that it has, or more than a card takes."""
    number = sell(CARD)
    assert type_in("change-amount", number, price, "--yes") == (1, sentence.format(number) + "\n")
    assert type_in("change-amount", number, "0", "--yes")[0] == 2
    assert (line.asked, book(number).new_item_price) == ([], None)


def test_a_plan_that_cannot_be_changed(shop: Flask, sell: Sell, type_in: Type, line: Line) -> None:
    """For more than a month may cost; where Epsilon could not tell it from another one; after its end."""
    plan = partial(sell, CARD, mission_code=4, item_code="teabox", item_price=1980)
    number = plan()
    plan(user_id="guest-2")
    assert type_in("change-amount", number, "30001", "--yes") == (1, "The new price must be from 1 to 30,000 JPY.\n")
    other = plan()
    assert type_in("change-amount", number, "1500", "--yes") == (
        1,
        f"Order {other} is a monthly plan of the same user for the same item, and Epsilon cannot tell which of them is "
        "meant: end one, or see to it in Epsilon's console.\n",
    )
    with shop.app_context():
        end = gateway.Order(user_id="guest-1", item_code="teabox", process_code=8)
        assert isinstance(shop.extensions["epsilon"].receive_order(end), gateway.Done)
        orders.conclude(orders.find_known(order_number=other), None, Word.PERSON, plan_ended_at=datetime.now(UTC))
    line.asked.clear()
    assert type_in("change-amount", other, "1500", "--yes") == (1, f"The monthly plan of order {other} has ended.\n")
    assert line.asked == []
    assert type_in("change-amount", number, "1500", "--yes")[0] == 0
    assert type_in("cancel", other, "--yes")[0] == 0  # its charge can still be given back


# The merchant is asked first.


@pytest.mark.parametrize(
    ("words", "foretold"),
    [
        (["cancel"], "Epsilon cancels it: the money goes back, or is never taken. Go on? [y/N]"),
        (["capture"], "Epsilon takes the money, 980 JPY. Go on? [y/N]"),
        (["change-amount", "500"], "Its price becomes 500 JPY. Go on? [y/N]"),
    ],
)
def test_a_person_decides(sell: Sell, type_in: Type, line: Line, words: list[str], foretold: str) -> None:
    """Each command says of which order, at what price, paid how and standing where, what it will do; no is the rule."""
    number = sell(CARD, authorise=True)
    command, *price = words
    question = f"Order {number} is authorised, 980 JPY, paid by: Credit card.\n{foretold}"
    assert type_in(command, number, *price, keys=b"n\n") == (1, f"{question}: n\nAborted!\n")
    assert type_in(command, number, *price, keys=b"\n") == (1, f"{question}: \nAborted!\n")
    assert type_in(command, number, *price, keys=b"")[0] == 1
    assert line.asked == []
    status, said = type_in(command, number, *price, keys=b"y\n")
    assert (status, said.startswith(f"{question}: y\nDone: Epsilon says that order {number}")) == (0, True)


def test_without_a_person_nothing_is_done(sell: Sell, type_in: Type, line: Line, book: Book) -> None:
    """Where nobody can be asked, and nobody said --yes."""
    number = sell(CARD)
    assert type_in("cancel", number) == (
        2,
        "Nothing was done: there is no terminal to ask at. Say --yes if you mean it.\n",
    )
    assert (line.asked, book(number).state) == ([], S.PAID)


def test_the_end_of_a_plan_is_another_thing(sell: Sell, type_in: Type) -> None:
    """Who cancels the charge of a monthly plan is told that the plan goes on."""
    number = sell(CARD, mission_code=4, item_code="teabox", item_price=1980)
    said = type_in("cancel", number, keys=b"n\n")[1]
    assert f"Order {number} is paid, 1,980 JPY each month, paid by: Credit card.\n" in said
    assert "The monthly plan itself is not ended so. Go on?" in said


@pytest.mark.parametrize("command", ["cancel", "capture", "change-amount"])
def test_the_help_tells_the_exit_statuses(type_in: Type, command: str) -> None:
    """A script needs them."""
    status, said = type_in(command, "--help")
    assert status == 0
    for word in ("0 done", "1 not done", "2 unknown", "--yes"):
        assert word in " ".join(said.split())


# Epsilon refuses, breaks, or is not there.


def test_epsilons_refusal_is_shown(sell: Sell, type_in: Type, epsilon: Flask, line: Line, book: Book) -> None:
    """Its clock is ahead of ours, the authorisation lapsed there: 810, and what to make of it."""
    number = sell(CARD, authorise=True)
    epsilon.test_client().post("/api/clock", json={"days": 91})
    assert type_in("capture", number, "--yes") == (
        1,
        "Not done: Epsilon refused, 810:対象取引はありません. There is no such transaction. Check order_number and the "
        f"transaction's state. Asked about it, it says that order {number} is authorised, 980 JPY.\n",
    )
    assert line.asked == [INQUIRY, CAPTURE, INQUIRY]
    assert (book(number).state, book(number).leased_until) == (S.AUTHORISED, None)


@pytest.mark.parametrize(
    ("instead", "status", "beginning"),
    [
        (REFUSAL, 1, "Not done: Epsilon refused, 908:."),
        (REFUSAL.replace(b'detail=""', b'detail="%1b%5b2J%0a"'), 1, r"Not done: Epsilon refused, 908:\x1b[2J\n."),
        (
            requests.ConnectionError(NewConnectionError(HTTPConnection("127.0.0.1"), "refused")),
            2,
            "Not done: Epsilon could not be reached (Unreachable: ConnectionError), and nothing was sent.",
        ),
    ],
)
def test_a_price_that_was_not_changed_is_not_expected(
    sell: Sell, type_in: Type, line: Line, book: Book, instead: bytes | Exception, status: int, beginning: str
) -> None:
    """Refused, or never sent: the order has its old price and no other, and a later try is free."""
    number = sell(CARD)
    line.instead[AMOUNT] = instead
    ended, said = type_in("change-amount", number, "500", "--yes")
    assert (ended, said.startswith(beginning)) == (status, True)
    assert said.endswith(f"Asked about it, it says that order {number} is paid, 980 JPY.\n")
    record = book(number)
    assert (record.item_price, record.new_item_price, record.leased_until) == (980, None, None)
    line.instead.clear()
    assert type_in("change-amount", number, "600", "--yes")[0] == 0


def test_an_answer_that_says_nothing_is_no_success(sell: Sell, type_in: Type, line: Line, book: Book) -> None:
    """Three empty fields: the order is as the inquiry says, and the merchant is told what to do."""
    number = sell(CARD)
    line.instead[CANCEL] = CANCEL_SAYS_NOTHING.body
    size = len(CANCEL_SAYS_NOTHING.body)
    assert type_in("cancel", number, "--yes") == (
        2,
        f"Unknown: Epsilon's answer is neither yes nor no (BadAnswer: it says neither yes nor no (HTTP 200, {size} "
        f"bytes)). Asked about it, it says that order {number} is paid, 980 JPY. Give this command again, which "
        "inquires first, or wait for `flask orders reconcile`, which asks about it too. If it stays so, see to it in "
        "Epsilon's console.\n",
    )
    assert book(number).state is S.PAID
    line.instead.clear()
    assert type_in("cancel", number, "--yes")[0] == 0


@pytest.mark.parametrize(
    ("words", "cgi", "event"),
    [
        (["cancel"], CANCEL, ("authorised", "cancelled", "person", "")),
        (["capture"], CAPTURE, ("authorised", "paid", "person", "")),
        (["change-amount", "500"], AMOUNT, ("authorised", "authorised", "person", "item_price 980 -> 500")),
    ],
)
def test_a_lost_answer_is_found_by_the_inquiry(
    shop: Flask, sell: Sell, type_in: Type, line: Line, words: list[str], cgi: str, event: tuple[str, ...]
) -> None:
    """Epsilon did it, its answer never came: done is done, and nothing is sent a second time."""
    number = sell(CARD, authorise=True)
    line.afterwards[cgi] = lose_the_answer
    command, *price = words
    assert type_in(command, number, *price, "--yes")[0] == 0
    assert line.asked == [INQUIRY, cgi, INQUIRY]
    assert last_event(shop, number) == event


@pytest.mark.parametrize("failure", [requests.ReadTimeout("down"), b"<html>", REFUSAL])
def test_where_epsilon_cannot_be_asked_nothing_is_done(
    sell: Sell, type_in: Type, line: Line, book: Book, failure: bytes | Exception
) -> None:
    """The inquiry before fails: nothing was asked for, and nobody holds the order."""
    number = sell(CARD)
    line.instead[INQUIRY] = failure
    status, said = type_in("change-amount", number, "500", "--yes")
    assert (status, said.startswith(f"Nothing was done: Epsilon could not be asked about order {number} (")) == (
        2,
        True,
    )
    assert line.asked == [INQUIRY]
    assert (book(number).leased_until, book(number).new_item_price) == (None, None)


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize(
    ("words", "cgi", "event"),
    [
        (["cancel"], CANCEL, ("paid", "cancelled", "reconcile", "")),
        (["change-amount", "500"], AMOUNT, ("paid", "paid", "reconcile", "item_price 980 -> 500")),
    ],
)
def test_what_nobody_could_confirm_is_found_by_reconcile(
    shop: Flask,
    sell: Sell,
    type_in: Type,
    line: Line,
    book: Book,
    answered: bool,
    words: list[str],
    cgi: str,
    event: tuple[str, ...],
) -> None:
    """Epsilon did it and was heard no more: reconcile asks even about an order that was final, until it is answered."""
    number = sell(CARD)

    def go_down() -> None:
        line.instead[INQUIRY] = b"<html>"
        if not answered:
            lose_the_answer()

    line.afterwards[cgi] = go_down
    command, *price = words
    status, said = type_in(command, number, *price, "--yes")
    answer = "Epsilon said yes." if answered else "Epsilon's answer is neither yes nor no (NoAnswer: ReadTimeout)."
    unread = "Asked about it, it gave no answer that can be read (BadAnswer: "
    assert (status, said.startswith(f"Unknown: {answer} {unread}")) == (2, True)
    assert book(number).state is S.PAID
    assert type_in("reconcile", "--older-than", "0s")[0] == 2
    assert type_in("cancel", number, "--yes")[0] == 2
    line.instead.clear()
    status, said = type_in("reconcile", "--older-than", "0s")
    assert (status, said) == (0, f"{number:<20} {event[0]} -> {event[1]}\n")
    assert last_event(shop, number) == event
    assert type_in("reconcile", "--older-than", "0s") == (0, "")


@pytest.mark.parametrize("found_by", ["person", "reconcile"])
@pytest.mark.parametrize("at", ["asking", "inquiring"])
def test_ctrl_c_is_not_taken_for_a_no(
    shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book, at: str, found_by: str
) -> None:
    """Stopped between sending and recording: unknown, until the same command is given again, or reconcile asks."""
    number = sell(CARD)
    stop_at_the_inquiry = partial(line.afterwards.update, {INQUIRY: press_ctrl_c})
    line.afterwards[AMOUNT] = press_ctrl_c if at == "asking" else stop_at_the_inquiry
    status, said = type_in("change-amount", number, "500", "--yes")
    cut_off = "Cut off (KeyboardInterrupt), perhaps after Epsilon was asked. Give this command again, "
    assert (status, said.startswith(cut_off)) == (2, True)
    assert (book(number).item_price, book(number).new_item_price) == (980, 500)
    line.asked.clear()
    again = ["change-amount", number, "500", "--yes"] if found_by == "person" else ["reconcile", "--older-than", "0s"]
    assert type_in(*again)[0] == 0
    assert line.asked == [INQUIRY]
    assert last_event(shop, number) == ("paid", "paid", found_by, "item_price 980 -> 500")


def test_a_database_that_breaks_is_not_taken_for_a_no(
    shop: Flask, sell: Sell, type_in: Type, line: Line, book: Book
) -> None:
    """Epsilon has cancelled, and the book cannot be written: unknown."""
    number = sell(CARD)

    def rename(old: str, new: str) -> None:
        with shop.app_context(), writing() as here:
            here.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    line.afterwards[CANCEL] = partial(rename, "order_events", "elsewhere")
    status, said = type_in("cancel", number, "--yes")
    rename("elsewhere", "order_events")
    assert (status, said.startswith("Cut off (")) == (2, True)
    assert book(number).state is S.PAID
    assert type_in("cancel", number, "--yes")[0] == 0


def test_a_process_that_died_leaves_its_order_to_reconcile(
    shop: Flask, epsilon: Flask, sell: Sell, type_in: Type, book: Book
) -> None:
    """Paid in the book and cancelled at Epsilon: it is asked about once the dead one's claim has run out."""
    number = sell(CARD)
    epsilon.test_client().post(f"/api/transactions/{trans_code(epsilon, book(number))}/cancel", json={})

    def claim(until: datetime) -> None:
        with shop.app_context():
            orders.conclude(orders.find_known(order_number=number), None, Word.PERSON, leased_until=until)

    assert type_in("reconcile", "--older-than", "0s") == (0, "")
    claim(datetime.now(UTC) + timedelta(minutes=1))
    assert type_in("reconcile", "--older-than", "0s") == (0, "")
    claim(datetime.now(UTC) - timedelta(seconds=1))
    assert type_in("reconcile", "--older-than", "10m") == (0, "")
    assert type_in("reconcile", "--older-than", "0s") == (0, f"{number:<20} paid -> cancelled\n")


# Twins, and notices in between.


def test_of_two_at_once_one_is_sent_away(sell: Sell, type_in: Type, line: Line, book: Book) -> None:
    """While one asks Epsilon for a price nobody else asks for another, nor cancels; reconcile passes the order by."""
    number = sell(CARD, authorise=True)
    heard: list[tuple[int, str]] = []

    def meanwhile() -> None:
        heard.extend(type_in(*words) for words in (
            ("change-amount", number, "600", "--yes"), ("cancel", number, "--yes"),
            ("reconcile", "--older-than", "0s"),
        ))  # fmt: skip

    line.afterwards[AMOUNT] = meanwhile
    assert type_in("change-amount", number, "500", "--yes")[0] == 0
    free = r"If they were cut off, it is free from \d\d:\d\d:\d\d\."
    sentence = rf"Somebody else, or reconcile, is at order {number}: try again in a moment. {free}\n"
    assert [status for status, _ in heard] == [1, 1, 0]
    assert [bool(re.fullmatch(sentence, said)) for _, said in heard] == [True, True, False]
    assert heard[2][1] == ""
    assert line.asked == [INQUIRY, AMOUNT, INQUIRY]
    assert (book(number).item_price, book(number).state) == (500, S.AUTHORISED)
    assert type_in("change-amount", number, "600", "--yes")[0] == 0


def test_twenty_who_cancel_at_once_are_one(shop: Flask, sell: Sell, line: Line) -> None:
    """Epsilon is asked for it once, and there is one event; the others are told why not."""
    number = sell(CARD)

    def cancel(_: int) -> bool:
        with shop.app_context():
            record = orders.find_known(order_number=number)
            try:
                return aftersale.do(shop.extensions["epsilon"], aftersale.CANCEL, record).is_done
            except CannotBeDone:
                return False

    before = count_events(shop, number)
    with ThreadPoolExecutor(20) as crowd:
        assert any(crowd.map(cancel, range(20)))
    assert line.asked.count(CANCEL) == 1
    assert count_events(shop, number) == before + 1


@pytest.mark.parametrize(
    ("words", "cgi", "event"),
    [
        (["cancel"], CANCEL, ("authorised", "cancelled", "notice", "")),
        (["capture"], CAPTURE, ("authorised", "paid", "notice", "")),
        (["change-amount", "500"], AMOUNT, ("authorised", "authorised", "notice", "item_price 980 -> 500")),
    ],
)
def test_a_notice_in_between_is_the_one_event(
    shop: Flask, sell: Sell, type_in: Type, line: Line, words: list[str], cgi: str, event: tuple[str, ...]
) -> None:
    """It comes while the command waits for Epsilon, is answered at once, and the command has nothing to add."""
    number = sell(CARD, authorise=True)
    before = count_events(shop, number)
    replies: list[str] = []

    def notice() -> None:
        stranger = shop.test_client(use_cookies=False)
        replies.append(stranger.post("/notice", base_url=SHOP, data={"order_number": number, "state": "1"}).text)

    line.afterwards[cgi] = notice
    command, *price = words
    assert type_in(command, number, *price, "--yes")[0] == 0
    assert replies == ["1"]
    assert last_event(shop, number) == event
    assert count_events(shop, number) == before + 1


def test_what_was_done_in_epsilons_console_is_not_asked_for(
    epsilon: Flask, sell: Sell, type_in: Type, line: Line, book: Book
) -> None:
    """The inquiry before says that it is cancelled: so it is, here too; and then it can neither be captured."""
    number, other = sell(CARD, authorise=True), sell(CARD, authorise=True)
    for each in (number, other):
        epsilon.test_client().post(f"/api/transactions/{trans_code(epsilon, book(each))}/cancel", json={})
    line.asked.clear()
    assert type_in("cancel", number, "--yes") == (
        0,
        f"Done: Epsilon says that order {number} is cancelled, 980 JPY.\n",
    )
    assert type_in("capture", other, "--yes") == (
        1,
        f"Order {other} is cancelled: only one that is authorised can be captured.\n",
    )
    assert line.asked == [INQUIRY, INQUIRY]
    assert (book(number).leased_until, book(other).leased_until) == (None, None)
    states = "authorised, paid, under review or in question"
    assert type_in("cancel", number, "--yes") == (
        1,
        f"Order {number} is cancelled: only one that is {states} can be cancelled.\n",
    )


# A person ends a question.


def test_a_purchase_that_was_paid_twice_is_cancelled_once(shop: Flask, buyer: Buyer, type_in: Type, book: Book) -> None:
    """The attempt in question is cancelled, the other one stays paid, and reconcile is quiet again."""
    for page in [buyer.order(form=form).location for form in (buyer.form(), buyer.form())]:
        buyer.pay_by_card(page)
    [doubtful] = [record for record in buyer.orders() if record.state is S.IN_QUESTION]
    [paid] = [record for record in buyer.orders() if record.state is S.PAID]
    assert type_in("reconcile")[0] == 1
    said = type_in("cancel", doubtful.order_number, keys=b"y\n")[1]
    assert f"Order {doubtful.order_number} is in question, 980 JPY, paid by: Credit card.\n" in said
    assert last_event(shop, doubtful.order_number) == ("in_question", "cancelled", "person", "")
    assert book(paid.order_number).state is S.PAID
    assert type_in("reconcile") == (0, "")


@pytest.mark.parametrize("known", [True, False])
def test_an_order_at_another_price_is_cancelled(
    shop: Flask, epsilon: Flask, sell: Sell, type_in: Type, book: Book, known: bool
) -> None:
    """Somebody changed it in Epsilon's console: its money goes back whatever it was, and our price stays ours."""
    number = sell(CARD, authorise=True)
    epsilon.test_client().post(
        f"/api/transactions/{trans_code(epsilon, book(number))}/amount", json={"item_price": 500}
    )
    with shop.app_context():
        settlement.settle(shop.extensions["epsilon"], Word.NOTICE, order_number=number)
        if not known:  # as in a book in which orders in question were kept without it
            orders.conclude(orders.find_known(order_number=number), None, Word.NOTICE, payment_code="")
    assert book(number).state is S.IN_QUESTION
    status, said = type_in("cancel", number, "--yes")
    assert (status, said) == (0, f"Done: Epsilon says that order {number} is cancelled, 980 JPY.\n")
    assert last_event(shop, number) == ("in_question", "cancelled", "person", "")


def test_an_order_of_which_nothing_is_known_is_not_touched(sell: Sell, type_in: Type, line: Line, book: Book) -> None:
    """Epsilon tells of another order where it is asked about ours: that is for its console."""
    foreign = {"trans_code": "1", "order_number": "ANOTHER", "contract_code": "12345678", "state": "1"}
    answer = "".join(f'<result {name}="{value}" />' for name, value in (foreign | {"payment_code": "1"}).items())
    line.instead[INQUIRY] = f"<Epsilon_result>{answer}</Epsilon_result>".encode()
    number = sell(CURRENCY, currency_id="KRW", item_price=9_200)
    assert book(number).state is S.IN_QUESTION
    status, said = type_in("cancel", number, keys=b"y\n")
    assert (status, said.startswith(f"Order {number} is in question, 9,200 KRW, paid by: unknown.\n")) == (1, True)
    assert said.endswith(f"How order {number} was paid is not known here: see to it in Epsilon's console.\n")
    assert line.asked == [INQUIRY]


# What the book shows.


def test_reconcile_names_authorisations_that_lapse(shop: Flask, sell: Sell, type_in: Type, book: Book) -> None:
    """From the eightieth day, until when; status 1 while somebody can still capture; no others are named."""
    numbers = [sell(position, authorise=True) for position in (CARD, PAYPAY, CARD, DEFERRED, CARD)]
    _, due, lapsed, _, captured = numbers
    type_in("capture", captured, "--yes")
    assert type_in("reconcile") == (0, "")
    for number, days in zip(numbers, (79.99, 80.01, 90.01, 85, 85), strict=True):
        age(shop, number, timedelta(days=days))
    until = {
        number: f"{(book(number).created_at + timedelta(days=90)).astimezone(gateway.JAPAN):%Y-%m-%d %H:%M}"
        for number in (due, lapsed)
    }
    status, said = type_in("reconcile")
    assert status == 1
    first, second = said.splitlines()
    assert first.startswith(f"capture by {until[due]} or the authorisation lapses: {due} ")
    assert second.startswith(f"authorisation lapsed on {until[lapsed]}: {lapsed} ")
    assert type_in("capture", due, "--yes")[0] == 0
    assert type_in("reconcile") == (0, f"{second}\n")
    assert type_in("cancel", lapsed, "--yes")[0] == 0
    assert type_in("reconcile") == (0, "")


def test_the_book_tells_currency_and_plan(sell: Sell, type_in: Type, line: Line) -> None:
    """Where they are not the usual ones; so does a price that Epsilon was asked for and has not confirmed."""
    usual = sell(CARD)
    won = sell(CURRENCY, currency_id="KRW", item_price=9_200)
    plan = sell(CARD, mission_code=4, item_code="teabox", item_price=1980)
    listed = {
        each.split()[0]: " ".join(each.split()[1:4] + each.split()[7:]) for each in type_in("list")[1].splitlines()
    }
    assert listed == {usual: "paid 980 JPY", won: "paid 9,200 KRW", plan: "paid 1,980 JPY monthly"}
    special = {"currency_id", "mission_code", "plan_ended_at", "new_item_price"}

    def shown(number: str) -> dict[str, str]:
        rows = [each.split() for each in type_in("show", number)[1].splitlines()]
        return {row[0]: row[1] for row in rows if row[0] in special}

    assert (shown(usual), shown(won), shown(plan)) == ({}, {"currency_id": "KRW"}, {"mission_code": "4"})
    line.instead[AMOUNT] = requests.ReadTimeout("lost")
    type_in("change-amount", usual, "500", "--yes")
    assert shown(usual) == {"new_item_price": "500"}
