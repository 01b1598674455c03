"""What can be done to a transaction besides what its buyer does: money, deadlines, reviews, notices."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from . import methods, notices, sales, slips
from .environment import Environment
from .notices import CLAIMED, COMPLETION, DEFERRED, PAYMENT, Kind
from .refusals import NO_TRANSACTION, Refused
from .tables import UNDECIDED, Stage, State, Transaction


class Action(NamedTuple):
    """A button: its words, when it is there, what it does (which may raise Refused), and the notice that it sends."""

    en: str
    ja: str
    possible: Callable[[Environment, Transaction], bool]
    act: Callable[[Environment, Transaction], object]
    kind: Kind | None = None


def has_open_slip(here: Environment, transaction: Transaction) -> bool:
    """Whether the buyer can still pay by the number."""
    return transaction.stage == Stage.SLIP and not slips.expired(here, transaction)


def pay_slip(here: Environment, transaction: Transaction) -> None:
    """Pay at the counter."""
    if not slips.pay(here, transaction):
        raise Refused(NO_TRANSACTION)


def expire_slip(here: Environment, transaction: Transaction) -> None:
    """Let the number expire."""
    if not slips.expire(here, transaction):
        raise Refused(NO_TRANSACTION)


def can_capture(_: Environment, transaction: Transaction) -> bool:
    """Whether money was authorised and can be taken."""
    return transaction.state == State.AUTHORISED and methods.of(transaction.payment_code).captures


def can_cancel(_: Environment, transaction: Transaction) -> bool:
    """Whether there is something to cancel, and a way to do it."""
    return transaction.state in sales.CANCELLABLE and methods.of(transaction.payment_code).cancels


def can_become(state: State, _: Environment, transaction: Transaction) -> bool:
    """Whether the review of a deferred payment can go on to `state`."""
    deferred = transaction.payment_code == str(methods.DEFERRED)
    return deferred and state in sales.REVIEWS.get(State(transaction.state), ())


def review(state: State, en: str, ja: str) -> Action:
    """The button that moves a deferred payment on."""
    return Action(
        en,
        ja,
        partial(can_become, state),
        lambda here, transaction: sales.review(here, transaction, state),
    )


def telling(kind: Kind, how: str) -> Action:
    """The button that sends a notice in some way."""
    en, ja, act = HOW[how]
    return Action(
        en,
        ja,
        lambda _, transaction: kind in kinds(transaction) and (how != "before" or transaction.stage in UNDECIDED),
        lambda here, transaction: act(here, transaction, kind),
        kind,
    )


def kinds(transaction: Transaction) -> list[Kind]:
    """The kinds of notice that belong to the method; before it is chosen, the one that all have."""
    by_number = transaction.payment_code in [str(place) for place in (methods.KONBINI, *slips.PLACES)]
    deferred = transaction.payment_code == str(methods.DEFERRED)
    return [*([PAYMENT] if by_number else []), COMPLETION, *([DEFERRED] if deferred else [])]


def tell_before(here: Environment, transaction: Transaction, kind: Kind) -> None:
    """Tell of a payment that the buyer, still on Epsilon's page, has not made."""
    position = transaction.payment_code or str(methods.CARD)
    notices.send(here, transaction, kind, state="1", paid="1", payment_code=position)


def tell_wrongly(here: Environment, transaction: Transaction, kind: Kind) -> None:
    """Tell as a stranger who knows the order number and nothing else."""
    notices.send(here, transaction, kind, late=False, **CLAIMED)


# English, Japanese, and what it does.
HOW: dict[str, tuple[str, str, Callable[[Environment, Transaction, Kind], None]]] = {
    "now": ("Send", "送る", notices.send),
    "late": ("Send in 10 minutes", "10分後に送る", partial(notices.send, late=True)),
    "twice": ("Send twice at once", "同時に2回送る", notices.send_twice),
    "before": ("Send before the buyer is done", "支払い前に送る", tell_before),
    "stranger": ("A stranger sends wrong values", "他人が偽って送る", tell_wrongly),
}

ACTIONS = {
    "pay_slip": Action("Pay at the counter", "入金", has_open_slip, pay_slip),
    "expire": Action("Let it expire", "期限切れ", has_open_slip, expire_slip),
    "authorise": review(State.AUTHORISED, "Review: authorise", "審査OK"),
    "refuse": review(State.REVIEW_REFUSED, "Review: refuse", "審査NG"),
    "ship": review(State.SHIPPING, "Register the shipment", "出荷登録"),
    "settle": review(State.PAID, "Shipment registered: paid", "売上確定"),
    "capture": Action("Capture", "実売上", can_capture, sales.capture),
    "cancel": Action("Cancel", "取消", can_cancel, sales.cancel),
} | {
    f"{name}_{how}": telling(kind, how)
    for name, kind in {"payment": PAYMENT, "completion": COMPLETION, "deferred": DEFERRED}.items()
    for how in HOW
}


def possible(here: Environment, transaction: Transaction) -> dict[str, Action]:
    """The buttons that do something now."""
    return {name: action for name, action in ACTIONS.items() if action.possible(here, transaction)}
