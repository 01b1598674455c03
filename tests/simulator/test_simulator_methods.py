"""Every method and every end of its page: what the browser brings back, and what an inquiry then says."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.simulator_people import DEFERRED, GOOD_CARD, Epsilon, NoticedShop, decoded, only, refusal

SHOP = "http://localhost:8000"

SHORT = "trans_code=500001&order_number=O3042483&user_id=U1421364630&state={state}&payment_code={code}"
LONG = SHORT + "&contract_code=12345678"
CARD = "trans_code=500001&user_id=U1421364630&result=1&order_number=O3042483"

# Position, page, the method's highest price, and what the browser brings back.
AT_ONCE = [
    (1, "card3.cgi", 9_999_999, CARD),
    (4, "paypaybank3.cgi", 9_999_999, SHORT),
    (5, "rakuten3.cgi", 9_999_999, SHORT),
    (8, "webmoney3.cgi", 199_999, LONG),
    (9, "yahoo3.cgi", 499_999, LONG),
    (11, "paypal3.cgi", 499_999, LONG),
    (12, "bitcash3.cgi", 199_999, LONG),
    (13, "chocom3.cgi", 99_999, LONG),
    (15, "carrier3.cgi", 30_000, LONG),
    (16, "premo3.cgi", 50_000, LONG),
    (17, "sbi3.cgi", 9_999_999, SHORT),
    (18, "atobarai3.cgi", 49_999, SHORT),
    (19, "currency3.cgi", 9_999_999, CARD),
    (25, "paypay3.cgi", 9_999_999, SHORT),
]
BY_NUMBER = [
    (3, "conveni3.cgi", 299_999, "trans_code=500001"),
    (7, "payeasy3.cgi", 9_999_999, LONG),
    (22, "account3.cgi", 9_999_999, SHORT),
]
ALL = AT_ONCE + BY_NUMBER
PAID = {18: "5"}  # the state after the buyer has done; 1 but for deferred payment


def arrive(epsilon: Epsilon, position: int, **changes: str) -> str:
    """A buyer arrives on the page of the only method."""
    return epsilon.arrive(only(position) | changes)


def expected(template: str, position: int, state: str) -> str:
    """The query that the browser brings back."""
    return template.format(state=state, code=position)


@pytest.mark.parametrize(("position", "page", "limit", "query"), AT_ONCE)
def test_a_buyer_pays_and_returns(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """The shop is told first, then the browser returns with the method's own fields, and the inquiry agrees."""
    address = arrive(epsilon, position)
    assert address.startswith(f"/cgi-bin/order/{page}?")
    assert epsilon.browser.get(address).status_code == 200

    answer = epsilon.press(address, "pay", GOOD_CARD)

    state = PAID.get(position, "1")
    assert (answer.status_code, answer.location) == (303, f"{SHOP}/return?{expected(query, position, state)}")
    sale = epsilon.sale(trans_code="500001")
    assert (sale["state"], sale["payment_code"]) == (state, str(position))
    assert [(notice["state"], notice["payment_code"]) for notice in shop.fields] == [(state, str(position))]


@pytest.mark.parametrize(("position", "page", "limit", "query"), BY_NUMBER)
def test_a_buyer_takes_a_number_and_returns(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """Nothing is paid yet and nothing told; after payment at the counter the state is 1 and the notice comes."""
    address = arrive(epsilon, position)
    assert address.startswith(f"/cgi-bin/order/{page}?")
    assert epsilon.press(address, "issue", {"conveni_code": "21"}).location == address

    answer = epsilon.press(address, "return")

    assert (answer.status_code, answer.location) == (303, f"{SHOP}/return?{expected(query, position, '0')}")
    assert shop.notices == []
    epsilon.browser.post("/counter", data={"trans_code": "500001"})
    sale = epsilon.sale(trans_code="500001")
    assert (sale["state"], sale["payment_code"]) == ("1", str(position))
    assert [(notice["trans_code"], notice["paid"]) for notice in shop.fields] == [("500001", "1")]


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
def test_each_method_has_its_highest_price(epsilon: Epsilon, position: int, page: str, limit: int, query: str) -> None:
    """At the limit the order is taken; one yen more is 601, or for the highest limits no price at all."""
    assert decoded(epsilon.receive_order(only(position) | {"item_price": str(limit)}).data)["result"] == "1"
    dear = only(position) | {"order_number": "A2", "item_price": str(limit + 1)}
    assert refusal(epsilon.receive_order(dear)) == ("601", "価格の指定が異常です")


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
def test_each_method_needs_its_contract(epsilon: Epsilon, position: int, page: str, limit: int, query: str) -> None:
    """Without it in the console the order is 907, and a page that is already open is gone."""
    address = arrive(epsilon, position)
    epsilon.set_console(methods=[str(place) for place, *_ in ALL if place != position])

    assert epsilon.browser.get(address).status_code == 404
    answer = epsilon.receive_order(only(position) | {"order_number": "A2"})
    assert refusal(answer) == ("907", "ご契約に含まれない決済方法です")


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
@pytest.mark.parametrize(
    ("action", "home"), [("back", "/back?order_number=O3042483"), ("error", "/error"), ("timeout", None)]
)
def test_an_order_that_ended_unpaid_stays_so(
    epsilon: Epsilon, action: str, home: str | None, position: int, page: str, limit: int, query: str
) -> None:
    """Back, error and timeout use the order number up and close the page; nothing was paid."""
    address = arrive(epsilon, position)

    answer = epsilon.press(address, action)

    assert answer.status_code == 303
    assert answer.location == f"{SHOP}{home}" if home else answer.location.startswith("/cgi-bin/order/left.cgi?")
    assert epsilon.press(address, action).location == answer.location
    assert epsilon.sale(trans_code="500001")["state"] == "0"
    button = "issue" if (position, page, limit, query) in BY_NUMBER else "pay"
    epsilon.press(address, button, GOOD_CARD | {"conveni_code": "21"})
    assert epsilon.browser.get(address).status_code == 410
    assert epsilon.sale(trans_code="500001")["state"] == "0"
    assert refusal(epsilon.receive_order())[0] == "604"


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
def test_leaving_changes_nothing(epsilon: Epsilon, position: int, page: str, limit: int, query: str) -> None:
    """The browser is closed, and can be opened again."""
    address = arrive(epsilon, position)

    assert epsilon.press(address, "leave").location.startswith("/cgi-bin/order/left.cgi?")

    assert epsilon.browser.get(address).status_code == 200


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
def test_a_stranger_returns_with_the_trans_code_before(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """The address claims that another's transaction is this order, paid; nothing was paid and nothing told."""
    epsilon.receive_order({"order_number": "A1"})
    address = arrive(epsilon, position)

    answer = epsilon.press(address, "stranger")

    assert (answer.status_code, answer.location) == (303, f"{SHOP}/return?{expected(query, position, '1')}")
    assert epsilon.sale(trans_code="500002")["state"] == "0"
    assert shop.notices == []


@pytest.mark.parametrize(("position", "page", "limit", "query"), [row for row in ALL if row[0] != 18])
def test_a_refused_buyer_can_try_again(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """The refusal is said on the page (422), which stays open; nothing was paid and nothing told."""
    address = arrive(epsilon, position)

    answer = epsilon.press(address, "refuse")

    assert answer.status_code == 422
    assert 'class="trouble"' in answer.text
    assert shop.notices == []
    assert epsilon.browser.get(address).status_code == 200


@pytest.mark.parametrize(("position", "page", "limit", "query"), AT_ONCE)
def test_a_buyer_pays_and_the_browser_stays_away(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """Paid and told, but nothing returns."""
    address = arrive(epsilon, position)

    assert epsilon.press(address, "vanish", GOOD_CARD).location.startswith("/cgi-bin/order/left.cgi?")

    assert epsilon.sale(trans_code="500001")["state"] == PAID.get(position, "1")
    assert len(shop.notices) == 1


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
@pytest.mark.parametrize("action", ["twice", "post"])
def test_a_buyer_returns_twice_or_by_post(
    epsilon: Epsilon, shop: NoticedShop, action: str, position: int, page: str, limit: int, query: str
) -> None:
    """The way back is a page with the same address twice, or with a form that holds the same fields."""
    address = arrive(epsilon, position)
    if (position, page, limit, query) in BY_NUMBER:
        epsilon.press(address, "issue", {"conveni_code": "21"})
        state = "0"
    else:
        state = PAID.get(position, "1")

    answer = epsilon.press(address, action, GOOD_CARD)

    assert answer.status_code == 303
    text = epsilon.browser.get(answer.location).text
    brought = expected(query, position, state)
    if action == "twice":
        assert text.count(f'href="{SHOP}/return?{brought.replace("&", "&amp;")}"') == 2
    else:
        assert f'<form method="post" action="{SHOP}/return">' in text
        for field in brought.split("&"):
            name, value = field.split("=")
            assert f'<input type="hidden" name="{name}" value="{value}">' in text
    assert epsilon.sale(trans_code="500001")["state"] == state


@pytest.mark.parametrize(("position", "page", "limit", "query"), AT_ONCE)
def test_the_browser_overtakes_the_notice(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """Paid and back, while the notice waits."""
    address = arrive(epsilon, position)

    answer = epsilon.press(address, "late", GOOD_CARD)

    assert answer.location.startswith(f"{SHOP}/return?")
    assert shop.notices == []
    assert "waiting" in epsilon.browser.get("/").text


@pytest.mark.parametrize(("action", "state"), [("review", "4"), ("refuse", "11")])
def test_deferred_payment_is_reviewed(epsilon: Epsilon, shop: NoticedShop, action: str, state: str) -> None:
    """Under review or refused, the browser returns by the same address with another state."""
    address = arrive(epsilon, 18)

    answer = epsilon.press(address, action)

    assert answer.location == f"{SHOP}/return?{expected(SHORT, 18, state)}"
    assert epsilon.sale(trans_code="500001")["state"] == state
    assert shop.fields[0]["state"] == state


@pytest.mark.parametrize(("position", "page", "limit", "query"), ALL)
@pytest.mark.parametrize(("lang_id", "button"), [("ja", "他人の取引番号で戻る"), ("en", "a stranger’s trans_code")])
def test_every_page_shows_the_order_as_received(
    epsilon: Epsilon, lang_id: str, button: str, position: int, page: str, limit: int, query: str
) -> None:
    """Every field that was sent, also one that nobody knows, in the language of lang_id."""
    address = arrive(epsilon, position, lang_id=lang_id, memo1="<b>髙①", what_is_this="🍵")

    text = epsilon.browser.get(address).text

    assert f'<html lang="{lang_id}">' in text
    assert button in text
    for said in ("&lt;b&gt;髙①", "what_is_this", "🍵", "localhost:8000"):
        assert said in text


@pytest.mark.parametrize(("position", "page", "limit", "query"), AT_ONCE)
def test_ten_clicks_at_once_pay_once(
    epsilon: Epsilon, shop: NoticedShop, position: int, page: str, limit: int, query: str
) -> None:
    """All ten browsers return, and the shop is told once."""
    address = arrive(epsilon, position)

    def click(_: int) -> str:
        form = GOOD_CARD | {"action": "pay"}
        return epsilon.app.test_client().post(address, data=form).location

    with ThreadPoolExecutor(10) as crowd:
        homes = set(crowd.map(click, range(10)))

    assert homes == {f"{SHOP}/return?{expected(query, position, PAID.get(position, '1'))}"}
    assert len(shop.notices) == 1


@pytest.mark.parametrize(("position", "page", "limit", "query"), BY_NUMBER)
def test_another_page_of_the_order_leads_to_the_number(
    epsilon: Epsilon, position: int, page: str, limit: int, query: str
) -> None:
    """Once a number is issued, the choice is closed (410) and links the page that shows it."""
    address = arrive(epsilon, position)
    epsilon.press(address, "issue", {"conveni_code": "21"})

    closed = epsilon.browser.get(address.replace(page, "method_select3.cgi"))

    assert closed.status_code == 410
    assert f'href="{address}"' in closed.text
    assert "500001" in epsilon.browser.get(address).text


def test_every_method_is_offered_where_all_are_named(epsilon: Epsilon) -> None:
    """34 ones: all that exist, cheap enough for all; a dear order has fewer."""
    everything = {"st_code": "11111-1111-11111-11111-11111-11111-11111"} | {
        name: value for name, value in DEFERRED.items() if name != "st_code"
    }
    cheap = epsilon.browser.get(epsilon.page_of(everything)).text
    dear = epsilon.browser.get(epsilon.page_of(everything | {"order_number": "A2", "item_price": "500000"})).text

    assert [page for _, page, *_ in ALL if page in cheap] == [page for _, page, *_ in ALL]
    assert [page for _, page, *_ in ALL if page in dear] == [page for _, page, limit, _ in ALL if limit >= 500_000]


def test_another_currency_is_paid_by_its_own_card_page(epsilon: Epsilon) -> None:
    """Of card and card in other currencies, dollars are for the second, and shown as such."""
    order = {"st_code": "10000-0000-00000-00001-00000-00000-00000", "currency_id": "USD"}

    address = epsilon.arrive(order)

    assert address.startswith("/cgi-bin/order/currency3.cgi?")
    assert "USD 10,000" in epsilon.browser.get(address).text
    assert "result=1" in epsilon.press(address, "pay", GOOD_CARD).location


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delivery_code", "1"),
        ("consignee_postal", "150-0043"),
        ("consignee_name", ""),
        ("consignee_address", "🍵"),
        ("consignee_tel", "03-1234-5678"),
        ("orderer_postal", ""),
        ("orderer_name", "あ" * 33),
        ("orderer_address", "あ" * 65),
        ("orderer_tel", ""),
        ("user_tel", ""),
    ],
)
def test_deferred_payment_needs_both_addresses(epsilon: Epsilon, field: str, value: str) -> None:
    """Each of its fields is checked where it is the only method, and where it is sent beside another method."""
    assert refusal(epsilon.receive_order(DEFERRED | {field: value}))[0] == "601"
    beside_card = {"st_code": "10000-0000-00000-00010-00000-00000-00000", field: value}
    assert refusal(epsilon.receive_order(beside_card))[0] == "601"
    assert decoded(epsilon.receive_order({field: value}).data)["result"] == "1"
