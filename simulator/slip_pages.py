"""The buyer's pages for what is paid later by a number: konbini, Pay-easy, virtual account."""

import re

from flask import Blueprint, redirect, request

from . import codes, methods, slips
from .codes import Store
from .environment import environment
from .guard import own_pages_only
from .methods import METHODS, Method
from .tables import Stage, Transaction
from .visits import UNPAYING, Page, asked_for, closed, gone, home, link, show, words

slip_pages = Blueprint("slip_pages", __name__, url_prefix="/cgi-bin/order")
slip_pages.before_request(own_pages_only)

METHOD_OF = {METHODS[place].page: METHODS[place] for place in (methods.KONBINI, methods.PAYEASY, methods.ACCOUNT)}
PAGE = f"/<any({', '.join(repr(page) for page in METHOD_OF)}):page>"


@slip_pages.get(PAGE)
def slip3(page: str) -> Page:
    """Let the buyer ask for a number, for konbini at a store of their choice; once issued, show it."""
    method = METHOD_OF[page]
    transaction = asked_for(method.position)
    if transaction.stage == Stage.SLIP and transaction.payment_code == str(method.position):
        return show("receipt.html", transaction, store=slips.place(transaction), ends=("twice", "post", "leave"))
    return slip_page(transaction, method) if transaction.stage == Stage.OPEN else closed(transaction)


@slip_pages.post(PAGE)
def press_slip3(page: str) -> Page:
    """Take a number, or end without one; with the number in hand: return to the shop in one of the ways."""
    here, method = environment(), METHOD_OF[page]
    transaction = asked_for(method.position)
    action = request.form.get("action", "")
    if action in ("return", "twice", "post") and transaction.stage == Stage.SLIP:
        return home(transaction)
    if action == "refuse" and transaction.stage == Stage.OPEN:
        return slip_page(transaction, method, "refused"), 422
    if action != "issue":
        return gone(transaction, method)
    if transaction.stage == Stage.OPEN:
        store = store_of(method)
        if store is None:
            return slip_page(transaction, method, "store_missing"), 422
        if store.needs_phone and not re.fullmatch(r"[0-9]{10,11}", request.form.get("user_tel", "")):
            return slip_page(transaction, method, "phone_missing"), 422
        slips.issue(here, transaction, store, request.host_url, method.position)
    return redirect(link(page, transaction), 303)


def store_of(method: Method) -> Store | None:
    """Where the buyer wants to pay."""
    return slips.PLACES.get(method.position) or codes.STORES.get(request.form.get("conveni_code", ""))


def slip_page(transaction: Transaction, method: Method, trouble: str | None = None) -> str:
    """The page that issues a number, with what was wrong."""
    return show(
        "conveni.html",
        transaction,
        method=method,
        stores=codes.STORES.values() if method.position == methods.KONBINI else (),
        chosen=request.form.get("conveni_code", ""),
        user_tel=request.form.get("user_tel", ""),
        problem=trouble,
        trouble=trouble and words(transaction)[trouble],
        ends=UNPAYING,
    )
