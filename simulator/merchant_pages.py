"""The merchant console: every item on one page, each with its own button, and all of it as a file."""

from dataclasses import asdict

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from .environment import environment
from .guard import own_pages_only
from .merchant import ITEMS, WrongItem
from .methods import METHODS

merchant_pages = Blueprint("merchant_pages", __name__)
merchant_pages.before_request(own_pages_only)


@merchant_pages.get("/console")
def items() -> str:
    """Show every item."""
    return page()


@merchant_pages.post("/console/<name>")
def update(name: str) -> AnyResponse | tuple[str, int]:
    """Set one item anew; 422 where it cannot have that value, which is shown again with the reason."""
    if name not in ITEMS:
        abort(404)
    typed = request.form.getlist(name)
    # A browser sends nothing for boxes that are all empty.
    several = ITEMS[name].kind in ("methods", "lines")
    try:
        environment().change_merchant({name: typed if several or len(typed) != 1 else typed[0]})
    except WrongItem as wrong:
        return page(wrong, " ".join(typed)), 422
    return redirect(url_for(".items", saved=name, _anchor=name), 303)


@merchant_pages.get("/console.json")
def export() -> Response:
    """The console as the file that `--console` reads."""
    answer = jsonify(asdict(environment().merchant))
    answer.headers["Content-Disposition"] = 'attachment; filename="console.json"'
    return answer


def page(wrong: WrongItem | None = None, typed: str = "") -> str:
    """The page, with what was typed wrong."""
    return render_template(
        "merchant.html",
        items=ITEMS,
        values=asdict(environment().merchant),
        methods=METHODS.values(),
        saved=request.args.get("saved"),
        wrong=wrong,
        typed=typed,
    )
