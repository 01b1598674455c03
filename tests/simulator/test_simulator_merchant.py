"""The merchant console: each item with its button, what each does, and how it is kept."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from simulator import close, create_app
from simulator.__main__ import main
from simulator.merchant import ITEMS, Merchant, WrongItem
from tests.simulator.simulator_people import (
    GOOD_CARD,
    KONBINI,
    LAWSON,
    Clock,
    Epsilon,
    NoticedShop,
    decoded,
    refusal,
)

SENDER = ("908", "このCGIを実行する権限がありません")
NOT_ACTIVE = ("907", "ご契約が決済システムを利用可能な状態ではありません")

GOOD = {
    "contract_code": ("87654321", "87654321"),
    "password": ("s3cret!", "s3cret!"),
    "senders": ("192.0.2.1\r\nshop.example.com  ::1", ["192.0.2.1", "shop.example.com", "::1"]),
    "methods": (["3", "1"], [1, 3]),
    "active": ("false", False),
    "completed_url": ("https://shop.example.com/done", "https://shop.example.com/done"),
    "back_url": ("http://localhost:3000/b", "http://localhost:3000/b"),
    "error_url": ("http://localhost:3000/e", "http://localhost:3000/e"),
    "timeout_url": ("", ""),
    "payment_notice_url": ("http://[::1]:3000/p", "http://[::1]:3000/p"),
    "completion_notice_url": ("", ""),
    "deferred_notice_url": ("http://localhost/d", "http://localhost/d"),
    "sale": ("authorise", "authorise"),
    "conveni_days": ("3", 3),
}
BAD = [
    ("contract_code", "1234567"),
    ("contract_code", "１２３４５６７８"),
    ("password", ""),
    ("password", "a:b"),
    ("senders", "http://www.epsilon.jp"),
    ("senders", "123.456.78.9"),
    ("senders", "a b/c"),
    ("methods", "2"),
    ("methods", "card"),
    ("active", "perhaps"),
    ("completed_url", ""),
    ("completed_url", "localhost:8000/return"),
    ("back_url", "http://localhost:8000/back?a=b"),
    ("error_url", "javascript:alert(1)"),
    ("timeout_url", "ftp://localhost/"),
    ("payment_notice_url", "http://"),
    ("completion_notice_url", "http://localhost:99999/"),
    ("deferred_notice_url", "http://[::1/"),
    ("payment_notice_url", "http://127.0.0.1@example.com/"),
    ("completed_url", "http://a; script-src *"),
    ("back_url", "http://localhost/a\r\nSet-Cookie: a=b"),
    ("error_url", "http://localhost/エラー"),
    ("sale", "later"),
    ("conveni_days", "0"),
    ("conveni_days", "61"),
    ("conveni_days", '"><script>'),
]


def told(epsilon: Epsilon) -> dict[str, object]:
    """The console as it is downloaded."""
    answer: dict[str, object] = json.loads(epsilon.browser.get("/console.json").data)
    return answer


@pytest.mark.parametrize("name", ITEMS)
def test_each_item_has_its_own_button(epsilon: Epsilon, name: str) -> None:
    """Pressed, it changes that item and no other, and the page says so."""
    before = told(epsilon)
    typed, value = GOOD[name]

    answer = epsilon.browser.post(f"/console/{name}", data={name: typed})

    assert (answer.status_code, answer.location) == (303, f"/console?saved={name}#{name}")
    assert told(epsilon) == before | {name: value}
    assert epsilon.browser.get(answer.location).text.count('<span class="saved" role="status">') == 1


@pytest.mark.parametrize(("name", "typed"), BAD)
def test_a_wrong_value_is_told_and_not_taken(epsilon: Epsilon, name: str, typed: str) -> None:
    """422, the reason, and what was typed, escaped; the console stays as it was."""
    before = told(epsilon)

    answer = epsilon.browser.post(f"/console/{name}", data={name: typed})

    assert answer.status_code == 422
    assert f'id="{name}_trouble"' in answer.text
    assert "<script>" not in answer.text
    assert told(epsilon) == before


def test_a_url_is_no_sender(epsilon: Epsilon) -> None:
    """As the vendor's FAQ says: an address or a host name, not a URL."""
    answer = epsilon.browser.post("/console/senders", data={"senders": "http://www.epsilon.jp"})

    assert "An IP address or a host name, not a URL." in answer.text


@pytest.mark.parametrize("name", ["", "nothing", "__class__"])
def test_an_item_that_does_not_exist_has_no_button(epsilon: Epsilon, name: str) -> None:
    """404 or 405, and nothing changes."""
    assert epsilon.browser.post(f"/console/{name}", data={name: "x"}).status_code == 404


def test_another_site_cannot_change_the_console(epsilon: Epsilon) -> None:
    """Its buttons too are pressed only on our own page."""
    answer = epsilon.browser.post(
        "/console/active", data={"active": "false"}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert told(epsilon)["active"] is True


@pytest.mark.parametrize("senders", ["", "192.0.2.1", "no-such-host.invalid", "::1"])
def test_a_sender_that_is_not_registered_is_908(epsilon: Epsilon, senders: str) -> None:
    """Every CGI but CGI-1 looks at the address; an order is refused, an inquiry has result 0."""
    epsilon.receive_order()
    epsilon.set_console(senders=senders)

    assert refusal(epsilon.receive_order({"order_number": "A2"})) == SENDER
    assert epsilon.get_sales(order_number="O3042483").data == (
        b'<?xml version="1.0" encoding="x-sjis-cp932" ?>\n'
        b"<Epsilon_result>\n"
        b'  <result result="0" />\n'
        b'  <result err_code="908" />\n'
        b'  <result err_detail="%82%B1%82%CCCGI%82%F0%8E%C0%8Ds%82%B7%82%E9%8C%A0%8C%C0%82%AA%82%A0%82%E8'
        b'%82%DC%82%B9%82%F1" />\n'
        b"</Epsilon_result>\n"
    )


@pytest.mark.parametrize("senders", ["127.0.0.1", "localhost", "192.0.2.1, 127.0.0.1"])
def test_a_registered_sender_is_served(epsilon: Epsilon, senders: str) -> None:
    """By address, or by a host name that resolves to it."""
    epsilon.set_console(senders=senders)

    assert decoded(epsilon.receive_order().data)["result"] == "1"


def test_a_sleeping_contract_takes_no_order(epsilon: Epsilon) -> None:
    """907 for every order, while what was sold before can be asked."""
    epsilon.receive_order()
    epsilon.set_console(active="false")

    assert refusal(epsilon.receive_order({"order_number": "A2"})) == NOT_ACTIVE
    assert epsilon.sale(order_number="O3042483")["state"] == "0"


def test_the_limit_of_a_slip_is_the_consoles(epsilon: Epsilon, clock: Clock) -> None:
    """Three days instead of ten."""
    epsilon.set_console(conveni_days="3")
    epsilon.receive_order(LAWSON)

    limit = (clock() + timedelta(days=3)).strftime("%Y-%m-%d")
    assert epsilon.sale(trans_code="500001")["conveni_limit"] == limit


def test_every_url_is_the_consoles(epsilon: Epsilon, shop: NoticedShop) -> None:
    """The browser and the notices go where the console says, and the pages allow exactly those."""
    urls = {name: f"http://localhost:8000/x/{name}" for name in ITEMS if name.endswith("_url")}
    epsilon.set_console(**urls | {"completed_url": "http://elsewhere.example/ok"})
    epsilon.press(epsilon.page_of(), "back")
    assert epsilon.press(epsilon.page_of({"order_number": "A2"}), "error").location == urls["error_url"]
    epsilon.press(epsilon.page_of({"order_number": "A3"}), "timeout")
    page = epsilon.page_of({"order_number": "A4"})

    assert (
        "form-action 'self' http://elsewhere.example http://localhost:8000"
        in epsilon.browser.get(page).headers["Content-Security-Policy"]
    )
    assert epsilon.press(page, "pay", GOOD_CARD).location.startswith("http://elsewhere.example/ok?trans_code=")
    epsilon.receive_order(LAWSON | {"order_number": "A5"})
    epsilon.browser.post("/counter", data={"trans_code": "500005"})
    assert [notice.url for notice in shop.notices] == [
        urls["timeout_url"],
        urls["completion_notice_url"],
        urls["payment_notice_url"],
    ]


def test_no_url_is_no_notice(epsilon: Epsilon, shop: NoticedShop) -> None:
    """All notices are optional."""
    epsilon.set_console(completion_notice_url="", payment_notice_url="")
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)
    epsilon.receive_order(LAWSON | {"order_number": "A2"})
    epsilon.browser.post("/counter", data={"trans_code": "500002"})

    assert shop.notices == []


def test_the_first_inquiry_asks_for_a_password(epsilon: Epsilon) -> None:
    """/client/getsales.cgi: contract code and console password, any address, by trans_code or order_number."""
    epsilon.set_console(password="s3cret", senders="192.0.2.1")
    ask = {"trans_code": "500001"}
    epsilon.set_console(senders="127.0.0.1")
    epsilon.receive_order()
    epsilon.set_console(senders="192.0.2.1")

    for asked in (ask, {"order_number": "O3042483"}):
        answer = epsilon.browser.post("/client/getsales.cgi", data=asked, auth=("12345678", "s3cret"))
        assert decoded(answer.data, plus=True)["order_number"] == "O3042483"
        assert answer.headers["Content-Type"] == "text/xml; charset=CP932"
    unknown = epsilon.browser.post("/client/getsales.cgi", data={"trans_code": "1"}, auth=("12345678", "s3cret"))
    assert unknown.data == b'<?xml version="1.0"  ?>\n<Epsilon_result>\n</Epsilon_result>\n'


@pytest.mark.parametrize("auth", [None, ("12345678", ""), ("12345678", "wrong"), ("87654321", "password"), ("", "")])
def test_the_first_inquiry_keeps_strangers_out(epsilon: Epsilon, auth: tuple[str, str] | None) -> None:
    """401 with a challenge, and not a word about the order."""
    epsilon.receive_order()

    answer = epsilon.browser.post("/client/getsales.cgi", data={"trans_code": "500001"}, auth=auth)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="EPSILON"'
    assert "O3042483" not in answer.text
    assert epsilon.browser.get("/client/getsales.cgi").status_code == 405


@pytest.mark.parametrize("changes", [{}, KONBINI, LAWSON])
def test_a_browser_that_posts_by_itself_is_led_to_the_page(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """xml=0: a redirect to the buyer's page, for konbini direct to the one that shows the number."""
    answer = epsilon.receive_order(changes | {"xml": "0"})

    assert answer.status_code == 302
    assert "O3042483" in epsilon.browser.get(answer.location, follow_redirects=True).text


def test_a_browser_that_posts_by_itself_reads_its_error(epsilon: Epsilon) -> None:
    """xml=0: a page with the code and the text, and what was sent is escaped."""
    answer = epsilon.receive_order({"xml": "0", "user_id": "", "memo1": "<script>"})

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "601: ユーザーIDの形式が異常です" in answer.text
    assert "<script>" not in answer.text


def test_the_console_outlives_a_restart_but_not_other_options(tmp_path: Path) -> None:
    """Kept in the state file; started with other options, the options count."""
    database = f"sqlite:///{tmp_path / 'state.sqlite3'}"
    for shop, change, expected in (
        ("http://localhost:8000", "7", 7),
        ("http://localhost:8000", "", 7),
        ("http://localhost:9000", "", 10),
    ):
        app = create_app(shop=shop, database=database)
        if change:
            Epsilon(app).set_console(conveni_days=change)
        assert told(Epsilon(app))["conveni_days"] == expected
        close(app)


def test_the_console_is_read_from_a_file_and_from_options(tmp_path: Path) -> None:
    """--console takes the downloaded file; --contract-code counts more."""
    app = create_app(console={"methods": [25], "active": False, "contract_code": "11111111"}, contract_code="22222222")

    assert told(Epsilon(app)) == json.loads(
        json.dumps(vars(Merchant().changed({"methods": [25], "active": False, "contract_code": "22222222"})))
    )
    close(app)


@pytest.mark.parametrize(("items", "said"), [
    ({"nothing": "1"}, "nothing: there is no such item; there are: contract_code, "),
    ({"senders": ["http://a"]}, "senders: an IP address or a host name, not a URL"),
    ({"conveni_days": None}, "conveni_days: 1 to 60 days"),
    ({"methods": {"a": 1}}, "methods: of 1, 3, "),
])  # fmt: skip
def test_a_wrong_item_is_named(items: dict[str, object], said: str) -> None:
    """Which item, and why."""
    with pytest.raises(WrongItem) as wrong:
        Merchant().changed(items)

    assert str(wrong.value).startswith(said)


@pytest.mark.parametrize(("options", "said"), [
    (["--set", "conveni_days=0"], "Cannot set the console: conveni_days: 1 to 60 days.\n"),
    (["--set", "x=1"], "Cannot set the console: x: there is no such item; there are: contract_code, password, "),
])  # fmt: skip
def test_a_wrong_console_is_one_sentence(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and no traceback."""
    assert main(["--port", "0", "--memory", *options]) == 2

    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("written", [None, "[1]", "{", "\udcff"])
def test_a_console_file_that_is_none_is_told(
    written: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such file, no object, no JSON, no text."""
    path = tmp_path / "console.json"
    if written is not None:
        path.write_bytes(written.encode("utf-8", "surrogateescape"))

    with pytest.raises(SystemExit) as stopped:
        main(["--memory", "--console", str(path)])

    assert stopped.value.code == 2
    assert "argument --console" in capsys.readouterr().err
