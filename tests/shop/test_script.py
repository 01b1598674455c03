"""Whatever anybody says is text on every page: what buyers type, what an address carries, what Epsilon answers."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
import requests
from flask import Flask
from sqlalchemy import String, text
from werkzeug.test import TestResponse

import orders
from database import writing
from orders import OrderRecord, OrderState
from tests.people import EPSILON, Buyer, ScriptedEpsilon, csrf_token
from tests.shop.test_settle import WITHOUT_RULES

HOSTILE = "\"'><script>alert(1)</script>{{7*7}}%(max)s&lt;b&gt;"
HARMLESS = "ただの文字"
LANGUAGES = ("ja", "en")


class Bones(HTMLParser):
    """What a browser would make of a page: its elements, their attributes but for values, and where they lead."""

    def __init__(self, page: TestResponse) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.targets: set[str] = set()
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.targets |= {value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")}


def assert_text(hostile: TestResponse, harmless: TestResponse) -> None:
    """See that the page with hostile words is built like the one with harmless words, and leads nowhere else."""
    assert hostile.status_code == harmless.status_code
    bones = Bones(hostile)
    assert bones.elements == Bones(harmless).elements
    assert [target for target in bones.targets if not re.match(rf"[/?#]|{EPSILON}/|{EPSILON}$|$", target)] == []
    assert "script" not in {element[0] for element in bones.elements}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("page", "sent_to"), [("/", "/orders"), ("/member", "/member/card")])
def test_what_is_typed_is_text_on_the_form(buyer: Buyer, language: str, page: str, sent_to: str) -> None:
    """In every field: where it is wrong, where only the language is switched, where the form is too old."""
    form = buyer.open(f"{page}?lang={language}")
    names = set(re.findall(r' name="(\w+)"', form.text)) - {"csrf_token"}
    assert {"user_name", "user_mail_add"} <= names
    token = csrf_token(form)
    for address, sent_token in ((sent_to, token), (page, token), (sent_to, HOSTILE)):
        # The last character is wrong in every field, so that the form comes back with a message at each.
        hostile, harmless = (
            buyer.open(address, csrf_token=sent_token, **dict.fromkeys(names, words + "🍵"))
            for words in (HOSTILE, HARMLESS)
        )
        assert_text(hostile, harmless)
        typed = set(re.findall(r'<input [^>]*name="(\w+)"[^>]*value="[^"]*&lt;script', hostile.text))
        assert {"user_name", "user_mail_add"} <= typed
        if page == "/":
            assert {"quantity", "user_tel", "user_name_kana", "user_id", "memo1", "memo2"} <= typed


def test_what_is_in_an_address_is_text(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """On every page, in names and in values, also where Epsilon cannot be asked."""
    to_epsilon.mount(EPSILON, ScriptedEpsilon(requests.ReadTimeout("down")))
    for address in ("/", "/return", "/back", "/error", "/timeout", "/nowhere", "/orders/x", "/orders"):
        for fields in ("order_number={0}&{0}=1", "trans_code=1&{0}={0}", "again={0}", "lang={0}"):
            assert_text(*(buyer.open(f"{address}?{fields.format(quote(words))}") for words in (HOSTILE, HARMLESS)))
    for place in ("/{0}", "/orders/{0}", "/static/{0}"):
        assert_text(*(buyer.open(place.format(quote(words))) for words in (HOSTILE, HARMLESS)))


def answer(**fields: str) -> bytes:
    """Return an answer of Epsilon with these values, each byte of them percent-encoded."""
    encoded = {name: "".join(f"%{byte:02X}" for byte in value.encode()) for name, value in fields.items()}
    results = "".join(f'<result {name}="{value}" />' for name, value in encoded.items())
    return f"<Epsilon_result>{results}</Epsilon_result>".encode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_text(buyer: Buyer, to_epsilon: requests.Session, language: str) -> None:
    """err_code and err_detail, on the form that comes back and on the page of the order; control characters too."""
    buyer.open(f"/?lang={language}")
    pages = []
    for words in (HOSTILE + "\0\r\n\x1b", HARMLESS):
        to_epsilon.mount(EPSILON, ScriptedEpsilon(answer(result="0", err_code=words, err_detail=words)))
        refused, token = buyer.order(), buyer.orders()[0].token
        pages.append((refused, *(buyer.open(f"/{shown}/{token}?personal") for shown in ("orders", "wire"))))
    for hostile, harmless in zip(*pages, strict=True):
        assert_text(hostile, harmless)
        assert HOSTILE in unescape(hostile.text)


class Slips(ScriptedEpsilon):
    """An Epsilon that says the same words in every field of a receipt or an inquiry that the shop does not check."""

    def __init__(self, words: str) -> None:
        super().__init__(b"")
        self.words = words

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answer about the order that was asked about."""
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        names = (
            "trans_code user_id user_name process_code last_update memo1 memo2 mission_code st_code item_name "
            "payment_code user_mail_add item_code conveni_code receipt_no kigyou_code haraikomi_url paid receipt_date "
            "conveni_limit conveni_time credit_time keitai add_info unheard_of"
        ).split()
        checked = {
            "order_number": asked["order_number"],
            "contract_code": "12345678",
            "item_price": "980",
            "state": "0",
        }
        self.act = answer(
            **({"result": "1"} if "st_code" in asked else {}), **dict.fromkeys(names, self.words), **checked
        )
        return super().send(request)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_is_text(buyer: Buyer, to_epsilon: requests.Session, language: str) -> None:
    """Every field that Epsilon sends with a receipt and with an inquiry; NUL, which no database takes, is in it too."""
    buyer.open(f"/?lang={language}")
    pages = []
    for words in (HOSTILE + "\0", HARMLESS):
        to_epsilon.mount(EPSILON, Slips(words))
        place = buyer.order(st="conveni", conveni_code="11").location
        pages.append([buyer.open(page) for page in (place, f"{place.replace('orders', 'wire')}?personal")])
        assert buyer.orders()[0].receipt_no == words.replace("\0", r"\x00")
    for hostile, harmless in zip(*pages, strict=True):
        assert_text(hostile, harmless)
        assert HOSTILE in unescape(hostile.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_registered_card_is_text(buyer: Buyer, to_epsilon: requests.Session, language: str) -> None:
    """What Epsilon says of it, on the account, on the order form, and where it refuses to change it."""
    buyer.open(f"/?lang={language}")
    entries = {"user_name": "花子", "user_mail_add": "hanako@example.com"}
    pages = []
    for words in (HOSTILE, HARMLESS):
        card = answer(result="1", card_brand=words, card_number_mask=words)
        to_epsilon.mount(EPSILON, ScriptedEpsilon(card))
        seen = [buyer.open("/member"), buyer.open("/")]
        to_epsilon.mount(EPSILON, ScriptedEpsilon(answer(result="9", err_code=words, err_detail=words)))
        pages.append([*seen, buyer.open("/member/card", csrf_token=csrf_token(seen[0]), **entries)])
    for hostile, harmless in zip(*pages, strict=True):
        assert_text(hostile, harmless)
        assert HOSTILE in unescape(hostile.text)


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://slip.example.com/1?a=b&c=d", True),
        ("https://slip.example.com/\"'><script>alert(1)</script>", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//evil.example/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_slip_is_a_link_only_to_a_web_page(
    buyer: Buyer, to_epsilon: requests.Session, address: str, is_link: bool
) -> None:
    """Its address leads to where it says, or nowhere; an address that would run a script is not even shown."""
    to_epsilon.mount(EPSILON, Slips(address))
    page = buyer.open(buyer.order(st="conveni", conveni_code="11").location)
    links = {target for target in Bones(page).targets if not re.match(rf"[/?#]|{EPSILON}$", target)}
    assert links == ({address} if is_link else set())


def set_by_hand(shop: Flask, record: OrderRecord, state: OrderState, words: str) -> None:
    """Put an order into a state, and the same words into every text of it that is anybody else's."""
    ours = ("token", "browser", "purchase", "form_key", "order_number", "state")
    with shop.app_context(), writing() as here:
        here.execute(text(WITHOUT_RULES[shop.extensions["engine"].dialect.name]))
        row, _ = orders.lock(here, record)
        row.state = state
        for column in OrderRecord.__table__.columns:
            if isinstance(column.type, String) and column.name not in ours:
                setattr(row, column.name, words[: column.type.length])


@pytest.mark.parametrize("state", OrderState)
def test_every_word_of_an_order_is_text_in_every_state(shop: Flask, buyer: Buyer, state: OrderState) -> None:
    """Whichever of its fields a page shows, in both languages, and on the form that it fills in again."""
    buyer.order()
    record = buyer.orders()[0]
    pages: list[list[TestResponse]] = []
    for words in (HOSTILE, HARMLESS):
        set_by_hand(shop, record, state, words)
        pages.append([buyer.open(f"{page}lang={language}") for page in addresses(record) for language in LANGUAGES])
    for hostile, harmless in zip(*pages, strict=True):
        assert hostile.status_code == 200
        bones = Bones(hostile)
        assert bones.elements == Bones(harmless).elements
        assert HOSTILE[:48] in unescape(hostile.text)


def addresses(record: OrderRecord) -> Iterator[str]:
    """Yield where an order is shown."""
    yield f"/orders/{record.token}?"
    yield f"/?again={record.token}&"
