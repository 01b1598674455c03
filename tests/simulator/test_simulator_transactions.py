"""The developer's page of one transaction: every button, and none where it would do nothing."""

import re

import pytest

from simulator import close, create_app
from simulator.environment import Environment
from simulator.ledger import NOTICES_KEPT
from simulator.notices import REPEATS, send_due
from simulator.tables import Notice
from tests.simulator.simulator_people import (
    DEFERRED,
    GOOD_CARD,
    KONBINI,
    LAWSON,
    Clock,
    Epsilon,
    NoticedShop,
    only,
    text,
)

ROW = "/transactions/500001"


def here(epsilon: Epsilon) -> Environment:
    """What runs behind the pages."""
    environment: Environment = epsilon.app.extensions["environment"]
    return environment


def do(epsilon: Epsilon, *actions: str) -> None:
    """Press buttons of the transaction's page."""
    for action in actions:
        assert epsilon.browser.post(ROW, data={"action": action}).status_code == 303, action


def buttons(epsilon: Epsilon) -> list[str]:
    """The buttons that the page has, but for those that send notices."""
    names = re.findall(r'name="action" value="(\w+)"', epsilon.browser.get(ROW).text)
    return [name for name in names if not re.match("payment_|completion_|deferred_", name)]


def pay(epsilon: Epsilon, position: int = 1, action: str = "pay") -> None:
    """A buyer pays by a method."""
    epsilon.press(epsilon.arrive(only(position)), action, GOOD_CARD)


def test_a_slip_is_paid_on_the_transactions_page(epsilon: Epsilon, shop: NoticedShop) -> None:
    """As at the counter; afterwards there is nothing left to do."""
    epsilon.receive_order(LAWSON)
    assert buttons(epsilon) == ["pay_slip", "expire"]

    do(epsilon, "pay_slip")

    assert (epsilon.sale(trans_code="500001")["state"], shop.fields[0]["paid"]) == ("1", "1")
    assert buttons(epsilon) == []


@pytest.mark.parametrize("position", [3, 7, 22])
def test_a_number_expires(epsilon: Epsilon, shop: NoticedShop, position: int) -> None:
    """Expired by hand, the counter takes nothing for it any more; its state stays 0."""
    page = epsilon.arrive(only(position))
    epsilon.press(page, "issue", {"conveni_code": "11"})

    do(epsilon, "expire")

    assert buttons(epsilon) == []
    assert epsilon.browser.post("/counter", data={"trans_code": "500001"}).status_code == 409
    assert epsilon.browser.get(page).status_code == 410
    assert (epsilon.sale(trans_code="500001")["state"], shop.notices) == ("0", [])


def test_a_number_expires_by_the_clock(epsilon: Epsilon, clock: Clock) -> None:
    """After its last day the button is gone."""
    epsilon.receive_order(LAWSON)
    clock.wait(days=11)

    assert buttons(epsilon) == []
    assert epsilon.browser.post(ROW, data={"action": "pay_slip"}).status_code == 409


def test_a_deferred_payment_goes_on_to_its_end(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Under review, authorised, shipment registered, paid; each step tells the shop its four fields."""
    pay(epsilon, 18, "review")
    assert buttons(epsilon) == ["authorise", "refuse", "cancel"]
    do(epsilon, "authorise")
    assert buttons(epsilon) == ["ship", "cancel"]
    do(epsilon, "ship")
    assert buttons(epsilon) == ["settle", "cancel"]
    do(epsilon, "settle")
    assert buttons(epsilon) == ["cancel"]

    told = [text(notice.body) for notice in shop.notices[1:]]
    assert told == [f"order_number=O3042483&trans_code=500001&payment_code=18&state={state}" for state in (5, 6, 1)]
    assert epsilon.sale(trans_code="500001")["state"] == "1"


def test_a_refused_review_is_the_end(epsilon: Epsilon, shop: NoticedShop) -> None:
    """State 11, told, and nothing can be done."""
    pay(epsilon, 18, "review")

    do(epsilon, "refuse")

    assert shop.fields[-1]["state"] == "11"
    assert buttons(epsilon) == []


def test_money_is_captured_and_cancelled_by_hand(epsilon: Epsilon) -> None:
    """As the CGIs do."""
    epsilon.set_console(sale="authorise")
    pay(epsilon)
    assert buttons(epsilon) == ["capture", "cancel"]
    do(epsilon, "capture")
    assert (buttons(epsilon), epsilon.sale(trans_code="500001")["state"]) == (["cancel"], "1")
    do(epsilon, "cancel")
    assert (buttons(epsilon), epsilon.sale(trans_code="500001")["state"]) == ([], "9")


@pytest.mark.parametrize(("action", "status"), [("capture", 409), ("settle", 409), ("", 400), ("drop", 400)])
def test_a_button_that_is_not_there_does_nothing(epsilon: Epsilon, action: str, status: int) -> None:
    """409 for what cannot be done now, 400 for what does not exist."""
    pay(epsilon)

    assert epsilon.browser.post(ROW, data={"action": action}).status_code == status
    assert epsilon.sale(trans_code="500001")["state"] == "1"


@pytest.mark.parametrize("trans_code", ["500002", "0", "x", "%00", "9" * 50])
def test_a_transaction_that_is_not_there_has_no_page(epsilon: Epsilon, trans_code: str) -> None:
    """404, to look at and to press."""
    epsilon.receive_order()

    assert epsilon.browser.get(f"/transactions/{trans_code}").status_code == 404
    assert epsilon.browser.post(f"/transactions/{trans_code}", data={"action": "cancel"}).status_code == 404


def test_another_site_cannot_press_here(epsilon: Epsilon) -> None:
    """Nor on this page."""
    pay(epsilon)

    answer = epsilon.browser.post(ROW, data={"action": "cancel"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert epsilon.sale(trans_code="500001")["state"] == "1"


@pytest.mark.parametrize(
    ("order", "position", "kinds"),
    [
        ({}, 1, ["completion"]),
        (DEFERRED, 18, ["completion", "deferred"]),
        (LAWSON, 3, ["payment", "completion"]),
    ],
)
def test_each_notice_is_sent_by_hand(
    epsilon: Epsilon, shop: NoticedShop, order: dict[str, str], position: int, kinds: list[str]
) -> None:
    """Again, twice at once, and by a stranger; the kinds are the method's."""
    if order == LAWSON:
        epsilon.receive_order(order)
    else:
        pay(epsilon, position)
    page = epsilon.browser.get(ROW).text
    assert [kind for kind in ("payment", "completion", "deferred") if f'value="{kind}_now"' in page] == kinds

    for kind in kinds:
        shop.notices.clear()
        do(epsilon, f"{kind}_now", f"{kind}_twice", f"{kind}_stranger")
        again, *twice, stranger = [text(notice.body) for notice in shop.notices]
        assert twice == [again, again]
        assert "order_number=O3042483" in again
        assert "order_number=O3042483" in stranger
        assert stranger != again
        assert "state=1" in stranger or "paid=1" in stranger


def test_a_stranger_claims_other_values(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Another contract, another price, and that it is paid; the inquiry knows better."""
    epsilon.receive_order(LAWSON)

    do(epsilon, "completion_stranger", "payment_stranger")

    assert [text(notice.body) for notice in shop.notices] == [
        "contract_code=99999999&trans_code=500001&order_number=O3042483&state=1&payment_code=3&user_id=stranger",
        "trans_code=500001&user_id=stranger&order_number=O3042483&paid=1&item_price=1&memo1=memo1&memo2=memo2"
        "&conveni_code=31",
    ]
    assert epsilon.sale(trans_code="500001")["state"] == "0"


def test_a_notice_comes_before_the_buyer_is_done(epsilon: Epsilon, shop: NoticedShop) -> None:
    """It says paid while the buyer still looks at the page, and only an inquiry tells."""
    page = epsilon.arrive()

    do(epsilon, "completion_before")

    assert shop.fields[0]["state"] == "1"
    assert epsilon.sale(trans_code="500001")["state"] == "0"
    epsilon.press(page, "pay", GOOD_CARD)
    assert 'value="completion_before"' not in epsilon.browser.get(ROW).text


def test_a_late_notice_waits_for_its_time(epsilon: Epsilon, shop: NoticedShop, clock: Clock) -> None:
    """Ten minutes, by the simulator's clock, and once only."""
    pay(epsilon, action="late")
    clock.wait(minutes=9)
    send_due(here(epsilon))
    assert shop.notices == []
    clock.wait(minutes=1)

    for _ in range(2):
        send_due(here(epsilon))

    assert len(shop.notices) == 1


def test_a_waiting_notice_is_sent_by_hand(epsilon: Epsilon, shop: NoticedShop, clock: Clock) -> None:
    """The button beside it sends it now; pressed twice, or when due, it is not sent again."""
    pay(epsilon, action="late")
    address = re.findall(r'action="(/transactions/500001/notices/\d+)"', epsilon.browser.get(ROW).text)

    for _ in range(2):
        assert epsilon.browser.post(address[0]).status_code == 303
    clock.wait(days=1)
    send_due(here(epsilon))

    assert len(shop.notices) == 1
    assert epsilon.browser.post(f"{ROW}/notices/999").status_code == 404


def test_a_notice_is_repeated_until_it_is_accepted(epsilon: Epsilon, shop: NoticedShop, clock: Clock) -> None:
    """By the schedule that the page prints; the fifth attempt is the last."""
    shop.reply = b"OK"
    pay(epsilon)
    page = epsilon.browser.get(ROW).text
    assert "repeated 1, 10, 60, 360 minutes after the attempt before, then no more (assumed)" in " ".join(page.split())

    for wait in REPEATS:
        before = len(shop.notices)
        send_due(here(epsilon))
        assert len(shop.notices) == before
        clock.wait(seconds=int(wait.total_seconds()))
        send_due(here(epsilon))
        assert len(shop.notices) == before + 1
    clock.wait(days=30)
    send_due(here(epsilon))

    assert len(shop.notices) == 5
    assert len({notice.body for notice in shop.notices}) == 1


def test_an_accepted_repetition_ends_them(epsilon: Epsilon, shop: NoticedShop, clock: Clock) -> None:
    """The second attempt is answered with 1, and there is no third."""
    shop.reply = b"0 999 later"
    pay(epsilon)
    shop.reply = b"1"
    for _ in range(5):
        clock.wait(hours=7)
        send_due(here(epsilon))

    assert len(shop.notices) == 2


def test_a_timeout_is_told_once(epsilon: Epsilon, shop: NoticedShop, clock: Clock) -> None:
    """The timeout URL gets two fields (assumed); what it answers matters little, and nothing is repeated."""
    shop.status, shop.reply = 500, b""
    epsilon.press(epsilon.page_of(), "timeout")
    clock.wait(days=1)
    send_due(here(epsilon))

    assert [(notice.url, text(notice.body)) for notice in shop.notices] == [
        ("http://localhost:8000/timeout", "trans_code=500001&order_number=O3042483")
    ]


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/notice", True),
        ("http://127.9.9.9/notice", True),
        ("http://[::1]:8000/notice", True),
        ("http://LOCALHOST:8000/notice", True),
        ("http://shop.localhost:8000/notice", True),
        ("http://localhost.example.com/notice", False),
        ("http://192.168.0.2/notice", False),
        ("http://0x7f000001.example/notice", False),
        ("https://example.com/127.0.0.1", False),
    ],
)
def test_notices_stay_on_this_machine(epsilon: Epsilon, shop: NoticedShop, url: str, local: bool) -> None:
    """What names another machine is not called, and the page says why."""
    session = here(epsilon).session
    for prefix in ("http://", "https://"):
        session.mount(prefix, shop)
    epsilon.set_console(completion_notice_url=url)

    pay(epsilon)

    assert len(shop.notices) == local
    assert ("--allow-foreign-notices" in epsilon.browser.get(ROW).text) is not local


def test_notices_leave_this_machine_where_it_is_allowed(shop: NoticedShop, clock: Clock) -> None:
    """In so many words."""
    foreign = {"completion_notice_url": "http://192.0.2.1/notice"}
    app = create_app(console=foreign, allow_foreign_notices=True, now=clock)
    app.extensions["environment"].session.mount("http://", shop)
    pay(Epsilon(app))

    assert [notice.url for notice in shop.notices] == ["http://192.0.2.1/notice"]
    close(app)


def test_the_oldest_notices_are_forgotten(epsilon: Epsilon) -> None:
    """500 are kept."""
    pay(epsilon)
    ledger = here(epsilon).ledger
    (first,) = ledger.notices(10)
    values = {name: getattr(first, name) for name in ("trans_code", "kind", "url", "body", "due", "sent", "reply")}
    for attempt in range(NOTICES_KEPT):
        ledger.add(Notice(**values, attempt=attempt, verdict="accepted"))

    kept = ledger.notices(10_000)

    assert len(kept) == NOTICES_KEPT
    assert first.id not in [notice.id for notice in kept]


def test_the_page_shows_the_whole_transaction(epsilon: Epsilon) -> None:
    """What was received, what an inquiry tells, and each notice with its reply, all escaped."""
    page = epsilon.arrive(KONBINI | {"memo1": "<b>髙①", "strange": "<i>"})
    epsilon.press(page, "issue", {"conveni_code": "11"})
    do(epsilon, "pay_slip")

    shown = epsilon.browser.get(ROW).text

    for said in ("&lt;b&gt;髙①", "strange", "&lt;i&gt;", "0000000500001", "/slip?receipt=", "<code>200 1</code>"):
        assert said in shown
