"""flask epsilon: what a developer asks on the day of the contract code, at a real socket and a real terminal."""

import json
import logging
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

import simulator
from app import create_app
from epsilon import ERRORS, Client, Order, advise
from simulator.merchant import URLS, Merchant
from tests.epsilon.fake_epsilon import Caller, Server, answer_all, http
from tests.test_promises import free_port
from tests.wires import Proxy, make_certificate, serve

ROOT = Path(__file__).parents[2]
Type = Callable[..., tuple[int, list[str]]]
BETA = {
    "EPSILON_ENV": "beta",
    "EPSILON_CONTRACT_CODE": "11112222",
    "SHOP_URL": "https://shop.example.com",
    "SECRET_KEY": "s" * 32,
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no CA file of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def epsilon() -> Iterator[simulator.Server]:
    """A simulator on a port of its own."""
    with simulator.Server() as server:
        yield server


@pytest.fixture
def type_in(tmp_path: Path) -> Iterator[Type]:
    """Type a command into a shop with these settings; return its exit status and the lines of its output."""
    shops: list[Flask] = []

    def type_in(*words: str, **settings: str) -> tuple[int, list[str]]:
        shop = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'orders.sqlite3'}", **settings})
        shops.append(shop)
        result = shop.test_cli_runner().invoke(args=["epsilon", *words])
        return result.exit_code, result.output.splitlines()

    yield type_in
    for shop in shops:
        shop.extensions["engine"].dispose()


def heads(lines: list[str]) -> dict[str, str]:
    """Return each check's mark by its name, as the table has them."""
    return {line[2:17].strip(): line[0] for line in lines if line[:1] in "✓?✗"}


# check


def test_check_is_a_table(type_in: Type, epsilon: simulator.Server, caplog: pytest.LogCaptureFixture) -> None:
    """All is well, and the exit status says so; the contract code is on the terminal and in no log."""
    caplog.set_level(logging.DEBUG)
    status, lines = type_in("check", "--yes", SIMULATOR_URL=epsilon.url)
    port = epsilon.url.rpartition(":")[2]
    assert status == 0
    assert lines[:6] == [
        f"✓ settings       EPSILON_ENV is simulator: {epsilon.url} (console at /console)",
        "✓ contract code  12345678: 8 letters and digits, as it should be",
        "✓ proxy          none is used",
        "✓ DNS            no name to look up",
        f"✓ connection     127.0.0.1 port {port}, from 127.0.0.1",
        "✓ TLS            none: plain http, for a simulator on this machine",
    ]
    assert list(heads(lines).items())[6:] == [("clock", "✓"), ("contract", "✓")]
    assert "12345678" not in caplog.text


def test_check_makes_no_call_that_nobody_agreed_to(type_in: Type, epsilon: simulator.Server) -> None:
    """Without a terminal nobody is asked; what was not found out is exit status 1."""
    status, lines = type_in("check", "--methods", SIMULATOR_URL=epsilon.url)
    assert status == 1
    assert lines[-2:] == [
        "? contract       not tried: nobody said yes (--yes does)",
        "? methods        not tried: nobody said yes (--yes does)",
    ]
    assert requests.get(f"{epsilon.url}/api/requests", timeout=5).json() == {"requests": []}


@pytest.mark.parametrize(("answer", "status", "calls"), [("y", 0, 1), ("n", 1, 0)])
def test_check_asks_at_a_terminal(
    epsilon: simulator.Server, tmp_path: Path, answer: str, status: int, calls: int
) -> None:
    """The question says where the call goes and what it does; it is not part of the output."""
    ours, theirs = pty.openpty()
    settings = {"SIMULATOR_URL": epsilon.url, "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.sqlite3'}"}
    command = [sys.executable, "-m", "flask", "--app", "app", "epsilon", "check", "--json"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        asked = os.read(ours, 1000).decode()
        os.write(ours, f"{answer}\n".encode())
        assert process.stdout
        told = json.loads(process.stdout.read())
        os.close(ours)
    assert asked == f"Ask {epsilon.url} to register a card of nobody (process_code 3)? [y/N]: "
    assert (process.returncode, told["checks"][-1]["result"]) == (status, "unknown" if status else "ok")
    assert len(requests.get(f"{epsilon.url}/api/requests", timeout=5).json()["requests"]) == calls


def test_check_as_json(type_in: Type, epsilon: simulator.Server) -> None:
    """The same, for programs: one object, and nothing beside it."""
    status, lines = type_in("check", "--yes", "--json", SIMULATOR_URL=epsilon.url, EPSILON_CONTRACT_CODE="87654321")
    checks = json.loads("\n".join(lines))["checks"]
    assert status == 2
    assert checks[1] == {
        "name": "contract code",
        "result": "ok",
        "says": "87654321: 8 letters and digits, as it should be",
        "remedy": [],
    }
    assert [(check["name"], check["result"]) for check in checks if check["result"] != "ok"] == [("contract", "wrong")]
    assert checks[-1]["remedy"][0] == advise("907").developer_en


def test_check_says_why_the_call_was_refused(type_in: Type, epsilon: simulator.Server) -> None:
    """Below the line stands what to do, and what to write to Epsilon's support."""
    requests.put(f"{epsilon.url}/api/console", json={"senders": ["203.0.113.9"]}, timeout=5).raise_for_status()
    status, lines = type_in("check", "--yes", SIMULATOR_URL=epsilon.url)
    assert status == 2
    start = lines.index("✗ contract       refused with 908:このCGIを実行する権限がありません")
    told = " ".join(line.strip() for line in lines[start + 1 :])
    assert all(line.startswith(" " * 17) for line in lines[start + 1 :])
    assert "「オーダー情報発信元ホスト」: its IP address or host name, not a URL." in told
    assert "契約コード 12345678 / 接続先環境 シミュレータ / 接続日時" in told


def test_check_tells_which_ways_to_pay_are_contracted(type_in: Type, epsilon: simulator.Server) -> None:
    """Where it is asked to, for that registers orders; 907 for the card alone is not the end then."""
    requests.put(f"{epsilon.url}/api/console", json={"methods": [3]}, timeout=5).raise_for_status()
    settings = {"SIMULATOR_URL": epsilon.url, "SHOP_METHODS": "conveni,normal"}
    status, lines = type_in("check", "--yes", "--methods", **settings)
    assert (status, heads(lines)["contract"], heads(lines)["methods"]) == (2, "✗", "✓")
    settings["SHOP_METHODS"] = "card,conveni"
    assert heads(type_in("check", "--yes", "--methods", **settings)[1])["methods"] == "✗"
    assert "✓ methods        answering: Convenience store; not in the contract: Credit card / PayPay Bank /" in "".join(
        lines
    )
    status, lines = type_in("check", "--yes", SIMULATOR_URL=epsilon.url)
    assert "methods" not in heads(lines)


def test_check_is_quick_where_epsilon_cannot_be_reached(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that gets nowhere each line says what it knows, and no call is tried."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    began = time.monotonic()
    status, lines = type_in("check", "--yes", "--methods", **BETA)
    assert time.monotonic() - began < 10
    assert status == 2
    assert heads(lines) == {
        "settings": "✓",
        "contract code": "✓",
        "proxy": "✓",
        "DNS": "✓",
        "connection": "✗",
        "TLS": "?",
        "clock": "?",
        "contract": "?",
        "methods": "?",
    }
    assert lines[-2:] == [
        "? contract       not tried: this machine does not get through",
        "? methods        not tried: this machine does not get through",
    ]


def test_check_on_beta(type_in: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy and under TLS, Epsilon refuses; the support is told of the test environment."""
    certificate = make_certificate(tmp_path, "beta.epsilon.jp", authority="GlobalSign nv-sa")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    far = simulator.create_app(contract_code="22221111")
    far.config["TRUSTED_HOSTS"] = None
    with serve(far, certificate) as port, Proxy(port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        status, lines = type_in("check", "--yes", **BETA)
        accepted, _ = type_in("check", "--yes", **BETA | {"EPSILON_CONTRACT_CODE": "22221111"})
    simulator.close(far)
    assert (status, accepted) == (2, 0)
    assert {name for name, mark in heads(lines).items() if mark != "✓"} == {"contract"}
    assert "契約コード 11112222 / 接続先環境 テスト環境 / 接続日時" in " ".join(line.strip() for line in lines)


def test_check_with_a_wrong_clock_still_makes_the_call(type_in: Type) -> None:
    """A clock keeps nobody from calling; it is wrong all the same."""
    answer = http(b'<Epsilon_result><result result="1" /></Epsilon_result>', Date="Tue, 15 Nov 1994 08:12:31 GMT")

    def treat(caller: Caller) -> None:
        is_call = caller.connection.recv(65536).startswith(b"POST")
        caller.send(answer if is_call else answer.partition(b"<")[0])

    with Server(treat) as server:
        status, lines = type_in("check", "--yes", SIMULATOR_URL=server.url)
    assert (status, heads(lines)["clock"], heads(lines)["contract"]) == (2, "✗", "✓")


def test_check_doubts_the_contract_code_of_the_manual(type_in: Type) -> None:
    """It has the right form, and is nobody's."""
    settings = BETA | {"EPSILON_CONTRACT_CODE": "99999999", "SHOP_URL": "http://127.0.0.1"}
    _, lines = type_in("check", **settings)
    assert lines[1:3] == [
        "? contract code  99999999 is the example on Epsilon's own pages",
        "                 Yours was shown when you applied (申込完了画面), and came by mail.",
    ]


def test_check_ends_with_the_settings_where_they_cannot_work(tmp_path: Path) -> None:
    """They are named, all of them, and the exit status is that of something wrong."""
    settings = {"EPSILON_ENV": "beta", "EPSILON_CONTRACT_CODE": "123", "SECRET_KEY": ""}
    command = [sys.executable, "-m", "flask", "--app", "app", "epsilon", "check"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)
    named = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert (done.returncode, named, done.stdout) == (2, ["EPSILON_CONTRACT_CODE", "SECRET_KEY"], "")


def test_a_terminal_without_these_letters_is_told_their_numbers(tmp_path: Path) -> None:
    """Japanese Windows has no ✓; a ? in its place would say something else."""
    settings = {"PYTHONIOENCODING": "cp932", "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.sqlite3'}"}
    settings["SIMULATOR_URL"] = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "flask", "--app", "app", "epsilon", "check"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"")
    assert done.stdout.startswith(rb"\u2713 settings")


# urls


ENTRIES = [
    ("決済完了後のリダイレクト先", "the buyer's browser", "/return"),
    ("[戻る]ボタンの戻り先URL", "the buyer's browser", "/back"),
    ("エラー発生時の戻り先URL", "the buyer's browser", "/error"),
    ("タイムアウト情報送信先URL", "Epsilon's server", "/timeout"),
    ("入金通知", "Epsilon's server", "/notice"),
    ("決済完了通知", "Epsilon's server", "/notice"),
    ("GMO後払いの状態通知", "Epsilon's server", "/notice"),
]


def entries(lines: list[str]) -> list[tuple[str, ...]]:
    """Return what urls shows: the name in the console, who calls, the address, and the doubts."""
    blocks = "\n".join(lines).split("\n\n")[1:8]
    found = []
    for block in blocks:
        head, *rest = block.splitlines()
        found.append((head.split(" (")[0], head.rpartition("called by ")[2].rstrip(")"), *map(str.strip, rest)))
    return found


def test_urls_are_those_of_the_simulators_console(type_in: Type) -> None:
    """Address by address, as the console asks for them; the simulator reaches this machine."""
    status, lines = type_in("urls", SHOP_URL="http://localhost:8080")
    assert status == 0
    assert lines[0] == "For the console of the simulator, in which each has an 更新 button of its own."
    assert entries(lines) == [(name, caller, f"http://localhost:8080{path}") for name, caller, path in ENTRIES]
    by_convention = Merchant.of("http://localhost:8080")
    assert [entry[2] for entry in entries(lines)] == [getattr(by_convention, item) for item in URLS]
    assert "設定 ⇒ 決済システムの接続設定" in lines[-2]


@pytest.mark.parametrize(
    ("shop_url", "address", "doubt"),
    [
        (
            "http://localhost:8000",
            "http://localhost:8000",
            "localhost is this machine to whoever says it: only a browser here gets to the shop",
        ),
        (
            "https://192.168.0.7",
            "https://192.168.0.7",
            "192.168.0.7 is 192.168.0.7, which is no public address: nobody outside gets there",
        ),
        (
            "https://100.64.0.1",
            "https://100.64.0.1",
            "100.64.0.1 is 100.64.0.1, which is no public address: nobody outside gets there",
        ),
        (
            "https://のれん.invalid",
            "https://xn--m8j9i.invalid",
            "のれん.invalid has no address that this machine could find",
        ),
        ("http://1.1.1.1", "http://1.1.1.1", "http, not https: what is sent here can be read and changed on the way"),
    ],
)
def test_urls_warn_where_epsilon_could_not_reach_one(type_in: Type, shop_url: str, address: str, doubt: str) -> None:
    """Each address of a shop that only its developer sees is marked, with the reason; and --watch is the way out."""
    status, lines = type_in("urls", **BETA | {"SHOP_URL": shop_url})
    assert status == 1
    assert lines[0].startswith("For the console of the テスト環境")
    address = address.replace("xn--m8j9i", "のれん".encode("idna").decode())
    assert entries(lines) == [(name, caller, address + path, f"! {doubt}") for name, caller, path in ENTRIES]
    assert lines[-1] == "Where no notice arrives, `flask orders reconcile --watch` asks instead."


def test_urls_of_a_public_address(type_in: Type) -> None:
    """Nothing is to be warned of."""
    status, lines = type_in("urls", **BETA | {"SHOP_URL": "https://1.1.1.1"})
    assert (status, [line for line in lines if "!" in line]) == (0, [])


# errors


def test_errors_explain_a_code(type_in: Type) -> None:
    """To the buyer, to the developer, cart by cart, and how we know it, in both languages."""
    status, lines = type_in("errors", "907")
    assert (status, lines[0], len(lines)) == (0, "907", 15)
    advice = advise("907")
    assert lines[1] == f"  購入者へ: {advice.buyer_ja}"
    assert lines[2] == f"  開発者へ: {advice.developer_ja}"
    assert lines[4].startswith("  カラーミーショップ: ①正式契約は完了していますか。")
    assert lines[7:10] == [
        "  出典: documented",
        f"  To the buyer: {advice.buyer_en}",
        f"  To the developer: {advice.developer_en}",
    ]
    assert lines[14] == "  Source: documented"


def test_errors_know_what_to_say_of_an_unknown_code(type_in: Type) -> None:
    """It has a defined answer too."""
    status, lines = type_in("errors", "999")
    assert (status, lines[:2], lines[-1]) == (0, ["999", f"  購入者へ: {advise('999').buyer_ja}"], "  Source: assumed")


def test_errors_show_all_that_are_known(type_in: Type) -> None:
    """Without a code, in their order."""
    status, lines = type_in("errors")
    assert (status, [line for line in lines if not line.startswith(" ")]) == (0, list(ERRORS))


@pytest.mark.parametrize(("language", "page"), [("en", "errors.md"), ("ja", "errors.ja.md")])
def test_the_page_of_errors_is_the_catalogue(type_in: Type, language: str, page: str) -> None:
    """docs/errors.md holds what the code holds; where not, `flask epsilon errors --markdown en` writes it anew."""
    status, lines = type_in("errors", "--markdown", language)
    assert (status, lines) == (0, (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines())


# sales


@pytest.fixture
def number(epsilon: simulator.Server) -> str:
    """The number of an order that awaits its payment at a konbini."""
    order = Order(
        order_number="A1",
        item_code="EP-1",
        item_name="りんご①",
        item_price=980,
        user_id="guest-1",
        user_name="髙橋 花子",
        user_mail_add="hanako@example.com",
        st_code="00100-0000-00000-00000-00000-00000-00000",
        conveni_code="21",
    )
    client = Client("12345678", base_url=epsilon.url)
    client.receive_order(order)
    client.close()
    return order.order_number


def test_sales_are_a_table_without_the_buyer(type_in: Type, epsilon: simulator.Server, number: str) -> None:
    """What Epsilon says, in its own names; its new fields too, and nobody's name."""
    status, lines = type_in("sales", "--order-number", number, SIMULATOR_URL=epsilon.url)
    told = dict(line.split(maxsplit=1) for line in lines if " " in line)
    assert status == 0
    assert {name: told[name] for name in ("trans_code", "state", "item_name", "item_price", "paid", "keitai")} == {
        "trans_code": "500001",
        "state": "0 UNPAID",
        "item_name": "りんご①",
        "item_price": "980",
        "paid": "False",
        "keitai": "100",
    }
    assert not [line for line in lines if "髙橋" in line or "hanako" in line or "guest-1" in line]
    assert type_in("sales", "--trans-code", "500001", SIMULATOR_URL=epsilon.url) == (0, lines)


def test_nothing_in_a_sale_steers_the_terminal(type_in: Type) -> None:
    """Line ends and escapes are written out, in the names that are known and in those that are not."""
    sale = {"trans_code": "1", "order_number": "A1", "state": "0", "item_name": "%0astate%20%201", "new": "%1b%5b2J"}
    results = "".join(f'<result {name}="{value}" />' for name, value in sale.items())
    answers = [f"<Epsilon_result>{results}</Epsilon_result>"]
    answers += ['<Epsilon_result><result err_code="9" /><result err_detail="%1b%0a" /></Epsilon_result>']
    said = []
    for answer in answers:
        with Server(answer_all(http(answer.encode()))) as server:
            said += type_in("sales", "--order-number", "A1", SIMULATOR_URL=server.url)[1]
    for line in (r"item_name      \nstate  1", r"new            \x1b[2J", r"Refused: 9:\x1b\n"):
        assert line in said


def test_sales_as_json(type_in: Type, epsilon: simulator.Server, number: str) -> None:
    """Everything, for programs: prices are numbers, times have a zone, the state is Epsilon's."""
    status, lines = type_in("sales", "--order-number", number, "--json", SIMULATOR_URL=epsilon.url)
    told = json.loads("\n".join(lines))
    assert status == 0
    assert (told["state"], told["item_price"], told["user_name"], told["paid"]) == ("0", 980, "髙橋 花子", False)
    assert told["last_update"].endswith("+09:00")
    assert told["extra"]["keitai"] == "100"


def test_sales_raw(tmp_path: Path, epsilon: simulator.Server, number: str) -> None:
    """The bytes as they came, and no other."""
    settings = {"SIMULATOR_URL": epsilon.url, "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.sqlite3'}"}
    command = [sys.executable, "-m", "flask", "--app", "app", "epsilon", "sales", "--order-number", number, "--raw"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, check=True)
    assert done.stdout.startswith(b'<?xml version="1.0" encoding="x-sjis-cp932" ?>\n<Epsilon_result>\n')
    assert done.stdout.endswith(b"</Epsilon_result>\n")
    assert b"%EE%E0%8B%B4+%89%D4%8Eq" in done.stdout  # 髙橋 花子


def test_sales_of_an_order_that_epsilon_does_not_know(type_in: Type, epsilon: simulator.Server) -> None:
    """Exit status 1; with --raw the empty answer is there to be seen."""
    unknown = "Epsilon knows no such order under this contract."
    assert type_in("sales", "--order-number", "NOBODYS", SIMULATOR_URL=epsilon.url) == (1, [unknown])
    status, lines = type_in("sales", "--order-number", "NOBODYS", "--raw", SIMULATOR_URL=epsilon.url)
    assert (status, lines[0], lines[-1]) == (1, unknown, "</Epsilon_result>")


def test_sales_where_epsilon_cannot_be_asked(type_in: Type, epsilon: simulator.Server) -> None:
    """Exit status 2, the reason, for a refusal its remedy; what came instead can be seen too."""
    fault = {"kind": "http-502", "cgi": "getsales2.cgi"}
    requests.post(f"{epsilon.url}/api/faults", json=fault, timeout=5).raise_for_status()
    status, lines = type_in("sales", "--trans-code", "1", "--raw", SIMULATOR_URL=epsilon.url)
    assert (status, lines[0][:46], lines[1]) == (2, "BadAnswer: the HTTP status is not 200 (HTTP 50", "<!doctype html>")
    requests.put(f"{epsilon.url}/api/console", json={"senders": []}, timeout=5).raise_for_status()
    assert type_in("sales", "--trans-code", "1", SIMULATOR_URL=epsilon.url) == (
        2,
        ["Refused: 908:このCGIを実行する権限がありません", advise("908").developer_en],
    )


@pytest.mark.parametrize(
    "words", [(), ("--order-number", "A1", "--trans-code", "1"), ("--order-number", "A-1"), ("--trans-code", "１")]
)
def test_sales_want_one_number(type_in: Type, words: tuple[str, ...]) -> None:
    """Anything else is not asked about."""
    status, lines = type_in("sales", *words)
    assert (status, lines[-1]) == (
        2,
        "Error: Give one number, of letters and digits: --order-number or --trans-code.",
    )
