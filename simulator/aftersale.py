"""The CGIs that a shop calls after the sale: cancel, capture, change the amount, ask for a member's card."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from . import answers, members, sales
from .cgis import check_sender, respond
from .environment import Environment, environment
from .fields import Fields, read_fields
from .orders import CONTRACT_SHAPE
from .refusals import CONTRACT_NOT_ACTIVE, NO_CARD, NO_TRANSACTION, REFUSALS, Refused
from .rules import RULES, pattern

aftersale = Blueprint("aftersale", __name__, url_prefix="/cgi-bin/order")

ONE_ORDER, MONTHLY = "1", "2"  # the mission_codes of change_amount_payment.cgi
PRICE = pattern(r"[1-9][0-9]{0,6}")

Act = Callable[[Environment, Fields], answers.Answer]


def answer_to(act: Act) -> Response:
    """Check sender and contract, then act.

    A refusal is `result` 0 where the order is not there (810), and 9 for a wrong parameter (both assumed).
    """
    here, fields = environment(), read_fields(request.get_data())
    try:
        check_sender(here)
        if fields.repeated("contract_code") or not CONTRACT_SHAPE(fields["contract_code"]):
            raise Refused(REFUSALS["contract_code"])
        if fields["contract_code"] != here.contract_code:
            raise Refused(CONTRACT_NOT_ACTIVE)
        return respond(act(here, fields))
    except Refused as refused:
        failed = answers.FAILURE if refused.refusal == NO_TRANSACTION else answers.WRONG
        return respond(answers.after_sale(failed, refused.refusal))


@aftersale.post("/cancel_payment.cgi")
def cancel_payment() -> Response:
    """Cancel an order by its `order_number`."""
    return answer_to(cancel)


@aftersale.post("/sales_payment.cgi")
def sales_payment() -> Response:
    """Capture an authorised order (実売上) by its `order_number`."""
    return answer_to(capture)


@aftersale.post("/change_amount_payment.cgi")
def change_amount_payment() -> Response:
    """Another amount for one card order (`mission_code` 1) or for a monthly plan (2)."""
    return answer_to(change_amount)


@aftersale.post("/get_user_info.cgi")
def get_user_info() -> Response:
    """The brand and the mask of a user's registered card."""
    return answer_to(tell_card)


def cancel(here: Environment, fields: Fields) -> answers.Answer:
    """Cancel, and say so."""
    sales.cancel(here, sales.find(here, fields["order_number"]))
    return answers.after_sale(answers.SUCCESS)


def capture(here: Environment, fields: Fields) -> answers.Answer:
    """Capture, and say so."""
    sales.capture(here, sales.find(here, fields["order_number"]))
    return answers.after_sale(answers.SUCCESS)


def change_amount(here: Environment, fields: Fields) -> answers.Answer:
    """Change the amount, and say so."""
    if fields["mission_code"] not in (ONE_ORDER, MONTHLY):
        raise Refused(REFUSALS["mission_code"])
    if not PRICE(fields["new_item_price"]):
        raise Refused(REFUSALS["new_item_price"])
    if fields["mission_code"] == ONE_ORDER:
        sale = sales.find(here, fields["order_number"])
    else:
        plan = here.ledger.plan(here.contract_code, fields["user_id"], fields["item_code"])
        if plan is None:
            raise Refused(NO_TRANSACTION)
        sale = plan
    sales.change_amount(here, sale, fields["new_item_price"])
    return answers.after_sale(answers.SUCCESS)


def tell_card(here: Environment, fields: Fields) -> answers.Answer:
    """Tell the card; 801 with `result` 2 where there is none. Empty card fields on failure are assumed."""
    if not RULES["user_id"](fields["user_id"]):
        raise Refused(REFUSALS["user_id"])
    member = members.with_card(here, fields["user_id"])
    if member is None:
        return answers.after_sale(answers.NOBODY, NO_CARD, card_brand="", card_number_mask="")
    return answers.after_sale(answers.SUCCESS, card_brand=member.card_brand, card_number_mask=member.card_number_mask)
