"""What all pages share: headers, languages, and a sentence for everything that goes wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask

from tests.people import EPSILON, SHOP, Buyer, order_number_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "address", ["/", "/back", "/error", "/timeout", "/return", "/nowhere", "/orders/x", "/healthz"]
)
def test_every_page_has_the_headers(buyer: Buyer, address: str) -> None:
    """No foreign script, no frame, no cache; forms may lead to this shop and to Epsilon, and nowhere else."""
    headers = buyer.open(address).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {EPSILON}"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_the_cookie_has_its_own_name_and_is_out_of_reach_of_scripts(buyer: Buyer) -> None:
    """Cookies ignore ports, so the shop's is not called session; SameSite keeps it from foreign forms."""
    cookie = buyer.open("/").headers["Set-Cookie"]
    assert cookie.startswith("shop_session=")
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("status", "sentence", "visit"),
    [
        (404, "ページが見つかりません", lambda buyer: buyer.open("/nowhere")),
        (404, "ページが見つかりません", lambda buyer: buyer.open("/orders/guessed")),
        (405, "このページは、その方法では開けません", lambda buyer: buyer.open("/orders")),
        (413, "送信された内容が大きすぎます", lambda buyer: buyer.order(memo1="x" * 70_000)),
        (400, "もう一度送信してください", lambda buyer: buyer.open("/orders/x", nothing="1")),
    ],
)
def test_errors_are_pages_of_the_shop(
    buyer: Buyer, status: int, sentence: str, visit: Callable[[Buyer], object]
) -> None:
    """Each says in words what happened and where to go on, with the right status."""
    answer = visit(buyer)
    assert getattr(answer, "status_code", None) == status
    assert sentence in getattr(answer, "text", "")
    assert 'class="brand"' in getattr(answer, "text", "")


def test_a_defect_of_ours_is_a_page_without_a_traceback(shop: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever breaks says so in the shop's design; the traceback is in the log alone."""

    def break_down() -> str:
        raise RuntimeError("a defect")

    shop.add_url_rule("/defect", view_func=break_down)
    answer = shop.test_client().get("/defect", base_url=SHOP)
    assert (answer.status_code, "お店の側で問題が起きました" in answer.text) == (500, True)
    assert "Traceback" not in answer.text
    assert "RuntimeError: a defect" in caplog.text


def test_by_another_of_its_names_the_shop_leads_to_the_one_that_epsilon_knows(buyer: Buyer) -> None:
    """Cookies of 127.0.0.1 are not those of localhost, and Epsilon sends the buyer back to SHOP_URL."""
    answer = buyer.shop.get("/back?order_number=A", base_url="http://127.0.0.1:8000")
    assert (answer.status_code, answer.location) == (302, f"{SHOP}/back?order_number=A")


@pytest.mark.parametrize("address", ["/%5C127.0.0.1:8311/", "//evil.example/x", "/nowhere"])
def test_the_language_link_stays_in_the_shop(buyer: Buyer, address: str) -> None:
    """It is relative to the page, and keeps what else the address said."""
    page = buyer.shop.get(f"{address}?trans_code=55&lang=ja", base_url=SHOP).text
    assert re.findall(r'href="([^"]*lang=[^"]*)"', page) == ["?trans_code=55&amp;lang=en"]


def test_a_405_says_what_is_allowed(buyer: Buyer) -> None:
    """A machine reads the header."""
    assert set(buyer.open("/orders").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_an_address_in_the_log_is_one_line_without_its_token(buyer: Buyer, caplog: pytest.LogCaptureFixture) -> None:
    """What a stranger puts into an address does not write our log."""
    buyer.open("/orders/x%0A[2026] ERROR in app: FAKE", nothing="1")
    assert "FAKE" not in caplog.text


def test_the_shop_says_that_it_is_alive(buyer: Buyer) -> None:
    """/healthz answers without a database and without Epsilon."""
    answer = buyer.open("/healthz")
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", "ok")


def test_every_sentence_is_translated() -> None:
    """Each text of the code and the templates is in the Japanese catalogue, none is empty, none is left over."""
    methods = [("*.py", "python"), ("templates/**.html", "jinja2")]
    keywords = {"_": None, "_l": None}
    used = {
        message
        for _, _, message, _, _ in extract_from_dir(ROOT, methods, keywords=keywords)
        if isinstance(message, str)
    }
    with (ROOT / "translations/ja/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = {str(m.id): str(m.string) for m in read_po(file) if m.id}
    assert set(catalogue) == used
    assert [source for source, text in catalogue.items() if not text] == []
    assert [s for s, t in catalogue.items() if re.findall(r"%\(\w+\)s", s) != re.findall(r"%\(\w+\)s", t)] == []


def test_the_compiled_catalogue_is_in_step() -> None:
    """What runs is what the .po says: pybabel compile -d translations."""
    folder = ROOT / "translations/ja/LC_MESSAGES"
    with (folder / "messages.po").open("rb") as source, (folder / "messages.mo").open("rb") as compiled:
        assert {m.id: m.string for m in read_mo(compiled) if m.id} == {m.id: m.string for m in read_po(source) if m.id}


@pytest.mark.parametrize("address", ["/", "/back", "/error", "/timeout", "/return", "/nowhere"])
def test_english_pages_hold_no_japanese(buyer: Buyer, address: str) -> None:
    """In English every word is English, but for the name of the other language."""
    page = buyer.open(f"{address}?lang=en").text.replace("日本語", "")
    assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", page) == []


def test_a_confirmation_in_english_holds_no_japanese_but_what_was_typed(buyer: Buyer) -> None:
    """Stores, steps, dates and states are all in English."""
    buyer.open("/?lang=en")
    page = buyer.open(buyer.order(st="conveni", conveni_code="11", user_name="Hanako").location)
    assert order_number_of(page)
    assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", page.text.replace("日本語", "")) == []
