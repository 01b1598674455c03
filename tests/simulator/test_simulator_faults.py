"""Everything that can go wrong between a shop and Epsilon, one at a time, over real sockets with a plain client."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from xml.parsers import expat

import pytest
import requests

from simulator import Server
from simulator.fault_kinds import KINDS
from simulator.sabotage import NeedsConnection
from tests.simulator.simulator_people import GET_SALES, LAWSON, ORDER, RECEIVE_ORDER, Epsilon, decoded

CANCEL = "/cgi-bin/order/cancel_payment.cgi"
ASKED = {"contract_code": "12345678", "order_number": "O3042483"}
PATIENCE = 2.0  # seconds that a test waits for what must happen
CLIENTS = 8


class Reply(NamedTuple):
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A shop's server with a plain client, and its developer with the simulator's API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.address = urlsplit(url).netloc

    def open(self, path: str, fields: dict[str, str], timeout: float = PATIENCE) -> HTTPConnection:
        """Send a request and read nothing."""
        connection = HTTPConnection(self.address, timeout=timeout)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urlencode(fields), form)
        return connection

    def send(self, path: str = RECEIVE_ORDER, fields: dict[str, str] | None = None, timeout: float = PATIENCE) -> Reply:
        """Send a request and read the whole answer."""
        connection = self.open(path, ORDER if fields is None else fields, timeout)
        try:
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def arm(self, **fault: Any) -> dict[str, Any]:
        """Arm a fault by JSON."""
        answer = requests.post(f"{self.url}/api/faults", json=fault, timeout=PATIENCE)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ask(self, path: str) -> Any:
        """Ask the API."""
        return requests.get(f"{self.url}/api/{path}", timeout=PATIENCE).json()

    def states(self) -> list[str]:
        """What the list of faults says, newest first."""
        return [fault["state"] for fault in self.ask("faults")["faults"]]

    def registered(self) -> list[str]:
        """The order numbers that Epsilon knows."""
        return [row["order_number"] for row in self.ask("transactions")["transactions"]]

    def outcome(self) -> str:
        """What the inspector says of the newest request, once it is over."""
        end = monotonic() + PATIENCE
        while (newest := self.ask("requests")["requests"][0])["outcome"] == "waiting":
            assert monotonic() < end, newest
        return str(newest["outcome"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One simulator for all of this module."""
    with Server() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Client:
    """A shop's server whose Epsilon remembers nothing."""
    requests.post(f"{server.url}/api/reset", timeout=PATIENCE).raise_for_status()
    return Client(server.url)


def test_closed_before_the_cgi_sees_it(client: Client) -> None:
    """The connection ends without a byte, and no order is registered."""
    client.arm(kind="close-before")

    with pytest.raises(RemoteDisconnected):
        client.send()

    assert client.registered() == []
    assert client.outcome() == "the connection was closed before the CGI saw the request"


def test_closed_after_registering(client: Client) -> None:
    """The client sees the same, but the order is registered, and its number used up."""
    client.arm(kind="close-after")

    with pytest.raises(RemoteDisconnected):
        client.send()

    assert client.registered() == ["O3042483"]
    assert client.outcome() == "the CGI did its work, then the connection was closed"
    assert decoded(client.send().body, "utf-8")["err_code"] == "604"


def test_answered_late(client: Client) -> None:
    """After the seconds the right answer comes, whole."""
    client.arm(kind="delay", value="0.15")
    began = monotonic()

    answer = client.send()

    assert 0.15 <= monotonic() - began < 1
    assert (answer.status, decoded(answer.body)["result"]) == (200, "1")
    assert client.outcome() == "answered"


def test_never_answered(client: Client) -> None:
    """The order is registered; the client gives up, and the inspector says when."""
    client.arm(kind="never")

    with pytest.raises(TimeoutError):
        client.send(timeout=0.2)

    assert client.registered() == ["O3042483"]
    assert re.fullmatch(r"the client gave up after 0\.\d s", client.outcome())


def test_a_request_without_an_answer_is_seen_at_once(client: Client) -> None:
    """While the client still waits, the inspector shows its request."""
    client.arm(kind="never")
    connection = client.open(RECEIVE_ORDER, ORDER)
    end = monotonic() + PATIENCE
    while not (seen := client.ask("requests")["requests"]):
        assert monotonic() < end

    assert (seen[0]["outcome"], seen[0]["status"], seen[0]["fault"]) == ("waiting", None, "never")
    assert "No answer so far" in requests.get(f"{client.url}/requests/{seen[0]['id']}", timeout=PATIENCE).text
    connection.close()
    client.outcome()


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "part", "registered"),
    [
        ("http-500", 500, "text/html; charset=Shift_JIS", "Internal Server Error", False),
        ("http-502", 502, "text/html; charset=Shift_JIS", "Bad Gateway", True),
        ("http-redirect", 302, "text/html", "", False),
        ("empty", 200, "text/xml", "", True),
        ("html", 200, "text/html; charset=Shift_JIS", "メンテナンス中", False),
    ],
)
def test_answers_that_are_none(
    client: Client, kind: str, status: int, content_type: str, part: str, registered: bool
) -> None:
    """Not Epsilon's XML; whether the order is registered is told by the table of kinds."""
    client.arm(kind=kind)

    answer = client.send()

    assert (answer.status, answer.headers["Content-Type"]) == (status, content_type)
    assert part in answer.body.decode("cp932")
    assert bool(part) == bool(answer.body)
    assert (client.registered() == ["O3042483"]) is registered is KINDS[kind].done


def test_a_redirect_to_a_foreign_host(client: Client) -> None:
    """One in HTTP, which no client should follow; one in the order's answer, to which no buyer should be sent."""
    client.arm(kind="http-redirect")
    client.arm(kind="redirect-elsewhere")

    assert client.send().headers["Location"].startswith("https://epsilon.example/")
    answer = client.send()
    assert urlsplit(decoded(answer.body)["redirect"]).hostname == "epsilon.example"
    assert decoded(answer.body)["result"] == "1"


def test_half_of_the_xml(client: Client) -> None:
    """HTTP finds nothing wrong with it, a parser does."""
    client.arm(kind="truncated")

    answer = client.send()

    assert answer.headers["Content-Length"] == str(len(answer.body))
    with pytest.raises(expat.ExpatError):
        expat.ParserCreate().Parse(answer.body, True)


def test_the_wrong_charset(client: Client) -> None:
    """A receipt's CP932 comes as UTF-8, an error's UTF-8 as CP932, and the label fits neither."""
    client.arm(kind="wrong-charset", times=2)

    receipt = client.send(fields=ORDER | LAWSON)
    error = client.send(fields=ORDER | {"item_price": "0"})

    assert receipt.headers["Content-Type"] == error.headers["Content-Type"] == "text/xml; charset=EUC-JP"
    assert decoded(receipt.body, "utf-8")["user_name"] == "ヤマダ タロウ"
    assert decoded(error.body, "cp932")["err_detail"] == "価格の指定が異常です"


def test_an_entity_bomb(client: Client) -> None:
    """A small document whose entities would grow to ten thousand million times their text."""
    client.arm(kind="entity-bomb")

    body = client.send().body

    assert len(body) < 2000
    assert body.count(b"<!ENTITY") == 11
    assert body.count(b"&e9;") == 10


def test_an_endless_body(client: Client) -> None:
    """It begins like a success; a client that stops reading is the one to end it."""
    client.arm(kind="endless")
    connection = client.open(RECEIVE_ORDER, ORDER)
    answer = connection.getresponse()

    assert answer.read(1_000_000).startswith(b'<?xml version="1.0" encoding="UTF-8" ?>\n <Epsilon_result>\n')
    answer.close()
    connection.close()
    assert client.outcome() == "the client closed the connection before the answer was complete"


def test_an_endless_body_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its named maximum the connection is closed, so that HTTP too finds the answer incomplete."""
    monkeypatch.setattr("simulator.sabotage.LARGEST_ANSWER", 100_000)
    client.arm(kind="endless")

    with pytest.raises(IncompleteRead):
        client.send()

    assert client.outcome() == "an endless body ends after 0 MiB"


def test_a_slow_drip(client: Client) -> None:
    """The right answer, a byte at a time: no single read is slow."""
    right = client.send(GET_SALES, ASKED).body
    client.arm(kind="drip", value="0.001")

    answer = client.send(GET_SALES, ASKED)

    assert answer.body == right
    assert client.outcome() == "answered"


def test_a_client_that_leaves_a_drip(client: Client) -> None:
    """The inspector says so, and how much was sent."""
    client.arm(kind="drip", value="0.01")
    connection = client.open(RECEIVE_ORDER, ORDER)
    answer = connection.getresponse()
    assert answer.read(3) == b"<?x"
    answer.close()
    connection.close()

    assert client.outcome() == "the client gave up after 0.0 s"


@pytest.mark.parametrize(
    ("path", "fields", "layout"),
    [
        (RECEIVE_ORDER, ORDER, ["result", "err_code", "err_detail", "memo1", "memo2"]),
        (GET_SALES, ASKED, ["result", "err_code", "err_detail"]),
        (CANCEL, ASKED, ["err_code", "err_detail", "result"]),
    ],
)
def test_an_error_code_of_choice(client: Client, path: str, fields: dict[str, str], layout: list[str]) -> None:
    """In the layout of the CGI, with Epsilon's text where it is known; nothing is done."""
    client.arm(kind="error", value="908")
    answer = client.send(path, fields).body

    told = decoded(answer, "utf-8" if path == RECEIVE_ORDER else "cp932", plus=path != RECEIVE_ORDER)

    assert (list(told), told["result"]) == (layout, "0")
    assert (told["err_code"], told["err_detail"]) == ("908", "このCGIを実行する権限がありません")
    assert client.registered() == []


@pytest.mark.parametrize(
    ("kind", "field", "wrong"),
    [
        ("other-price", "item_price", "10001"),
        ("other-order", "order_number", "O304248X"),
        ("other-contract", "contract_code", "12345679"),
    ],
)
@pytest.mark.parametrize("asked", [{"order_number": "O3042483"}, {"trans_code": "500001"}])
def test_an_inquiry_that_tells_of_another(
    client: Client, kind: str, field: str, wrong: str, asked: dict[str, str]
) -> None:
    """One field is another's, all else is right; the next inquiry is right again."""
    client.send()
    inquiry = {"contract_code": "12345678"} | asked
    right = decoded(client.send(GET_SALES, inquiry).body, plus=True)
    client.arm(kind=kind, order_number="O3042483")

    assert decoded(client.send(GET_SALES, inquiry).body, plus=True) == right | {field: wrong}
    assert decoded(client.send(GET_SALES, inquiry).body, plus=True) == right


def test_a_fault_that_finds_nothing_to_break_stays_armed(client: Client) -> None:
    """An unknown order has no price: the answer is right, and nothing is counted."""
    client.arm(kind="other-price")

    assert decoded(client.send(GET_SALES, ASKED).body) == {}
    assert client.states() == ["armed, never fired"]
    assert client.ask("requests")["requests"][0]["fault"] == ""

    client.send()
    client.send(GET_SALES, ASKED)
    assert client.states() == ["fired 1 of 1"]


def test_it_fires_as_often_as_it_is_told(client: Client) -> None:
    """The list says armed, fired n of m, or never fired."""
    client.arm(kind="empty", times=2)
    assert client.states() == ["armed, never fired"]

    assert client.send().body == b""
    assert client.states() == ["armed, fired 1 of 2"]
    assert client.send().body == b""
    assert client.states() == ["fired 2 of 2"]
    assert client.send().body != b""
    assert client.states() == ["fired 2 of 2"]


def test_it_is_for_one_cgi_or_for_one_order(client: Client) -> None:
    """Other calls pass by it."""
    client.arm(kind="empty", cgi="getsales2.cgi")
    client.arm(kind="html", order_number="A2")

    assert b'result="1"' in client.send(fields=ORDER | {"order_number": "A1"}).body
    assert "メンテナンス" in client.send(fields=ORDER | {"order_number": "A2"}).body.decode("cp932")
    assert client.send(GET_SALES, ASKED).body == b""
    assert client.states() == ["fired 1 of 1", "fired 1 of 1"]


def test_the_oldest_fires_first(client: Client) -> None:
    """Two for the same call come in the order in which they were armed."""
    client.arm(kind="error", value="502")
    client.arm(kind="error", value="810")

    assert [decoded(client.send().body, "utf-8")["err_code"] for _ in range(2)] == ["502", "810"]


def test_many_clients_at_once_break_as_often_as_told(client: Client) -> None:
    """Five of twenty, whoever comes first."""
    client.arm(kind="empty", times=5)

    with ThreadPoolExecutor(CLIENTS) as clients:
        numbers = [ORDER | {"order_number": f"N{number}"} for number in range(20)]
        answers = list(clients.map(lambda fields: client.send(fields=fields).body, numbers))

    assert answers.count(b"") == 5
    assert client.states() == ["fired 5 of 5"]
    assert len(client.registered()) == 20


def test_a_disarmed_one_does_not_fire(client: Client) -> None:
    """It stays on the list as what it was."""
    fault = client.arm(kind="empty", times=3)
    client.send()
    requests.delete(f"{client.url}/api/faults/{fault['id']}", timeout=PATIENCE).raise_for_status()

    assert client.send().body != b""
    assert client.states() == ["disarmed, fired 1 of 3"]


def test_a_mark_in_memo2_asks_for_a_fault(client: Client) -> None:
    """At every call of its CGI about that order, and of no other; the list counts it too."""
    marked = ORDER | {"memo2": "from the shop, fault:error:502, thanks"}

    assert decoded(client.send(fields=marked).body, "utf-8")["err_code"] == "502"
    assert decoded(client.send(fields=marked).body, "utf-8")["err_code"] == "502"
    assert b'result="1"' in client.send().body
    assert client.states() == ["fired 2× by memo2"]


@pytest.mark.parametrize(
    ("mark", "path"),
    [
        ("fault:other-price", GET_SALES),
        ("fault:getsales2/empty", GET_SALES),
        ("fault:cancel_payment.cgi/close-before", CANCEL),
    ],
)
def test_a_mark_can_be_for_a_later_call(client: Client, mark: str, path: str) -> None:
    """The order itself is registered as always; the CGI before the slash, or the kind, says which call breaks."""
    assert b'result="1"' in client.send(fields=ORDER | {"memo2": mark}).body
    right = client.send(GET_SALES if path == CANCEL else CANCEL, ASKED)

    try:
        broken = client.send(path, ASKED).body
    except RemoteDisconnected:
        broken = b""

    assert right.status == 200
    assert broken == b"" or b'item_price="10001"' in broken
    assert client.states() == ["fired 1× by memo2"]


@pytest.mark.parametrize(
    "mark", ["fault:nonsense", "fault:", "fault:nowhere/never", "fault:delay:soon", "no-fault:never"]
)
def test_a_mark_that_asks_for_nothing_breaks_nothing(client: Client, mark: str) -> None:
    """The order is taken; the inspector marks the field, but for text that only looks like a mark."""
    assert b'result="1"' in client.send(fields=ORDER | {"memo2": mark}).body

    number = client.ask("requests")["requests"][0]["id"]
    fields = client.ask(f"requests/{number}")["request"]["fields"]
    (memo2,) = [field for field in fields if field["name"] == "memo2"]
    assert (memo2["verdict"], client.states()) == ("good" if mark.startswith("no-") else "noted", [])


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({}, "kind"),
        ({"kind": "chaos"}, "kind"),
        ({"kind": "delay", "value": "soon"}, "value"),
        ({"kind": "delay", "value": "301"}, "value"),
        ({"kind": "error", "value": "9"}, "value"),
        ({"kind": "empty", "value": "5"}, "value"),
        ({"kind": "empty", "cgi": "card3.cgi"}, "cgi"),
        ({"kind": "other-price", "cgi": "receive_order3.cgi"}, "cgi"),
        ({"kind": "empty", "order_number": "bad-1"}, "order_number"),
        ({"kind": "empty", "times": 0}, "times"),
        ({"kind": "empty", "times": 1001}, "times"),
        ({"kind": "empty", "times": True}, "times"),
        ({"kind": "empty", "mark": "x"}, "mark"),
    ],
)
def test_a_fault_that_cannot_fire_is_refused(client: Client, fault: dict[str, object], field: str) -> None:
    """422 with the field and its rule, so that nobody waits for a fault that never comes."""
    answer = requests.post(f"{client.url}/api/faults", json=fault, timeout=PATIENCE)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["rule"]
    assert client.states() == []


def test_the_list_is_bounded(client: Client) -> None:
    """A hundred can be armed; then spent ones make room, and where there are none arming is refused."""
    for _ in range(100):
        client.arm(kind="empty", order_number="A1")
    refused = requests.post(f"{client.url}/api/faults", json={"kind": "empty"}, timeout=PATIENCE)
    assert (refused.status_code, refused.json()["rule"]) == (422, "at most 100 armed at once")

    client.send(fields=ORDER | {"order_number": "A1"})

    client.arm(kind="html")
    assert len(client.states()) == 100


@pytest.mark.parametrize("kind", ["never", "endless", "drip", "delay"])
def test_a_held_client_does_not_hold_the_end(kind: str) -> None:
    """Closing the server takes less than a second, also where a client reads nothing, and frees the client."""
    server = Server()
    client = Client(server.url)
    client.arm(kind=kind)
    connection = client.open(RECEIVE_ORDER, ORDER)
    end = monotonic() + PATIENCE
    while not client.ask("requests")["requests"]:
        assert monotonic() < end
    began = monotonic()

    server.close()

    assert monotonic() - began < 1
    connection.close()


def test_a_request_that_waits_over_a_reset_is_forgotten(client: Client) -> None:
    """Its end brings it back neither under its own number nor under another's."""
    client.arm(kind="never")
    connection = client.open(RECEIVE_ORDER, ORDER)
    end = monotonic() + PATIENCE
    while not client.ask("requests")["requests"]:
        assert monotonic() < end
    requests.post(f"{client.url}/api/reset", timeout=PATIENCE).raise_for_status()

    connection.close()

    for number in range(5):
        client.send(fields=ORDER | {"order_number": f"N{number}"})
    told = client.ask("requests")["requests"]
    assert [row["order_number"] for row in told] == ["N4", "N3", "N2", "N1", "N0"]


def test_in_process_a_closed_connection_is_an_exception(epsilon: Epsilon) -> None:
    """A test's client has no socket: what would close it is a ConnectionError, and the record says the same."""
    arm(epsilon, "close-after")

    with pytest.raises(ConnectionError, match="then the connection was closed"):
        epsilon.receive_order()

    assert epsilon.sale(order_number="O3042483")["state"] == "0"


@pytest.mark.parametrize("kind", ["never", "endless", "drip", "delay"])
def test_in_process_what_needs_a_connection_says_so(epsilon: Epsilon, kind: str) -> None:
    """Nobody's test hangs: the error names the way to have the fault."""
    arm(epsilon, kind)

    with pytest.raises(NeedsConnection, match=f"The fault {kind} needs a real connection: use simulator.Server"):
        epsilon.receive_order()


def test_faults_by_button(epsilon: Epsilon) -> None:
    """The page arms, lists and disarms, and shows every kind with its mark."""
    page = epsilon.browser.get("/faults").text
    assert all(f"fault:{kind}" in page for kind in KINDS)
    assert "None is armed" in page

    typed = {"kind": "error", "value": "908", "cgi": "receive_order3.cgi", "order_number": "", "times": "2"}
    assert epsilon.browser.post("/faults", data=typed).status_code == 303
    assert "armed, never fired" in epsilon.browser.get("/faults").text
    epsilon.receive_order()
    assert "armed, fired 1 of 2" in epsilon.browser.get("/faults").text

    assert epsilon.browser.post("/faults/1/disarm").status_code == 303
    assert "disarmed, fired 1 of 2" in epsilon.browser.get("/faults").text
    assert epsilon.browser.post("/faults/9/disarm").status_code == 404


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"times": "x"}, "times"), ({"times": "²"}, "times"), ({"kind": "<b>"}, "kind"), ({"value": "<b>"}, "value")],
)
def test_a_wrong_button_press_is_told(epsilon: Epsilon, typed: dict[str, str], field: str) -> None:
    """422, the field is named and marked, nothing is armed, and nothing typed becomes markup."""
    answer = epsilon.browser.post("/faults", data={"kind": "delay", "value": "1", "times": "1"} | typed)

    assert answer.status_code == 422
    assert f'<b class="number">{field}</b>' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "None is armed" in answer.text
    assert "<b>" not in answer.text


def test_a_strangers_page_cannot_arm(epsilon: Epsilon) -> None:
    """Buttons and JSON from another site are refused."""
    stranger = {"Origin": "https://stranger.example"}

    assert epsilon.browser.post("/faults", data={"kind": "empty", "times": "1"}, headers=stranger).status_code == 403
    assert epsilon.browser.post("/api/faults", json={"kind": "empty"}, headers=stranger).status_code == 403


def test_an_impatient_stranger_holds_nobody_up(client: Client) -> None:
    """A client that sends half a request keeps neither the faults nor the others waiting."""
    client.arm(kind="empty")
    host, _, port = client.address.partition(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(
            f"POST {RECEIVE_ORDER} HTTP/1.1\r\nHost: {client.address}\r\nContent-Length: 500\r\n\r\nmemo1=".encode()
        )
        assert client.send().body == b""


def arm(epsilon: Epsilon, kind: str) -> None:
    """Arm a fault in process."""
    assert epsilon.browser.post("/api/faults", json={"kind": kind}).status_code == 201
