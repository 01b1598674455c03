"""Registered cards and monthly plans: the buyer's account. Believes Epsilon alone, and never touches a card number."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

import epsilon
import orders
import pages
import settlement
from database import reading, writing
from forms import OrderForm
from orders import OrderRecord, Word

REGISTER, CHANGE, UNDO_WITHDRAWAL, END_PLAN, WITHDRAW = 3, 4, 7, 8, 9
NO_SUCH_PLAN = "605"
# What the events of an order say of its plan. Until Epsilon has answered, whether it ended is open.
ASKED, NOT_ENDED, ENDED = "the plan is to end", "the plan has not ended", "the plan has ended"

members = Blueprint("members", __name__, url_prefix="/member")


class CardForm(FlaskForm):
    """Whose card it is, with the labels and the tidying of the order form."""

    user_name = OrderForm.user_name
    user_mail_add = OrderForm.user_mail_add

    def to_order(self, user_id: str) -> epsilon.Order | None:
        """Return the registration of a card; None where a rule is broken, which then stands at its field."""
        person = {"user_name": self.user_name.data, "user_mail_add": self.user_mail_add.data}
        try:
            return epsilon.Order(process_code=REGISTER, st_code=epsilon.ST_CODES["card"], user_id=user_id, **person)
        except epsilon.InvalidOrder as invalid:
            for name, errors in invalid.errors.items():
                self[name].errors = [error.ja if str(get_locale()) == "ja" else error.en for error in errors]
            return None


@members.get("")
def show_account() -> str:
    """Show the card that Epsilon knows, and the plans in our book."""
    return _account()


@members.post("")
def switch_language() -> str:
    """Show the account in the other language, with all that was typed; nothing is checked and nothing is done."""
    return _account()


@members.post("/card")
def send_to_card_page() -> AnyResponse | tuple[str, int]:
    """Lead the buyer to the page of Epsilon on which a card is registered, or another one in its place."""
    form = CardForm(request.form)
    order = form.to_order(pages.browser())
    if order is None:
        return _account(form=form), 422
    if _client().get_user_info(order.user_id):
        order = replace(order, process_code=CHANGE)
    answer = _client().receive_order(order)
    # Where there is no page to go to, the account asks what became of it.
    return redirect(answer.url if isinstance(answer, epsilon.Redirect) else url_for("members.show_account"), 303)


@members.post("/plans/<token>/end")
def end_plan(token: str) -> str:
    """End one of the buyer's own plans."""
    plan = next((plan for plan in _plans() if plan.token == token), None) or abort(404)
    if plan.plan_ended_at:
        return _account("ended")
    orders.conclude(plan, None, Word.PERSON, note=ASKED)
    try:
        _operate(END_PLAN, user_id=plan.user_id, item_code=plan.item_code)
    except (epsilon.Refused, epsilon.Unreachable) as error:
        # That Epsilon knows no such plan proves its end only where another try of ours stayed without an answer.
        if getattr(error, "code", "") != NO_SUCH_PLAN or _open_tries(plan) < 2:
            orders.conclude(plan, None, Word.PERSON, note=NOT_ENDED)
            raise
    with writing() as here:
        row, _ = orders.lock(here, plan)
        if row.plan_ended_at is None:
            orders.move(here, row, row.state, Word.PERSON, plan_ended_at=datetime.now(UTC), note=ENDED)
    return _account("ended")


@members.get("/withdraw")
def confirm_withdrawal() -> str:
    """Say what it means to withdraw, before it is done."""
    running = [plan for plan in _plans() if not plan.plan_ended_at]
    return render_template("withdraw.html", running=running)


@members.post("/withdraw")
def withdraw() -> str:
    """Have Epsilon use the buyer's card no more."""
    return _account("withdrawn" if _change_membership(WITHDRAW) else "nobody")


@members.post("/undo")
def undo_withdrawal() -> str:
    """Have Epsilon use the card again that the buyer had."""
    return _account("undone" if _change_membership(UNDO_WITHDRAWAL) else "nothing_to_undo")


@members.errorhandler(epsilon.Refused)
def show_refusal(refused: epsilon.Refused) -> tuple[str, int]:
    """Show err_code and err_detail, as Epsilon recommends, with what to do."""
    return _failed("refused", refused, refusal=refused, advice=epsilon.advise(refused.code)), 422


@members.errorhandler(epsilon.EpsilonError)
def say_what_is_known(error: epsilon.EpsilonError) -> tuple[str, int]:
    """Say that nothing has changed, or that nobody knows; to ask once more is safe either way."""
    # A card changes on Epsilon's page, and the buyer has not been there yet.
    unchanged = isinstance(error, epsilon.Unreachable) or request.endpoint == "members.send_to_card_page"
    return _failed("not_now" if unchanged else "unclear", error), 502


@members.errorhandler(CSRFError)
def ask_for_it_again(error: CSRFError) -> tuple[str, int]:
    """Keep what was typed where the form's token is missing or too old."""
    current_app.logger.info("%s: %s", request.endpoint, error.description)
    if "guest_id" not in session:
        # Forged by another site, it came without the cookie: a new one would take the buyer's account away.
        return pages.message("expired", 400)
    return _account("expired"), 400


def _failed(said: str, error: epsilon.EpsilonError, **more: Any) -> str:
    current_app.logger.warning("%s: %s %s", request.endpoint, type(error).__name__, getattr(error, "code", ""))
    return _account(said, **more)


def _account(said: str = "", *, form: CardForm | None = None, **more: Any) -> str:
    guest = pages.browser()
    is_known, card = _look_up_card(guest)
    plans = [(plan, epsilon.MISSIONS[plan.mission_code], _open_tries(plan) > 0) for plan in _plans()]
    form = form or _card_form(guest)
    return render_template("member.html", said=said, form=form, is_known=is_known, card=card, plans=plans, **more)


def _look_up_card(guest: str) -> tuple[bool, epsilon.UserInfo | None]:
    """Return whether Epsilon could be asked, as briefly as a page can wait, and the card that it knows."""
    client: epsilon.Client = current_app.extensions["epsilon_for_notices"]
    try:
        card = client.get_user_info(guest)
    except epsilon.EpsilonError as error:
        current_app.logger.warning("registered card not asked for: %s", type(error).__name__)
        return False, None
    if card:
        session["has_card"] = True
    else:
        session.pop("has_card", None)
    return True, card


def _card_form(guest: str) -> CardForm:
    if "user_name" in request.form:
        return CardForm(request.form)
    with reading() as here:
        latest = here.scalar(select(OrderRecord).filter_by(browser=guest).order_by(OrderRecord.id.desc()).limit(1))
    return CardForm(None, obj=latest)


def _plans() -> list[OrderRecord]:
    """Return the buyer's monthly plans, newest first: paid in this browser, and for nobody else."""
    guest = pages.browser()
    paid = (OrderRecord.mission_code > 1, OrderRecord.state.in_(settlement.MONEY_IS_HERE))
    own = select(OrderRecord).filter_by(browser=guest, user_id=guest).where(*paid)
    with reading() as here:
        return list(here.scalars(own.order_by(OrderRecord.id.desc())))


def _open_tries(plan: OrderRecord) -> int:
    """Return how often Epsilon was asked to end the plan without saying no; once it has ended, nobody asks."""
    notes = [event.note for event in orders.events_of(plan)]
    return notes.count(ASKED) - notes.count(NOT_ENDED)


def _change_membership(process_code: int) -> bool:
    """Withdraw, or undo it; return False where Epsilon knows nobody to do it for."""
    try:
        _operate(process_code, user_id=pages.browser())
    except epsilon.BadAnswer as error:
        if error.status != 500:  # an unknown user (recorded for 9)
            raise
        current_app.logger.info("process_code %s: %s", process_code, error)
        return False
    return True


def _operate(process_code: int, *, user_id: str, item_code: str = "") -> None:
    order = epsilon.Order(process_code=process_code, user_id=user_id, item_code=item_code)
    answer = _client().receive_order(order)
    if not isinstance(answer, epsilon.Done):
        raise epsilon.BadAnswer("a bare result belongs here", status=200, body=b"")


def _client() -> epsilon.Client:
    client: epsilon.Client = current_app.extensions["epsilon"]
    return client
