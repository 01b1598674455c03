"""Orders that are answered with a redirect: the answer's bytes, where it leads, and what is accepted."""

from urllib.parse import urlsplit

import pytest

from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.wire import CARD, CHOICE, Epsilon, new_number, typed


@pytest.fixture(scope="module")
def redirect(epsilon: Epsilon) -> Answer:
    """What an order by card is answered."""
    return epsilon.order()


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 redirect: HTTP status", "documented", "status", 200),
        claimed("4 redirect: declaration", "recorded", "declaration", '<?xml version="1.0" encoding="UTF-8" ?>'),
        claimed("4 redirect: content type", "recorded", "content_type", "text/xml"),
        claimed("4 redirect: line ends", "recorded", "line_end", "LF"),
        claimed("4 redirect: fields in order", "recorded", "names", ["result", "redirect"]),
        claimed("4 redirect: ASCII, one attribute to an element", "recorded", "shape", "as recorded"),
    ],
)
def test_an_order_is_answered_with_a_redirect(redirect: Answer, part: str, believed: object) -> None:
    """The answer to an order, byte for byte but for its address."""
    assert redirect.outcome == "a redirect"
    assert getattr(redirect, part) == believed


@pytest.mark.parametrize(
    ("st_code", "page"),
    [
        claimed("1 redirect: card3.cgi for card alone", "recorded", CARD, "card3.cgi"),
        claimed("1 redirect: method_select3.cgi for a choice", "recorded", CHOICE, "method_select3.cgi"),
    ],
)
def test_the_redirect_leads_to_the_page_of_the_methods(epsilon: Epsilon, st_code: str, page: str) -> None:
    """Card alone has a page of its own; else the buyer chooses."""
    answer = epsilon.order({"st_code": st_code})

    assert answer.outcome == "a redirect"
    assert urlsplit(answer["redirect"] or "").path == f"/cgi-bin/order/{page}"


@pytest.mark.claim("4 redirect: decoded once, its address is a page", "recorded")
def test_the_redirect_is_a_page(epsilon: Epsilon, redirect: Answer) -> None:
    """A browser that goes there sees HTML."""
    page = epsilon.session.get(redirect["redirect"] or "", timeout=30)

    assert page.status_code == 200
    assert page.headers["Content-Type"].split(";")[0] == "text/html"


@pytest.mark.claim("4 redirect: its trans_code is a token, not the numeric one", "recorded")
def test_the_token_is_not_the_trans_code(epsilon: Epsilon) -> None:
    """What the address holds identifies the page, not the transaction."""
    number = new_number()
    token = (epsilon.order({"order_number": number})["redirect"] or "").partition("trans_code=")[2]

    found = epsilon.ask(order_number=number)["trans_code"]
    assert ("a number" if token.isdigit() or token == found else "a token") == "a token"


@pytest.mark.claim("4 redirect: leads to the host that was asked", "recorded")
@pytest.mark.usefixtures("redirect")
def test_the_client_is_sent_to_the_host_that_it_asked(epsilon: Epsilon) -> None:
    """The client takes the answer; it refuses a redirect to anywhere else."""
    assert type(epsilon.client.receive_order(typed())).__name__ == "Redirect"


@pytest.mark.parametrize(
    "changes",
    [
        claimed("2 version: may be left out", "recorded", {"version": None, "character_code": None}),
        claimed("2 lang_id en and currency_id JPY are accepted", "documented", {"lang_id": "en", "currency_id": "JPY"}),
        claimed("2 memo1, memo2: may be left out", "assumed", {"memo1": None, "memo2": None}),
        claimed("3 st_code: short form 5-4-5", "recorded", {"st_code": "10000-0000-00000"}),
        claimed("3 st_code: short form 5-4-4", "recorded", {"st_code": "10000-0000-0000"}),
    ],
)
def test_an_order_may_say_it_otherwise(epsilon: Epsilon, changes: dict[str, str | None]) -> None:
    """What the table of fields does not tell, or only by its limits."""
    assert epsilon.order(changes).outcome == "a redirect"


@pytest.mark.parametrize("mission_code", range(2, 11))
@pytest.mark.claim("3 mission_code: 2 to 10 are accepted", "clients")
def test_a_monthly_plan_is_ordered_by_each_code(epsilon: Epsilon, mission_code: int) -> None:
    """Nine plans, all by card; nobody joins one here."""
    assert epsilon.order({"mission_code": str(mission_code)}).outcome == "a redirect"


@pytest.mark.parametrize(
    "changes",
    [
        claimed("2 xml=0: an order is answered with HTML", "documented", {}),
        claimed("2 xml=0: an error is an HTML page", "documented", {"user_id": ""}),
    ],
)
def test_without_xml_the_answer_is_html(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """For a form that the browser itself posts."""
    answer = epsilon.order({"xml": "0", **changes})

    assert answer.content_type.split(";")[0] == "text/html"
    assert answer.names == []
