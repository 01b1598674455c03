"""The simulator as a Flask app; opens no socket."""

from collections.abc import Callable
from datetime import datetime

import requests
from flask import Flask, render_template
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from .cgis import cgis
from .console import console
from .environment import Environment, japan_time
from .guard import LARGEST_REQUEST, TRUSTED_HOSTS, add_headers
from .ledger import Ledger
from .pages import pages
from .shop import Shop

CONTRACT_CODE = "12345678"
SHOP = "http://localhost:8000"
MEMORY = "sqlite://"


def create_app(
    *,
    contract_code: str = CONTRACT_CODE,
    shop: str = SHOP,
    database: str = MEMORY,
    session: requests.Session | None = None,
    now: Callable[[], datetime] = japan_time,
    seed: int = 0,
) -> Flask:
    """A local Epsilon with one contract, whose shop answers at `shop`.

    `database` is an SQLAlchemy URL of SQLite, `session` sends the notices, `now` gives Japan time, `seed`
    decides the order of the inquiry's fields. Call `close(app)` to close the database.
    """
    app = Flask(__package__)
    app.config["TRUSTED_HOSTS"] = TRUSTED_HOSTS
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.jinja_env.undefined = StrictUndefined
    app.extensions["environment"] = Environment(
        contract_code=contract_code,
        shop=Shop(shop),
        ledger=Ledger(database),
        session=session or plain_session(),
        now=now,
        seed=seed,
    )
    for room in (cgis, pages, console):
        app.register_blueprint(room)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, show_trouble)
    return app


def close(app: Flask) -> None:
    """Close the database and the session of an app made by `create_app`."""
    environment: Environment = app.extensions["environment"]
    environment.ledger.close()
    environment.session.close()


def plain_session() -> requests.Session:
    """A session that asks no proxy and sends no password from the developer's own settings."""
    session = requests.Session()
    session.trust_env = False
    return session


def show_trouble(error: HTTPException) -> Response:
    """An HTTP error as a page in both languages, with the headers that belong to it (405 has Allow)."""
    response = error.get_response()
    # A request for an untrusted host has no addresses to link to.
    if isinstance(error, SecurityError):
        return response
    response.data = render_template("trouble.html", status=response.status_code, name=error.name)
    return response
