"""The buyer's pages that belong to no method: the choice, the way back, and the closed browser."""

from flask import Blueprint, abort, redirect, request

from .guard import own_pages_only
from .tables import UNDECIDED, Stage
from .visits import Page, asked_for, chosen, closed, gone, link, offered, returned, show

select_pages = Blueprint("select_pages", __name__, url_prefix="/cgi-bin/order")
select_pages.before_request(own_pages_only)


@select_pages.get("/method_select3.cgi")
def method_select3() -> Page:
    """Let the buyer choose among the methods that the order allows; a single one needs no choice."""
    transaction = asked_for()
    if transaction.stage not in UNDECIDED:
        return closed(transaction)
    methods = offered(transaction)
    if len(methods) == 1:
        return redirect(link(methods[0].page, transaction), 303)
    return show("select.html", transaction, methods=methods, ends=("error", "timeout", "stranger", "leave"))


@select_pages.post("/method_select3.cgi")
def leave_method_select3() -> Page:
    """The buyer chooses nothing: back to the shop, or away."""
    transaction = asked_for()
    methods = offered(transaction)
    if not methods:
        abort(404)
    return gone(transaction, methods[0])


@select_pages.get("/left.cgi")
def left() -> Page:
    """The buyer's browser is closed; nothing goes back to the shop."""
    return show("left.html", asked_for())


@select_pages.get("/return3.cgi")
def return3() -> Page:
    """Offer the way back twice, or as a form; without a script nothing can be sent by itself."""
    transaction = asked_for()
    way = request.args.get("way", "")
    if way not in ("twice", "post"):
        abort(404)
    if transaction.stage not in (Stage.CHARGED, Stage.REGISTERED, Stage.SLIP, Stage.COUNTER):
        return closed(transaction)
    return show("return.html", transaction, way=way, fields=returned(transaction, chosen(transaction)))
