"""Everything that a page can do, as JSON under /api/: what tests and scripts use. `openapi.json` describes it."""

import json
from pathlib import Path

from flask import Blueprint, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from . import exchanges, notices, state, transcripts
from .clock import FARTHEST
from .environment import environment
from .faults import Fault, Unknown
from .guard import own_pages_only
from .merchant import WrongItem
from .payloads import Answer, Impossible, Json, Wrong, asked, sent_object, trouble
from .refusals import Refused
from .transactions_api import transactions_api

api = Blueprint("api", __name__, url_prefix="/api")
api.before_request(own_pages_only)
api.register_blueprint(transactions_api)

OPENAPI = Path(__file__).with_name("openapi.json")


@api.get("/openapi.json")
def openapi() -> Response:
    """The description of all this."""
    return Response(OPENAPI.read_bytes(), content_type="application/json")


@api.get("/requests")
def list_requests() -> Json:
    """The kept requests in short, newest first; `order_number` (or a part of it) and `cgi` narrow them down."""
    wanted = request.args.get
    rows = exchanges.recent(environment().ledger, order_number=wanted("order_number", ""), cgi=wanted("cgi", ""))
    return {"requests": [transcripts.in_short(row) for row in rows]}


@api.get("/requests/<int:number>")
def one_request(number: int) -> Json:
    """One request with everything that is known of it."""
    return transcripts.in_full(exchanges.one(environment().ledger, number) or abort(404))


@api.get("/faults")
def list_faults() -> Json:
    """The list, newest first."""
    return {"faults": [fault_json(fault) for fault in environment().faults.all()]}


@api.post("/faults")
def arm_fault() -> Answer:
    """Arm one."""
    wanted: Json = {"kind": ""} | asked(kind=str, value=str, cgi=str, order_number=str, times=int)
    return fault_json(environment().faults.arm(Fault(**wanted))), 201


@api.delete("/faults/<int:number>")
def disarm_fault(number: int) -> Json:
    """Let one fire no more; it stays on the list."""
    return fault_json(environment().faults.disarm(number) or abort(404))


def fault_json(fault: Fault) -> Json:
    """A fault as the API tells it."""
    return vars(fault) | {"state": fault.state}


@api.get("/clock")
def tell_clock() -> Json:
    """Japan time, and by how many days it was moved."""
    here = environment()
    return {"now": here.timestamp(), "days": here.now.days}


@api.post("/clock")
def move_clock() -> Json:
    """Move by `days`, back where negative, and send the notices that have become due."""
    here, sent = environment(), asked(days=int)
    try:
        here.now.move(sent.get("days", 0))
    except (ValueError, OverflowError):
        raise Wrong("days", f"at most {FARTHEST} from today") from None
    notices.send_due(here)
    return tell_clock()


@api.get("/console")
def tell_console() -> Json:
    """Every item of the merchant console."""
    items = vars(environment().merchant)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items.items()}


@api.put("/console")
def set_console() -> Json:
    """Set some items; the others stay."""
    environment().change_merchant(sent_object())
    return tell_console()


@api.post("/seed")
def seed() -> Answer:
    """Make the examples."""
    asked()
    return {"order_numbers": [made.order_number for made in state.seed(environment(), request.host_url)]}, 201


@api.post("/reset")
def reset() -> tuple[str, int]:
    """Forget everything but the console."""
    asked()
    state.reset(environment())
    return "", 204


@api.errorhandler(Wrong)
@api.errorhandler(Unknown)
def show_wrong(wrong: Wrong | Unknown) -> Answer:
    """422 with the field and its rule."""
    return trouble(str(wrong), wrong.field, wrong.rule), 422


@api.errorhandler(WrongItem)
def show_wrong_item(wrong: WrongItem) -> Answer:
    """422 with the item of the console and its rule."""
    return trouble(str(wrong), wrong.name, wrong.reason), 422


@api.errorhandler(Refused)
def show_refused(refused: Refused) -> Answer:
    """409: it cannot be done in this state; the rule is Epsilon's own err_code."""
    return trouble(refused.refusal.err_detail, None, refused.refusal.err_code), 409


@api.errorhandler(Impossible)
def show_impossible(impossible: Impossible) -> Answer:
    """409: it cannot be done in this state."""
    return trouble(str(impossible)), 409


def show_http_error(error: HTTPException) -> Response:
    """Any other error below /api/, with the headers that belong to it."""
    response = Response(json.dumps(trouble(error.description or error.name)), error.code, error.get_headers())
    response.content_type = "application/json"
    return response
