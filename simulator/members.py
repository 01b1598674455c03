"""Buyers who registered a card: register, withdraw, return, end a monthly plan, tell the card."""

from collections.abc import Callable

from .cards import Card
from .environment import Environment
from .fields import Fields, as_carried
from .refusals import NO_PLAN, Refused
from .tables import Member, Transaction


def register(here: Environment, transaction: Transaction, card: Card) -> None:
    """Keep a buyer's card, which each card payment does (assumed), registering and changing it."""
    here.ledger.keep_member(
        transaction.contract_code,
        transaction.user_id,
        user_name=transaction.user_name,
        card_brand=card.brand,
        card_number_mask=card.mask,
        payment_code=card.payment_code,
        withdrawn=False,
    )


def with_card(here: Environment, user_id: str) -> Member | None:
    """The member whose card can be charged: one who did not withdraw."""
    member = here.ledger.member(here.contract_code, user_id)
    return None if member is None or member.withdrawn else member


def withdraw(here: Environment, fields: Fields) -> dict[str, str] | None:
    """process_code 9, 退会: the card cannot be charged any more. None where nobody of that name is a member."""
    return _change(here, fields, withdrawn=True)


def undo_withdrawal(here: Environment, fields: Fields) -> dict[str, str] | None:
    """process_code 7, 退会取消. That it answers as 9 does is assumed."""
    return _change(here, fields, withdrawn=False)


def _change(here: Environment, fields: Fields, *, withdrawn: bool) -> dict[str, str] | None:
    member = here.ledger.member(here.contract_code, fields["user_id"])
    # That a second withdrawal finds nobody, like an undo without one, is assumed.
    if member is None or member.withdrawn == withdrawn:
        return None
    here.ledger.keep_member(here.contract_code, member.user_id, withdrawn=withdrawn)
    return {"user_id": member.user_id, "user_name": member.user_name} | _memos(fields)


def end_plan(here: Environment, fields: Fields) -> dict[str, str]:
    """process_code 8, 月次課金解除. Raises Refused (605) where this user has no such plan, or ended it."""
    plan = here.ledger.plan(here.contract_code, fields["user_id"], fields["item_code"])
    if plan is None or not here.ledger.move(plan, plan.stage, plan_ended=here.timestamp()):
        raise Refused(NO_PLAN)
    sale = plan.sale()
    return {name: sale[name] for name in "user_id item_code item_name item_price mission_code".split()} | _memos(fields)


def _memos(fields: Fields) -> dict[str, str]:
    return {name: as_carried(fields[name]) or "" for name in ("memo1", "memo2")}


# By process_code.
OPERATIONS: dict[str, Callable[[Environment, Fields], dict[str, str] | None]] = {
    "7": undo_withdrawal,
    "8": end_plan,
    "9": withdraw,
}
