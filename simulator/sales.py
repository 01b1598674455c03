"""What becomes of a sale: paid or authorised, captured, cancelled, its amount changed, a deferred one reviewed."""

from datetime import datetime, timedelta

from . import methods, notices
from .environment import Environment
from .merchant import AUTHORISE
from .refusals import NO_TRANSACTION, REFUSALS, Refused
from .tables import Stage, State, Transaction

CAPTURE_TIME = timedelta(days=90)  # from the order (recorded)

# What can be cancelled, where the method can (clients; 4 and 6: assumed).
CANCELLABLE = (State.PAID, State.REVIEW, State.AUTHORISED, State.SHIPPING)

# How GMO deferred payment goes on after the buyer's page (clients; that it goes on only so: assumed).
REVIEWS = {
    State.REVIEW: (State.AUTHORISED, State.REVIEW_REFUSED),
    State.AUTHORISED: (State.SHIPPING,),
    State.SHIPPING: (State.PAID,),
}


def complete(
    here: Environment, transaction: Transaction, payment_code: str, state: State | None = None, *, late: bool = False
) -> Transaction | None:
    """Take the buyer's word for it and tell the shop (`late`: not yet); None where something else came first.

    Without a `state` the console says whether money is taken at once or authorised, for methods that can be
    captured; a monthly plan is always taken (assumed).
    """
    captured_later = (
        here.merchant.sale == AUTHORISE
        and methods.of(payment_code).captures
        and transaction.mission_code == methods.ONE_CHARGE
    )
    now = here.timestamp()
    done = here.ledger.move(
        transaction,
        Stage.CHARGED,
        state=state or (State.AUTHORISED if captured_later else State.PAID),
        payment_code=payment_code,
        credit_time=now,
        last_update=now,
    )
    if done:
        notices.send(here, done, notices.COMPLETION, late=late)
    return done


def find(here: Environment, order_number: str) -> Transaction:
    """The order of an after-sale call. Raises Refused: 601 without a number, 810 where there is no such order."""
    if not order_number:
        raise Refused(REFUSALS["order_number"])
    transaction = here.ledger.find(here.contract_code, "order_number", order_number)
    if transaction is None:
        raise Refused(NO_TRANSACTION)
    return transaction


def cancel(here: Environment, transaction: Transaction) -> Transaction:
    """Cancel a sale. Raises Refused (810) where it cannot be: not paid, cancelled, or a method that has no way back."""
    if transaction.state not in CANCELLABLE or not methods.of(transaction.payment_code).cancels:
        raise Refused(NO_TRANSACTION)
    return change(here, transaction, state=State.CANCELLED)


def capture(here: Environment, transaction: Transaction) -> Transaction:
    """Take the money of an authorised sale. Raises Refused (810): not authorised, its method has none, too late."""
    ordered = datetime.strptime(transaction.created, "%Y-%m-%d %H:%M:%S").replace(tzinfo=here.now().tzinfo)
    authorised = transaction.state == State.AUTHORISED and methods.of(transaction.payment_code).captures
    if not authorised or here.now() > ordered + CAPTURE_TIME:
        raise Refused(NO_TRANSACTION)
    return change(here, transaction, state=State.PAID)


def change_amount(here: Environment, transaction: Transaction, new_item_price: str) -> Transaction:
    """Set another amount for a card sale. Raises Refused: 601 above the method's limit, 810 where it is no such."""
    named = methods.named(
        transaction.st_code, transaction.mission_code, transaction.process_code, transaction.currency_id
    )
    limits = [method.limit for method in named if method.position == methods.CARD]
    by_card = transaction.payment_code in (str(methods.CARD), methods.JCB_AMEX)
    if not limits or not by_card or transaction.state not in (State.PAID, State.AUTHORISED):
        raise Refused(NO_TRANSACTION)
    if int(new_item_price) > limits[0]:
        raise Refused(REFUSALS["new_item_price"])
    return change(here, transaction, item_price=int(new_item_price))


def review(here: Environment, transaction: Transaction, state: State) -> Transaction:
    """Move a deferred sale on, and tell the shop. Raises Refused (810) where it does not go on so."""
    deferred = transaction.payment_code == str(methods.DEFERRED)
    if not deferred or state not in REVIEWS.get(State(transaction.state), ()):
        raise Refused(NO_TRANSACTION)
    moved = change(here, transaction, state=state)
    notices.send(here, moved, notices.DEFERRED)
    return moved


def change(here: Environment, transaction: Transaction, **values: int) -> Transaction:
    """Change a sale as it was read. Raises Refused (810) where it changed meanwhile."""
    moved = here.ledger.move(transaction, transaction.stage, last_update=here.timestamp(), **values)
    if moved is None:
        raise Refused(NO_TRANSACTION)
    return moved
