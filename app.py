"""The story of a payment, event by event, then the wiring. Read the numbered comments first."""

import logging
import re
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from dotenv import load_dotenv
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

import attempts
import database
import epsilon
import exchanges
import orders
import pages
import settlement
from catalog import ITEMS
from commands import orders_cli
from epsilon_commands import epsilon_cli
from forms import OrderForm
from members import members
from orders import OrderRecord, Word
from pages import browser
from settings import InvalidSettings, read_settings
from ways import WAYS
from wire_pages import wire

# Seconds to connect, and seconds for the whole answer.
ORDER_TIMEOUT = (5.0, 30.0)
NOTICE_TIMEOUT = (0.3, 0.5)

S = orders.OrderState
csrf = CSRFProtect()
shop = Blueprint("shop", __name__)


# 1. The buyer looks at the shelf and fills in the form.


@shop.get("/")
def show_form() -> str:
    """Show the form, filled in as before where the buyer comes back from an attempt of their own."""
    form = _order_form()
    if (token := request.args.get("again")) and (record := _own_order(token=token)):
        form.fill_in(record)
    return _form_page(form)


@shop.post("/")
def switch_language() -> str:
    """Show the form in the other language, with all that was typed; nothing is checked and nothing is ordered."""
    return _form_page(_order_form())


@shop.get("/ways.css")
def hide_ways() -> Response:
    """Hide each way to pay where the chosen item's price or plan forbids it, without a script."""
    ways = [WAYS[name] for name in current_app.config["SHOP_METHODS"]]
    return Response(render_template("ways.css", items=ITEMS, ways=ways), mimetype="text/css")


# 2. We check it, write the order down, and only then ask Epsilon. It answers with a page to send the buyer to,
#    with a konbini receipt, or with err_code and err_detail, which go back onto the form.


@shop.post("/orders")
def place_order() -> AnyResponse | tuple[str, int]:
    """Register the order at Epsilon and send the buyer on."""
    form = _order_form()
    if not form.validate() or form.order is None:
        return _form_page(form), 422
    order, st = form.order, form.st.data
    earlier = orders.find(form_key=form.form_key.data)
    if earlier and attempts.is_twin(earlier, order, st=st):
        return _lead_on(earlier)
    if obstacle := attempts.find_obstacle(_epsilon(), purchase=form.purchase.data):
        return _lead_on(obstacle, wait=obstacle.form_key == form.form_key.data)
    if earlier:
        form.renew()  # the form was used up: it says something else now, or led to a page that was left
    keys = {"browser": browser(), "purchase": form.purchase.data, "form_key": form.form_key.data}
    record, is_new = orders.write_down(order, st=st, quantity=int(form.quantity.data), **keys)
    if not is_new:
        return _lead_on(record)
    try:
        answer = _epsilon().receive_order(order)
    except epsilon.Refused as refusal:
        orders.conclude(record, S.REFUSED, Word.ORDER, err_code=refusal.code, err_detail=refusal.detail)
        form.renew()
        return _form_page(form, refusal=refusal, advice=epsilon.advise(refusal.code), record=record), 422
    except epsilon.Unreachable as error:
        orders.conclude(record, S.EXPIRED, Word.ORDER, note="nothing was sent")
        form.renew()
        return _form_page(form, failure=error), 502
    except (epsilon.NoAnswer, epsilon.BadAnswer) as error:
        current_app.logger.error("order %s: %s", record.order_number, error)
        orders.conclude(record, S.UNKNOWN, Word.ORDER, note=type(error).__name__)
        return _form_page(form, failure=error, record=record), 502
    if isinstance(answer, epsilon.Redirect):
        orders.conclude(record, S.SENT, Word.ORDER, redirect=answer.url)
        return redirect(answer.url, 303)
    if isinstance(answer, epsilon.Receipt):
        settlement.hand_out(record, answer.sale, contract_code=_epsilon().contract_code)
        attempts.settle_if_possible(_epsilon(), Word.ORDER, record)
    return redirect(url_for("shop.show_order", token=record.token), 303)


def _lead_on(record: OrderRecord, *, wait: bool = True) -> AnyResponse | tuple[str, int]:
    """Lead the buyer where this attempt led the first time."""
    if record.browser != browser():
        return pages.message("no_such_order", 404)  # with the form of somebody else
    if wait:
        record = attempts.wait_for_answer(record)
    if record.state is S.SENT and record.redirect:
        return redirect(record.redirect, 303)
    return redirect(url_for("shop.show_order", token=record.token), 303)


@shop.errorhandler(CSRFError)
def ask_for_it_again(error: CSRFError) -> tuple[str, int]:
    """Keep what was typed where the form's token is missing or too old."""
    current_app.logger.info("%s: %s", request.endpoint, error.description)
    if request.endpoint in ("shop.place_order", "shop.switch_language"):
        return _form_page(_order_form(), expired=True), 400
    return pages.message("expired", 400)


# 3. The buyer comes back. The browser may say anything, so we ask Epsilon.


@shop.get("/return")
def come_back() -> AnyResponse | tuple[str, int]:
    """Settle the order that the address names, and lead the browser that placed it to its confirmation."""
    _keep_visit(datetime.now(UTC))
    if (user_id := _asked("user_id")) and not _asked("order_number"):
        # No order: a card was registered, and the page of the account asks Epsilon for it.
        own = user_id == browser()
        return redirect(url_for("members.show_account"), 303) if own else pages.message("no_such_order", 404)
    try:
        record = _settle_as_asked(Word.RETURN)
    except epsilon.EpsilonError as error:
        current_app.logger.warning("return not settled: %s", type(error).__name__)
        record = orders.find(order_number=_asked("order_number"))
        if record is None:
            return pages.message("unconfirmed", 502)
    # A trans_code can be counted through: what another browser ordered looks like what nobody did, in its cookie too.
    guest = browser()
    if record is None or record.browser != guest:
        return pages.message("no_such_order", 404)
    return redirect(url_for("shop.show_order", token=record.token), 303)


@shop.post("/return")
@csrf.exempt  # Epsilon's page sends this form, so it cannot carry our token; it changes nothing by itself.
def come_back_by_post() -> AnyResponse:
    """Go on by GET: a POST from another site comes without the session cookie."""
    # Whose card was registered is asked for only where there is no order.
    names = ("order_number", "trans_code") if _asked("order_number") else ("user_id", "trans_code")
    asked = {name: value for name in names if (value := _asked(name))}
    return redirect(f"{url_for('shop.come_back')}?{urlencode(asked)}", 303)


# 4. The buyer came back without paying: back, error, timeout.


@shop.route("/back", methods=["GET", "POST"], endpoint="back")
@shop.route("/error", methods=["GET", "POST"], endpoint="error")
@shop.route("/timeout", methods=["GET", "POST"], endpoint="timeout")
@csrf.exempt  # as /return
def come_back_unpaid() -> AnyResponse | tuple[str, int]:
    """Offer the form as it was filled in, unless Epsilon says that the order has gone on all the same."""
    if request.endpoint == "shop.back" and request.args.get("order_number") == "":
        return redirect(url_for("members.show_account"), 303)  # from the page on which a card is registered
    own = _own_order(order_number=_asked("order_number"))
    if own:
        _keep_visit(datetime.now(UTC))
        attempts.settle_if_possible(_epsilon(), Word.RETURN, own)
        # Whoever comes back has used the page up (604), so it leads nowhere any more.
        own = orders.conclude(own, None, Word.RETURN, redirect="")
    if own and own.state not in (S.SENT, S.REFUSED, S.EXPIRED):
        return redirect(url_for("shop.show_order", token=own.token), 303)
    return pages.message(str(request.endpoint).removeprefix("shop."), 200, again=own.token if own else None)


# 5. Epsilon calls us itself, also where the buyer closed the browser.


@shop.post("/notice")
@csrf.exempt  # Epsilon's server sends this, without a session; it is only a reason to ask, and is never believed.
def take_notice() -> Response:
    """Answer in Epsilon's words: ``1``, or ``0 999`` and a reason, on which it sends the notice again (clients)."""
    arrived = datetime.now(UTC)
    try:
        reply = _reply_to_notice()
    except epsilon.EpsilonError as error:
        current_app.logger.warning("notice not settled: %s", type(error).__name__)
        reply = "0 999 not confirmed, please send this again"
    except RequestEntityTooLarge:
        reply = "0 999 too long"
    except database.UNUSABLE as error:
        current_app.logger.error("notice not settled: %s", getattr(error, "orig", error))
        reply = "0 999 not written down, please send this again"
    _keep_visit(arrived, reply.encode())
    return Response(reply, mimetype="text/plain")


def _reply_to_notice() -> str:
    if _asked("contract_code") not in ("", _epsilon().contract_code):
        return "0 999 unknown contract_code"
    record = _settle_as_asked(Word.NOTICE) if _asked("order_number") else None
    if record is None:
        return "0 999 unknown order_number"
    speaks_of_money = "1" in (_asked("paid"), _asked("state"))
    if speaks_of_money and record.state in (S.WRITTEN, S.UNKNOWN, S.SENT, S.AWAITING, S.EXPIRED):
        return "0 999 not confirmed, please send this again"
    return "1"


# 6. Both ways meet in one function, settlement.settle, which believes neither and asks Epsilon.


def _settle_as_asked(word: Word) -> OrderRecord | None:
    asked = {"order_number": _asked("order_number"), "trans_code": _asked("trans_code")}
    return settlement.settle(_epsilon(word), word, **asked)


def _asked(name: str) -> str:
    # Flask drops a whole form for one byte that is not UTF-8, and notices carry CP932.
    form = parse_qs(request.get_data().decode("latin-1"))
    value = (form.get(name) or request.args.getlist(name) or [""])[0]
    return value if re.fullmatch(r"[A-Za-z0-9-]{1,32}", value) else ""


# 7. The buyer reads the confirmation: receipt number, company code, deadline, slip.


@shop.get("/orders/<token>")
def show_order(token: str) -> str:
    """Show the order to whoever holds its address, which cannot be guessed."""
    record = orders.find(token=token) or abort(404)
    if record.state in (S.WRITTEN, S.UNKNOWN):
        # Epsilon's answer never came: every look at the page asks again, as briefly as a notice does.
        record = attempts.settle_if_possible(_epsilon(Word.NOTICE), Word.PERSON, record)
    is_over = record.state not in (S.WRITTEN, S.UNKNOWN, S.SENT, S.REFUSED, S.EXPIRED)
    if is_over and record.purchase == session.get("purchase"):
        session.pop("purchase", None)  # this one is over: the next form is another purchase
    if record.browser == browser() and record.user_id == browser() and record.state in settlement.MONEY_IS_HERE:
        session["has_card"] = True  # Epsilon keeps the card of a payment (assumed); the form asks it
    method, plan = epsilon.method_of(record.payment_code), epsilon.MISSIONS.get(record.mission_code)
    return render_template("order.html", record=record, method=method, plan=plan, stores=epsilon.STORES)


@shop.post("/orders/<token>")
def look_again(token: str) -> AnyResponse | tuple[str, int]:
    """Ask Epsilon again, at the buyer's wish."""
    record = orders.find(token=token) or abort(404)
    try:
        settlement.settle(_epsilon(), Word.PERSON, order_number=record.order_number)
    except epsilon.EpsilonError as error:
        current_app.logger.warning("order %s not settled: %s", record.order_number, type(error).__name__)
        return pages.message("unconfirmed", 502, order=record.token)
    return redirect(url_for("shop.show_order", token=token), 303)


@shop.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; Epsilon and the database are not asked."""
    return Response("ok", mimetype="text/plain")


@shop.get("/readyz")
def readyz() -> Response:
    """Say whether orders can be taken: whether the database answers. Epsilon is not asked."""
    if database.answers():
        return Response("ready", mimetype="text/plain")
    return Response("The database does not answer.", 503, mimetype="text/plain")


# The wiring.


def _epsilon(word: Word | None = None) -> epsilon.Client:
    # Epsilon waits for the answer to its notice, so that one must be quick: what cannot be asked now is sent again.
    client: epsilon.Client = current_app.extensions["epsilon_for_notices" if word is Word.NOTICE else "epsilon"]
    return client


def _order_form() -> OrderForm:
    purchase = session.setdefault("purchase", secrets.token_urlsafe(16))
    ways, for_integrators = current_app.config["SHOP_METHODS"], current_app.config["EPSILON_ENV"] != "production"
    return OrderForm(guest_id=browser(), purchase=purchase, ways=ways, for_integrators=for_integrators)


def _form_page(form: OrderForm, **said: object) -> str:
    ways = [WAYS[name] for name in form.st.choices]
    offer = {"items": ITEMS, "stores": epsilon.STORES, "missions": epsilon.MISSIONS, "ways": ways}
    return render_template("form.html", form=form, card=_registered_card(), **offer, **said)


def _registered_card() -> epsilon.UserInfo | None:
    # Only who is known to have had one waits for the question, which is a short one.
    if not session.get("has_card"):
        return None
    try:
        return _epsilon(Word.NOTICE).get_user_info(browser())
    except epsilon.EpsilonError as error:
        current_app.logger.warning("registered card not asked for: %s", type(error).__name__)
        return None


def _own_order(**key: str) -> OrderRecord | None:
    record = orders.find(**key)
    return record if record and record.browser == browser() else None


def _keep_visit(at: datetime, body: bytes = b"") -> None:
    names = "order_number trans_code user_id result state payment_code paid item_price conveni_code".split()
    told = {}
    with suppress(RequestEntityTooLarge):
        told = {name: value for name in names if (value := _asked(name))}
    # Only what names an order of ours is worth a row: strangers can call as often as they like.
    if exchanges.are_kept() and exchanges.is_known(told):
        exchanges.keep_visit(request.path, told, at, body)


def _log_exchange(exchange: epsilon.Exchange) -> None:
    g.exchange = secrets.token_hex(8)  # the events of an order name the exchange that moved it
    path = urlsplit(exchange.url).path
    logger = logging.getLogger("app")
    logger.info("exchange %s: %s answered %s in %.3f s", g.exchange, path, exchange.status, exchange.seconds)
    if exchanges.are_kept():
        exchanges.keep(exchange, g.exchange, path)


def create_app(config: Mapping[str, Any] | None = None, *, session: requests.Session | None = None) -> Flask:
    """Return the shop, as the environment and the file .env say, or as the environment and ``config`` say.

    ``session`` is what carries its calls to Epsilon. Settings that cannot work end the process with status 2,
    after all of them were named.
    """
    app = Flask(__name__)
    if config is None:
        load_dotenv(Path(app.root_path, ".env"))
    app.logger.setLevel(logging.INFO)
    try:
        app.config.update(read_settings(config or {}, debug=app.debug, folder=app.instance_path))
        database.init_app(app)
    except InvalidSettings as invalid:
        print(*invalid.problems, sep="\n", file=sys.stderr)
        sys.exit(2)
    for name, timeout in {"epsilon": ORDER_TIMEOUT, "epsilon_for_notices": NOTICE_TIMEOUT}.items():
        app.extensions[name] = epsilon.Client(
            app.config["EPSILON_CONTRACT_CODE"],
            base_url=app.config["EPSILON_URL"],
            timeout=timeout,
            session=session,
            on_exchange=_log_exchange,
        )
    pages.init_app(app)  # first: it says how much of a form is read, which csrf then does
    csrf.init_app(app)
    app.register_blueprint(shop)
    if app.config["EPSILON_ENV"] != "production":
        app.register_blueprint(wire)
    app.register_blueprint(members)
    app.cli.add_command(orders_cli)
    app.cli.add_command(epsilon_cli)
    if proxies := int(app.config["TRUSTED_PROXIES"]):
        # Only as many of the values in each header as there are proxies were written by them.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    return app
