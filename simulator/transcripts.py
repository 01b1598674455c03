"""A recorded exchange as others read it: JSON for tests, a curl command, raw text; judged, but not changed."""

import shlex
from base64 import b64encode
from typing import Any

from . import conclusions, judge
from .exchanges import Exchange
from .recorder import MASK

Json = dict[str, Any]


def in_short(exchange: Exchange) -> Json:
    """What a list shows: `problems` names the fields that break their rule or are missing."""
    return {
        "id": exchange.id,
        "at": exchange.at,
        "seconds": exchange.seconds,
        "cgi": exchange.cgi,
        "order_number": exchange.order_number,
        "fault": exchange.fault,
        "outcome": exchange.outcome,
        "status": exchange.status or None,
        "problems": [field.name for field in judge.judge(exchange) if field.verdict in judge.PROBLEMS],
        "remarks": judge.remarks(exchange),
        "conclusion": conclusions.conclude(exchange)._asdict(),
    }


def in_full(exchange: Exchange) -> Json:
    """Everything that is known: what came, judged field by field, and what went back, decoded."""
    return in_short(exchange) | {
        "request": {
            "method": exchange.method,
            "path": exchange.path,
            "query": exchange.query,
            "headers": exchange.headers,
            "charset": judge.charset(exchange),
            "size": exchange.body_size,
            "body_base64": b64encode(exchange.body).decode(),
            "fields": [field._asdict() for field in judge.judge(exchange)],
        },
        "answer": answer(exchange) if exchange.status else None,
    }


def answer(exchange: Exchange) -> Json:
    """What went back."""
    return {
        "status": exchange.status,
        "headers": exchange.answer_headers,
        "charset": conclusions.charset(exchange),
        "size": exchange.answer_size,
        "body_base64": b64encode(exchange.answer).decode(),
        "fields": [part._asdict() for part in conclusions.decode(exchange)],
    }


def as_curl(exchange: Exchange, host_url: str) -> str:
    """A command line that sends the same request to the simulator at `host_url`; a password has to be put in."""
    query = f"?{exchange.query}" if exchange.query else ""
    words = [["curl", "--silent", "--show-error", "--include"]]
    if exchange.method != "POST":
        words.append(["--request", exchange.method])
    for name, value in exchange.headers:
        if name.lower() == "content-type" and value != judge.FORM:
            words.append(["--header", f"{name}: {value}"])
        if name.lower() == "authorization" and value.startswith("Basic ") and ":" in value:
            words.append(["--user", value.removeprefix("Basic ").replace(MASK, "PASSWORD")])
    plain = exchange.body.isascii() and exchange.body.decode("ascii").isprintable()
    if exchange.body:
        words.append(["--data-raw", exchange.body.decode("ascii")] if plain else ["--data-binary", "@-"])
    words.append([f"{host_url.rstrip('/')}{exchange.path}{query}"])
    command = " \\\n  ".join(shlex.join(word) for word in words)
    if plain:
        return command
    # Octal, as every printf knows it; %b takes a leading zero.
    octal = "".join(chr(byte) if 32 < byte < 127 and byte not in b"'\\" else f"\\0{byte:03o}" for byte in exchange.body)
    return f"printf '%b' '{octal}' |\n{command}"


def raw_request(exchange: Exchange) -> str:
    """The request as it came, one field of its body a line."""
    query = f"?{exchange.query}" if exchange.query else ""
    head = [f"{exchange.method} {exchange.path}{query}", *(f"{name}: {value}" for name, value in exchange.headers)]
    return "\n".join([*head, "", visible(exchange.body).replace("&", "\n&")])


def raw_answer(exchange: Exchange) -> str:
    """The answer as it went, line ends made visible."""
    head = [f"HTTP {exchange.status}", *(f"{name}: {value}" for name, value in exchange.answer_headers)]
    body = visible(exchange.answer).replace("\\n", "\\n\n")
    left_out = exchange.answer_size - len(exchange.answer)
    return "\n".join([*head, "", body]) + (f"\n… and {left_out} more bytes" if left_out > 0 else "")


def visible(raw: bytes) -> str:
    """Bytes as text: printable ASCII as it is, all else escaped."""
    escapes = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
    return "".join(chr(byte) if 32 <= byte < 127 else escapes.get(byte, f"\\x{byte:02x}") for byte in raw)
