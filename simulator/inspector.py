"""The inspector: every call of a CGI, judged and explained, for the person who builds the client."""

import json

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from . import conclusions, exchanges, judge, transcripts
from .environment import environment
from .exchanges import Exchange
from .guard import own_pages_only
from .manual import CGIS

inspector = Blueprint("inspector", __name__)
inspector.before_request(own_pages_only)

SHOWN = 100  # rows of the list


@inspector.get("/requests")
def listed() -> str:
    """The newest calls; `order_number` (or a part of it) and `cgi` narrow them down."""
    asked = {name: request.args.get(name, "").strip() for name in ("order_number", "cgi")}
    found = exchanges.recent(environment().ledger, limit=SHOWN, **asked)
    return render_template(
        "inspector.html",
        rows=[(row, transcripts.in_short(row)) for row in found],
        asked=asked,
        cgis=sorted(set(CGIS.values())),
        kept=exchanges.KEPT,
        shown=SHOWN,
    )


@inspector.get("/requests/<int:number>")
def shown(number: int) -> str:
    """One call, whole; 404 where it was never made or is no longer kept."""
    here, exchange = environment(), kept(number)
    judged = judge.judge(exchange)
    return render_template(
        "inspector_request.html",
        call=exchange,
        transaction=here.ledger.find(here.contract_code, "order_number", exchange.order_number),
        judged=judged,
        problems=[field for field in judged if field.verdict in judge.PROBLEMS],
        remarks=judge.remarks(exchange),
        charset=judge.charset(exchange),
        answer_charset=conclusions.charset(exchange),
        parts=conclusions.decode(exchange),
        conclusion=conclusions.conclude(exchange),
        curl=transcripts.as_curl(exchange, request.host_url),
        raw_request=transcripts.raw_request(exchange),
        raw_answer=transcripts.raw_answer(exchange),
    )


@inspector.get("/requests/<int:number>.json")
def download(number: int) -> Response:
    """The same as a file that a test can load; the API tells it in the same shape."""
    document = json.dumps(transcripts.in_full(kept(number)), ensure_ascii=False, indent=2)
    name = f"epsilon-request-{number}.json"
    return Response(
        document, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def kept(number: int) -> Exchange:
    """The exchange, or 404."""
    exchange = exchanges.one(environment().ledger, number)
    if exchange is None:
        abort(404)
    return exchange
