"""What the shop is told by Epsilon itself, and how its reply is judged."""

import pytest
import requests

from tests.simulator.simulator_people import GOOD_CARD, KONBINI, LAWSON, Clock, Epsilon, NoticedShop, text

# What the simulated shop says, and how the console judges it.
REPLIES = [
    (200, "1", "accepted", "200 1"),
    (200, "1\n", "accepted", "200 1"),
    (200, "0 999 在庫がありません", "refused by the shop", "200 0 999 在庫がありません"),
    (200, "OK", "wrong: expected 1 or 0 999 …", "200 OK"),
    (200, "", "wrong: expected 1 or 0 999 …", "200"),
    (200, "0", "wrong: expected 1 or 0 999 …", "200 0"),
    (200, "0 99 x", "wrong: expected 1 or 0 999 …", "200 0 99 x"),
    (500, "1", "wrong: expected 1 or 0 999 …", "500 1"),
    (302, "", "wrong: expected 1 or 0 999 …", "302"),
    (200, "<script>", "wrong: expected 1 or 0 999 …", "200 &lt;script&gt;"),
]


def test_a_card_payment_is_told_before_the_browser_returns(epsilon: Epsilon, shop: NoticedShop) -> None:
    """The completion notice has its six fields in order, and the shop that asks back sees state 1."""
    shop.app = epsilon.app

    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    (notice,) = shop.notices
    assert (notice.method, notice.url) == ("POST", "http://localhost:8000/notice")
    assert notice.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert text(notice.body) == (
        "contract_code=12345678&trans_code=500001&order_number=O3042483&state=1&payment_code=1&user_id=U1421364630"
    )
    assert b'<result state="1" />' in shop.seen[0]


def test_money_at_the_counter_is_told_in_cp932(epsilon: Epsilon, shop: NoticedShop) -> None:
    """The payment notice has its eight fields, text in CP932 also for version=2, and paid is 1."""
    shop.app = epsilon.app
    epsilon.receive_order(LAWSON | {"memo1": "髙①㈱ｱｲｳ～〜"})

    epsilon.browser.post("/counter", data={"trans_code": "500001"})

    assert shop.fields == [
        {
            "trans_code": "500001",
            "user_id": "U1421364630",
            "order_number": "O3042483",
            "paid": "1",
            "item_price": "10000",
            "memo1": "髙①㈱ｱｲｳ～～",
            "memo2": "memo2",
            "conveni_code": "31",
        }
    ]
    assert "memo1=%EE%E0%87%40%87%8A%B1%B2%B3%81%60%81%60" in text(shop.notices[0].body)
    assert b'<result paid="1" />' in shop.seen[0]


@pytest.mark.parametrize(("status", "reply", "judged", "shown"), REPLIES)
def test_the_shops_reply_is_shown_and_judged(
    epsilon: Epsilon, shop: NoticedShop, status: int, reply: str, judged: str, shown: str
) -> None:
    """1 is accepted, 0 999 MESSAGE refused, all else wrong; the buyer returns whatever the shop says."""
    shop.status, shop.reply = status, reply.encode()

    answer = epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    assert answer.status_code == 303
    console = epsilon.browser.get("/").text
    assert f">{judged}</span>" in console
    assert f"<code>{shown}</code>" in console


@pytest.mark.parametrize(
    "failure",
    [requests.ConnectionError("refused"), requests.ReadTimeout("slow"), requests.exceptions.InvalidURL("")],
)
def test_a_shop_that_cannot_be_reached_is_no_error(
    epsilon: Epsilon, shop: NoticedShop, failure: requests.RequestException
) -> None:
    """The failure is written down, the payment stands, and the buyer returns."""
    shop.failure = failure

    answer = epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    assert answer.status_code == 303
    assert f"<code>{type(failure).__name__}</code>" in epsilon.browser.get("/").text
    assert epsilon.sale(order_number="O3042483")["state"] == "1"


def test_an_endless_reply_is_cut_and_a_redirect_not_followed(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Only the first KiB is read, and no second address is ever called."""
    shop.status, shop.headers = 302, {"Location": "http://localhost:8000/elsewhere"}
    shop.reply = b"x" * 1_000_000

    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    assert len(shop.notices) == 1
    assert len(epsilon.browser.get("/").text) < 10_000


def test_a_slip_is_paid_at_the_counter(epsilon: Epsilon, clock: Clock) -> None:
    """The counter lists the open slip; paid, it has state, paid and time, and is listed no more."""
    epsilon.receive_order(KONBINI | {"conveni_code": "11"})
    clock.wait(days=3)
    assert "0000000500001" in epsilon.browser.get("/counter").text

    answer = epsilon.browser.post("/counter", data={"trans_code": "500001"})

    assert answer.status_code == 303
    sale = epsilon.sale(trans_code="500001")
    assert (sale["state"], sale["paid"], sale["conveni_time"]) == ("1", "1", "2015-01-19 08:30:31")
    assert "There is no open slip." in epsilon.browser.get("/counter").text


def test_a_slip_is_paid_once(epsilon: Epsilon, shop: NoticedShop) -> None:
    """A second click at the counter sends no second notice."""
    epsilon.receive_order(LAWSON)

    for _ in range(2):
        assert epsilon.browser.post("/counter", data={"trans_code": "500001"}).status_code == 303

    assert len(shop.notices) == 1


def test_a_slip_can_be_paid_to_the_end_of_its_last_day(epsilon: Epsilon, clock: Clock) -> None:
    """On the tenth day the counter takes it, on the eleventh it says that the deadline has passed."""
    epsilon.receive_order(LAWSON)
    epsilon.receive_order(LAWSON | {"order_number": "A2"})
    clock.wait(days=10)
    assert epsilon.browser.post("/counter", data={"trans_code": "500001"}).status_code == 303
    clock.wait(days=1)

    assert "The deadline has passed" in epsilon.browser.get("/counter").text
    assert epsilon.browser.post("/counter", data={"trans_code": "500002"}).status_code == 409
    assert epsilon.sale(trans_code="500002")["state"] == "0"


@pytest.mark.parametrize(("trans_code", "status"), [("500001", 409), ("500002", 404), ("", 404), ("\0", 404)])
def test_only_slips_are_paid_at_the_counter(epsilon: Epsilon, trans_code: str, status: int) -> None:
    """An order without a slip, or no order at all, cannot be paid there."""
    epsilon.receive_order()

    assert epsilon.browser.post("/counter", data={"trans_code": trans_code}).status_code == status


def test_another_site_cannot_pay_a_slip(epsilon: Epsilon) -> None:
    """The counter's button too is pressed only on our own page."""
    epsilon.receive_order(LAWSON)

    answer = epsilon.browser.post("/counter", data={"trans_code": "500001"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert epsilon.sale(trans_code="500001")["paid"] == "0"


def test_a_slip_can_be_printed(epsilon: Epsilon) -> None:
    """Seven-Eleven's slip is a page at the URL of the answer, which holds only the documented characters."""
    epsilon.receive_order(KONBINI | {"conveni_code": "11", "user_name": "髙橋"})
    url = epsilon.sale(trans_code="500001")["haraikomi_url"]

    slip = epsilon.browser.get(url)

    assert set(url) <= set("abcdefghijklmnopqrstuvwxyz0123456789:/.~?=&")
    assert slip.status_code == 200
    for said in ("0000000500001", "10,000円", "髙橋", "2015-01-26", "お金は動きません"):
        assert said in slip.text


@pytest.mark.parametrize("receipt", ["", "0000000500002", "500001", "0000000500003", "x", "%00"])
def test_a_slip_that_was_never_issued_is_not_shown(epsilon: Epsilon, receipt: str) -> None:
    """Only a Seven-Eleven number that was given out has a slip."""
    epsilon.receive_order(KONBINI | {"conveni_code": "11"})
    epsilon.receive_order(LAWSON | {"order_number": "A2"})

    assert epsilon.browser.get(f"/slip?receipt={receipt}").status_code == 404


def test_the_console_says_what_can_be_done(epsilon: Epsilon) -> None:
    """An open order links its page, a slip the counter; an empty console says what to do first."""
    assert "No order has come in yet" in epsilon.browser.get("/").text
    page = epsilon.page_of({"item_name": "<i>"})
    epsilon.receive_order(LAWSON | {"order_number": "A2"})

    console = epsilon.browser.get("/").text

    assert page.replace("card3", "method_select3") in console
    assert '<a href="/counter">pay at the counter</a>' in console
    assert '<a href="/transactions/500002">500002</a>' in console
    assert "&lt;i&gt;" in console
    assert "12345678" in console
