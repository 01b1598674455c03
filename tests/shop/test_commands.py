"""flask orders: what a merchant and a timer see and do."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
import requests
from flask import Flask
from sqlalchemy import update

import reconciliation
from database import writing
from orders import OrderRecord, OrderState, find_known, lock
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, order_number_of

Book = Callable[[str], OrderRecord]
Type = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def type_in(shop: Flask) -> Type:
    """Type a command; return its exit status and its lines."""

    def type_in(*words: str) -> tuple[int, list[str]]:
        result = shop.test_cli_runner().invoke(args=["orders", *words])
        return result.exit_code, result.output.splitlines()

    return type_in


@pytest.fixture
def number(buyer: Buyer) -> str:
    """The number of an order that awaits its payment at a konbini."""
    return order_number_of(buyer.open(buyer.order(st="conveni", conveni_code="21").location))


@pytest.fixture
def deaf(epsilon: Flask) -> None:
    """No notice reaches the shop."""
    epsilon.extensions["environment"].session.mount(SHOP, ScriptedEpsilon(requests.ConnectionError()))


def test_list_names_each_order_and_no_person(type_in: Type, number: str, buyer: Buyer) -> None:
    """Newest first, by state where asked; the buyer's name is nowhere."""
    buyer.order()
    status, lines = type_in("list")
    assert status == 0
    assert [line.split()[1] for line in lines] == ["sent", "awaiting"]
    assert number in lines[1]
    assert type_in("list", "--state", "awaiting", "--limit", "5") == (0, [lines[1]])
    assert "髙橋" not in "".join(lines)


def test_show_and_events_tell_about_one_order(type_in: Type, number: str) -> None:
    """Where it stands, and every move with its time, its word and its exchange."""
    status, lines = type_in("show", number)
    assert status == 0
    shown = dict(re.split(r"\s+", line, maxsplit=1) for line in lines if " " in line.strip())
    assert {name: shown[name] for name in ("order_number", "state", "item_price", "st")} == {
        "order_number": number,
        "state": "awaiting",
        "item_price": "980",
        "st": "conveni",
    }
    assert "hanako" not in " ".join(lines)
    status, [event] = type_in("events", number)
    assert status == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  written -> awaiting {2,}order {2,}[0-9a-f]{16}", event)


@pytest.mark.parametrize("command", ["show", "events"])
def test_an_unknown_number_is_a_sentence(type_in: Type, command: str) -> None:
    """It says where the numbers are."""
    assert type_in(command, "NOBODYS") == (
        1,
        ["Error: There is no order NOBODYS. `flask orders list` shows those that are."],
    )


@pytest.mark.usefixtures("deaf")
def test_reconcile_finds_a_payment_whose_notice_was_lost(type_in: Type, buyer: Buyer, number: str, book: Book) -> None:
    """The timer asks about what is open; then all is well, and a second run has nothing to do."""
    buyer.open(f"{EPSILON}/counter", trans_code=book(number).trans_code)
    assert type_in("reconcile") == (0, [])  # asked less than ten minutes ago
    status, lines = type_in("reconcile", "--older-than", "0s", "--dry-run")
    assert (status, [line.split()[0] for line in lines]) == (0, [number])
    assert book(number).state is OrderState.AWAITING
    assert type_in("reconcile", "--older-than", "0s") == (0, [f"{number:<20} awaiting -> paid"])
    assert type_in("reconcile", "--older-than", "0s") == (0, [])


def test_reconcile_is_loud_about_what_is_in_question(
    shop: Flask, type_in: Type, number: str, to_epsilon: requests.Session
) -> None:
    """Another price is exit status 1, at this run and at every later one, until a person has looked."""
    fields = {"trans_code": "1", "order_number": number, "contract_code": "12345678", "state": "1", "item_price": "1"}
    answer = "".join(f'<result {name}="{value}" />' for name, value in fields.items())
    to_epsilon.mount(EPSILON, ScriptedEpsilon(f"<Epsilon_result>{answer}</Epsilon_result>".encode()))
    status, lines = type_in("reconcile", "--older-than", "0s")
    assert status == 1
    assert lines[0] == f"{number:<20} awaiting -> in_question"
    assert lines[1].startswith(f"in question: {number}")
    assert type_in("reconcile", "--older-than", "0s")[0] == 1


def test_reconcile_says_when_it_could_not_ask(
    type_in: Type, number: str, book: Book, to_epsilon: requests.Session
) -> None:
    """Exit status 2, the reason, and the order as it was."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(b"<html>", status=502))
    status, lines = type_in("reconcile", "--older-than", "0s")
    assert (status, lines) == (2, [f"{number:<20} BadAnswer: the HTTP status is not 200 (HTTP 502, 6 bytes)"])
    assert book(number).state is OrderState.AWAITING


def test_nothing_that_epsilon_says_steers_the_terminal(
    type_in: Type, buyer: Buyer, number: str, to_epsilon: requests.Session
) -> None:
    """Line ends, colours and right-to-left marks are shown as what they are, and forge no line of ours."""
    detail = "%0a" + "state%20paid" + "%1b%5b2J" + "%e2%80%ae" + "%e9%9b%bb"
    refusal = f'<Epsilon_result><result result="0" /><result err_code="601" /><result err_detail="{detail}" />'
    to_epsilon.mount(EPSILON, ScriptedEpsilon(f"{refusal}</Epsilon_result>".encode()))
    buyer.order(form=Buyer.form(buyer) | {"purchase": "x" * 16})
    plain = r"\nstate paid\x1b[2J\u202e電"
    assert f"err_detail     {plain}" in type_in("show", buyer.order_numbers()[0])[1]
    assert type_in("reconcile", "--older-than", "0s") == (2, [f"{number:<20} Refused: 601:{plain}"])


def test_two_reconciles_at_once_ask_once(shop: Flask, buyer: Buyer) -> None:
    """Each open order is claimed by one of them."""
    numbers = {order_number_of(buyer.open(buyer.order(st="conveni", conveni_code="11").location)) for _ in range(6)}
    with shop.app_context(), writing() as here:
        here.execute(update(OrderRecord).values(asked_at=datetime.now(UTC) - timedelta(hours=1)))

    def run(_: int) -> list[str]:
        client = shop.extensions["epsilon"]
        with shop.app_context():
            outcomes = reconciliation.reconcile(shop, client, timedelta(minutes=10), parallel=2)
            return [outcome.order_number for outcome in outcomes]

    with ThreadPoolExecutor(2) as crowd:
        assert sorted(chain(*crowd.map(run, range(2)))) == sorted(numbers)


def test_a_claim_that_died_with_its_process_is_taken_over(shop: Flask, type_in: Type, number: str) -> None:
    """While it is held nobody else asks; once it has run out the next one does."""

    def hold(until: datetime) -> None:
        with shop.app_context(), writing() as here:
            lock(here, find_known(order_number=number))[0].leased_until = until

    hold(datetime.now(UTC) + timedelta(minutes=1))
    assert type_in("reconcile", "--older-than", "0s") == (0, [])
    hold(datetime.now(UTC) - timedelta(seconds=1))
    assert type_in("reconcile", "--older-than", "0s") == (0, [f"{number:<20} awaiting -> awaiting"])


@pytest.mark.parametrize("length", ["10", "m", "-1m", "1w", "99999d"])
def test_a_length_of_time_has_a_form(type_in: Type, length: str) -> None:
    """What is none is refused with an example."""
    status, lines = type_in("reconcile", "--older-than", length)
    assert status == 2
    assert "is not like 90s, 10m, 2h or 3d" in lines[-1]
