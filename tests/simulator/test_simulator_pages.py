"""A buyer at Epsilon: every button of every page, and every way to misuse one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.simulator_people import (
    GOOD_CARD,
    KONBINI,
    NORMAL,
    REFUSED_CARD,
    Clock,
    Epsilon,
    NoticedShop,
    decoded,
    query,
)

ENGLISH = {"lang_id": "en"}


def konbini_page(epsilon: Epsilon, changes: dict[str, str] | None = None) -> str:
    """Where a buyer with only konbini to choose from arrives."""
    return epsilon.browser.get(epsilon.page_of(KONBINI | (changes or {}))).location


def test_a_buyer_pays_by_card(epsilon: Epsilon) -> None:
    """Approved: back at the shop by 303 with the four fields in their order, and the order is paid."""
    page = epsilon.page_of()

    answer = epsilon.press(page, "pay", GOOD_CARD)

    assert page.startswith("/cgi-bin/order/card3.cgi?trans_code=")
    assert answer.status_code == 303
    assert answer.location == (
        "http://localhost:8000/return?trans_code=500001&user_id=U1421364630&result=1&order_number=O3042483"
    )
    sale = epsilon.sale(order_number="O3042483")
    assert (sale["state"], sale["payment_code"], sale["credit_time"]) == ("1", "1", "2015-01-16 08:30:31")


@pytest.mark.parametrize("lang_id", ["ja", "en"])
def test_a_refused_card_can_be_typed_again(epsilon: Epsilon, lang_id: str) -> None:
    """0000… is refused with Epsilon's recorded text, nothing is paid, and another card then pays."""
    page = epsilon.page_of({"lang_id": lang_id})

    answer = epsilon.press(page, "pay", REFUSED_CARD)

    assert answer.status_code == 422
    assert "601: ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。" in answer.text
    assert epsilon.sale(order_number="O3042483")["state"] == "0"
    assert epsilon.press(page, "pay", GOOD_CARD).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"card_number": "4111111111111111"}, "Type the test card number 4242 4242 4242 4242."),
        ({"card_number": ""}, "Type the test card number 4242 4242 4242 4242."),
        ({"card_number": "42" * 50_000}, None),
        ({"expire_y": "2014", "expire_m": "12"}, "Choose this month or a later one as expiry."),
        ({"expire_m": "13"}, "Choose this month or a later one as expiry."),
        ({"expire_y": "never"}, "Choose this month or a later one as expiry."),
        ({"security_code": "12"}, "Type three or four digits as security code."),
        ({"security_code": "１２３"}, "Type three or four digits as security code."),
        ({"security_code": "\0"}, "Type three or four digits as security code."),
    ],
)
def test_any_other_card_is_told_what_to_type(epsilon: Epsilon, typed: dict[str, str], sentence: str | None) -> None:
    """A wrong field is named in the buyer's language, and no typed number comes back on the page."""
    page = epsilon.page_of(ENGLISH)

    answer = epsilon.press(page, "pay", GOOD_CARD | typed)

    assert answer.status_code == (422 if sentence else 413)
    assert sentence is None or sentence in answer.text
    assert "4111111111111111" not in answer.text
    assert epsilon.sale(order_number="O3042483")["state"] == "0"


def test_a_card_is_good_to_the_end_of_its_month(epsilon: Epsilon, clock: Clock) -> None:
    """A card of 01/2015 pays on 31 January and not on 1 February."""
    first, second = epsilon.page_of({"order_number": "A1"}), epsilon.page_of({"order_number": "A2"})
    clock.wait(days=15)
    assert epsilon.press(first, "pay", GOOD_CARD).status_code == 303
    clock.wait(days=1)
    assert epsilon.press(second, "pay", GOOD_CARD).status_code == 422


def test_a_buyer_pays_and_never_returns(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Paid and noticed, but the browser stays on a page of the simulator."""
    page = epsilon.page_of()

    answer = epsilon.press(page, "vanish", GOOD_CARD)

    assert answer.status_code == 303
    assert answer.location.startswith("/cgi-bin/order/left.cgi?")
    assert "支払ったあとブラウザを閉じました" in epsilon.browser.get(answer.location).text
    assert epsilon.sale(order_number="O3042483")["state"] == "1"
    assert len(shop.notices) == 1


def test_a_buyer_goes_back(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Back carries the order number alone, pays nothing, and closes the page."""
    page = epsilon.page_of()

    answer = epsilon.press(page, "back")

    assert (answer.status_code, answer.location) == (303, "http://localhost:8000/back?order_number=O3042483")
    assert epsilon.press(page, "pay", GOOD_CARD).status_code == 410
    assert epsilon.press(page, "back").location == answer.location
    assert epsilon.browser.get(page).status_code == 410
    assert epsilon.sale(order_number="O3042483")["state"] == "0"
    assert shop.notices == []


def test_a_buyer_leaves(epsilon: Epsilon, shop: NoticedShop) -> None:
    """A closed browser returns nothing, and whoever opens the page again can still pay."""
    page = epsilon.page_of(ENGLISH)

    answer = epsilon.press(page, "leave")

    assert "The browser was closed without paying." in epsilon.browser.get(answer.location).text
    assert shop.notices == []
    assert epsilon.press(page, "pay", GOOD_CARD).status_code == 303


def test_a_double_click_pays_once(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Ten clicks at once: one payment, one notice, and every click is sent back to the shop."""
    page = epsilon.page_of()

    def click(_: int) -> str:
        fields = GOOD_CARD | {"action": "pay"}
        return epsilon.app.test_client().post(page, data=fields).location

    with ThreadPoolExecutor(10) as fingers:
        places = set(fingers.map(click, range(10)))

    assert places == {
        "http://localhost:8000/return?trans_code=500001&user_id=U1421364630&result=1&order_number=O3042483"
    }
    assert len(shop.notices) == 1


def test_a_paid_page_is_closed(epsilon: Epsilon) -> None:
    """Opened again it says so (410), offers the way to the shop, and back is no longer possible."""
    page = epsilon.page_of(ENGLISH)
    epsilon.press(page, "pay", GOOD_CARD)

    answer = epsilon.browser.get(page)

    assert answer.status_code == 410
    assert "This order is paid. It will not be charged again." in answer.text
    assert 'href="http://localhost:8000/error"' in answer.text
    assert epsilon.press(page, "back").status_code == 410
    assert epsilon.sale(order_number="O3042483")["state"] == "1"


def test_the_buyer_chooses_among_what_the_order_allows(epsilon: Epsilon) -> None:
    """`normal` offers card, konbini and deferred payment, and no other method."""
    page = epsilon.page_of(NORMAL | ENGLISH)

    text = epsilon.browser.get(page).text

    assert page.startswith("/cgi-bin/order/method_select3.cgi?")
    assert text.count('class="button') == 3
    for name in ("card3", "conveni3", "atobarai3"):
        assert page.replace("method_select3", name) in text


def test_a_single_method_needs_no_choice(epsilon: Epsilon) -> None:
    """Too dear for konbini, `normal` goes straight to the card; konbini alone straight to the stores."""
    dear = epsilon.browser.get(epsilon.page_of(NORMAL | {"item_price": "300000"}))

    assert dear.status_code == 303
    assert dear.location.startswith("/cgi-bin/order/card3.cgi?")
    assert konbini_page(epsilon, {"order_number": "A2"}).startswith("/cgi-bin/order/conveni3.cgi?")


def test_the_choice_has_its_ways_out(epsilon: Epsilon) -> None:
    """Leave changes nothing; back closes all the order's pages."""
    page = epsilon.page_of(NORMAL)

    assert epsilon.press(page, "leave").location.startswith("/cgi-bin/order/left.cgi?")
    assert epsilon.press(page, "back").location == "http://localhost:8000/back?order_number=O3042483"
    for name in ("method_select3", "card3", "conveni3"):
        assert epsilon.browser.get(page.replace("method_select3", name)).status_code == 410


def test_a_method_that_was_not_asked_for_has_no_page(epsilon: Epsilon) -> None:
    """A card order has no konbini page, even by its own token."""
    page = epsilon.page_of()

    assert epsilon.browser.get(page.replace("card3", "conveni3")).status_code == 404


def test_a_buyer_takes_a_konbini_slip(epsilon: Epsilon, shop: NoticedShop) -> None:
    """A store chosen, its number shown, and the way back carries trans_code alone; nothing is paid yet."""
    page = konbini_page(epsilon)

    answer = epsilon.press(page, "issue", {"conveni_code": "21"})

    assert (answer.status_code, answer.location) == (303, page)
    text = epsilon.browser.get(page).text
    assert "000000500001" in text
    assert "20020" in text
    assert "2015-01-26" in text
    assert epsilon.press(page, "return").location == "http://localhost:8000/return?trans_code=500001"
    sale = epsilon.sale(trans_code="500001")
    assert (sale["state"], sale["conveni_code"], sale["receipt_no"]) == ("0", "21", "000000500001")
    assert shop.notices == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose a store."),
        ({"conveni_code": "88"}, "Choose a store."),
        ({"conveni_code": "31"}, "Type the phone number as 10 or 11 digits, no hyphens."),
        ({"conveni_code": "33", "user_tel": "03-1234-5678"}, "Type the phone number as 10 or 11 digits"),
        ({"conveni_code": "32", "user_tel": '"><script>'}, "&#34;&gt;&lt;script&gt;"),
    ],
)
def test_a_store_is_told_what_it_needs(epsilon: Epsilon, fields: dict[str, str], sentence: str) -> None:
    """No store, or no phone number where the store needs one: said on the page, and no slip."""
    page = konbini_page(epsilon, ENGLISH)

    answer = epsilon.press(page, "issue", fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert epsilon.sale(trans_code="500001")["receipt_no"] == ""


def test_a_slip_is_issued_once(epsilon: Epsilon) -> None:
    """A second click, also for another store, keeps the first slip; back and card are closed."""
    page = epsilon.page_of(NORMAL).replace("method_select3", "conveni3")
    epsilon.press(page, "issue", {"conveni_code": "21"})

    assert epsilon.press(page, "issue", {"conveni_code": "11"}).status_code == 303

    assert epsilon.sale(trans_code="500001")["conveni_code"] == "21"
    assert epsilon.press(page, "back").status_code == 410
    card = page.replace("conveni3", "card3")
    assert epsilon.browser.get(card).status_code == 410
    assert epsilon.press(card, "pay", GOOD_CARD).status_code == 410


def test_a_konbini_buyer_goes_back_or_leaves(epsilon: Epsilon) -> None:
    """The konbini page has the same ways out as the others."""
    page = konbini_page(epsilon)

    assert epsilon.press(page, "leave").location.startswith("/cgi-bin/order/left.cgi?")
    assert epsilon.press(page, "back").location == "http://localhost:8000/back?order_number=O3042483"
    assert epsilon.press(page, "issue", {"conveni_code": "21"}).location == page
    assert epsilon.browser.get(page).status_code == 410


def test_a_registered_card_is_charged_without_typing(epsilon: Epsilon) -> None:
    """process_code 2 after a card payment shows the card's mask and pays; before one it asks for a card."""
    registered = {"process_code": "2", "order_number": "A2"}
    page = epsilon.page_of(registered)
    assert epsilon.press(page, "pay").status_code == 422
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    text = epsilon.browser.get(page).text

    assert "4***-****-****-4242" in text
    assert "card_number" not in text
    assert query(epsilon.press(page, "pay"))["order_number"] == ["A2"]


@pytest.mark.parametrize("lang_id", ["", "ja", "en"])
@pytest.mark.parametrize("changes", [{}, NORMAL, KONBINI])
def test_every_page_shows_the_order_and_says_what_it_is(
    epsilon: Epsilon, lang_id: str, changes: dict[str, str]
) -> None:
    """The order as received, in the language of lang_id, under a line that no money moves."""
    order = {"lang_id": lang_id, "user_name": "髙橋①〜", "item_name": "<b>りんご</b>"}

    answer = epsilon.browser.get(epsilon.page_of(changes | order), follow_redirects=True)

    assert f'<html lang="{lang_id or "ja"}">' in answer.text
    money = "This is a simulator. No money moves." if lang_id == "en" else "お金は動きません。"
    price = "¥10,000" if lang_id == "en" else "10,000円"
    for said in (money, price, "O3042483", "髙橋①～", "&lt;b&gt;りんご&lt;/b&gt;", "localhost:8000"):
        assert said in answer.text


@pytest.mark.parametrize("page", ["method_select3.cgi", "card3.cgi", "conveni3.cgi", "left.cgi"])
@pytest.mark.parametrize("token", ["", "nonsense", "%00", "%FF%FE", "a" * 5000, "500001", "' OR 1=1"])
def test_a_token_that_nobody_gave_out_has_no_page(epsilon: Epsilon, page: str, token: str) -> None:
    """A guessed or mangled token is 404 in both languages; the numeric trans_code is no token."""
    epsilon.receive_order()

    answer = epsilon.browser.get(f"/cgi-bin/order/{page}?trans_code={token}")

    assert answer.status_code == 404
    assert "シミュレーター" in answer.text
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("action", ["", "PAY", "return", "issue", "\0"])
def test_a_button_that_does_not_exist_does_nothing(epsilon: Epsilon, action: str) -> None:
    """An unknown action is 400 and changes nothing."""
    assert epsilon.press(epsilon.page_of(), action, GOOD_CARD).status_code == 400
    assert epsilon.sale(order_number="O3042483")["state"] == "0"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_press_a_button(epsilon: Epsilon, headers: dict[str, str]) -> None:
    """A POST that a browser says comes from elsewhere is 403 and pays nothing."""
    answer = epsilon.browser.post(epsilon.page_of(), data=GOOD_CARD | {"action": "pay"}, headers=headers)

    assert answer.status_code == 403
    assert epsilon.sale(order_number="O3042483")["state"] == "0"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": "http://localhost"}]
)
def test_the_buyers_own_browser_can(epsilon: Epsilon, headers: dict[str, str]) -> None:
    """The same button on our own page works in any browser."""
    answer = epsilon.browser.post(epsilon.page_of(), data=GOOD_CARD | {"action": "pay"}, headers=headers)

    assert answer.status_code == 303


def test_every_page_carries_the_headers_that_protect_the_buyer(epsilon: Epsilon) -> None:
    """Nothing from elsewhere, forms only here and to the shop, nothing cached, no cookie."""
    headers = epsilon.browser.get(epsilon.page_of()).headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' http://localhost:8000"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


def test_a_strangers_host_name_is_not_served(epsilon: Epsilon) -> None:
    """A name that merely resolves to this machine (DNS rebinding) gets 400."""
    assert epsilon.browser.get("/", base_url="http://rebound.example:8001").status_code == 400


def test_a_typed_card_is_not_kept(epsilon: Epsilon) -> None:
    """No inquiry and no page ever shows the number that was typed."""
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    seen = epsilon.get_sales(order_number="O3042483").text + epsilon.browser.get("/").text
    assert "4242" not in seen
    assert decoded(epsilon.get_sales(order_number="O3042483").data)["payment_code"] == "1"
