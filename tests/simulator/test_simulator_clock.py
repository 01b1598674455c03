"""Time that can be moved, everything forgotten at once, and examples to look at."""

from datetime import datetime
from time import monotonic

import pytest
from sqlalchemy import insert

from simulator.environment import JAPAN
from simulator.tables import Transaction
from tests.simulator.simulator_people import GOOD_CARD, LAWSON, Clock, Epsilon, NoticedShop, decoded


def move(epsilon: Epsilon, days: int) -> str:
    """Move the clock by its button; the time that the API then tells."""
    assert epsilon.browser.post("/clock", data={"days": str(days)}).status_code == 303
    return str(epsilon.browser.get("/api/clock").get_json()["now"])


def test_the_clock_moves_by_days(epsilon: Epsilon, clock: Clock) -> None:
    """Forth and back; it goes on as the machine's own does."""
    assert move(epsilon, 11) == "2015-01-27 08:30:31"
    clock.wait(hours=1)
    assert move(epsilon, -30) == "2014-12-28 09:30:31"
    assert "19 days earlier than outside" in epsilon.browser.get("/clock").text
    assert move(epsilon, 19) == "2015-01-16 09:30:31"


@pytest.mark.parametrize("days", ["", "x", "1.5", "99999", "-99999", "9" * 5000, "<b>"])
def test_a_time_that_is_none_is_refused(epsilon: Epsilon, days: str) -> None:
    """422, and the clock stands as before."""
    answer = epsilon.browser.post("/clock", data={"days": days})

    assert answer.status_code == 422
    assert "A whole number of days" in answer.text
    assert epsilon.browser.get("/api/clock").get_json() == {"now": "2015-01-16 08:30:31", "days": 0}


def test_everything_goes_by_the_clock(epsilon: Epsilon) -> None:
    """A slip's deadline passes, an order bears the new time, and so does the inspector."""
    epsilon.receive_order(LAWSON)
    move(epsilon, 11)

    assert epsilon.browser.post("/counter", data={"trans_code": "500001"}).status_code == 409
    late = decoded(epsilon.receive_order(LAWSON | {"order_number": "LATE"}).data)
    assert (late["receipt_date"], late["conveni_limit"]) == ("2015-01-27 08:30:31", "2015-02-06")
    assert epsilon.browser.get("/api/requests").get_json()["requests"][0]["at"] == "2015-01-27 08:30:31"


def test_notices_that_become_due_are_sent(epsilon: Epsilon, shop: NoticedShop) -> None:
    """One that was not accepted is repeated when the clock passes its time."""
    shop.reply = b"OK"
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)
    assert len(shop.notices) == 1

    move(epsilon, 1)

    assert len(shop.notices) == 2


def test_a_reset_forgets_everything_but_the_console(epsilon: Epsilon) -> None:
    """Orders, notices, requests, faults and the moved clock; the next order is the first again."""
    epsilon.browser.put("/api/console", json={"conveni_days": 3})
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)
    epsilon.browser.post("/api/faults", json={"kind": "empty", "order_number": "X"})
    move(epsilon, 5)

    assert epsilon.browser.post("/reset").status_code == 303

    for name in ("transactions", "notices", "requests", "faults"):
        assert epsilon.browser.get(f"/api/{name}").get_json() == {name: []}
    assert epsilon.browser.get("/api/clock").get_json() == {"now": "2015-01-16 08:30:31", "days": 0}
    assert decoded(epsilon.receive_order(LAWSON).data)["trans_code"] == "500001"
    assert epsilon.sale(order_number="O3042483")["conveni_limit"] == "2015-01-19"


def test_ten_thousand_are_forgotten_in_less_than_a_second(epsilon: Epsilon) -> None:
    """So that a test can begin with it."""
    epsilon.receive_order()
    ledger = epsilon.app.extensions["environment"].ledger
    with ledger.session.begin() as session:
        (first,) = session.query(Transaction).all()
        row = {column.key: getattr(first, column.key) for column in Transaction.__table__.columns}
        rows = [row | {"id": n, "order_number": f"N{n}", "token": f"T{n}"} for n in range(2, 10_001)]
        session.execute(insert(Transaction), rows)
    began = monotonic()

    assert epsilon.browser.post("/api/reset").status_code == 204

    assert monotonic() - began < 1
    assert epsilon.browser.get("/api/transactions").get_json() == {"transactions": []}


def test_the_examples_are_the_same_every_time(epsilon: Epsilon, shop: NoticedShop) -> None:
    """Ten orders in ten states; the shop hears nothing; a second time is 409 until a reset."""
    assert epsilon.browser.post("/seed").status_code == 303
    first = epsilon.browser.get("/api/transactions").get_json()
    assert epsilon.browser.post("/seed").status_code == 409
    assert epsilon.browser.post("/api/seed").status_code == 409
    epsilon.browser.post("/reset")
    epsilon.browser.post("/seed")

    assert epsilon.browser.get("/api/transactions").get_json() == first
    assert [(row["order_number"], row["stage"], row["state"]) for row in first["transactions"][::-1]] == [
        ("EXAMPLE01", "open", 0),
        ("EXAMPLE02", "charged", 1),
        ("EXAMPLE03", "charged", 5),
        ("EXAMPLE04", "back", 0),
        ("EXAMPLE05", "slip", 0),
        ("EXAMPLE06", "counter", 1),
        ("EXAMPLE07", "expired", 0),
        ("EXAMPLE08", "slip", 0),
        ("EXAMPLE09", "charged", 4),
        ("EXAMPLE10", "charged", 9),
    ]
    assert shop.notices == []
    for row in first["transactions"]:
        assert epsilon.browser.get(f"/transactions/{row['trans_code']}").status_code == 200
    assert epsilon.browser.get("/").status_code == 200


def test_the_examples_are_orders_like_others(epsilon: Epsilon, shop: NoticedShop) -> None:
    """A shop can ask for them, the counter takes their money."""
    epsilon.browser.post("/seed")

    assert epsilon.sale(order_number="EXAMPLE06")["paid"] == "1"
    assert epsilon.browser.post("/counter", data={"trans_code": "500005"}).status_code == 303
    assert epsilon.sale(order_number="EXAMPLE05")["state"] == "1"
    assert len(shop.notices) == 1


@pytest.mark.parametrize("page", ["/clock", "/seed", "/reset"])
def test_a_strangers_page_moves_nothing(epsilon: Epsilon, page: str) -> None:
    """From another site these buttons are refused."""
    answer = epsilon.browser.post(page, data={"days": "1"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert epsilon.browser.get("/api/clock").get_json()["days"] == 0


def test_the_clock_is_japans() -> None:
    """Nine hours before UTC, with no summer time."""
    assert datetime(2015, 7, 1, tzinfo=JAPAN).isoformat() == "2015-07-01T00:00:00+09:00"
