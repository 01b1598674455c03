"""A buyer's visit: which order a page is about, how it is shown, and every way in which it can end."""

from urllib.parse import quote

from flask import abort, redirect, render_template, request
from werkzeug.wrappers import Response

from . import methods, notices
from .environment import environment
from .methods import Method
from .tables import UNDECIDED, Stage, Transaction
from .words import WORDS

Page = str | Response | tuple[str, int]

# The ends in which something is paid: the browser returns as it should; it returns before the notice; it never
# returns; it returns twice; it returns by POST.
PAYING = ("pay", "late", "vanish", "twice", "post")
# The ends in which nothing is.
UNPAYING = ("refuse", "error", "timeout", "stranger", "leave")


def asked_for(*positions: int) -> Transaction:
    """The transaction of the token in the address; 404 where there is none, or for none of these methods."""
    here = environment()
    transaction = here.ledger.find(here.contract_code, "token", request.args.get("trans_code", ""))
    if transaction is None:
        abort(404)
    if positions and not any(method.position in positions for method in offered(transaction)):
        abort(404)
    return transaction


def offered(transaction: Transaction) -> list[Method]:
    """The methods that this order's buyer may choose."""
    named = methods.named(
        transaction.st_code, transaction.mission_code, transaction.process_code, transaction.currency_id
    )
    return methods.offered(named, transaction.item_price, environment().merchant.methods)


def gone(transaction: Transaction, method: Method) -> Page:
    """Answer the buttons that all pages share and that pay nothing.

    `back`, `error` and `timeout` use the order number up; `leave` and `stranger` change nothing.
    """
    here = environment()
    action = request.form.get("action", "")
    if action == "leave":
        return redirect(link("left.cgi", transaction), 303)
    if action == "stranger":
        return redirect(here.merchant.completed(as_a_stranger(transaction, method)), 303)
    ends = {"back": Stage.BACK, "error": Stage.FAILED, "timeout": Stage.TIMED_OUT}
    if action not in ends:
        abort(400)
    if transaction.stage in UNDECIDED:
        ended = here.ledger.move(transaction, ends[action], last_update=here.timestamp())
        if ended and action == "timeout":
            notices.send(here, ended, notices.TIMED_OUT)
        transaction = asked_for()
    if transaction.stage != ends[action]:
        return closed(transaction)
    if action == "timeout":
        return redirect(link("left.cgi", transaction), 303)
    # Which fields the real error page carries is unpublished, so this carries none.
    merchant = here.merchant
    return redirect(merchant.back(transaction.order_number) if action == "back" else merchant.error_url, 303)


def home(transaction: Transaction) -> Page:
    """Lead a buyer who has done with a method back to the shop, in the way that the button says."""
    action = request.form.get("end") or request.form.get("action", "")
    if action == "vanish":
        return redirect(link("left.cgi", transaction), 303)
    if action in ("twice", "post"):
        return redirect(link("return3.cgi", transaction, way=action), 303)
    return redirect(environment().merchant.completed(returned(transaction, chosen(transaction))), 303)


def chosen(transaction: Transaction) -> Method:
    """The method by which the transaction was done."""
    return methods.of(transaction.payment_code)


def returned(transaction: Transaction, method: Method, **claimed: str) -> dict[str, str]:
    """What the browser brings the shop for this method, with some values claimed instead of true."""
    values = transaction.sale() | {"result": "1"} | claimed
    return {name: values[name] for name in method.returns}


def as_a_stranger(transaction: Transaction, method: Method) -> dict[str, str]:
    """The return of a buyer who paid nothing and typed the trans_code of the order before into the address."""
    another = str(int(transaction.trans_code) - 1)
    return returned(transaction, method, trans_code=another, state="1", payment_code=str(method.position))


def closed(transaction: Transaction) -> Page:
    """Say that this page was used, and how; 410."""
    return show("closed.html", transaction), 410


def link(page: str, transaction: Transaction, **query: str) -> str:
    """The address of another page of the same order."""
    more = "".join(f"&{name}={quote(value)}" for name, value in query.items())
    return f"/cgi-bin/order/{page}?trans_code={quote(transaction.token, safe='')}{more}"


def words(transaction: Transaction) -> dict[str, str]:
    """The buyer's language, by `lang_id`."""
    return WORDS[transaction.lang_id]


def show(template: str, transaction: Transaction, **values: object) -> str:
    """A page in the buyer's language about the buyer's order."""
    home_currency = transaction.currency_id in methods.HOME_CURRENCY
    price = words(transaction)["yen"] if home_currency else transaction.currency_id + " {:,}"
    return render_template(
        template,
        order=transaction,
        price=price.format(transaction.item_price) if transaction.item_price else "",
        merchant=environment().merchant,
        lang=transaction.lang_id,
        words=words(transaction),
        paying=PAYING,
        link=lambda page: link(page, transaction),
        chosen_page=chosen(transaction).page if transaction.payment_code else "method_select3.cgi",
        **values,
    )
