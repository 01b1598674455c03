"""The story of a payment, event by event, then the wiring. Read the numbered comments first."""

import logging
import re
import secrets
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

import database
import epsilon
import orders
import pages
from catalog import ITEMS
from forms import OrderForm
from settings import InvalidSettings, read_settings

csrf = CSRFProtect()
shop = Blueprint("shop", __name__)


# 1. The buyer looks at the shelf and fills in the form.


@shop.get("/")
def show_form() -> str:
    """Show the form, filled in as before where the buyer comes back from an attempt of their own."""
    form = _order_form()
    if record := _own_order(request.args.get("again", "")):
        form.fill_in(record)
    return _form_page(form)


@shop.post("/")
def switch_language() -> str:
    """Show the form in the other language, with all that was typed; nothing is checked and nothing is ordered."""
    return _form_page(_order_form())


# 2. We check it, write the order down, and only then ask Epsilon. It answers with a page to send the buyer to,
#    with a konbini receipt, or with err_code and err_detail, which go back onto the form.


@shop.post("/orders")
def place_order() -> AnyResponse | tuple[str, int]:
    """Register the order at Epsilon and send the buyer on."""
    form = _order_form()
    if not form.validate() or form.order is None:
        return _form_page(form), 422
    record = orders.write_down(form.order, st=form.st.data, quantity=int(form.quantity.data))
    session["orders"] = [record.token, *session.get("orders", [])][:20]
    try:
        answer = _epsilon().receive_order(form.order)
    except epsilon.Refused as refusal:
        orders.move(record, orders.OrderState.REFUSED, err_code=refusal.code, err_detail=refusal.detail)
        return _form_page(form, refusal=refusal, advice=epsilon.advise(refusal.code)), 422
    except epsilon.Unreachable as error:
        # Nothing was sent: the order stays as written, and trying again is safe.
        return _form_page(form, failure=error), 502
    except (epsilon.NoAnswer, epsilon.BadAnswer) as error:
        current_app.logger.error("order %s: %s", record.order_number, error)
        orders.move(record, orders.OrderState.UNKNOWN)
        return _form_page(form, failure=error, record=record), 502
    if isinstance(answer, epsilon.Redirect):
        orders.move(record, orders.OrderState.SENT)
        return redirect(answer.url, 303)
    if isinstance(answer, epsilon.Receipt):
        orders.believe(record, answer.sale, contract_code=_epsilon().contract_code)
        try:
            orders.settle(_epsilon(), order_number=record.order_number)
        except epsilon.EpsilonError as error:
            current_app.logger.warning("order %s not settled: %s", record.order_number, type(error).__name__)
    return redirect(url_for("shop.show_order", token=record.token), 303)


@shop.errorhandler(CSRFError)
def ask_for_it_again(error: CSRFError) -> tuple[str, int]:
    """Keep what was typed where the form's token is missing or too old."""
    current_app.logger.info("%s: %s", request.path, error.description)
    if request.endpoint in ("shop.place_order", "shop.switch_language"):
        return _form_page(_order_form(), expired=True), 400
    return pages.message("expired", 400)


# 3. The buyer comes back. The browser may say anything, so we ask Epsilon.


@shop.get("/return")
def come_back() -> AnyResponse | tuple[str, int]:
    """Settle the order that the address names, and lead the browser that placed it to its confirmation."""
    try:
        record = _settle_as_asked()
    except epsilon.EpsilonError as error:
        current_app.logger.warning("return not settled: %s", type(error).__name__)
        record = orders.find(order_number=_asked("order_number"))
        if record is None:
            return pages.message("unconfirmed", 502)
    if record is None:
        return pages.message("no_such_order", 404)
    # A trans_code can be counted through: only the browser that placed the order is led to it.
    if _own_order(record.token) is None:
        return pages.message("other_browser", 200)
    return redirect(url_for("shop.show_order", token=record.token), 303)


@shop.post("/return")
@csrf.exempt  # Epsilon's page sends this form, so it cannot carry our token; it changes nothing by itself.
def come_back_by_post() -> AnyResponse:
    """Go on by GET: a POST from another site comes without the session cookie."""
    asked = {name: value for name in ("order_number", "trans_code") if (value := _asked(name))}
    return redirect(f"{url_for('shop.come_back')}?{urlencode(asked)}", 303)


# 4. The buyer came back without paying: back, error, timeout.


@shop.route("/back", methods=["GET", "POST"], endpoint="back")
@shop.route("/error", methods=["GET", "POST"], endpoint="error")
@shop.route("/timeout", methods=["GET", "POST"], endpoint="timeout")
@csrf.exempt  # as /return
def come_back_unpaid() -> AnyResponse | tuple[str, int]:
    """Say that nothing was paid, unless Epsilon says otherwise, and offer the form as it was filled in."""
    record = orders.find(order_number=_asked("order_number"))
    if record:
        try:
            record = _settle_as_asked()
        except epsilon.EpsilonError as error:
            current_app.logger.warning("%s not settled: %s", request.path, type(error).__name__)
    own = _own_order(record.token) if record else None
    if own and own.state not in (orders.OrderState.SENT, orders.OrderState.WRITTEN, orders.OrderState.REFUSED):
        return redirect(url_for("shop.show_order", token=own.token), 303)
    return pages.message(str(request.endpoint).removeprefix("shop."), 200, again=own.token if own else None)


# 5. Epsilon calls us itself, also where the buyer closed the browser.


@shop.post("/notice")
@csrf.exempt  # Epsilon's server sends this, without a session; it is only a reason to ask, and is never believed.
def take_notice() -> Response:
    """Answer in Epsilon's words: ``1``, or ``0 999`` and a reason (clients)."""
    try:
        if _asked("contract_code") not in ("", _epsilon().contract_code):
            reply = "0 999 unknown contract_code"
        elif not _asked("order_number") or _settle_as_asked() is None:
            reply = "0 999 unknown order_number"
        else:
            reply = "1"
    except epsilon.EpsilonError as error:
        current_app.logger.warning("notice not settled: %s", type(error).__name__)
        reply = "0 999 not confirmed, please send this again"
    return Response(reply, mimetype="text/plain")


# 6. Both ways meet in one function, which believes neither and asks Epsilon.


def _settle_as_asked() -> orders.OrderRecord | None:
    return orders.settle(_epsilon(), order_number=_asked("order_number"), trans_code=_asked("trans_code"))


def _asked(name: str) -> str:
    # Flask drops a whole form for one byte that is not UTF-8, and notices carry CP932.
    form = parse_qs(request.get_data().decode("latin-1"))
    value = (form.get(name) or request.args.getlist(name) or [""])[0]
    return value if re.fullmatch(r"[A-Za-z0-9]{1,32}", value) else ""


# 7. The buyer reads the confirmation: receipt number, company code, deadline, slip.


@shop.get("/orders/<token>")
def show_order(token: str) -> str:
    """Show the order to whoever holds its address, which cannot be guessed."""
    record = orders.find(token=token) or abort(404)
    return render_template(
        "order.html", record=record, method=epsilon.method_of(record.payment_code), stores=epsilon.STORES
    )


@shop.post("/orders/<token>")
def look_again(token: str) -> AnyResponse | tuple[str, int]:
    """Ask Epsilon again, at the buyer's wish."""
    record = orders.find(token=token) or abort(404)
    try:
        orders.settle(_epsilon(), order_number=record.order_number)
    except epsilon.EpsilonError as error:
        current_app.logger.warning("order %s not settled: %s", record.order_number, type(error).__name__)
        return pages.message("unconfirmed", 502, order=record.token)
    return redirect(url_for("shop.show_order", token=token), 303)


@shop.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; Epsilon and the database are not asked."""
    return Response("ok", mimetype="text/plain")


# The wiring.


def _epsilon() -> epsilon.Client:
    client: epsilon.Client = current_app.extensions["epsilon"]
    return client


def _order_form() -> OrderForm:
    # A signed guest number stands for the login of a real shop.
    guest_id = session.setdefault("guest_id", f"guest-{secrets.token_hex(8)}")
    return OrderForm(guest_id=guest_id, for_integrators=current_app.config["EPSILON_ENV"] != "production")


def _form_page(form: OrderForm, **said: object) -> str:
    return render_template("form.html", form=form, items=ITEMS, stores=epsilon.STORES, **said)


def _own_order(token: str) -> orders.OrderRecord | None:
    return orders.find(token=token) if token in session.get("orders", []) else None


def _log_exchange(exchange: epsilon.Exchange) -> None:
    path = urlsplit(exchange.url).path
    logging.getLogger("app").info("%s answered %s in %.3f s", path, exchange.status, exchange.seconds)


def create_app(config: Mapping[str, Any] | None = None, *, session: requests.Session | None = None) -> Flask:
    """Return the shop. ``config`` overrides the environment; ``session`` is what carries its calls to Epsilon.

    Settings that cannot work end the process with status 2, after all of them were named.
    """
    app = Flask(__name__)
    try:
        app.config.update(read_settings(config or {}, debug=app.debug))
    except InvalidSettings as invalid:
        print(*invalid.problems, sep="\n", file=sys.stderr)
        sys.exit(2)
    shop_url = urlsplit(app.config["SHOP_URL"])
    in_production = app.config["EPSILON_ENV"] == "production"
    app.config.update(
        SESSION_COOKIE_NAME="shop_session",  # cookies ignore ports: the simulator's neighbour needs its own name
        SESSION_COOKIE_SECURE=shop_url.scheme == "https",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=64 * 1024,
        TRUSTED_HOSTS=[str(shop_url.hostname), *([] if in_production else ["localhost", "127.0.0.1"])],
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open overnight still works
    )
    app.logger.setLevel(logging.INFO)
    app.extensions["epsilon"] = epsilon.Client(
        app.config["EPSILON_CONTRACT_CODE"],
        base_url=app.config["EPSILON_URL"],
        session=session,
        on_exchange=_log_exchange,
    )
    csrf.init_app(app)
    database.init_app(app)
    pages.init_app(app)
    app.register_blueprint(shop)
    return app
