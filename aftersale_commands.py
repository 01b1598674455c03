"""``flask orders cancel``, ``capture`` and ``change-amount``: asks the merchant first, then says what is true."""

import sys
from collections.abc import Callable
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

import aftersale
import epsilon
import orders
from aftersale import Act, CannotBeDone, Outcome
from orders import OrderRecord
from terminal import plain

EXIT_STATUS = """\
Asks before it does anything; --yes is for scripts. Exit status: 0 done, and Epsilon's inquiry says so; 1 not done: it
cannot be, or Epsilon refused; 2 unknown: Epsilon could not be asked, or what it says does not settle it.
"""
LATER = (
    "Give this command again, which inquires first, or wait for `flask orders reconcile`, which asks about it too. "
    "If it stays so, see to it in Epsilon's console."
)

number = click.argument("number")
yes = click.option("--yes", is_flag=True, help="Do not ask first.")


def find_order(number: str) -> OrderRecord:
    """Return the order with this number; where there is none, end with a sentence."""
    record = orders.find(order_number=number)
    if record is None:
        raise click.ClickException(f"There is no order {number}. `flask orders list` shows those that are.")
    return record


@click.command("cancel", epilog=EXIT_STATUS)
@number
@yes
@with_appcontext
def cancel(number: str, yes: bool) -> None:
    """Cancel an order: authorised, paid, under review or in question.

    What is paid by a number, at a konbini for example, cannot be cancelled: the number stays payable until its limit.
    """
    _do(aftersale.CANCEL, number, yes, _foretell_cancel)


@click.command("capture", epilog=EXIT_STATUS)
@number
@yes
@with_appcontext
def capture(number: str, yes: bool) -> None:
    """Take the money of an authorised order, within 90 days of the order."""
    _do(aftersale.CAPTURE, number, yes, lambda record: f"Epsilon takes the money, {_price_of(record)}.")


@click.command("change-amount", epilog=EXIT_STATUS)
@number
@click.argument("new_item_price", type=click.IntRange(1))
@yes
@with_appcontext
def change_amount(number: str, new_item_price: int, yes: bool) -> None:
    """Give an order that is paid by card, or a monthly plan, another price in yen."""
    act = aftersale.change_amount(new_item_price)
    _do(act, number, yes, lambda record: f"Its price becomes {new_item_price:,} JPY{_monthly(record)}.")


def _do(act: Act, number: str, yes: bool, foretell: Callable[[OrderRecord], str]) -> None:
    record = find_order(number)
    try:
        act.check(record)
        if not yes:
            _ask_first(record, foretell(record))
        outcome = aftersale.do(current_app.extensions["epsilon"], act, record)
    except CannotBeDone as reason:
        _end(1, str(reason))
    except epsilon.EpsilonError as error:
        _end(2, f"Nothing was done: Epsilon could not be asked about order {number} ({_named(error)}).")
    except (KeyboardInterrupt, SQLAlchemyError) as error:
        _end(2, f"Cut off ({type(error).__name__}), perhaps after Epsilon was asked. {LATER}")
    if not outcome.is_done:
        _end(1 if isinstance(outcome.failure, epsilon.Refused) else 2, _explain(outcome))
    click.echo(f"Done: Epsilon says that order {_standing(outcome.record)}.")


def _ask_first(record: OrderRecord, foretold: str) -> None:
    if not sys.stdin.isatty():
        _end(2, "Nothing was done: there is no terminal to ask at. Say --yes if you mean it.")
    method = epsilon.method_of(record.payment_code)
    click.echo(f"Order {_standing(record)}, paid by: {method.en if method else 'unknown'}.")
    click.confirm(f"{foretold} Go on?", abort=True)


def _foretell_cancel(record: OrderRecord) -> str:
    plan = " The monthly plan itself is not ended so." if record.mission_code > 1 else ""
    return f"Epsilon cancels it: the money goes back, or is never taken.{plan}"


def _explain(outcome: Outcome) -> str:
    later = ""
    match outcome.failure:
        case epsilon.Refused(code=code) as refusal:
            answer = f"Not done: Epsilon refused, {refusal}. {epsilon.advise(code).developer_en}"
        case epsilon.Unreachable() as error:
            answer = f"Not done: Epsilon could not be reached ({_named(error)}), and nothing was sent."
        case None:
            answer, later = "Unknown: Epsilon said yes.", LATER
        case error:
            answer, later = f"Unknown: Epsilon's answer is neither yes nor no ({_named(error)}).", LATER
    said = f"Asked about it, it says that order {_standing(outcome.record)}."
    if outcome.inquiry_failure:
        said = f"Asked about it, it gave no answer that can be read ({_named(outcome.inquiry_failure)})."
    return f"{answer} {said} {later}".rstrip()


def _standing(record: OrderRecord) -> str:
    return f"{record.order_number} is {record.state.replace('_', ' ')}, {_price_of(record)}{_monthly(record)}"


def _price_of(record: OrderRecord) -> str:
    return f"{record.item_price:,} {record.currency_id or 'JPY'}"


def _monthly(record: OrderRecord) -> str:
    return " each month" if record.mission_code > 1 else ""


def _named(error: epsilon.EpsilonError) -> str:
    return f"{type(error).__name__}: {error}"


def _end(status: int, sentence: str) -> NoReturn:
    click.echo(plain(sentence), err=True)
    sys.exit(status)
