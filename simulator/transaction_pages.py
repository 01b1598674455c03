"""One transaction as the developer sees it: every field, every notice, and what can be done now."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from . import actions, codes, methods, notices
from .actions import Action
from .environment import environment
from .guard import own_pages_only
from .notices import Kind
from .refusals import Refused
from .tables import Transaction
from .visits import link

transaction_pages = Blueprint("transaction_pages", __name__, url_prefix="/transactions")
transaction_pages.before_request(own_pages_only)

SHOWN = 50  # notices


@transaction_pages.get("/<trans_code>")
def transaction(trans_code: str) -> str:
    """Show it."""
    here, row = environment(), find(trans_code)
    groups: dict[Kind | None, dict[str, Action]] = {}
    for name, action in actions.possible(here, row).items():
        groups.setdefault(action.kind, {})[name] = action
    return render_template(
        "transaction.html",
        row=row,
        sale=row.sale(),
        method=methods.of(row.payment_code) if row.payment_code else None,
        store=codes.STORES.get(row.conveni_code),
        groups=groups,
        notices=here.ledger.notices(SHOWN, row.trans_code),
        repeats=[wait // timedelta(minutes=1) for wait in notices.REPEATS],
        link=link,
    )


@transaction_pages.post("/<trans_code>")
def press(trans_code: str) -> Response:
    """Do what a button says; 409 where that cannot be done (any more)."""
    here, row = environment(), find(trans_code)
    action = actions.ACTIONS.get(request.form.get("action", ""))
    if action is None:
        abort(400)
    try:
        if not action.possible(here, row):
            abort(409)
        action.act(here, row)
    except Refused:
        abort(409)
    return redirect(url_for(".transaction", trans_code=trans_code), 303)


@transaction_pages.post("/<trans_code>/notices/<int:number>")
def send_now(trans_code: str, number: int) -> Response:
    """Send a notice that waits for its time; one that was sent stays sent."""
    here, row = environment(), find(trans_code)
    waiting = [notice for notice in here.ledger.notices(SHOWN, row.trans_code) if notice.id == number]
    if not waiting:
        abort(404)
    notices.attempt(here, waiting[0])
    return redirect(url_for(".transaction", trans_code=trans_code), 303)


def find(trans_code: str) -> Transaction:
    """The transaction; 404 where there is none."""
    here = environment()
    row = here.ledger.find(here.contract_code, "trans_code", trans_code)
    if row is None:
        abort(404)
    return row
