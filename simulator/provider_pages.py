"""The buyer's pages of all methods that somebody else's site does: banks, wallets, prepaid money, deferred payment."""

from flask import Blueprint, request

from . import card_pages, methods, sales, slip_pages
from .environment import environment
from .guard import own_pages_only
from .methods import METHODS, Method
from .tables import Stage, State, Transaction
from .visits import PAYING, UNPAYING, Page, asked_for, closed, gone, home, show, words

provider_pages = Blueprint("provider_pages", __name__, url_prefix="/cgi-bin/order")
provider_pages.before_request(own_pages_only)

METHOD_OF = {
    method.page: method
    for method in METHODS.values()
    if method.page not in card_pages.METHOD_OF and method.page not in slip_pages.METHOD_OF
}
PAGE = f"/<any({', '.join(repr(page) for page in METHOD_OF)}):page>"

# How GMO deferred payment is reviewed: at once, unless a button says otherwise (assumed).
REVIEWED = {"review": State.REVIEW, "refuse": State.REVIEW_REFUSED}


@provider_pages.get(PAGE)
def provider3(page: str) -> Page:
    """Show the provider's page."""
    method = METHOD_OF[page]
    transaction = asked_for(method.position)
    return provider_page(transaction, method) if transaction.stage == Stage.OPEN else closed(transaction)


@provider_pages.post(PAGE)
def press_provider3(page: str) -> Page:
    """Pay in one of the ways, be refused, or end in one of the ways that pay nothing."""
    here, method = environment(), METHOD_OF[page]
    transaction = asked_for(method.position)
    action = request.form.get("action", "")
    deferred = method.position == methods.DEFERRED
    if action == "refuse" and not deferred and transaction.stage == Stage.OPEN:
        return provider_page(transaction, method, words(transaction)["refused"]), 422
    if action not in PAYING and not (deferred and action in REVIEWED):
        return gone(transaction, method)
    if transaction.stage == Stage.OPEN:
        state = REVIEWED.get(action, State.AUTHORISED) if deferred else None
        sales.complete(here, transaction, str(method.position), state, late=action == "late")
        transaction = asked_for()
    # Also the second click of a double click comes here: it paid nothing, but its answer is what shows.
    return home(transaction) if transaction.stage == Stage.CHARGED else closed(transaction)


def provider_page(transaction: Transaction, method: Method, trouble: str | None = None) -> str:
    """The provider's page, with why it refused. What is typed there is not looked at."""
    ends = (*PAYING[1:], *UNPAYING)
    return show(
        "provider.html",
        transaction,
        method=method,
        deferred=method.position == methods.DEFERRED,
        trouble=trouble,
        ends=("review", *ends) if method.position == methods.DEFERRED else ends,
    )
