"""A buyer's visit: which order a page is about, the words it says, and the ways out that all pages share."""

from urllib.parse import quote

from flask import abort, redirect, render_template, request
from werkzeug.wrappers import Response

from . import codes
from .environment import environment
from .ledger import Stage, Transaction
from .words import WORDS

Page = str | Response | tuple[str, int]


def asked_for(position: int | None = None) -> Transaction:
    """The transaction of the token in the address; 404 where there is none, or not for this method."""
    here = environment()
    transaction = here.ledger.find(here.contract_code, "token", request.args.get("trans_code", ""))
    if transaction is None:
        abort(404)
    if position is not None and position not in [method.position for method in offered(transaction)]:
        abort(404)
    return transaction


def gone(transaction: Transaction) -> Page:
    """Answer the buttons that all pages share: `back` uses the order number up, `leave` changes nothing."""
    here = environment()
    action = request.form.get("action", "")
    if action == "leave":
        return redirect(link("left.cgi", transaction), 303)
    if action != "back":
        abort(400)
    if transaction.stage == Stage.OPEN:
        here.ledger.move(transaction, Stage.BACK, last_update=here.timestamp())
        transaction = asked_for()
    if transaction.stage != Stage.BACK:
        return closed(transaction)
    return redirect(here.shop.back(transaction.order_number), 303)


def closed(transaction: Transaction) -> Page:
    """Say that this page was used, and how; 410."""
    return show("closed.html", transaction), 410


def offered(transaction: Transaction) -> list[codes.Method]:
    """The methods that this order's buyer may choose."""
    return codes.offered(
        transaction.st_code, transaction.mission_code, transaction.process_code, transaction.item_price
    )


def link(page: str, transaction: Transaction) -> str:
    """The address of another page of the same order."""
    return f"/cgi-bin/order/{page}?trans_code={quote(transaction.token, safe='')}"


def words(transaction: Transaction) -> dict[str, str]:
    """The buyer's language, by `lang_id`."""
    return WORDS[transaction.lang_id]


def show(template: str, transaction: Transaction, **values: object) -> str:
    """A page in the buyer's language about the buyer's order."""
    return render_template(
        template,
        order=transaction,
        shop=environment().shop,
        lang=transaction.lang_id,
        words=words(transaction),
        link=lambda page: link(page, transaction),
        **values,
    )
