"""What a run of the suite found of each claim, as a table to paste into an issue; knows no Epsilon."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
import requests

import epsilon

SOURCES = ("documented", "recorded", "clients", "assumed")
CONFIRMED, CONTRADICTED, LEFT_OPEN = "confirmed", "contradicted", "left open"
# What a claim with several tests is, by its worst.
WORST_FIRST = (CONTRADICTED, LEFT_OPEN, CONFIRMED)

# Epsilon answered, but otherwise than is believed. Whatever else breaks a test says nothing about Epsilon.
SAID_OTHERWISE = (AssertionError, epsilon.Refused, epsilon.BadAnswer)
NO_ANSWER = (requests.RequestException, epsilon.Unreachable, epsilon.NoAnswer)

A_FEW = 4
LONGEST = 160  # characters; a few words
PRIVATE = {
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+": "(mail address)",
    r"\b\d{1,3}(\.\d{1,3}){3}\b": "(IP address)",
}


class Row(NamedTuple):
    """A claim, its source, who was asked, and what the test found; text, since reports carry nothing else."""

    claim: str
    source: str
    asked: str
    verdict: str
    words: str


def claimed(claim: str, source: str, *values: Any) -> pytest.ParameterSet:
    """Parameters of a test that are a claim of their own."""
    return pytest.param(*values, marks=pytest.mark.claim(claim, source), id=claim)


def judge(passed: bool, error: BaseException | None) -> tuple[str, str]:
    """Return the verdict on a claim, and a few words of what came instead, or of why it is open."""
    if passed:
        return CONFIRMED, ""
    if isinstance(error, SAID_OTHERWISE):
        said = str(error).removeprefix("assert ").strip().splitlines() or [""]
        known = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        return CONTRADICTED, known + said[0]
    if isinstance(error, NO_ANSWER):
        return LEFT_OPEN, f"no answer ({type(error).__name__})"
    if isinstance(error, pytest.skip.Exception | pytest.fail.Exception):
        return LEFT_OPEN, str(error.msg)
    return LEFT_OPEN, f"the test broke ({type(error).__name__})"


def tell(came: object, believed: object) -> str:
    """Say what came instead of what is believed; of two long lists, what one lacks or has more than the other."""
    if isinstance(came, list) and isinstance(believed, list) and len(believed) > A_FEW:
        lacks = [str(item) for item in believed if item not in came]
        more = [str(item) for item in came if item not in believed]
        differences = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"has also {', '.join(more)}"] * bool(more)
        return "; ".join(differences) or f"in the order {', '.join(map(str, came))}"
    return f"{came!r} instead of {believed!r}"


def without_secrets(words: str, contract_code: str) -> str:
    """Return a few words in one line that anybody may read."""
    words = words.replace(contract_code, "(contract code)") if contract_code else words
    for pattern, instead in PRIVATE.items():
        words = re.sub(pattern, instead, words)
    words = words.replace("\n", " ").replace("\r", " ").replace("`", "'")
    return words if len(words) <= LONGEST else words[:LONGEST] + "…"


def write_table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a Markdown table, one row to a claim, in the order of protocol.md; before it, the sum."""
    worst: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: WORST_FIRST.index(row.verdict)):
        worst.setdefault(row.claim, row)
    verdicts = [row.verdict for row in worst.values()]
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in (CONFIRMED, CONTRADICTED, LEFT_OPEN)]
    yield f"{len(worst)} claims: {', '.join(counts)}."
    yield ""
    yield "| claim (by section of protocol.md) | source | verdict | what came instead, or why it is open |"
    yield "|---|---|---|---|"
    for _, row in sorted(worst.items()):
        # As code, since Markdown takes <?xml ?> for HTML, and shows two spaces as one.
        words = f"`{row.words}`" if row.verdict == CONTRADICTED else row.words
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in (*row[:2], row.verdict, words)) + " |"
