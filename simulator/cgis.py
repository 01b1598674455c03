"""The CGIs that a shop's server calls; only reads the request and picks the answer."""

import secrets
import string
from urllib.parse import quote

from flask import Blueprint, Response, request

from . import answers, codes, slips
from .environment import environment
from .fields import read_fields
from .orders import read_order
from .refusals import Refused

cgis = Blueprint("cgis", __name__, url_prefix="/cgi-bin/order")

TOKEN_LENGTH = 13  # characters, as recorded


@cgis.post("/receive_order3.cgi")
def receive_order3() -> Response:
    """Register an order: a redirect, the receipt itself for konbini direct, or an error; always HTTP 200."""
    here = environment()
    fields = read_fields(request.get_data())
    try:
        order, store = read_order(fields, here.contract_code)
        methods = codes.offered(order.st_code, order.mission_code, order.process_code, order.item_price)
        transaction = here.ledger.register(
            order,
            token=new_token(next(here.orders)),
            now=here.timestamp(),
            # Undecided until the buyer chooses (assumed).
            payment_code=str(methods[0].position) if len(methods) == 1 else "",
        )
    except Refused as refused:
        return respond(answers.error(refused.refusal, fields["memo1"], fields["memo2"], utf8=fields.utf8))
    if store:
        issued = slips.issue(here, transaction, store, request.host_url) or transaction
        return respond(answers.receipt(issued.sale()))
    card_alone = codes.positions(order.st_code) == (codes.CARD,)
    page = "card3.cgi" if card_alone else "method_select3.cgi"
    token = quote(transaction.token, safe="")
    return respond(answers.redirect(f"{request.host_url}cgi-bin/order/{page}?trans_code={token}"))


@cgis.post("/getsales2.cgi")
def getsales2() -> Response:
    """Tell about an order, by trans_code (documented) or by order_number (recorded)."""
    here = environment()
    fields = read_fields(request.get_data())
    if fields["contract_code"] != here.contract_code:
        return respond(answers.unknown())
    if fields["trans_code"]:
        transaction = here.ledger.find(here.contract_code, "trans_code", fields["trans_code"])
    else:
        transaction = here.ledger.find(here.contract_code, "order_number", fields["order_number"])
    if transaction is None:
        return respond(answers.unknown())
    return respond(answers.found(transaction.sale(), seed=f"{here.seed} {next(here.inquiries)}"))


def new_token(number: int) -> str:
    """An opaque token for the buyer's page.

    Every third one holds a slash (recorded: some do), so that a client meets %252F early, and in every run at
    the same order.
    """
    letters = string.ascii_letters + string.digits
    token = "".join(secrets.choice(letters) for _ in range(TOKEN_LENGTH))
    return f"{token[:4]}/{token[5:]}" if number % 3 == 2 else token


def respond(answer: answers.Answer) -> Response:
    """The answer as HTTP, its Content-Type exactly as recorded."""
    return Response(answer.body, content_type=answer.content_type)
