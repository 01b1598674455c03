"""The JSON API, every answer held against the file that describes it."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from simulator.actions import ACTIONS
from simulator.fault_kinds import ANY, KINDS
from simulator.tables import Stage, State
from simulator.transactions_api import BUYER
from tests.simulator.openapi_checker import DOCUMENT, check_answer
from tests.simulator.simulator_people import KONBINI, LAWSON, NORMAL, Epsilon, NoticedShop

DEFERRED = {
    "st_code": "00000-0000-00000-00010-00000-00000-00000",
    "delivery_code": "99",
    "user_tel": "0312345678",
    **{f"{who}_postal": "1500043" for who in ("consignee", "orderer")},
    **{f"{who}_name": "山田 太郎" for who in ("consignee", "orderer")},
    **{f"{who}_address": "東京都" for who in ("consignee", "orderer")},
    **{f"{who}_tel": "0312345678" for who in ("consignee", "orderer")},
}


class Developer:
    """Whoever drives the simulator by JSON; each answer is checked against the file."""

    def __init__(self, epsilon: Epsilon) -> None:
        self.epsilon = epsilon

    def call(self, method: str, path: str, body: object = None, **options: Any) -> TestResponse:
        """Any call, with a JSON body where there is one."""
        if body is not None:
            options["json"] = body
        answer = self.epsilon.browser.open(path, method=method, **options)
        check_answer(method, path.partition("?")[0], answer)
        return answer

    def get(self, path: str) -> Any:
        """What it tells."""
        answer = self.call("GET", path)
        assert answer.status_code == 200
        return answer.get_json()

    def act(self, act: str, trans_code: str = "500001", **fields: object) -> dict[str, Any]:
        """Do something to a transaction; as it is then."""
        answer = self.call("POST", f"/api/transactions/{trans_code}/{act}", fields or None)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def refused(self, act: str, trans_code: str = "500001", **fields: object) -> tuple[int, str | None]:
        """Try something that cannot be done: the status, and the field that is wrong."""
        answer = self.call("POST", f"/api/transactions/{trans_code}/{act}", fields or None)
        return answer.status_code, answer.get_json()["field"]


@pytest.fixture
def developer(epsilon: Epsilon) -> Developer:
    """A developer with a new simulator."""
    return Developer(epsilon)


def test_every_route_is_in_the_file_and_the_other_way(app: Flask) -> None:
    """Paths, methods and parameters; and no path of the file has no route."""
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            named = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)


def test_the_file_names_what_the_code_knows(developer: Developer) -> None:
    """Kinds of fault, CGIs, acts, stages and states; and it is served."""
    schemas = DOCUMENT["components"]["schemas"]
    acts = DOCUMENT["paths"]["/api/transactions/{trans_code}/{act}"]["post"]["parameters"][1]["schema"]["enum"]

    assert schemas["Fault"]["properties"]["kind"]["enum"] == list(KINDS)
    assert schemas["Fault"]["properties"]["cgi"]["enum"] == ["", *ANY]
    assert sorted(acts) == sorted([*BUYER, *ACTIONS])
    assert schemas["Transaction"]["properties"]["stage"]["enum"] == [*Stage]
    assert schemas["Transaction"]["properties"]["state"]["enum"] == [*State]
    assert DOCUMENT["openapi"].startswith("3.1")
    assert developer.get("/api/openapi.json") == DOCUMENT


def test_orders_are_listed_and_found(developer: Developer) -> None:
    """Newest first, with Epsilon's own names, the buyer's page, and what can be done; no token of its own."""
    developer.epsilon.receive_order()
    developer.epsilon.receive_order({"order_number": "A2", "item_name": "髙級〜りんご"})

    rows = developer.get("/api/transactions")["transactions"]
    assert [row["order_number"] for row in rows] == ["A2", "O3042483"]
    assert (rows[0]["item_name"], rows[0]["received"]["item_name"]) == ("髙級～りんご", "髙級〜りんご")
    assert rows[1]["page"].startswith("http://localhost/cgi-bin/order/method_select3.cgi?trans_code=")
    assert developer.get("/api/transactions/500002") == rows[0]
    assert developer.get("/api/transactions?order_number=A2") == {"transactions": [rows[0]]}
    assert developer.get("/api/transactions?order_number=A3") == {"transactions": []}


def test_a_card_order_is_paid_and_cancelled(developer: Developer, shop: NoticedShop) -> None:
    """By the functions that the pages call: the shop gets its notice, and nothing can be done twice."""
    developer.epsilon.receive_order()

    assert developer.act("pay")["state"] == 1
    assert developer.refused("pay") == (409, None)
    assert [notice["kind"] for notice in developer.get("/api/notices")["notices"]] == ["決済完了通知"]
    assert "cancel" in developer.get("/api/transactions/500001")["actions"]
    assert developer.act("amount", item_price=500)["item_price"] == 500
    assert developer.act("cancel")["state"] == 9
    assert developer.refused("cancel") == (409, None)
    assert developer.refused("amount", item_price=500) == (409, None)
    assert len(shop.notices) == 1


def test_an_authorised_order_is_captured(developer: Developer) -> None:
    """Where the console says authorise first."""
    developer.call("PUT", "/api/console", {"sale": "authorise"})
    developer.epsilon.receive_order()

    assert developer.act("pay", payment_code="2")["state"] == 5
    captured = developer.act("capture")
    assert (captured["state"], captured["payment_code"]) == (1, "2")


def test_a_slip_is_issued_paid_and_expires(developer: Developer, shop: NoticedShop) -> None:
    """The buyer takes a number, the counter takes the money; an expired one it does not."""
    developer.epsilon.receive_order(KONBINI)
    developer.epsilon.receive_order(LAWSON | {"order_number": "A2"})

    assert developer.refused("pay") == (422, "payment_code")
    slip = developer.act("issue", conveni_code="21")
    assert (slip["stage"], slip["conveni_code"], slip["kigyou_code"]) == ("slip", "21", "20020")
    assert developer.act("pay")["paid"] == 1
    assert shop.fields[-1]["paid"] == "1"
    assert developer.act("expire", "500002")["stage"] == "expired"
    assert developer.refused("pay", "500002") == (409, None)
    assert developer.refused("pay_slip", "500002") == (409, None)


def test_a_method_is_chosen_among_those_allowed(developer: Developer) -> None:
    """An order with several needs one to be named; one that it does not allow is refused."""
    developer.epsilon.receive_order(NORMAL | {key: value for key, value in DEFERRED.items() if key != "st_code"})

    assert developer.refused("pay") == (422, "payment_code")
    assert developer.refused("pay", payment_code="25") == (422, "payment_code")
    assert developer.refused("pay", payment_code="x") == (422, "payment_code")
    assert developer.refused("issue", payment_code="1") == (422, "payment_code")
    assert developer.refused("issue", payment_code="3", conveni_code="99") == (422, "conveni_code")
    assert developer.act("issue", payment_code="3")["conveni_code"] == "11"


def test_a_deferred_order_goes_through_its_review(developer: Developer, shop: NoticedShop) -> None:
    """Authorised, shipped, paid, with a notice each time."""
    developer.epsilon.receive_order(DEFERRED)

    assert developer.act("pay")["state"] == 5
    assert developer.act("ship")["state"] == 6
    assert developer.refused("authorise") == (409, None)
    assert developer.act("settle")["state"] == 1
    assert [fields["state"] for fields in shop.fields] == ["5", "6", "1"]


@pytest.mark.parametrize(("act", "stage"), [("back", "back"), ("error", "failed"), ("timeout", "timed_out")])
def test_a_buyer_ends_without_paying(developer: Developer, act: str, stage: str) -> None:
    """The order number is used up, and a second end is refused."""
    developer.epsilon.receive_order()

    assert developer.act(act)["stage"] == stage
    assert developer.refused(act) == (409, None)
    assert developer.refused("pay") == (409, None)


def test_notices_are_sent_again_late_and_twice(developer: Developer, shop: NoticedShop) -> None:
    """Each by its act; a waiting one can be sent now, one that was sent cannot."""
    developer.epsilon.receive_order()
    developer.act("completion_before")
    developer.act("completion_stranger")
    developer.act("pay")
    developer.act("completion_twice")
    developer.act("completion_late")

    assert len(shop.notices) == 5
    (waiting,) = [row for row in developer.get("/api/notices?trans_code=500001")["notices"] if row["due"]]
    sent = developer.call("POST", f"/api/notices/{waiting['id']}").get_json()
    assert (sent["verdict"], sent["due"], len(shop.notices)) == ("accepted", "", 6)
    assert developer.call("POST", f"/api/notices/{waiting['id']}").status_code == 409
    assert developer.call("POST", "/api/notices/999").status_code == 404


def test_the_console_is_read_and_set(developer: Developer) -> None:
    """Every item; some are set, the others stay; a wrong one is named with its rule, and nothing is set."""
    before = developer.get("/api/console")
    assert before["contract_code"] == "12345678"

    after = developer.call("PUT", "/api/console", {"conveni_days": 3, "methods": [1, 3], "senders": ["127.0.0.1"]})

    changed = {"conveni_days": 3, "methods": [1, 3], "senders": ["127.0.0.1"]}
    assert after.get_json() == developer.get("/api/console") == before | changed
    for wrong, field in (
        ({"conveni_days": 99}, "conveni_days"),
        ({"back_url": "javascript:x"}, "back_url"),
        ({"nothing": 1}, "nothing"),
        ([], ""),
    ):
        answer = developer.call("PUT", "/api/console", wrong)
        assert (answer.status_code, answer.get_json()["field"]) == (422, field)
        assert answer.get_json()["rule"]
    assert developer.get("/api/console") == before | changed


def test_the_clock_examples_and_the_reset(developer: Developer) -> None:
    """By JSON as by button."""
    assert developer.call("POST", "/api/clock", {"days": 11}).get_json() == {"now": "2015-01-27 08:30:31", "days": 11}
    for days in (99999, -99999, 10**400, "1", 1.5, True, None):
        assert developer.call("POST", "/api/clock", {"days": days}).status_code == 422
    made = developer.call("POST", "/api/seed")
    assert (made.status_code, len(made.get_json()["order_numbers"])) == (201, 10)
    assert developer.call("POST", "/api/seed").status_code == 409
    assert developer.call("POST", "/api/reset").status_code == 204
    assert developer.get("/api/clock") == {"now": "2015-01-16 08:30:31", "days": 0}
    assert developer.get("/api/transactions") == {"transactions": []}


def test_faults_are_armed_listed_and_disarmed(developer: Developer) -> None:
    """The list tells what each did."""
    wanted = {"kind": "error", "value": "908", "cgi": "receive_order3.cgi", "order_number": "O3042483", "times": 2}
    fault = developer.call("POST", "/api/faults", wanted)
    assert fault.status_code == 201
    assert fault.get_json() == wanted | {"id": 1, "mark": "", "fired": 0, "armed": True, "state": "armed, never fired"}

    developer.epsilon.receive_order()

    assert developer.get("/api/faults")["faults"][0]["state"] == "armed, fired 1 of 2"
    assert developer.call("DELETE", "/api/faults/1").get_json()["state"] == "disarmed, fired 1 of 2"
    assert developer.call("DELETE", "/api/faults/2").status_code == 404
    assert developer.call("POST", "/api/faults", {"kind": "chaos"}).get_json()["field"] == "kind"


def test_requests_are_listed_and_told(developer: Developer) -> None:
    """Whatever was answered, or was not."""
    developer.epsilon.receive_order()
    developer.epsilon.receive_order({"item_price": "x"})
    developer.epsilon.post_body(b"", "/cgi-bin/order/unknown.cgi")
    developer.call("POST", "/api/faults", {"kind": "close-after"})
    with pytest.raises(ConnectionError):
        developer.epsilon.get_sales(order_number="O3042483")

    rows = developer.get("/api/requests")["requests"]
    assert [row["status"] for row in rows] == [None, 404, 200, 200]
    told = [developer.get(f"/api/requests/{row['id']}") for row in rows]
    assert (told[0]["answer"], told[0]["fault"]) == (None, "close-after")
    assert told[2]["problems"] == ["item_price"]
    assert developer.call("GET", "/api/requests/999999").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/transactions/500001/pay"),
        ("POST", "/api/transactions/500001/nonsense"),
        ("POST", "/api/transactions/x/pay"),
        ("GET", "/api/transactions/500001"),
        ("GET", "/api/transactions/'%20OR%201=1"),
        ("GET", "/api/transactions/%00"),
    ],
)
def test_what_is_not_there_is_404(developer: Developer, method: str, path: str) -> None:
    """As JSON."""
    assert developer.call(method, path).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"[]", "application/json", 422),
        (b'"x"', "application/json", 422),
        (b'{"days": 1, "more": 2}', "application/json", 422),
    ],
)
def test_what_is_no_json_object_is_refused(developer: Developer, body: bytes, content_type: str, status: int) -> None:
    """Each with its status, as JSON, and nothing moves."""
    answer = developer.call("POST", "/api/clock", data=body, content_type=content_type)

    assert answer.status_code == status
    assert developer.get("/api/clock")["days"] == 0


def test_below_api_every_error_is_json(epsilon: Epsilon) -> None:
    """No page, no method, too much."""
    for method, path, data, status in (
        ("GET", "/api/", b"", 404),
        ("GET", "/api/nothing", b"", 404),
        ("PATCH", "/api/clock", b"", 405),
        ("POST", "/api/clock", b"x" * 70_000, 413),
    ):
        answer = epsilon.browser.open(path, method=method, data=data, content_type="application/json")
        assert (answer.status_code, answer.content_type) == (status, "application/json")
        assert answer.get_json().keys() == {"error", "field", "rule"}
    assert "POST" in epsilon.browser.patch("/api/clock").headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/reset"), ("POST", "/api/clock"), ("PUT", "/api/console"), ("DELETE", "/api/faults/1")],
)
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://stranger.example"}])
def test_another_site_changes_nothing(developer: Developer, method: str, path: str, headers: dict[str, str]) -> None:
    """403, also by PUT and DELETE; reading from elsewhere is stopped by the browser, and by the host's name."""
    assert developer.call(method, path, {}, headers=headers).status_code == 403
    assert developer.epsilon.browser.get("/api/console", headers={"Host": "stranger.example"}).status_code == 400
