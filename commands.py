"""``flask orders``: what a merchant or a timer asks of the order book. Decides nothing."""

import re
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

import aftersale
import epsilon
import orders
import reconciliation
from aftersale_commands import cancel, capture, change_amount, find_order
from database import UNUSABLE, reading
from orders import OrderRecord, OrderState
from terminal import plain


class OrdersGroup(AppGroup):
    """The commands, which say in a sentence that the order book cannot be used, and end with status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed."""
        try:
            return super().invoke(ctx)
        except UNUSABLE as error:
            click.echo(f"The order book cannot be used: {getattr(error, 'orig', error)}", err=True)
            ctx.exit(2)


orders_cli = OrdersGroup(
    "orders",
    commands=[cancel, capture, change_amount],
    help="Look into the order book, ask Epsilon about what is open in it, and for what comes after the sale.",
)
WATCH_SECONDS = 5.0
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[timedelta]):
    """A length of time like 90s, 10m, 2h or 3d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the length, or say how to write one."""
        if isinstance(value, timedelta):
            return value
        if not (found := re.fullmatch(r"(\d{1,4})([smhd])", str(value))):
            self.fail(f"{value!r} is not like 90s, 10m, 2h or 3d", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


def _line(record: OrderRecord) -> str:
    when = f"{record.created_at.astimezone(epsilon.JAPAN):%Y-%m-%d %H:%M}"
    price = f"{record.item_price:>9,} {record.currency_id or 'JPY'}"
    plan = "  monthly" if record.mission_code > 1 else ""
    return f"{record.order_number:<20} {record.state:<13} {price}  {record.st:<8} {when}{plan}"


@orders_cli.command("list")
@click.option("--state", type=click.Choice([state.value for state in OrderState]), help="Only orders in this state.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many, newest first.")
def list_orders(state: str | None, limit: int) -> None:
    """List orders, newest first; times are Japan time."""
    newest = select(OrderRecord).order_by(OrderRecord.id.desc()).limit(limit)
    with reading() as here:
        for record in here.scalars(newest.filter_by(state=OrderState(state)) if state else newest):
            click.echo(_line(record))


@orders_cli.command("show")
@click.argument("number")
def show_order(number: str) -> None:
    """Show one order, without the buyer's name and addresses."""
    record = find_order(number)
    names = (
        "order_number state item_code item_name quantity item_price st created_at asked_at trans_code payment_code "
        "conveni_code conveni_limit conveni_time err_code err_detail"
    ).split()
    for name in names:
        value = getattr(record, name)
        click.echo(f"{name:<14} {'' if value is None else plain(value)}")
    # What most orders have not: another currency than yen, a monthly plan, a new price that is not confirmed.
    for name in ("currency_id", "mission_code", "plan_ended_at", "new_item_price"):
        if (value := getattr(record, name)) not in ("", 1, None):
            click.echo(f"{name:<14} {value}")
    others = [other.order_number for other in orders.attempts_of(record.purchase) if other.id != record.id]
    click.echo(f"{'same purchase':<14} {' '.join(others)}")


@orders_cli.command("events")
@click.argument("number")
def show_events(number: str) -> None:
    """Show every move of one order: when, from, to, on whose word, in which exchange of the log."""
    for event in orders.events_of(find_order(number)):
        when = event.at.astimezone(epsilon.JAPAN)
        move = f"{event.from_state} -> {event.to_state}"
        noted = f"{event.word:<10} {event.exchange:<17} {plain(event.note)}"
        click.echo(f"{when:%Y-%m-%d %H:%M:%S}  {move:<26} {noted}".rstrip())


@orders_cli.command("reconcile")
@click.option(
    "--older-than", type=Duration(), help="Only orders not asked about for so long. [default: 10m; with --watch 5s]"
)
@click.option("--dry-run", is_flag=True, help="Only say which orders would be asked about.")
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C: for a machine that no notice can reach.")
@click.option("--parallel", type=click.IntRange(1, 16), default=4, show_default=True, help="So many at a time.")
def reconcile(older_than: timedelta | None, dry_run: bool, watch: bool, parallel: int) -> None:
    """Ask Epsilon about every order that is not final, or that a command left in doubt, oldest first.

    Exit status: 0 no person is needed, 1 something is in question or its authorisation is about to lapse, 2 some order
    could not be asked about, or not written down.
    """
    older_than = older_than if older_than is not None else timedelta(seconds=5) if watch else timedelta(minutes=10)
    if dry_run:
        for record in reconciliation.due(older_than):
            click.echo(_line(record))
        return
    status = _reconcile_once(older_than, parallel)
    while watch:
        time.sleep(WATCH_SECONDS)
        status = _reconcile_once(older_than, parallel)
    sys.exit(status)


def _reconcile_once(older_than: timedelta, parallel: int) -> int:
    client = current_app.extensions["epsilon"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    outcomes = reconciliation.reconcile(app, client, older_than, parallel=parallel)
    failed = 0
    with click.progressbar(outcomes, length=len(reconciliation.due(older_than)), hidden=not sys.stdout.isatty()) as bar:
        for outcome in bar:
            failed += bool(outcome.failure)
            if bar.hidden or outcome.failure or outcome.after is OrderState.IN_QUESTION:
                said = plain(outcome.failure) or f"{outcome.before} -> {outcome.after}"
                click.echo(f"{outcome.order_number:<20} {said}")
    return 2 if failed else 1 if _name_for_a_person() else 0


def _name_for_a_person() -> int:
    """Name the orders that a person must see to; return how many of them can still be saved."""
    questions, now = reconciliation.in_question(), datetime.now(UTC)
    for record in questions:
        click.echo(f"in question: {_line(record)}", err=True)
    capturable = 0
    for record in reconciliation.lapsing():
        until = aftersale.capturable_until(record)
        when = f"{until.astimezone(epsilon.JAPAN):%Y-%m-%d %H:%M}"
        said = f"capture by {when} or the authorisation lapses" if now <= until else f"authorisation lapsed on {when}"
        click.echo(f"{said}: {_line(record)}", err=True)
        capturable += now <= until
    return len(questions) + capturable
