"""Holds an answer against the simulator's OpenAPI file; knows as much JSON Schema as that file uses."""

import json
import re
from typing import Any

from werkzeug.test import TestResponse

import simulator.api

DOCUMENT: dict[str, Any] = json.loads(simulator.api.OPENAPI.read_text(encoding="utf-8"))

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = frozenset(
    "$ref type properties required additionalProperties items enum anyOf minimum maximum description "
    "contentEncoding".split()
)


def operation(method: str, path: str) -> dict[str, Any]:
    """What the file says about a method at a path such as `/api/requests/1`."""
    for template, operations in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
            return dict(operations[method.lower()])
    raise AssertionError(f"{method} {path} is not in the file")


def check_answer(method: str, path: str, answer: TestResponse) -> None:
    """Fail unless the file knows this status for this operation, and the body fits its schema."""
    responses = operation(method, path)["responses"]
    assert str(answer.status_code) in responses, f"{method} {path}: {answer.status_code} is not in the file"
    described = responses[str(answer.status_code)]
    if "content" not in described:
        assert answer.data == b""
        return
    assert answer.content_type == "application/json"
    check(described["content"]["application/json"]["schema"], json.loads(answer.data), f"{method} {path}")


def check(schema: dict[str, Any], value: Any, place: str) -> None:
    """Fail unless the value fits the schema; `place` says where it stands."""
    assert schema.keys() <= KNOWN, f"{place}: the checker does not know {schema.keys() - KNOWN}"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        check(DOCUMENT["components"]["schemas"][name], value, f"{place} {name}")
    if "anyOf" in schema:
        assert any(fits(choice, value, place) for choice in schema["anyOf"]), f"{place}: {value!r} fits none"
    if "enum" in schema:
        assert value in schema["enum"], f"{place}: {value!r} is not one of {schema['enum']}"
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        right = any(type(value) in TYPES[name] for name in names)
        assert right, f"{place}: {value!r} is no {schema['type']}"
    if isinstance(value, dict):
        check_object(schema, value, place)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            check(schema["items"], item, f"{place}[{number}]")


def check_object(schema: dict[str, Any], value: dict[str, Any], place: str) -> None:
    """Fail unless an object has what it must and nothing that it must not."""
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    assert set(schema.get("required", ())) <= value.keys(), f"{place}: {set(schema['required']) - value.keys()} missing"
    for name, item in value.items():
        if name in properties:
            check(properties[name], item, f"{place}.{name}")
        else:
            assert others is not False, f"{place}: {name} is not in the file"
            if isinstance(others, dict):
                check(others, item, f"{place}.{name}")


def fits(schema: dict[str, Any], value: Any, place: str) -> bool:
    """Whether the value fits."""
    try:
        check(schema, value, place)
    except AssertionError:
        return False
    return True
