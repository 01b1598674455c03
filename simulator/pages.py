"""What a buyer sees at Epsilon: choose a method, pay by card, take a konbini slip, or go away."""

import re

from flask import Blueprint, redirect, request

from . import cards, codes, notices, slips
from .environment import environment
from .guard import own_pages_only
from .ledger import PAID, Stage, Transaction
from .refusals import CARD_REFUSED
from .visits import Page, asked_for, closed, gone, link, offered, show, words

pages = Blueprint("pages", __name__, url_prefix="/cgi-bin/order")
pages.before_request(own_pages_only)


@pages.get("/method_select3.cgi")
def method_select3() -> Page:
    """Let the buyer choose among the methods that the order allows; a single one needs no choice."""
    transaction = asked_for()
    if transaction.stage != Stage.OPEN:
        return closed(transaction)
    methods = offered(transaction)
    if len(methods) == 1:
        return redirect(link(str(methods[0].page), transaction), 303)
    return show("select.html", transaction, methods=methods)


@pages.post("/method_select3.cgi")
def leave_method_select3() -> Page:
    """The buyer chooses nothing: back to the shop, or away."""
    return gone(asked_for())


@pages.get("/card3.cgi")
def card3() -> Page:
    """Show the card page."""
    transaction = asked_for(codes.CARD)
    return card_page(transaction) if transaction.stage == Stage.OPEN else closed(transaction)


@pages.post("/card3.cgi")
def press_card3() -> Page:
    """Pay, pay and never return, go back, or leave."""
    here, transaction = environment(), asked_for(codes.CARD)
    action = request.form.get("action", "")
    if action not in ("pay", "vanish"):
        return gone(transaction)
    if transaction.stage == Stage.OPEN:
        if not uses_registered_card(transaction):
            verdict = cards.judge(request.form, here.now())
            if verdict != cards.Verdict.APPROVED:
                return card_page(transaction, verdict), 422
        now = here.timestamp()
        charged = here.ledger.move(
            transaction,
            Stage.CHARGED,
            state=PAID,
            payment_code=str(codes.CARD),
            credit_time=now,
            last_update=now,
        )
        if charged:
            notices.send_completion(here, charged)
        transaction = asked_for(codes.CARD)
    if transaction.stage != Stage.CHARGED:
        return closed(transaction)
    if action == "vanish":
        return redirect(link("left.cgi", transaction), 303)
    # Also the second click of a double click comes here: it paid nothing, but its answer is what shows.
    return redirect(
        here.shop.completed(
            trans_code=transaction.trans_code,
            user_id=transaction.user_id,
            result="1",
            order_number=transaction.order_number,
        ),
        303,
    )


@pages.get("/conveni3.cgi")
def conveni3() -> Page:
    """Let the buyer choose a store; once chosen, show the receipt number."""
    transaction = asked_for(codes.KONBINI)
    if transaction.stage == Stage.SLIP:
        store = codes.STORES[transaction.conveni_code]
        return show("receipt.html", transaction, store=store)
    return conveni_page(transaction) if transaction.stage == Stage.OPEN else closed(transaction)


@pages.post("/conveni3.cgi")
def press_conveni3() -> Page:
    """Take a slip, go back, leave; with the slip in hand: return to the shop."""
    here, transaction = environment(), asked_for(codes.KONBINI)
    action = request.form.get("action", "")
    if action == "return" and transaction.stage == Stage.SLIP:
        # The konbini page returns with nothing but this (clients).
        return redirect(here.shop.completed(trans_code=transaction.trans_code), 303)
    if action != "issue":
        return gone(transaction)
    if transaction.stage == Stage.OPEN:
        store = codes.STORES.get(request.form.get("conveni_code", ""))
        if store is None:
            return conveni_page(transaction, "store_missing"), 422
        if store.needs_phone and not re.fullmatch(r"[0-9]{10,11}", request.form.get("user_tel", "")):
            return conveni_page(transaction, "phone_missing"), 422
        slips.issue(here, transaction, store, request.host_url)
    return redirect(link("conveni3.cgi", transaction), 303)


@pages.get("/left.cgi")
def left() -> Page:
    """The buyer's browser is closed; nothing goes back to the shop."""
    return show("left.html", asked_for())


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
        registered=cards.MASK if uses_registered_card(transaction) else None,
    )


def conveni_page(transaction: Transaction, trouble: str | None = None) -> str:
    """The choice of stores, with what was wrong."""
    return show(
        "conveni.html",
        transaction,
        stores=codes.STORES.values(),
        chosen=request.form.get("conveni_code", ""),
        user_tel=request.form.get("user_tel", ""),
        problem=trouble,
        trouble=trouble and words(transaction)[trouble],
    )


def uses_registered_card(transaction: Transaction) -> bool:
    """Whether the buyer need not type a card. Without a registered one the page asks for one (assumed)."""
    return transaction.process_code == codes.REGISTERED_CARD and environment().ledger.has_card(
        transaction.contract_code, transaction.user_id
    )
