"""One harmless call: what Epsilon's answer, or whatever came in its place, says of address and contract."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import requests

import simulator
from checks import Check, Result
from epsilon import JAPAN, METHODS, advise
from error_guide import FAQ
from tests.epsilon.fake_epsilon import Server, answer_all, http
from tests.test_promises import free_port
from trial import try_contract, try_methods

Arm = Callable[..., None]
PATIENT, SHORT = (5.0, 5.0), (5.0, 0.5)
ACCEPTED = r"Epsilon accepts this address, this contract and its card, after \d\.\d s"


@pytest.fixture
def epsilon() -> Iterator[simulator.Server]:
    """A simulator on a port of its own."""
    with simulator.Server() as server:
        yield server


@pytest.fixture
def arm(epsilon: simulator.Server) -> Arm:
    """Arm a fault for the next order."""

    def arm(kind: str, value: str = "", times: int = 1) -> None:
        fault = {"kind": kind, "value": value, "cgi": "receive_order3.cgi", "times": times}
        requests.post(f"{epsilon.url}/api/faults", json=fault, timeout=5).raise_for_status()

    return arm


def set_console(epsilon: simulator.Server, **items: object) -> None:
    """Change the merchant console."""
    requests.put(f"{epsilon.url}/api/console", json=items, timeout=5).raise_for_status()


def ask(epsilon: simulator.Server, contract_code: str = "12345678", timeout: tuple[float, float] = PATIENT) -> Check:
    """Try the contract."""
    return try_contract(contract_code, epsilon.url, timeout=timeout)


def transactions(epsilon: simulator.Server) -> list[dict[str, object]]:
    """What the merchant sees."""
    found: list[dict[str, object]] = requests.get(f"{epsilon.url}/api/transactions", timeout=5).json()["transactions"]
    return found


def test_an_accepted_contract(epsilon: simulator.Server) -> None:
    """The call asks for the page on which a card is registered: no order number, no item and no price is sent."""
    check = ask(epsilon)
    assert (check.name, check.result, check.remedy) == ("contract", Result.OK, ())
    assert re.match(ACCEPTED, check.says)
    [call] = requests.get(f"{epsilon.url}/api/requests", timeout=5).json()["requests"]
    sent = requests.get(f"{epsilon.url}/api/requests/{call['id']}", timeout=5).json()
    assert call["problems"] == []
    values = {field["name"]: field["value"] for field in sent["request"]["fields"]}
    assert values == {
        "version": "2",
        "contract_code": "12345678",
        "user_id": "connection-check",
        "user_name": "接続テスト",
        "user_mail_add": "check@example.com",
        "st_code": "10000-0000-00000-00000-00000-00000-00000",
        "process_code": "3",
        "xml": "1",
        "character_code": "UTF8",
    }


def test_a_malformed_contract_code(epsilon: simulator.Server) -> None:
    """607, as a code of another form has it; the catalogue says what to do, and the support what it wants to know."""
    before = datetime.now(JAPAN)
    check = ask(epsilon, contract_code="1234")
    assert (check.result, check.says) == (Result.WRONG, "refused with 607:契約コード形式エラー")
    assert check.remedy[:-1] == (advise("607").developer_en,)
    moments = {f"{when:%Y-%m-%d %H:%M}" for when in (before, datetime.now(JAPAN))}
    assert check.remedy[-1] in {
        f"What Epsilon's support asks for (管理画面お問合せフォーム): 契約コード 1234 / 接続先環境 シミュレータ / "
        f"接続日時 {moment} / 注文番号 なし (process_code=3, user_id=connection-check)"
        for moment in moments
    }


@pytest.mark.parametrize(
    ("contract_code", "items"),
    [("87654321", {}), ("12345678", {"active": False}), ("12345678", {"methods": [3, 7]})],
    ids=["another's code", "a sleeping contract", "a contract without card"],
)
def test_a_contract_that_is_not_concluded(
    epsilon: simulator.Server, contract_code: str, items: dict[str, object]
) -> None:
    """907 has three causes, and the FAQ tells them apart by cart; this shop's own advice comes first."""
    set_console(epsilon, **items)
    check = ask(epsilon, contract_code=contract_code)
    assert (check.result, check.says[:17]) == (Result.WRONG, "refused with 907:")
    _, own, color_me, makeshop, card, _ = check.remedy
    assert "「登録完了通知書」 has those that are." in own
    assert color_me.startswith("カラーミーショップ: (1)")
    assert "「契約コード登録」" in makeshop
    assert card == "This call asked for the card. If the contract has none, try --methods."


def test_an_address_that_is_not_registered(epsilon: simulator.Server) -> None:
    """908: where in the console, for a server of one's own; for four carts only Epsilon itself can help."""
    set_console(epsilon, senders=["203.0.113.9"])
    check = ask(epsilon)
    assert (check.result, check.says) == (Result.WRONG, "refused with 908:このCGIを実行する権限がありません")
    _, own, hosted, _ = check.remedy
    assert "管理画面トップ ⇒ 設定 ⇒ 決済システムの接続設定" in own
    assert hosted == f"makeshop、カラーミーショップ、Shopify、Wix: {FAQ['908'][1].en}"


def test_a_refusal_of_another_kind(epsilon: simulator.Server, arm: Arm) -> None:
    """It does not speak of address and contract, so nothing is known of them."""
    arm("error", "601")
    check = ask(epsilon)
    assert (check.result, check.says[:17], check.remedy[0]) == (
        Result.UNKNOWN,
        "refused with 601:",
        advise("601").developer_en,
    )


AGAIN = "Try again in a minute; if it stays so, ask whoever runs the proxy or the firewall, then Epsilon."


@pytest.mark.parametrize(
    ("fault", "says", "remedy"),
    [
        (
            "http-502",
            r"HTTP 502 from .+, which is no answer of Epsilon's CGI",
            "A proxy or gateway is in the way, and got",
        ),
        ("http-500", r"HTTP 500 from .+, which is no answer of Epsilon's CGI", "The CGI failed"),
        ("http-redirect", r"HTTP 302 from .+, which is no answer of Epsilon's CGI", "Something answered in Epsilon's"),
        ("html", r"an answer that is not Epsilon's \(text/html; charset=Shift_JIS\): \w+", "Open http://127.0.0.1"),
        ("empty", r"an answer that is not Epsilon's \(text/xml\): \w+", "Open http://127.0.0.1"),
        ("redirect-elsewhere", r"an answer that is not .*: it redirects to a foreign host", "Open http://127.0.0.1"),
        ("close-after", r"sent, but the connection broke \(\w+\)", "Something on the way hung up."),
        ("never", r"sent, but there was no whole answer in \d s", "Epsilon is busy, or something"),
        ("drip:0.1", r"sent, but there was no whole answer in \d s", "Epsilon is busy, or something"),
    ],
)
def test_whatever_answers_in_epsilons_place(
    epsilon: simulator.Server, arm: Arm, fault: str, says: str, remedy: str
) -> None:
    """Each is called what it is, and is wrong; the support is told of it in the same words as of a refusal."""
    arm(*fault.split(":"))
    check = ask(epsilon, timeout=SHORT if fault in ("never", "drip:0.1") else PATIENT)
    assert check.result is Result.WRONG
    assert re.fullmatch(says, check.says), check.says
    assert check.remedy[0].startswith(remedy)
    assert check.remedy[-1].startswith("What Epsilon's support asks for")


def test_a_proxy_says_who_it_is() -> None:
    """As far as its headers tell."""
    answer = http(b"Bad Gateway", status="502 Bad Gateway", Server="squid/6.1", Via="1.1 proxy.example.com")
    with Server(answer_all(answer)) as server:
        check = try_contract("12345678", server.url)
    assert check.says == "HTTP 502 from squid/6.1 1.1 proxy.example.com, which is no answer of Epsilon's CGI"
    with Server(answer_all(http(b"", status="418 I'm a teapot"))) as server:
        check = try_contract("12345678", server.url)
    assert check.says == "HTTP 418 from somebody, which is no answer of Epsilon's CGI"


def test_a_slow_answer(epsilon: simulator.Server, arm: Arm) -> None:
    """It is an answer all the same; that others would not have waited for it is said."""
    arm("delay", "2.1")
    check = ask(epsilon)
    assert (check.result, check.remedy) == (Result.OK, ())
    assert re.fullmatch(ACCEPTED + "; that is slow: its own Java sample gives up after 2 s", check.says)


def test_nobody_answers_the_call() -> None:
    """Where the way was open a moment ago, or where only a call can find out."""
    check = try_contract("12345678", f"http://127.0.0.1:{free_port()}")
    assert (check.result, check.says[:15], check.remedy[0]) == (
        Result.WRONG,
        "no connection (",
        "Nothing was sent. Look at the checks above.",
    )


# The ways to pay.


def test_which_ways_to_pay_are_contracted(epsilon: simulator.Server) -> None:
    """One unpaid order for each; nobody is put through a credit review, and no slip is handed out."""
    set_console(epsilon, methods=[1, 3, 18, 25])
    check = try_methods("12345678", epsilon.url, offered={1, 3, 18})
    others = " / ".join(method.en for place, method in METHODS.items() if place not in (1, 3, 18, 25))
    assert (check.result, check.says) == (
        Result.OK,
        f"answering: Credit card / Convenience store / PayPay; not in the contract: {others}; "
        "not tried: GMO deferred payment",
    )
    assert check.remedy == (
        "The letter 「登録完了通知書」 lists the methods of the contract, as the console does (契約内容の確認).",
    )
    left = transactions(epsilon)
    assert {(sale["item_price"], sale["state"], sale["receipt_no"]) for sale in left} == {(100, 0, "")}
    assert len({sale["order_number"] for sale in left}) == 3


def test_a_way_to_pay_that_is_offered_and_not_contracted(epsilon: simulator.Server) -> None:
    """Buyers would be refused: the form or the contract has to change."""
    set_console(epsilon, methods=[1])
    check = try_methods("12345678", epsilon.url, offered={1, 3})
    assert check.result is Result.WRONG
    assert check.remedy[1] == (
        "The form offers Convenience store: let SHOP_METHODS name others, or add it to the contract."
    )


def test_no_way_to_pay_is_contracted(epsilon: simulator.Server) -> None:
    """All are refused, so something is wrong."""
    set_console(epsilon, methods=[])
    check = try_methods("12345678", epsilon.url)
    assert (check.result, check.says[:20]) == (Result.WRONG, "not in the contract:")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("error:908", r"unclear: Credit card \(908:\w+, order \w{16}\); not tried: Convenience store / .*"),
        ("http-502", r"unclear: Credit card \(BadAnswer, order \w{16}\); not tried: Convenience store / .*"),
        (
            "error:601",
            r"answering: Convenience store / .*; unclear: Credit card \(601:\S+, order \w{16}\); not tried: .*",
        ),
    ],
)
def test_a_way_to_pay_that_gives_no_answer(epsilon: simulator.Server, arm: Arm, fault: str, says: str) -> None:
    """Its order number is told. Where every other call would meet the same, none is made."""
    arm(*fault.split(":"))
    check = try_methods("12345678", epsilon.url)
    assert check.result is Result.UNKNOWN
    assert re.fullmatch(says, check.says), check.says
