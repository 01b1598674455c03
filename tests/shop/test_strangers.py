"""What strangers try: requests that no browser makes, cookies that nobody gave them, keys and numbers of others."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import TestResponse

from orders import OrderRecord, OrderState
from settings import DEFAULTS
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token, hidden_fields, order_number_of

Book = Callable[[str], OrderRecord]
ASKED = "order_number trans_code contract_code user_id paid state result again lang personal item_price".split()
# As they stand in an address or in a form: what they mean there is the shop's to find out.
ODDITIES = (
    "%00", "%0d%0aSet-Cookie:%20stranger=1", "%0aX-Stranger:%201", "%e2%80%a8%c2%85", "%ff%fe", "%ed%a0%80", "%",
    "%u0000", "%3Cscript%3E", "%22%27%60", "%7B%7B7*7%7D%7D", "..%2f..%2fapp.py", "%5c%5cevil.example", "%3f%23%26",
    "%F0%9F%8D%B5", "a" * 5_000,
)  # fmt: skip


def pages_of(shop: Flask, token: str) -> dict[str, set[str]]:
    """Return the address of every page of the shop, of one order among them, and the methods that it answers."""
    pages: dict[str, set[str]] = {}
    names = {"<token>": token, "<path:filename>": "shop.css", "<int:number>": "1"}
    for rule in shop.url_map.iter_rules():
        address = re.sub("<.*?>", lambda found: names[found[0]], str(rule))
        pages[address] = pages.get(address, set()) | set(rule.methods or ())
    return pages


def forms_of(shop: Flask) -> list[tuple[str, str]]:
    """Return each page once for each way to ask for it, with the address of an order that is not there."""
    return [
        (method, address)
        for address, methods in pages_of(shop, "unknown").items()
        for method in sorted(methods & {"GET", "POST"})
    ]


@pytest.fixture
def token(buyer: Buyer) -> str:
    """What leads to the confirmation of an order that waits for its payment."""
    place: str = buyer.order(st="conveni", conveni_code="11").location
    return place.removeprefix("/orders/")


# Requests that no browser makes.


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity[:20])
def test_no_oddity_is_an_error_of_ours(
    shop: Flask, buyer: Buyer, token: str, caplog: pytest.LogCaptureFixture, oddity: str
) -> None:
    """In the path, in every field of the address and of the form, to every page: an answer with a reason, not a 500."""
    form = buyer.open("/")
    typed = re.findall(r' name="(\w+)"', form.text)
    everything = "&".join(f"{name}={oddity}" for name in dict.fromkeys([*ASKED, *typed, oddity[:100]]))
    pages = set(pages_of(shop, token))
    pages |= {address + oddity for address in ("/", "/orders/", "/static/")}
    for host in ("localhost:8000", "127.0.0.1:8000"):
        for address in pages:
            for said in (
                buyer.shop.get(f"{address}?{everything}", base_url=f"http://{host}", buffered=True),
                buyer.shop.post(
                    address,
                    base_url=f"http://{host}",
                    data=f"csrf_token={csrf_token(form)}&{everything}"[:60_000],
                    content_type="application/x-www-form-urlencoded",
                ),
            ):
                assert said.status_code < 500, address
                assert "stranger" not in " ".join(said.headers.keys()).lower()
                assert "stranger" not in said.headers.get("Set-Cookie", "")
    assert "Traceback" not in caplog.text


def test_each_page_answers_the_methods_that_it_is_for(shop: Flask, buyer: Buyer, token: str) -> None:
    """PUT, DELETE, TRACE and what nobody has heard of are 405 everywhere; HEAD is GET without the page."""
    for address, methods in pages_of(shop, token).items():
        assert methods <= {"GET", "HEAD", "OPTIONS", "POST"}
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "FROBNICATE"):
            refused = buyer.shop.open(address, method=method, base_url=SHOP, data={"order_number": "1"})
            allowed = set(refused.headers["Allow"].split(", "))
            assert (refused.status_code, allowed) == (405, methods), (method, address)
        if "GET" in methods:
            head, get = buyer.shop.head(address, base_url=SHOP, buffered=True), buyer.open(address)
            assert (head.status_code, head.text) == (get.status_code, ""), address


def test_a_megabyte_is_too_much_for_every_form(shop: Flask, buyer: Buyer, token: str) -> None:
    """It is not read; Epsilon's notice is answered in Epsilon's words."""
    for address, methods in pages_of(shop, token).items():
        if "POST" in methods:
            answer = buyer.open(address, memo1="x" * 1_000_000)
            wanted = (200, "0 999 too long") if address == "/notice" else (413, "送信された内容が大きすぎます")
            assert (answer.status_code, wanted[1] in answer.text) == (wanted[0], True), address


@pytest.mark.parametrize("announced", [{"wsgi.input_terminated": True}, {}], ids=["gunicorn", "others"])
def test_a_form_that_ends_early_orders_nothing(buyer: Buyer, announced: dict[str, Any]) -> None:
    """A browser that dies amid "quantity=12" has not asked for one, whatever the server says about the end."""
    entries = {"item_code": "apple", "st": "card", "user_name": "花子", "user_mail_add": "h@example.com"}
    form = "&".join(f"{name}={value}" for name, value in (buyer.form() | entries | {"quantity": "1"}).items())
    whole = {"content_type": "application/x-www-form-urlencoded", "base_url": SHOP}
    length = {"CONTENT_LENGTH": str(len(form.encode()) + 1)}
    cut = buyer.shop.post("/orders", data=form, environ_overrides=length | announced, **whole)
    assert cut.status_code == 400
    assert buyer.orders() == []
    assert buyer.shop.post("/orders", data=form, environ_overrides=announced, **whole).status_code == 303


def test_of_two_values_in_an_address_the_first_counts(buyer: Buyer, stranger: Buyer) -> None:
    """And none is an error: not twice the same number, not one's own beside another's."""
    mine, theirs = (who.order(st="conveni", conveni_code="11").location for who in (buyer, stranger))
    own, other = order_number_of(buyer.open(mine)), order_number_of(stranger.open(theirs))
    assert buyer.open(f"/return?order_number={own}&order_number={other}").location == mine
    assert buyer.open(f"/return?order_number={other}&order_number={own}").status_code == 404
    assert '<html lang="en">' in buyer.open("/?lang=en&lang=ja&again=x&again=y").text


# Cookies that the shop did not give.


def sign(secret: str, **session: str) -> str:
    """Return a cookie as a shop with that secret would make it."""
    signer = Flask("elsewhere")
    signer.secret_key = secret
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    assert serializer
    return str(serializer.dumps(session))


def unsigned(**session: str) -> str:
    """Return what a cookie says, with a signature of nobody."""
    return base64.urlsafe_b64encode(json.dumps(session).encode()).decode().rstrip("=") + ".aaaaaa." + "A" * 27


@pytest.mark.parametrize(
    "forge",
    [
        lambda own, **session: sign("a secret of somebody else's, as long as ours", **session),
        lambda own, **session: unsigned(**session),
        lambda own, **session: own[:-1],
        lambda own, **session: own[:9] + ("a" if own[9] != "a" else "b") + own[10:],
        lambda own, **session: own + own,
        lambda own, **session: own.rpartition(".")[0],
        lambda own, **session: "." + "eJyrVkrLz1eyUkpKLFKqBQAdegQ0" + "." * 3,
        lambda own, **session: "",
        lambda own, **session: "x" * 100_000,
        lambda own, **session: "\xff\xfe\x00\x7f",
        lambda own, **session: json.dumps(session),
    ],
)
def test_a_forged_cookie_is_nobodys(
    shop: Flask, buyer: Buyer, token: str, book: Book, forge: Callable[..., str]
) -> None:
    """Mangled, oversized or signed by another: every page takes it for a new visitor's, whoever it names."""
    buyer.open("/?lang=en")
    own = buyer.shop.get_cookie("shop_session")
    assert own
    record = book(order_number_of(buyer.open(f"/orders/{token}")))
    forged = forge(own.value, guest_id=record.browser, purchase=record.purchase, lang="en")
    visitor = shop.test_client(use_cookies=False)
    headers = {"Cookie": f"shop_session={forged}; lang=en; session={forged}"}
    for method, address in forms_of(shop):
        with_it = visitor.open(address, method=method, base_url=SHOP, headers=headers, buffered=True)
        without = visitor.open(address, method=method, base_url=SHOP, buffered=True)
        assert shown(with_it) == shown(without), (method, address)
    again = visitor.get(f"/?again={token}", base_url=SHOP, headers=headers)
    assert "hanako" not in again.text
    back = visitor.get(f"/return?order_number={record.order_number}", base_url=SHOP, headers=headers)
    assert back.status_code == 404


def shown(answer: TestResponse) -> tuple[int, str]:
    """Return status and page, but for the random keys of the form and the visitor's random name."""
    return answer.status_code, re.sub(r'<input[^>]* type="hidden"[^>]*>|guest-[0-9a-f]{16}', "", answer.text)


def test_a_cookie_signed_with_our_secret_is_ours(shop: Flask, buyer: Buyer, token: str, book: Book) -> None:
    """So the forgeries above fail by their signature alone; who has the secret is whom they like."""
    record = book(order_number_of(buyer.open(f"/orders/{token}")))
    cookie = sign(DEFAULTS["SECRET_KEY"], guest_id=record.browser, lang="en")
    somebody = shop.test_client(use_cookies=False)
    again = somebody.get(f"/?again={token}", base_url=SHOP, headers={"Cookie": f"shop_session={cookie}"})
    assert "hanako" in again.text


# Headers that an echoed value would write.


LINE_ENDS = ("\r\n", "\n", "\r", "%0d%0a", "%250d%250a", "\u2028", "\u0085", "\x0b", "嘊嘍")


@pytest.mark.parametrize("line_end", LINE_ENDS, ids=repr)
def test_no_value_ends_a_header(buyer: Buyer, line_end: str) -> None:
    """The addresses that the shop leads to are made of letters and digits, or of what was sent, quoted anew."""
    smuggled = f"1{line_end}Set-Cookie: stranger=1"
    posted = buyer.open("/return", order_number=smuggled, trans_code="77")
    assert (posted.status_code, posted.location) == (303, "/return?trans_code=77")
    for path, query in (
        (f"/orders/{smuggled}", {}),
        ("/return", {"order_number": smuggled}),
        ("/", {"lang": smuggled}),
    ):
        led = buyer.shop.get(path, base_url="http://127.0.0.1:8000", query_string=query)
        assert led.status_code == 302
        assert led.location.startswith(f"{SHOP}/")
        assert re.fullmatch(r"[!-~]+", led.location)
        assert "stranger" not in led.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("line_end", ["%0d%0a", "%0a", "%0d", "%E2%80%A8", "%C2%85", "%0b", "%00"])
def test_epsilon_cannot_end_a_header_either(buyer: Buyer, to_epsilon: requests.Session, line_end: str) -> None:
    """A page to send the buyer to that holds a line end is no page of Epsilon's."""
    address = f"http%3A%2F%2F127.0.0.1%3A8001%2Fcgi-bin%2Forder%2Fcard3.cgi{line_end}Set-Cookie%3Astranger%3D1"
    answer = f'<Epsilon_result><result result="1" /><result redirect="{address}" /></Epsilon_result>'
    to_epsilon.mount(EPSILON, ScriptedEpsilon(answer.encode()))
    sent = buyer.order()
    assert (sent.status_code, "Location" in sent.headers) == (502, False)
    assert "stranger" not in str(sent.headers)


# Numbers and keys of others.


def test_nobody_can_count_through_trans_codes(shop: Flask, buyer: Buyer, token: str, book: Book) -> None:
    """To a stranger all numbers look alike, in status, page, headers and cookie, whether an order has them or not."""
    taken = book(order_number_of(buyer.open(f"/orders/{token}"))).trans_code
    stranger = shop.test_client(use_cookies=False)
    seen = {code: stranger.get(f"/return?trans_code={code}", base_url=SHOP) for code in (taken, str(int(taken) + 1))}
    looks = [
        (answer.status_code, answer.text.replace(code, "CODE"), list(answer.headers.keys()))
        for code, answer in seen.items()
    ]
    assert looks[0] == looks[1]
    assert (looks[0][0], "このブラウザではご注文が見つかりません" in looks[0][1]) == (404, True)
    assert buyer.open(f"/return?trans_code={taken}").location == f"/orders/{token}"


def test_a_strangers_token_fills_in_no_form(buyer: Buyer, stranger: Buyer, token: str) -> None:
    """The address of a confirmation can be passed on; the form that it was ordered with cannot."""
    assert "hanako@example.com" in buyer.open(f"/?again={token}").text
    assert "hanako@example.com" not in stranger.open(f"/?again={token}").text


@pytest.mark.parametrize("whose", ["form_key", "purchase", "user_id"])
@pytest.mark.parametrize("paid", [False, True])
def test_the_keys_of_another_browser_lead_to_nothing_of_its_own(
    buyer: Buyer, stranger: Buyer, book: Book, whose: str, paid: bool
) -> None:
    """Who sends a form with another's keys sees no order, no payment page and no receipt of theirs, and spoils none."""
    form = buyer.form()
    sent = buyer.order(form=form)
    if paid:
        buyer.pay_by_card(sent.location)
    taken = {"form_key": ("form_key",), "purchase": ("purchase",), "user_id": ("form_key", "purchase", "user_id")}[
        whose
    ]
    theirs = buyer.orders()[0]
    keys = {name: getattr(theirs, name) for name in taken}
    answer = stranger.order(form=stranger.form() | keys)
    for secret in (sent.location, theirs.token, theirs.order_number, "hanako"):
        assert secret not in str(answer.headers) + answer.text
    assert book(theirs.order_number).state is (OrderState.PAID if paid else OrderState.SENT)
    again = buyer.order(form=form)
    assert again.location == (f"/orders/{theirs.token}" if paid else sent.location)
    assert book(theirs.order_number).browser == theirs.browser


def test_a_token_of_another_browser_opens_no_form(buyer: Buyer, stranger: Buyer, token: str) -> None:
    """Each form is sent with a token of its own browser, or it is shown again, and nothing is done."""
    theirs = csrf_token(stranger.open("/"))
    before = buyer.order_numbers()
    assert "入力された内容は残っています" in buyer.order(csrf_token=theirs).text
    assert "もう一度送信してください" in buyer.open(f"/orders/{token}", csrf_token=theirs).text
    assert buyer.order_numbers() == before


@pytest.mark.parametrize(
    ("referer", "status"), [("https://shop.example.com/", 422), ("https://evil.example/", 400), (None, 400)]
)
def test_a_form_on_another_site_orders_nothing(
    open_shop: Callable[..., Flask], referer: str | None, status: int
) -> None:
    """Behind https a form must come from our own page, even with a cookie and a token that are right."""
    own = {"SHOP_URL": "https://shop.example.com", "SECRET_KEY": "s" * 32}
    visitor = open_shop(**own).test_client()
    form = hidden_fields(visitor.get("/", base_url=own["SHOP_URL"]))
    headers = {"Referer": referer} if referer else {}
    assert visitor.post("/orders", base_url=own["SHOP_URL"], data=form, headers=headers).status_code == status


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "localhost@evil.example", "localhost:x",
        "localhost/evil", "localhost:8000:1", "[::1]", "[", "localhost\r\nX: 1", "\xff", "a" * 9000, "évil.example",
    ],
)  # fmt: skip
def test_no_form_of_a_host_name_but_our_own_is_answered(shop: Flask, host: str) -> None:
    """Not by a page, not by a redirect; not by way of X-Forwarded-Host, which nobody vouches for here."""
    visitor = shop.test_client(use_cookies=False)
    for method, address in forms_of(shop):
        named = visitor.open(address, method=method, base_url=SHOP, environ_overrides={"HTTP_HOST": host})
        assert (named.status_code, named.text) == (400, "unknown host\n"), (method, address)
    forwarded = visitor.get(
        "/", base_url=SHOP, headers={"X-Forwarded-Host": host.encode("ascii", "ignore").strip()[:5]}
    )
    assert forwarded.status_code == 200
    assert {urlsplit(link).netloc for link in re.findall(r'(?:href|src|action)="([^"]*)"', forwarded.text)} <= {
        "", urlsplit(EPSILON).netloc,
    }  # fmt: skip
