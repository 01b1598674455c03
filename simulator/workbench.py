"""The developer's pages for faults, the clock, examples and the reset."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from . import notices, state
from .clock import FARTHEST
from .environment import environment
from .fault_kinds import ANY, KINDS, VALUES
from .faults import MOST_TIMES, Fault, Unknown
from .guard import own_pages_only
from .refusals import Refused

workbench = Blueprint("workbench", __name__)
workbench.before_request(own_pages_only)


@workbench.get("/faults")
def faults() -> str:
    """What can be broken, what is armed, and how often it fired."""
    return fault_page({"kind": request.args.get("kind", ""), "times": "1"})


@workbench.post("/faults")
def arm() -> Response | tuple[str, int]:
    """Arm a fault; 422 with what is wrong."""
    typed = {name: request.form.get(name, "").strip() for name in ("kind", "value", "cgi", "order_number", "times")}
    try:
        if not (typed["times"].isascii() and typed["times"].isdecimal()):
            raise Unknown("times", f"1 to {MOST_TIMES}")
        fault = Fault(typed["kind"], typed["value"], typed["cgi"], typed["order_number"], int(typed["times"]))
    except Unknown as unknown:
        return fault_page(typed, unknown), 422
    environment().faults.arm(fault)
    return redirect(url_for(".faults"), 303)


@workbench.post("/faults/<int:number>/disarm")
def disarm(number: int) -> Response:
    """Let a fault fire no more."""
    if environment().faults.disarm(number) is None:
        abort(404)
    return redirect(url_for(".faults"), 303)


@workbench.get("/clock")
def clock() -> str:
    """The time of the simulator, and everything that starts it anew."""
    return clock_page()


@workbench.post("/clock")
def move() -> Response | tuple[str, int]:
    """Move the clock by `days`, and send the notices that have become due."""
    here, days = environment(), request.form.get("days", "")
    try:
        here.now.move(int(days))
    except ValueError:
        return clock_page(f"A whole number of days, at most {FARTHEST} from today."), 422
    notices.send_due(here)
    return redirect(url_for(".clock"), 303)


@workbench.post("/seed")
def seed() -> Response | tuple[str, int]:
    """Make the examples; 409 where they are there already."""
    try:
        state.seed(environment(), request.host_url)
    except Refused:
        return clock_page("The examples are there already. Reset first."), 409
    return redirect(url_for("console.home"), 303)


@workbench.post("/reset")
def reset() -> Response:
    """Forget everything but the console."""
    state.reset(environment())
    return redirect(url_for(".clock"), 303)


def fault_page(typed: dict[str, str], unknown: Unknown | None = None) -> str:
    """The faults, with what was typed and what is wrong with it."""
    return render_template(
        "faults.html",
        armed=environment().faults.all(),
        kinds=KINDS.values(),
        values=VALUES,
        cgis=ANY,
        typed={"kind": "", "value": "", "cgi": "", "order_number": "", "times": "1"} | typed,
        unknown=unknown,
        most=MOST_TIMES,
    )


def clock_page(trouble: str = "") -> str:
    """The clock, with what is wrong."""
    here = environment()
    return render_template("clock.html", now=here.timestamp(), days=here.now.days, trouble=trouble)
