"""The buyer's card pages: type a card or use the registered one, pass 3-D Secure, pay or register."""

from flask import Blueprint, redirect, request

from . import cards, members, methods, sales
from .environment import environment
from .guard import own_pages_only
from .methods import METHODS, Method
from .refusals import CARD_REFUSED
from .tables import Member, Stage, Transaction
from .visits import PAYING, UNPAYING, Page, asked_for, closed, gone, home, link, show, words

card_pages = Blueprint("card_pages", __name__, url_prefix="/cgi-bin/order")
card_pages.before_request(own_pages_only)

METHOD_OF = {METHODS[position].page: METHODS[position] for position in (methods.CARD, methods.OTHER_CURRENCY)}
PAGE = f"/<any({', '.join(repr(page) for page in METHOD_OF)}):page>"

REGISTERING = ("3", "4")  # the process_codes that charge nothing


@card_pages.get(PAGE)
def card3(page: str) -> Page:
    """Show the card page, or the step of 3-D Secure at which the buyer is."""
    transaction = asked_for(METHOD_OF[page].position)
    if transaction.stage == Stage.SECURE:
        return show("secure.html", transaction, end=request.args.get("end", "pay"), ends=("error", "timeout", "leave"))
    return card_page(transaction) if transaction.stage == Stage.OPEN else closed(transaction)


@card_pages.post(PAGE)
def press_card3(page: str) -> Page:
    """Pay in one of the ways, pass or fail 3-D Secure, or end in one of the ways that pay nothing."""
    here, method = environment(), METHOD_OF[page]
    transaction = asked_for(method.position)
    action = request.form.get("action", "")
    if transaction.stage == Stage.SECURE and action == "fail":
        here.ledger.move(transaction, Stage.OPEN)
        return card_page(asked_for(), cards.Verdict.REFUSED), 422
    if transaction.stage == Stage.OPEN and action == "refuse":
        return card_page(transaction, cards.Verdict.REFUSED), 422
    if action not in (*PAYING, "approve"):
        return gone(transaction, method)
    if transaction.stage == Stage.OPEN and action != "approve":
        if member := registered(transaction):
            finish(transaction, method, member.payment_code)
        else:
            verdict, card = cards.judge(request.form, here.now())
            if card is None:
                return card_page(transaction, verdict), 422
            if verdict == cards.Verdict.SECURE:
                here.ledger.move(transaction, Stage.SECURE, last_update=here.timestamp())
                return redirect(link(page, transaction, end=action), 303)
            finish(transaction, method, card.payment_code, card)
    elif transaction.stage == Stage.SECURE and action == "approve":
        finish(transaction, method, cards.SECURE_CARD.payment_code, cards.SECURE_CARD)
    transaction = asked_for()
    # Also the second click of a double click comes here: it paid nothing, but its answer is what shows.
    return home(transaction) if transaction.stage in (Stage.CHARGED, Stage.REGISTERED) else closed(transaction)


def finish(transaction: Transaction, method: Method, payment_code: str, card: cards.Card | None = None) -> None:
    """Charge the card or only register it, once; a typed one is registered either way (assumed)."""
    here = environment()
    if method.position != methods.CARD:
        payment_code = str(method.position)
    if transaction.process_code in REGISTERING:
        done = here.ledger.move(transaction, Stage.REGISTERED, payment_code=payment_code, last_update=here.timestamp())
    else:
        late = "late" in (request.form.get("action"), request.form.get("end"))
        done = sales.complete(here, transaction, payment_code, late=late)
    if done and card:
        members.register(here, done, card)


def card_page(transaction: Transaction, verdict: cards.Verdict | None = None) -> str:
    """The card form, with what was wrong; what was typed is not shown again."""
    trouble = verdict and words(transaction).get(verdict)
    if verdict == cards.Verdict.REFUSED:
        trouble = f"{CARD_REFUSED.err_code}: {CARD_REFUSED.err_detail}"
    year = environment().now().year
    return show(
        "card.html",
        transaction,
        trouble=trouble,
        verdict=verdict,
        years=range(year, year + 11),
        registered=registered(transaction),
        registering=transaction.process_code in REGISTERING,
        ends=(*PAYING[1:], *UNPAYING),
    )


def registered(transaction: Transaction) -> Member | None:
    """The card that the buyer need not type. Without a registered one the page asks for one (assumed)."""
    if transaction.process_code != "2":
        return None
    return members.with_card(environment(), transaction.user_id)
