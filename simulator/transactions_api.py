"""Transactions and notices as JSON: what the buyer, the counter and the merchant can do, without their pages."""

from collections.abc import Callable

from flask import Blueprint, abort, request

from . import actions, methods, notices, sales, slips
from .codes import STORES
from .environment import Environment, environment
from .methods import METHODS
from .payloads import Impossible, Json, Wrong, asked
from .tables import UNDECIDED, Notice, Stage, State, Transaction
from .visits import link, offered

SHOWN = 500  # rows of a list


transactions_api = Blueprint("transactions", __name__)


@transactions_api.get("/transactions")
def list_transactions() -> Json:
    """The newest ones, newest first, or the one with that `order_number`."""
    here, order_number = environment(), request.args.get("order_number")
    if order_number is not None:
        found = here.ledger.find(here.contract_code, "order_number", order_number)
        return {"transactions": [transaction_json(found)] if found else []}
    return {"transactions": [transaction_json(row) for row in here.ledger.recent(here.contract_code, SHOWN)]}


@transactions_api.get("/transactions/<trans_code>")
def one_transaction(trans_code: str) -> Json:
    """One of them."""
    return transaction_json(find(trans_code))


@transactions_api.post("/transactions/<trans_code>/<act>")
def act_on_transaction(trans_code: str, act: str) -> Json:
    """Do what the buyer does, or what a button of the transaction's page does; 409 where that cannot be now."""
    here, transaction = environment(), find(trans_code)
    sent = asked(**FIELDS.get(act, {}))
    button = actions.ACTIONS.get(act)
    if button and button.possible(here, transaction):
        button.act(here, transaction)
    elif button or not BUYER.get(act, unknown)(here, transaction, sent):
        raise Impossible(f"{act} is not possible: stage {transaction.stage}, state {transaction.state}")
    return transaction_json(find(trans_code))


@transactions_api.get("/notices")
def list_notices() -> Json:
    """The newest ones, newest first, or those about one `trans_code`."""
    rows = environment().ledger.notices(SHOWN, request.args.get("trans_code"))
    return {"notices": [notice_json(row) for row in rows]}


@transactions_api.post("/notices/<int:number>")
def send_notice(number: int) -> Json:
    """Send a waiting notice now; 409 where it was sent."""
    asked()
    here = environment()
    known = {row.id: row for row in here.ledger.notices(SHOWN)}
    if number not in known:
        abort(404)
    if not known[number].due:
        raise Impossible("it was sent already")
    notices.attempt(here, known[number])
    return next(notice_json(row) for row in here.ledger.notices(SHOWN) if row.id == number)


def find(trans_code: str) -> Transaction:
    """The transaction, or 404."""
    here = environment()
    return here.ledger.find(here.contract_code, "trans_code", trans_code) or abort(404)


def unknown(here: Environment, transaction: Transaction, sent: Json) -> bool:
    """No such act: 404."""
    abort(404)


def pay(here: Environment, transaction: Transaction, sent: Json) -> bool:
    """An open order by `payment_code` (its only method where left out), or a slip at the counter."""
    if transaction.stage == Stage.SLIP:
        return slips.pay(here, transaction)
    position = chosen(transaction, sent)
    if position in (methods.KONBINI, *slips.PLACES):
        raise Wrong("payment_code", "issue a slip first, then pay it")
    state = State.AUTHORISED if position == methods.DEFERRED else None
    return sales.complete(here, transaction, sent.get("payment_code") or str(position), state) is not None


def issue(here: Environment, transaction: Transaction, sent: Json) -> bool:
    """A number for `conveni_code` (Seven-Eleven where left out), for Pay-easy, or of a virtual account."""
    position = chosen(transaction, sent)
    if position not in (methods.KONBINI, *slips.PLACES):
        raise Wrong("payment_code", "one that is paid by a number: 3, 7 or 22")
    store = slips.PLACES.get(position) or STORES.get(sent.get("conveni_code", "11"))
    if store is None:
        raise Wrong("conveni_code", f"one of {', '.join(STORES)}")
    return slips.issue(here, transaction, store, request.host_url, position) is not None


def chosen(transaction: Transaction, sent: Json) -> int:
    """The method that is asked for, or the only one that the order allows."""
    if transaction.stage not in UNDECIDED:
        raise Impossible(f"the order is not open: stage {transaction.stage}, state {transaction.state}")
    allowed = [method.position for method in offered(transaction)]
    wanted = sent.get("payment_code") or (str(allowed[0]) if len(allowed) == 1 else "")
    position = methods.CARD if wanted == methods.JCB_AMEX else int(wanted) if wanted in map(str, METHODS) else 0
    if position not in allowed:
        raise Wrong("payment_code", f"one that the order allows: {', '.join(map(str, allowed))}")
    return position


def change_amount(here: Environment, transaction: Transaction, sent: Json) -> bool:
    """Another `item_price`."""
    price = sent.get("item_price", 0)
    if not 1 <= price <= 9_999_999:
        raise Wrong("item_price", "1 to 9999999")
    return bool(sales.change_amount(here, transaction, str(price)))


def end(stage: Stage) -> Callable[[Environment, Transaction, Json], bool]:
    """The buyer ends without paying, which uses the order number up."""

    def ended(here: Environment, transaction: Transaction, sent: Json) -> bool:
        if transaction.stage not in UNDECIDED:
            return False
        moved = here.ledger.move(transaction, stage, last_update=here.timestamp())
        if moved and stage == Stage.TIMED_OUT:
            notices.send(here, moved, notices.TIMED_OUT)
        return moved is not None

    return ended


# What can be done beside `actions.ACTIONS`, and the fields that it takes.
BUYER: dict[str, Callable[[Environment, Transaction, Json], bool]] = {
    "pay": pay,
    "issue": issue,
    "amount": change_amount,
    "back": end(Stage.BACK),
    "error": end(Stage.FAILED),
    "timeout": end(Stage.TIMED_OUT),
}
FIELDS: dict[str, dict[str, type]] = {
    "pay": {"payment_code": str},
    "issue": {"payment_code": str, "conveni_code": str},
    "amount": {"item_price": int},
}


def transaction_json(transaction: Transaction) -> Json:
    """A transaction in Epsilon's names, with the buyer's `page` and the `actions` that its buttons offer now."""
    row = {column.key: getattr(transaction, column.key) for column in transaction.__table__.columns}
    return {name: value for name, value in row.items() if name not in ("id", "token")} | {
        "trans_code": transaction.trans_code,
        "page": request.host_url.rstrip("/") + link("method_select3.cgi", transaction),
        "actions": list(actions.possible(environment(), transaction)),
    }


def notice_json(notice: Notice) -> Json:
    """A notice as the API tells it."""
    return {column.key: getattr(notice, column.key) for column in notice.__table__.columns}
