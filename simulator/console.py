"""What the developer sees first: all transactions, the konbini counter, and the printable slip."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from . import codes, methods, slips
from .environment import environment
from .guard import own_pages_only
from .tables import Stage
from .visits import link

console = Blueprint("console", __name__)
console.before_request(own_pages_only)

SHOWN = 50  # rows of each table


@console.get("/")
def home() -> str:
    """The newest transactions and notices."""
    here = environment()
    transactions = here.ledger.recent(here.contract_code, SHOWN)
    return render_template(
        "console.html",
        here=here,
        transactions=transactions,
        method_of=methods.of,
        stores=codes.STORES,
        notices=here.ledger.notices(SHOWN),
        link=link,
    )


@console.get("/counter")
def counter() -> str:
    """The open slips, each with a button that pays it."""
    here = environment()
    rows = here.ledger.recent(here.contract_code, SHOWN, Stage.SLIP)
    return render_template("counter.html", rows=[(row, slips.place(row), slips.expired(here, row)) for row in rows])


@console.post("/counter")
def pay_slip() -> Response:
    """Pay a slip; one that is paid stays paid, one whose deadline has passed cannot be (409)."""
    here = environment()
    transaction = here.ledger.find(here.contract_code, "trans_code", request.form.get("trans_code", ""))
    if transaction is None:
        abort(404)
    if transaction.stage != Stage.COUNTER and not slips.pay(here, transaction):
        abort(409)
    return redirect(url_for(".home"), 303)


@console.get("/slip")
def slip() -> str:
    """The slip that a buyer prints for a store that takes one; found by its receipt number."""
    here = environment()
    receipt_no = request.args.get("receipt", "")
    # A receipt number is the trans_code, filled up with zeros.
    transaction = here.ledger.find(here.contract_code, "trans_code", receipt_no.lstrip("0"))
    if transaction is None or transaction.receipt_no != receipt_no or not transaction.haraikomi_url:
        abort(404)
    return render_template("slip.html", order=transaction, store=slips.place(transaction), merchant=here.merchant)
