"""``flask epsilon``: what a developer asks on the way from the simulator to the real Epsilon. Prints, and no more."""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, fields
from enum import Enum
from pathlib import Path
from textwrap import fill

import click
from flask import current_app
from flask.cli import AppGroup

import console
import epsilon
import exchanges
from checks import Check, Result
from connection import follow_path
from error_guide import explain, render_page
from terminal import plain
from trial import ENVIRONMENTS, try_contract, try_methods
from ways import WAYS

WIDTH = 110
MARKS = {Result.OK: "✓", Result.UNKNOWN: "?", Result.WRONG: "✗"}
# The contract codes that stand as examples on Epsilon's pages (documented).
EXAMPLE_CODES = ("99999999", "12345600")


def _print_anything() -> None:
    # Of the usual ways to print what a terminal has no letter for, "?" would make a ? of a ✓.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


epsilon_cli = AppGroup("epsilon", help="Find out what is between this shop and Epsilon.", callback=_print_anything)


@epsilon_cli.command("check")
@click.option("--yes", is_flag=True, help="Make the call without asking.")
@click.option(
    "--methods",
    is_flag=True,
    help="See which ways to pay are contracted, by registering one order of 100 yen for each. Nobody pays them, but "
    "Epsilon's console shows them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(yes: bool, methods: bool, as_json: bool) -> None:
    """Find out what stands between this shop and Epsilon, and what to do about it.

    Up to the clock, which is read off an answer to HEAD /, no CGI is called. Then one call asks to register a card
    (process_code 3) of nobody: no order, no charge. It is made only if you say so, here or by --yes; without a
    terminal nobody is asked, and no call is made.

    Exit status: 0 all is well, 1 something is not known, 2 something is wrong (or the settings are, which are named
    then instead of this).
    """
    found: list[Check] = []
    for each in _checks(yes=yes, methods=methods):
        found.append(each)
        if not as_json:
            _echo_check(each)
    if as_json:
        _echo_json({"checks": [asdict(each) for each in found]})
    results = {each.result for each in found}
    sys.exit(2 if Result.WRONG in results else 1 if Result.UNKNOWN in results else 0)


def _checks(*, yes: bool, methods: bool) -> Iterator[Check]:
    env, url, code = (current_app.config[f"EPSILON_{name}"] for name in ("ENV", "URL", "CONTRACT_CODE"))
    here = " (console at /console)" if env == "simulator" else ""
    yield Check("settings", Result.OK, f"EPSILON_ENV is {env}: {url}{here}")
    if code in EXAMPLE_CODES:
        remedy = "Yours was shown when you applied (申込完了画面), and came by mail."
        yield Check("contract code", Result.UNKNOWN, f"{code} is the example on Epsilon's own pages", (remedy,))
    else:
        yield Check("contract code", Result.OK, f"{code}: 8 letters and digits, as it should be")
    path = follow_path(url)
    yield from path
    why_not = ""
    if any(each.result is Result.WRONG and each.name != "clock" for each in path):
        why_not = "not tried: this machine does not get through"
    elif not yes and not (sys.stdin.isatty() and _agrees(url, methods)):
        why_not = "not tried: nobody said yes (--yes does)"
    yield Check("contract", Result.UNKNOWN, why_not) if why_not else try_contract(code, url)
    if methods:
        ways = [WAYS[name] for name in current_app.config["SHOP_METHODS"]]
        # Where the buyer chooses of several, Epsilon leaves out what is not contracted (assumed).
        offered = {way.positions[0] for way in ways if len(way.positions) == 1}
        yield Check("methods", Result.UNKNOWN, why_not) if why_not else try_methods(code, url, offered=offered)


def _echo_check(check: Check) -> None:
    indent = " " * 17
    head = f"{MARKS[check.result]} {check.name:<14} "
    click.echo(fill(check.says, WIDTH, initial_indent=head, subsequent_indent=indent, break_long_words=False))
    for line in check.remedy:
        click.echo(fill(line, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False))


def _agrees(url: str, methods: bool) -> bool:
    more = ", and to take one unpaid order for each way to pay" if methods else ""
    question = f"Ask {url} to register a card of nobody (process_code 3){more}?"
    return click.confirm(question, err=True)


@epsilon_cli.command("urls")
def show_urls() -> None:
    """Show what to enter in Epsilon's console for this shop, address by address.

    Exit status: 0 all can be reached, as far as this machine can see, 1 some cannot.
    """
    env = current_app.config["EPSILON_ENV"]
    # The simulator is at home on this machine.
    doubt = "" if env == "simulator" else console.doubt(current_app.config["SHOP_URL"])
    where = ENVIRONMENTS.get(current_app.config["EPSILON_URL"], "simulator")
    click.echo(f"For the console of the {where}, in which each has an 更新 button of its own.")
    for entry in console.list_entries(current_app):
        click.echo(f"\n{entry.name} ({entry.en}; called by {entry.caller})\n  {entry.url}")
        if doubt:
            click.echo(f"  ! {doubt}")
    click.echo("\nオーダー情報発信元ホスト (管理画面トップ ⇒ 設定 ⇒ 決済システムの接続設定)")
    click.echo("  the public IP address or host name of the machine that calls Epsilon, not a URL; else error 908")
    if doubt:
        click.echo("\nWhere no notice arrives, `flask orders reconcile --watch` asks instead.")
    sys.exit(1 if doubt else 0)


@epsilon_cli.command("errors")
@click.argument("code", default="")
@click.option("--markdown", type=click.Choice(["ja", "en"]), hidden=True, help="Print docs/errors.ja.md or errors.md.")
def show_errors(code: str, markdown: str) -> None:
    """Show what an err_code means, what the buyer is told and what to do; all that are known without CODE."""
    if markdown:
        click.echo(render_page("ja" if markdown == "ja" else "en"), nl=False)
        return
    for each in [code] if code else epsilon.ERRORS:
        click.echo(each)
        for label, text in (*explain(each, "ja"), *explain(each, "en")):
            click.echo(f"  {label}: {text}")


@epsilon_cli.command("sales")
@click.option("--order-number", default="", help="The shop's number of the order.")
@click.option("--trans-code", default="", help="Epsilon's number of the transaction.")
@click.option("--json", "as_json", is_flag=True, help="Print all fields as one JSON object, the buyer's too.")
@click.option("--raw", is_flag=True, help="Print the bytes as they came, the buyer's too.")
def show_sales(order_number: str, trans_code: str, as_json: bool, raw: bool) -> None:
    """Ask Epsilon about one order, by one of its two numbers; shown without the buyer.

    Exit status: 0 it is there, 1 Epsilon does not know it, 2 Epsilon could not be asked.
    """
    if bool(order_number) == bool(trans_code) or not re.fullmatch(r"[A-Za-z0-9]{1,32}", order_number + trans_code):
        raise click.UsageError("Give one number, of letters and digits: --order-number or --trans-code.")
    heard: list[epsilon.Exchange] = []
    config = current_app.config
    client = epsilon.Client(config["EPSILON_CONTRACT_CODE"], base_url=config["EPSILON_URL"], on_exchange=heard.append)
    try:
        with closing(client):
            sale = client.get_sales(order_number=order_number, trans_code=trans_code)
    except epsilon.EpsilonError as error:
        click.echo(plain(f"{type(error).__name__}: {error}"), err=True)
        if isinstance(error, epsilon.Refused):
            click.echo(epsilon.advise(error.code).developer_en, err=True)
        status = 2
    else:
        status = 0 if sale else 1
        if not sale:
            click.echo("Epsilon knows no such order under this contract.", err=True)
        elif as_json:
            _echo_json(asdict(sale))
        elif not raw:
            _echo_sale(sale)
    if raw:
        click.echo(heard[0].body, nl=False)
    sys.exit(status)


@epsilon_cli.command("record")
@click.option("--order-number", default="", help="Only the exchanges about this order.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("fixtures"), show_default=True)
def record_fixtures(order_number: str, folder: Path) -> None:
    """Write the exchanges that this shop kept as fixtures with their date, with nothing of the buyer or the contract.

    The simulator's and beta's are kept, the newest thousand; production's are not.

    Exit status: 0 some were written, 1 there are none.
    """
    kept = [each for each in exchanges.all_kept(order_number) if each.is_ours]
    if not kept:
        click.echo("No exchange is kept. Place an order first; in production none is ever kept.", err=True)
        sys.exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    for each in kept:
        file = folder / exchanges.fixture_name(each)
        file.write_text(json.dumps(exchanges.fixture(each), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(file)


def _echo_sale(sale: epsilon.Sale) -> None:
    shown = {field.name: getattr(sale, field.name) for field in fields(sale) if field.repr}
    for name, value in (*shown.items(), *sorted(sale.extra.items())):
        text = f"{value.value} {value.name}" if isinstance(value, Enum) else "" if value is None else value
        click.echo(plain(f"{name:<14} {text}".rstrip()))


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_as_text))


def _as_text(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)
