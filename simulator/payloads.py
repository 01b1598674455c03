"""What the JSON API takes and gives: reads a request's object, and shapes every error."""

from typing import Any

from flask import abort, request

Json = dict[str, Any]
Answer = Json | tuple[Json, int] | tuple[Json, int, dict[str, str]]


class Wrong(ValueError):
    """A `field` of the request's JSON breaks its `rule`."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule


class Impossible(Exception):
    """The transaction, or the notice, is in a state in which this cannot be done."""


def sent_object() -> Json:
    """The request's JSON object; {} where nothing was sent. 400 for no JSON, 415 for no JSON type; raises Wrong."""
    if not request.get_data():
        return {}
    try:
        sent = request.get_json()
    except RecursionError:
        abort(400)
    if not isinstance(sent, dict):
        raise Wrong("", "an object")
    return sent


def asked(**rules: type) -> Json:
    """The request's JSON object, with no other names than these and values of their types. Raises Wrong."""
    sent = sent_object()
    for name, value in sent.items():
        if name not in rules:
            raise Wrong(name, f"no such field; there are: {', '.join(rules)}" if rules else "no fields here")
        # In Python a bool is an int, in JSON it is not.
        if not isinstance(value, rules[name]) or (isinstance(value, bool) and rules[name] is not bool):
            raise Wrong(name, {str: "text", int: "a whole number", bool: "true or false"}[rules[name]])
    return sent


def trouble(error: str, field: str | None = None, rule: str | None = None) -> Json:
    """The shape of every error."""
    return {"error": error, "field": field, "rule": rule}
