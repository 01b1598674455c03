"""The simulator as a Flask app; opens no socket."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import requests
from flask import Flask, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from .aftersale import aftersale
from .api import api, show_http_error
from .card_pages import card_pages
from .cgis import cgis
from .clock import Clock
from .console import console as desk
from .environment import Environment, japan_time
from .guard import LARGEST_REQUEST, TRUSTED_HOSTS, add_headers
from .inspector import inspector
from .ledger import Ledger
from .merchant import Merchant
from .merchant_pages import merchant_pages
from .provider_pages import provider_pages
from .recorder import Recorder
from .sabotage import Saboteur
from .select_pages import select_pages
from .slip_pages import slip_pages
from .transaction_pages import transaction_pages
from .workbench import workbench

SHOP = "http://localhost:8000"
MEMORY = "sqlite://"

ROOMS = (
    cgis,
    aftersale,
    select_pages,
    card_pages,
    slip_pages,
    provider_pages,
    merchant_pages,
    transaction_pages,
    desk,
    inspector,
    workbench,
    api,
)
LAST_CALLS = 0.5  # seconds in which open calls may end


def create_app(
    *,
    contract_code: str | None = None,
    shop: str = SHOP,
    console: Mapping[str, Any] | None = None,
    database: str = MEMORY,
    session: requests.Session | None = None,
    now: Callable[[], datetime] = japan_time,
    seed: int = 0,
    allow_foreign_notices: bool = False,
) -> Flask:
    """A local Epsilon with one contract, whose shop answers at `shop`, with its other `console` items.

    `database` is an SQLAlchemy URL of SQLite, `session` sends the notices, `now` gives Japan time, `seed`
    decides the order of the inquiry's fields. Notices go to this machine only, but for `allow_foreign_notices`.
    Raises WrongItem for the console, OldLedger for a database of another version. Call `close(app)` in the end.
    """
    app = Flask(__package__)
    app.config["TRUSTED_HOSTS"] = TRUSTED_HOSTS
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.jinja_env.undefined = StrictUndefined
    ledger = Ledger(database)
    app.extensions["environment"] = Environment(
        merchant=set_up(ledger, {"shop": shop, "contract_code": contract_code, "console": dict(console or {})}),
        ledger=ledger,
        session=session or plain_session(),
        now=Clock(now),
        seed=seed,
        allow_foreign_notices=allow_foreign_notices,
    )
    for room in ROOMS:
        app.register_blueprint(room)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, show_trouble)
    # Around the app, so that the CGIs know nothing of being watched and broken.
    recorder = Recorder(app, Saboteur(app.wsgi_app))
    app.extensions["recorder"] = recorder
    app.wsgi_app = recorder  # type: ignore[method-assign]
    return app


def set_up(ledger: Ledger, options: dict[str, Any]) -> Merchant:
    """The merchant's console: as it was left, unless it is now started with other options than last time.

    `contract_code`, where there is one, counts more than the `console` item. Raises WrongItem.
    """
    kept = ledger.kept("console")
    if kept and ledger.kept("options") == options:
        return Merchant().changed(kept)
    contract_code = {"contract_code": options["contract_code"]} if options["contract_code"] else {}
    merchant = Merchant.of(options["shop"]).changed(options["console"] | contract_code)
    ledger.keep("options", options)
    ledger.keep("console", asdict(merchant))
    return merchant


def close(app: Flask) -> None:
    """Close the database and the session of an app made by `create_app`."""
    environment: Environment = app.extensions["environment"]
    environment.faults.closing.set()
    recorder: Recorder = app.extensions["recorder"]
    recorder.close(LAST_CALLS)
    environment.ledger.close()
    environment.session.close()


def plain_session() -> requests.Session:
    """A session that asks no proxy and sends no password from the developer's own settings."""
    session = requests.Session()
    session.trust_env = False
    return session


def show_trouble(error: HTTPException) -> Response:
    """An HTTP error as a page in both languages, with the headers that belong to it (405 has Allow)."""
    if request.path.startswith("/api/"):
        return show_http_error(error)
    response = error.get_response()
    # A request for an untrusted host has no addresses to link to.
    if isinstance(error, SecurityError):
        return response
    response.data = render_template("trouble.html", status=response.status_code, name=error.name)
    return response
