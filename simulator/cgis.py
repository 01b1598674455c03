"""The CGIs that a shop's server calls; only reads the request and picks the answer."""

import secrets
import string
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from . import answers, members, methods, senders, slips
from .environment import Environment, environment
from .fields import Fields, read_fields
from .orders import check_contract, check_fields, read_order
from .refusals import SENDER_NOT_REGISTERED, Refused

cgis = Blueprint("cgis", __name__)

TOKEN_LENGTH = 13  # characters, as recorded
AS_PAGE = "0"  # the `xml` of a form that a browser posts by itself


@cgis.post("/cgi-bin/order/receive_order3.cgi")
def receive_order3() -> AnyResponse:
    """Register an order or change a member; always HTTP 200, but for 500 where a member is unknown.

    With `xml=1`: a redirect, the receipt itself for konbini direct, a bare result, or an error. With `xml=0` a
    page that says the error or the result, or a redirect to the buyer's page (all assumed).
    """
    here, fields = environment(), read_fields(request.get_data())
    try:
        check_sender(here)
        check_contract(fields, here.merchant)
        check_fields(fields)
        if fields["process_code"] in members.OPERATIONS:
            return operate(here, fields)
        return receive(here, fields)
    except Refused as refused:
        if fields["xml"] == AS_PAGE:
            return Response(render_template("order_error.html", refusal=refused.refusal, fields=fields))
        return respond(answers.error(refused.refusal, fields["memo1"], fields["memo2"], utf8=fields.utf8))


def receive(here: Environment, fields: Fields) -> AnyResponse:
    """Register an order, and say where its buyer goes. Raises Refused."""
    order, store = read_order(fields, here.merchant)
    named = methods.named(order.st_code, order.mission_code, order.process_code, order.currency_id)
    offered = methods.offered(named, order.item_price, here.merchant.methods)
    transaction = here.ledger.register(
        order,
        token=new_token(next(here.orders)),
        now=here.timestamp(),
        # Undecided until the buyer chooses (assumed).
        payment_code=str(offered[0].position) if len(offered) == 1 else "",
    )
    card_alone = [method.position for method in named] == [methods.CARD]
    page = "card3.cgi" if card_alone else "method_select3.cgi"
    if store:
        transaction = slips.issue(here, transaction, store, request.host_url) or transaction
        page = "conveni3.cgi"
    url = f"{request.host_url}cgi-bin/order/{page}?trans_code={quote(transaction.token, safe='')}"
    if fields["xml"] == AS_PAGE:
        return redirect(url, 302)
    return respond(answers.receipt(transaction.sale()) if store else answers.redirect(url))


def operate(here: Environment, fields: Fields) -> AnyResponse:
    """Do a member operation. An unknown user is HTTP 500 with a page (recorded for 9). Raises Refused (605)."""
    done = members.OPERATIONS[fields["process_code"]](here, fields)
    if done is None:
        return Response(render_template("internal_error.html"), 500)
    if fields["xml"] == AS_PAGE:
        return Response(render_template("order_done.html", done=done))
    return respond(answers.done(done))


@cgis.post("/cgi-bin/order/getsales2.cgi")
def getsales2() -> Response:
    """Tell about an order, by trans_code (documented) or by order_number (recorded)."""
    here, fields = environment(), read_fields(request.get_data())
    try:
        check_sender(here)
    except Refused as refused:
        return respond(answers.inquiry_error(refused.refusal))
    if fields["contract_code"] != here.contract_code:
        return respond(answers.unknown())
    return inquire(here, fields)


@cgis.post("/client/getsales.cgi")
def getsales() -> Response:
    """The same inquiry from any address, by contract code and console password (documented sample, clients).

    That it takes order_number too, and answers byte for byte as getsales2, is assumed.
    """
    here, login = environment(), request.authorization
    known = {"username": here.contract_code, "password": here.merchant.password}
    if login is None or login.type != "basic" or login.parameters != known:
        return Response("401 Authorization Required\n", 401, {"WWW-Authenticate": 'Basic realm="EPSILON"'})
    return inquire(here, read_fields(request.get_data()))


def inquire(here: Environment, fields: Fields) -> Response:
    """Answer an inquiry that is allowed."""
    if fields["trans_code"]:
        transaction = here.ledger.find(here.contract_code, "trans_code", fields["trans_code"])
    else:
        transaction = here.ledger.find(here.contract_code, "order_number", fields["order_number"])
    if transaction is None:
        return respond(answers.unknown())
    return respond(answers.found(transaction.sale(), seed=f"{here.seed} {next(here.inquiries)}"))


def check_sender(here: Environment) -> None:
    """Raise Refused (908) for a caller whose address is not in the console (documented, FAQ)."""
    if not senders.registered(request.remote_addr, here.merchant.senders):
        raise Refused(SENDER_NOT_REGISTERED)


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
