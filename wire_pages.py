"""The wire page: what went over the wire about one order, for developers. Not registered in production."""

import json
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask_babel import gettext as _

import epsilon
import exchanges
import orders
from exchanges import ExchangeRecord
from orders import OrderEvent

wire = Blueprint("wire", __name__, url_prefix="/wire")

PERSON, SHOP, EPSILON = range(1, 4)
"""The lanes of the diagram, left to right."""


@dataclass
class Step:
    """One arrow of the diagram, from lane to lane, and what it says; ``events`` are what the shop concluded then."""

    at: datetime
    source: int
    target: int
    said: str
    exchange: ExchangeRecord | None = None
    reading: exchanges.Reading | None = None
    events: list[OrderEvent] = field(default_factory=list)


@wire.get("/<token>")
def show_wire(token: str) -> str:
    """Draw the sequence of an order, form to receipt, and show each exchange; personal fields where asked for."""
    order = orders.find(token=token) or abort(404)
    found = exchanges.about(order)
    events = orders.events_of(order)
    steps = [Step(order.created_at, PERSON, SHOP, "POST /orders")]
    for each in found:
        steps += _steps_of(each, [event for event in events if event.exchange and event.exchange == each.reference])
    steps.sort(key=lambda step: step.at)
    steps.append(Step(datetime.now(UTC), SHOP, PERSON, f"/orders/… {order.state}"))
    return render_template(
        "wire.html",
        order=order,
        steps=steps,
        personal="personal" in request.args,
        masked=exchanges.masked,
        masked_body=exchanges.masked_body,
        curl=_curl,
        advise=epsilon.advise,
    )


@wire.get("/<token>/<int:number>.json")
def download_fixture(token: str, number: int) -> Response:
    """Give one exchange as a fixture: what was sent, and the answer's bytes, with nothing personal in them."""
    order = orders.find(token=token) or abort(404)
    [each] = [each for each in exchanges.about(order) if each.id == number] or abort(404)
    text = json.dumps(exchanges.fixture(each), ensure_ascii=False, indent=2)
    name = exchanges.fixture_name(each)
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _steps_of(each: ExchangeRecord, events: list[OrderEvent]) -> list[Step]:
    answered = each.at + timedelta(seconds=each.seconds)
    if not each.is_ours:
        caller = EPSILON if each.path == "/notice" else PERSON
        reply = Step(answered, SHOP, caller, each.body.decode("ascii", "replace"))
        return [Step(each.at, caller, SHOP, each.path, each), *([reply] if each.body else [])]
    reading = exchanges.read(each.body)
    said = _in_short(each, reading.fields)
    asked = Step(each.at, SHOP, EPSILON, each.path.rpartition("/")[2], each, reading)
    return [asked, Step(answered, EPSILON, SHOP, said, events=events)]


def _in_short(each: ExchangeRecord, fields: dict[str, str]) -> str:
    if each.status != 200:
        return f"HTTP {each.status}" if each.status else str(_("no whole answer"))
    if not fields:
        return str(_("empty: unknown order") if each.body.strip().endswith(b">") else _("unreadable"))
    names = ("result", "err_code", "state", "paid")
    told = [f"{name}={fields[name]}" for name in names if fields.get(name)]
    told += [name for name in ("redirect", "receipt_no") if fields.get(name)]
    return " ".join(told)


def _curl(fields: dict[str, str], path: str) -> str:
    """Return a command that asks Epsilon the same again."""
    parts = ["curl", "--silent", current_app.config["EPSILON_URL"] + path]
    parts += [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in fields.items()]
    return " \\\n  ".join([" ".join(parts[:3]), *parts[3:]])
