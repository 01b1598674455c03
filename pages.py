"""What all pages share: language, security headers, and the pages that only say something. Knows no orders."""

import secrets
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, Response, current_app, redirect, render_template, request, session
from flask_babel import Babel, format_date, format_datetime, get_locale
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from database import UNUSABLE

# The endpoints that a visitor by another of our names is not led away from: a missing page, and what monitors ask.
UNLED = (None, "shop.healthz", "shop.readyz")
LANGUAGES = {"ja": "日本語", "en": "English"}

MESSAGES = {
    "back": (
        _l("You came back from the payment page"),
        _l("If you have not paid, you can order again, also with another way to pay."),
    ),
    "error": (
        _l("There was an error on the payment page"),
        _l("If you have not paid, you can order again, also with another way to pay."),
    ),
    "timeout": (
        _l("The payment page timed out"),
        _l("Too much time passed on the payment page. If you have not paid, you can order again."),
    ),
    "unconfirmed": (
        _l("We are still confirming your payment"),
        _l("Epsilon could not be asked just now. Please do not pay again; try once more in a moment."),
    ),
    "no_such_order": (
        _l("We cannot find your order in this browser"),
        _l(
            "To protect your data, an order is shown only in the browser in which it was placed. "
            "If you have just paid, please return to that one, or contact the shop with your order number."
        ),
    ),
    "expired": (
        _l("Please send the form again"),
        _l("The page was open for too long, or the browser keeps no cookies. Nothing was ordered."),
    ),
    "400": (_l("This request cannot be understood"), _l("Please start again from the shop's first page.")),
    "404": (_l("There is no such page"), _l("The address may be mistyped, or the page has moved.")),
    "405": (_l("This page is not called that way"), _l("Please start again from the shop's first page.")),
    "413": (_l("That is too much at once"), _l("What was sent is larger than this shop accepts. Please shorten it.")),
    "503": (
        _l("The shop cannot write just now"),
        _l("Please try again in a moment. A form that is sent once more is not ordered twice."),
    ),
    "500": (
        _l("Something went wrong on our side"),
        _l("Please try again later. If you were paying, do not pay again before you have asked the shop."),
    ),
}


def message(name: str, status: int, *, again: str | None = None, order: str | None = None) -> tuple[str, int]:
    """Return a page that says what happened and what to do: ``again`` and ``order`` are the tokens to lead to."""
    title, text = MESSAGES[name]
    return render_template("message.html", name=name, title=title, text=text, again=again, order=order), status


def browser() -> str:
    """Return the visitor's number, which is made at the first visit."""
    # A signed session stands for the login of a real shop.
    return str(session.setdefault("guest_id", f"guest-{secrets.token_hex(8)}"))


def choose_language() -> str:
    """Return the visitor's language: the choice just made, the one made before, or Japanese."""
    return str(session.get("lang", "ja"))


def _keep_language() -> None:
    if request.args.get("lang") in LANGUAGES:
        session["lang"] = request.args["lang"]


def _read_whole_bodies_only() -> None:
    """Refuse a body that ends before its Content-Length: of a form that was cut off the beginning is no order."""
    # With this word of the server Werkzeug would read until nothing more comes, and take that for the whole.
    request.environ.pop("wsgi.input_terminated", None)


def _lead_home() -> AnyResponse | None:
    """Lead a visitor who came by another of our names to the one to which Epsilon sends buyers back: cookies differ."""
    home = urlsplit(current_app.config["SHOP_URL"])
    if request.method != "GET" or request.endpoint in UNLED or request.host == home.netloc:
        return None
    # Quoted anew: the path was decoded, and can hold line ends.
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(f"{home.scheme}://{home.netloc}{quote(request.path)}{query}", 302)


def _show_http_error(error: HTTPException) -> tuple[str, int, dict[str, str]] | Response:
    if isinstance(error, SecurityError):
        # The Host header is not ours, so no link on a page could be right.
        return Response("unknown host\n", 400, mimetype="text/plain")
    status = error.code or 500
    allowed = error.get_response().headers.get("Allow")  # which belongs to a 405
    page, _ = message(str(status) if str(status) in MESSAGES else "400", status)
    return page, status, {"Allow": allowed} if allowed else {}


def _show_failure(error: InternalServerError) -> tuple[str, int]:
    return message("500", 500)


def _show_unusable_database(error: Exception) -> tuple[str, int]:
    current_app.logger.error("database: %s", getattr(error, "orig", error))
    return message("503", 503)


def _add_headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and response.status_code < 400:
        return response  # a picture is no document: the rest would only weigh
    epsilon_url = current_app.config["EPSILON_URL"]
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        # Browsers apply form-action to the redirect after a POST as well, and that leads to Epsilon.
        f"form-action 'self' {epsilon_url}"
    )
    # Not no-referrer: behind https, the check against forged forms needs the referrer of our own pages.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _address_in(language: str) -> str:
    """Return this page's address in another language; a page that answers a form has none, so the shop's first."""
    args = request.args.to_dict() | {"lang": language}
    return ("" if request.method == "GET" else "/") + f"?{urlencode(args)}"


def _postal(code: str) -> str:
    return f"〒{code[:3]}-{code[3:]}" if str(get_locale()) == "ja" else f"{code[:3]}-{code[3:]}"


def _money(amount: int, currency_id: str = "JPY") -> str:
    if currency_id not in ("", "JPY"):
        return f"{currency_id} {amount:,}"
    return f"{amount:,}円" if str(get_locale()) == "ja" else f"¥{amount:,}"


def init_app(app: Flask) -> None:
    """Add to ``app`` what all pages share."""
    app.config.update(BABEL_DEFAULT_LOCALE="ja", BABEL_DEFAULT_TIMEZONE="Asia/Tokyo")
    Babel(app, locale_selector=choose_language)
    app.before_request(_read_whole_bodies_only)
    app.before_request(_lead_home)
    app.before_request(_keep_language)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(InternalServerError, _show_failure)
    for failure in UNUSABLE:
        app.register_error_handler(failure, _show_unusable_database)
    app.jinja_env.filters.update(money=_money, postal=_postal, date=format_date, datetime=format_datetime)
    app.jinja_env.globals.update(languages=LANGUAGES, get_locale=get_locale, address_in=_address_in)
