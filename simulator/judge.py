"""Judges what a shop sent, field by field, against the manual; never refuses anything itself."""

import re
from difflib import get_close_matches
from typing import NamedTuple

from . import faults
from .exchanges import Exchange
from .fields import CARRIED, Fields, as_carried, read_fields
from .manual import CGIS, FIELDS, ONCE, RECEIVE_ORDER, REQUIRED, REQUIRED_BY_PROCESS, Field

GOOD = "good"
BROKEN = "broken"
MISSING = "missing"
EXTRA = "extra"
NOTED = "noted"

FORM = "application/x-www-form-urlencoded"
PROBLEMS = (BROKEN, MISSING)


class Judged(NamedTuple):
    """One field: what was sent, how many bytes it is in CP932 (and may be, 0 for no such limit), and how it stands.

    `verdict` is good, noted, extra, broken or missing; `remark` says why, "" for good ones.
    """

    name: str
    ja: str
    value: str
    size: int
    limit: int
    verdict: str
    remark: str
    rule: str
    source: str


def judge(exchange: Exchange) -> list[Judged]:
    """Every field of the request, in the manual's order: known ones, then unknown ones, then missing ones."""
    if not exchange.body_size:
        return []
    cgi = CGIS[meant(exchange)]
    sent = read_fields(exchange.body)
    known = {field.name: field for field in FIELDS[cgi]}
    judged = [judge_field(field, sent) for name, field in known.items() if name in sent.values]
    judged += [judge_extra(name, sent) for name in sent.values if name not in known]
    return judged + [
        Judged(name, known[name].ja, "", 0, known[name].limit, MISSING, "not sent", *known[name][2:4])
        for name in required(cgi, sent)
        if name not in sent.values
    ]


def meant(exchange: Exchange) -> str:
    """The path of the CGI that was called, or of the one whose name is nearest to it."""
    return exchange.path if exchange.path in CGIS else get_close_matches(exchange.path, CGIS, 1, 0)[0]


def required(cgi: str, sent: Fields) -> list[str]:
    """The names of the fields that a request must have."""
    if cgi == RECEIVE_ORDER:
        return REQUIRED_BY_PROCESS.get(sent["process_code"], ONCE).split()
    return REQUIRED.get(cgi, "").split()


def judge_field(field: Field, sent: Fields) -> Judged:
    """One field that the manual knows."""
    value = sent[field.name]
    size = len(value.encode(CARRIED, "replace"))
    verdict, remark = verdict_on(field, value, size)
    if sent.repeated(field.name):
        verdict, remark = BROKEN, f"sent {len(sent.values[field.name])} times"
    if verdict == GOOD and field.name == "memo2":
        verdict, remark = verdict_on_mark(value)
    return Judged(field.name, field.ja, value, size, field.limit, verdict, remark, field.rule, field.source)


def verdict_on(field: Field, value: str, size: int) -> tuple[str, str]:
    """How a value stands against its rule, and why."""
    if "\ufffd" in value:
        return BROKEN, "holds bytes that are no text in its charset"
    carried = as_carried(value)
    if carried is None:
        lost = "".join(dict.fromkeys(letter for letter in value if as_carried(letter) is None))
        return BROKEN, f"CP932 cannot carry {lost!r}"
    if not re.fullmatch(field.pattern, value):
        return BROKEN, "is empty" if not value else "breaks the rule"
    if field.limit and size > field.limit:
        return BROKEN, f"{size} bytes, {size - field.limit} too many"
    if field.name in ONCE.split() and not value:
        return BROKEN, "is empty"
    if carried != value:
        return NOTED, f"comes back as {carried}"
    return GOOD, ""


def verdict_on_mark(memo2: str) -> tuple[str, str]:
    """A mark in memo2 that asks for a fault, or that looks so and asks for none."""
    mark = faults.find_mark(memo2)
    if mark is None:
        return GOOD, ""
    try:
        asked = faults.read_mark(mark)
    except faults.Unknown as unknown:
        return NOTED, f"fires no fault: its {unknown.field} is wrong"
    return NOTED, f"asks for the fault {asked.kind} in {asked.cgi}"


def judge_extra(name: str, sent: Fields) -> Judged:
    """A field that the manual does not know: Epsilon accepts it and says nothing of it (assumed)."""
    value = sent[name]
    size = len(value.encode(CARRIED, "replace"))
    return Judged(name, "", value, size, 0, EXTRA, "not in the manual; ignored", "none", "assumed")


def remarks(exchange: Exchange) -> list[str]:
    """What is odd about the request as a whole."""
    found = []
    if exchange.path not in CGIS:
        found.append(f"There is no such CGI. Did you mean {meant(exchange)}?")
    elif exchange.method != "POST":
        found.append(f"The CGIs are called by POST, not by {exchange.method}.")
    headers = {name.lower(): value for name, value in exchange.headers}
    content_type = headers.get("content-type", "")
    if exchange.body_size and content_type.partition(";")[0].strip().lower() != FORM:
        found.append(f"Content-Type is {content_type or 'missing'}; the CGIs read {FORM}.")
    if exchange.query:
        found.append("Fields in the address are not read; they belong in the body.")
    if exchange.body_size > len(exchange.body):
        found.append(f"{exchange.body_size} bytes were announced or sent; an order is about one thousand.")
    return found


def charset(exchange: Exchange) -> str:
    """The charset that the request's values were read in, as far as its bytes tell."""
    raw = percent_decoded(exchange.body)
    if raw.isascii():
        return "ASCII"
    if b"version=2" in exchange.body.split(b"&"):
        return "UTF-8" if is_text(raw, "utf-8") else "not UTF-8, though version=2 says so"
    if is_text(raw, "utf-8"):
        return "UTF-8, without version=2"
    read = "".join(value for values in read_fields(exchange.body).values.values() for value in values)
    sent = b"".join(percent_decoded(pair.partition(b"=")[2]) for pair in exchange.body.split(b"&"))
    return "CP932" if read.encode(CARRIED, "replace") == sent else "EUC-JP"


def percent_decoded(body: bytes) -> bytes:
    """The bytes that a form-encoded body stands for."""
    spaced = body.replace(b"+", b" ")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda digits: bytes([int(digits[1], 16)]), spaced)


def is_text(raw: bytes, charset: str) -> bool:
    """Whether the bytes are text in a charset."""
    try:
        raw.decode(charset)
    except UnicodeError:
        return False
    return True
