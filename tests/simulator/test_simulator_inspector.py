"""The inspector: what an integrator reads about every call of a CGI."""

import json
import re
import shlex
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from simulator import close, create_app
from simulator.exchanges import KEPT, LONGEST_KEPT
from tests.simulator.simulator_people import (
    GET_SALES,
    GOOD_CARD,
    LAWSON,
    ORDER,
    RECEIVE_ORDER,
    Clock,
    Epsilon,
    decoded,
)

FORM = "application/x-www-form-urlencoded"
GET_SALES_BASIC = "/client/getsales.cgi"


def numbers(epsilon: Epsilon) -> list[int]:
    """Under which numbers requests are kept, newest first. They count on over a reset."""
    return [row["id"] for row in epsilon.browser.get("/api/requests").get_json()["requests"]]


def newest(epsilon: Epsilon) -> dict[str, Any]:
    """The newest request, whole, as the download gives it."""
    number = numbers(epsilon)[0]
    return dict(epsilon.browser.get(f"/requests/{number}.json").get_json())


def field(request: dict[str, Any], name: str) -> dict[str, Any]:
    """What is said of one field."""
    (found,) = [field for field in request["request"]["fields"] if field["name"] == name]
    return dict(found)


def test_a_good_order_is_recorded_judged_and_explained(epsilon: Epsilon) -> None:
    """Bytes, fields, limits, rules and sources; the answer's fields; what the client should conclude."""
    answer = epsilon.receive_order({"item_name": "髙級りんご①"})

    told = newest(epsilon)

    assert (told["cgi"], told["order_number"], told["at"]) == ("receive_order3.cgi", "O3042483", "2015-01-16 08:30:31")
    assert (told["outcome"], told["status"], told["fault"], told["problems"]) == ("answered", 200, "", [])
    assert told["request"]["method"] == "POST"
    assert b64decode(told["request"]["body_base64"]) == urlencode(ORDER | {"item_name": "髙級りんご①"}).encode()
    assert told["request"]["charset"] == "UTF-8"
    assert field(told, "item_name") == {
        "name": "item_name",
        "ja": "商品名",
        "value": "髙級りんご①",
        "size": 12,
        "limit": 64,
        "verdict": "good",
        "remark": "",
        "rule": "text, 64 bytes in CP932: 64 half-width or 32 full-width",
        "source": "documented",
    }
    assert b64decode(told["answer"]["body_base64"]) == answer.data
    assert told["answer"]["headers"][0] == ["Content-Type", "text/xml"]
    assert [part["name"] for part in told["answer"]["fields"]] == ["result", "redirect"]
    assert told["answer"]["fields"][1]["value"] == decoded(answer.data)["redirect"]
    assert told["conclusion"] == {
        "tone": "good",
        "short": "redirect",
        "sentence": "Send the buyer to redirect as it is, by 303. Nothing is paid yet.",
    }


# What breaks a rule, by field, and how the inspector says so.
BROKEN = [
    ("user_id", "", "is empty"),
    ("user_id", "a b", "breaks the rule"),
    ("user_name", "あ" * 33, "66 bytes, 2 too many"),
    ("user_name", "", "is empty"),
    ("user_mail_add", "nobody", "breaks the rule"),
    ("user_mail_add", "a@" + "b" * 127, "129 bytes, 1 too many"),
    ("item_code", "a_b", "breaks the rule"),
    ("item_name", "お茶🍵と𠮷", "CP932 cannot carry '🍵𠮷'"),
    ("item_name", "", "is empty"),
    ("order_number", "a-1", "breaks the rule"),
    ("order_number", "1" * 33, "breaks the rule"),
    ("st_code", "10000", "breaks the rule"),
    ("st_code", "00000-0000-0000", "breaks the rule"),
    ("mission_code", "11", "breaks the rule"),
    ("item_price", "0", "breaks the rule"),
    ("item_price", "1,000", "breaks the rule"),
    ("process_code", "0", "breaks the rule"),
    ("memo1", "x" * 129, "129 bytes, 1 too many"),
    ("memo2", "\x07", "CP932 cannot carry '\\x07'"),
    ("xml", "2", "breaks the rule"),
    ("character_code", "SJIS", "breaks the rule"),
    ("lang_id", "fr", "breaks the rule"),
    ("currency_id", "yen", "breaks the rule"),
    ("version", "1", "breaks the rule"),
    ("contract_code", "123", "breaks the rule"),
]


@pytest.mark.parametrize(("name", "value", "remark"), BROKEN)
def test_a_broken_field_is_named_with_its_reason(epsilon: Epsilon, name: str, value: str, remark: str) -> None:
    """The judge and the CGI agree: what the one marks, the other refuses."""
    answer = epsilon.receive_order({name: value})

    told = newest(epsilon)
    assert (told["problems"], field(told, name)["verdict"], field(told, name)["remark"]) == ([name], "broken", remark)
    assert b'result="0"' in answer.data
    assert told["conclusion"]["tone"] == "refused"


@pytest.mark.parametrize(
    "name", [name for name in ORDER if name not in ("version", "memo1", "memo2", "character_code")]
)
def test_a_missing_field_is_named(epsilon: Epsilon, name: str) -> None:
    """The judge and the CGI agree here too."""
    answer = epsilon.receive_order(without=name)

    told = newest(epsilon)
    assert (told["problems"], field(told, name)["verdict"]) == ([name], "missing")
    assert b'result="0"' in answer.data


@pytest.mark.parametrize(
    "changes",
    [
        {"user_name": "あ" * 32, "item_name": "髙﨑①㈱", "memo1": "", "memo2": "x" * 128},
        {"st_code": "10100-0000-0000", "lang_id": "en", "currency_id": "JPY", "item_price": "1"},
        {"user_id": "a.-+/@", "item_code": "A.-+/", "order_number": "1" * 32},
        LAWSON,
    ],
)
def test_what_is_good_is_taken(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """No field is marked where the CGI takes the order."""
    assert b'result="1"' in epsilon.receive_order(changes).data
    assert newest(epsilon)["problems"] == []


def test_the_member_operations_need_fewer_fields(epsilon: Epsilon) -> None:
    """Withdrawal is told by a user_id alone, and an unknown user is the recorded HTTP 500."""
    few = {"contract_code": "12345678", "user_id": "nobody", "process_code": "9", "xml": "1", "version": "2"}
    assert epsilon.post(few).status_code == 500

    told = newest(epsilon)
    assert (told["problems"], told["conclusion"]["short"]) == ([], "HTTP 500")


def test_unknown_doubled_and_changed_fields_are_marked(epsilon: Epsilon) -> None:
    """An extra field is ignored, a doubled one wrong; text that comes back otherwise is noted."""
    body = urlencode(ORDER | {"item_name": "東京〜大阪", "colour": "red"}).encode()
    epsilon.post_body(body + b"&memo1=again")

    told = newest(epsilon)
    assert told["problems"] == ["memo1"]
    assert field(told, "memo1")["remark"] == "sent 2 times"
    assert (field(told, "colour")["verdict"], field(told, "colour")["source"]) == ("extra", "assumed")
    assert (field(told, "item_name")["verdict"], field(told, "item_name")["remark"]) == (
        "noted",
        "comes back as 東京～大阪",
    )


@pytest.mark.parametrize(
    ("changes", "without", "charset", "seen"),
    [
        ({}, "", "utf-8", "UTF-8"),
        ({"user_name": "Taro"}, "", "utf-8", "ASCII"),
        ({}, "", "cp932", "not UTF-8, though version=2 says so"),
        ({}, "version character_code", "utf-8", "UTF-8, without version=2"),
        ({}, "version character_code", "cp932", "CP932"),
        ({}, "version character_code", "euc-jp", "EUC-JP"),
    ],
)
def test_the_charset_is_seen(epsilon: Epsilon, changes: dict[str, str], without: str, charset: str, seen: str) -> None:
    """From the bytes, as Epsilon sees it."""
    fields = {name: value for name, value in (ORDER | changes).items() if name not in without.split()}
    epsilon.post(fields, charset)

    told = newest(epsilon)
    assert told["request"]["charset"] == seen
    assert (field(told, "user_name")["value"] == fields["user_name"]) is not seen.startswith("not")


def test_an_inquiry_is_found_under_its_order_number(epsilon: Epsilon) -> None:
    """Also one by trans_code, whose answer tells the number; a part of it is enough, and LIKE has no say."""
    epsilon.receive_order()
    epsilon.receive_order({"order_number": "OTHER"})
    epsilon.get_sales(trans_code="500001")

    def found(asked: str) -> list[str]:
        rows = epsilon.browser.get(f"/api/requests?{asked}").get_json()["requests"]
        return [row["cgi"] for row in rows]

    assert found("order_number=O3042483") == ["getsales2.cgi", "receive_order3.cgi"]
    assert found("order_number=304&cgi=getsales2.cgi") == ["getsales2.cgi"]
    assert found("order_number=%25") == found("order_number=_") == found("cgi=%25") == []
    assert found("") == ["getsales2.cgi", "receive_order3.cgi", "receive_order3.cgi"]


@pytest.mark.parametrize(
    ("asked", "tone", "short"),
    [
        ({"order_number": "O3042483"}, "good", "not paid (state 0)"),
        ({"order_number": "NOBODY"}, "refused", "unknown order"),
    ],
)
def test_an_inquirys_answer_is_explained(epsilon: Epsilon, asked: dict[str, str], tone: str, short: str) -> None:
    """A found one by its state; an empty root is never success."""
    epsilon.receive_order()
    epsilon.get_sales(**asked)

    told = newest(epsilon)
    assert (told["conclusion"]["tone"], told["conclusion"]["short"]) == (tone, short)


def test_the_other_answers_are_explained(epsilon: Epsilon) -> None:
    """A receipt, an error, a cancelled order, and one that cannot be."""
    said = []
    epsilon.receive_order(LAWSON)
    said.append(newest(epsilon)["conclusion"]["short"])
    epsilon.receive_order(LAWSON)
    said.append(newest(epsilon)["conclusion"]["short"])
    paid = epsilon.page_of({"order_number": "A1"})
    epsilon.press(paid, "pay", GOOD_CARD)
    for _ in range(2):
        epsilon.post_body(b"contract_code=12345678&order_number=A1", "/cgi-bin/order/cancel_payment.cgi")
        said.append(newest(epsilon)["conclusion"]["short"])

    assert said == ["receipt", "604 オーダー番号が重複しています", "done", "810 対象取引はありません"]


def test_a_misspelled_cgi_is_recognised(epsilon: Epsilon) -> None:
    """It is 404, recorded, and the inspector names the CGI that was meant."""
    body = urlencode(ORDER | {"item_price": "x"}).encode()
    assert epsilon.post_body(body, "/cgi-bin/order/recieve_order3.cgi").status_code == 404

    told = newest(epsilon)
    assert told["problems"] == ["item_price"]
    assert told["remarks"] == ["There is no such CGI. Did you mean /cgi-bin/order/receive_order3.cgi?"]
    assert told["conclusion"]["sentence"] == "The request reached no CGI; nothing was done."


def test_the_wrong_way_to_call_is_named(epsilon: Epsilon) -> None:
    """GET, JSON, fields in the address."""
    epsilon.browser.get(RECEIVE_ORDER + "?order_number=A1")
    assert newest(epsilon)["remarks"] == [
        "The CGIs are called by POST, not by GET.",
        "Fields in the address are not read; they belong in the body.",
    ]
    epsilon.browser.post(RECEIVE_ORDER, json=ORDER)
    assert newest(epsilon)["remarks"] == [f"Content-Type is application/json; the CGIs read {FORM}."]


def test_passwords_are_masked(epsilon: Epsilon) -> None:
    """HTTP Basic's password, other secrets and cookies are kept nowhere."""
    epsilon.browser.set_cookie("session", "geheim")
    secret = b64encode(b"12345678:geheim").decode()
    for value in (f"Basic {secret}", "Bearer geheim", "Basic ???", "Basic"):
        headers = {"Authorization": value}
        epsilon.browser.post(GET_SALES_BASIC, data={"trans_code": "500001"}, headers=headers)
    rows = epsilon.browser.get("/api/requests").get_json()["requests"]
    whole = [epsilon.browser.get(f"/api/requests/{row['id']}") for row in rows]

    assert ["Authorization", "Basic 12345678:********"] in whole[-1].get_json()["request"]["headers"]
    assert ["Cookie", "********"] in whole[-1].get_json()["request"]["headers"]
    for answer in whole:
        assert "geheim" not in answer.text
        assert secret not in answer.text
    page = epsilon.browser.get(f"/requests/{rows[-1]['id']}").text
    assert "--user 12345678:PASSWORD" in page


def test_what_a_buyer_types_is_not_recorded(epsilon: Epsilon) -> None:
    """The hosted pages are no CGIs of the shop's server: no card number lands in the inspector."""
    page = epsilon.page_of()
    epsilon.press(page, "pay", GOOD_CARD)
    epsilon.browser.get("/cgi-bin/order/card3.cgi?trans_code=nobody")
    epsilon.browser.delete("/cgi-bin/order/card3.cgi")

    rows = epsilon.browser.get("/api/requests").get_json()["requests"]
    assert [row["cgi"] for row in rows] == ["receive_order3.cgi"]


def test_the_curl_command_sends_the_same_bytes(epsilon: Epsilon) -> None:
    """Also quotes, and anything that is no ASCII."""
    for body in (urlencode(ORDER).encode() + b"&memo3=it's", b"item_name=\x83h\x00'\\%41&memo1=$(x)"):
        epsilon.post_body(body)
        command = page_text(epsilon, "pre data-copy")

        words = shlex.split(command.replace("\\\n", ""))
        assert words[-1] == "http://localhost/cgi-bin/order/receive_order3.cgi"
        if words[0] == "printf":
            assert words[1] == "%b"
            octal = re.sub(r"\\0([0-7]{3})", lambda digits: chr(int(digits[1], 8)), words[2])
            assert octal.encode("latin-1") == body
            assert words[words.index("--data-binary") + 1] == "@-"
        else:
            assert words[words.index("--data-raw") + 1].encode() == body


def page_text(epsilon: Epsilon, tag: str) -> str:
    """The text of an element of the newest request's page."""
    number = numbers(epsilon)[0]
    page = epsilon.browser.get(f"/requests/{number}").text
    found = re.search(rf"<{tag}[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert found
    text = found[1]
    for entity, letter in {"&#39;": "'", "&#34;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&"}.items():
        text = text.replace(entity, letter)
    return text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&&&===",
        b"%",
        b"\x00\xff\xfe",
        b"item_name=<script>alert(1)</script>&<b>=<i>",
        b"order_number=%00%0d%0a",
        b"item_name=" + b"%E3%81%82" * 5000,
        b"a=1&" * 5000,
    ],
)
def test_rubbish_is_shown_and_breaks_nothing(epsilon: Epsilon, body: bytes) -> None:
    """Whatever comes is escaped, recorded to the byte and judged without an error."""
    epsilon.post_body(body)

    told = newest(epsilon)
    assert b64decode(told["request"]["body_base64"]) == body
    page = epsilon.browser.get(f"/requests/{numbers(epsilon)[0]}")
    assert page.status_code == epsilon.browser.get("/requests").status_code == 200
    assert "<script>alert" not in page.text
    assert "<i>=" not in page.text


def test_a_body_that_is_too_large_is_not_kept(epsilon: Epsilon) -> None:
    """413; its size is told, its bytes are not stored."""
    assert epsilon.post_body(b"x" * (LONGEST_KEPT + 1)).status_code == 413

    told = newest(epsilon)
    assert (told["request"]["size"], told["request"]["body_base64"]) == (LONGEST_KEPT + 1, "")
    assert told["conclusion"]["short"] == "HTTP 413"


def test_the_last_500_are_kept(epsilon: Epsilon) -> None:
    """Older ones go, and their page is 404."""
    for _ in range(KEPT + 3):
        epsilon.get_sales(order_number="NOBODY")

    kept = numbers(epsilon)
    assert len(kept) == KEPT
    assert kept == list(range(kept[0], kept[0] - KEPT, -1))
    for gone in (kept[-1] - 1, 10**30):
        for page in (f"/requests/{gone}", f"/requests/{gone}.json", f"/api/requests/{gone}"):
            assert epsilon.browser.get(page).status_code == 404


def test_the_pages_say_it_in_words_and_without_a_script(epsilon: Epsilon) -> None:
    """A row in the list, the fields by both names, a link to refresh, to the transaction and to the download."""
    epsilon.receive_order()
    epsilon.receive_order({"item_name": "🍵", "order_number": "A2"}, without="xml")

    rows = epsilon.browser.get("/requests").text
    assert "all fields good" in rows
    assert "2 wrong" in rows
    assert "item_name, xml" in rows
    assert '<a href="">Refresh</a>' in rows
    bad, good = (epsilon.browser.get(f"/requests/{number}").text for number in numbers(epsilon))
    assert "All 16 fields keep their rules." in good
    assert 'href="/transactions/500001"' in good
    assert f'href="/requests/{numbers(epsilon)[1]}.json"' in good
    assert "2 of 16 fields break their rules:" in bad
    assert "商品名" in bad
    assert "No request like that" in epsilon.browser.get("/requests?order_number=ZZZ").text


def test_the_download_is_a_file(epsilon: Epsilon) -> None:
    """Named after the request, in UTF-8, and the same as the API tells."""
    epsilon.receive_order()
    (number,) = numbers(epsilon)
    answer = epsilon.browser.get(f"/requests/{number}.json")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="epsilon-request-{number}.json"'
    assert "ヤマダ タロウ" in answer.text
    assert json.loads(answer.text) == epsilon.browser.get(f"/api/requests/{number}").get_json()


def test_only_the_inspector_runs_a_script(epsilon: Epsilon) -> None:
    """Our own one, from our own origin; every other page runs none."""
    epsilon.receive_order()
    own = f"/requests/{numbers(epsilon)[0]}"
    policies = {
        page: epsilon.browser.get(page).headers["Content-Security-Policy"]
        for page in ("/requests", own, "/", "/faults", "/clock", epsilon.page_of({"order_number": "A2"}))
    }

    assert [page for page, policy in policies.items() if "script-src" in policy] == ["/requests", own]
    assert "script-src 'self'; connect-src 'self'" in policies["/requests"]
    assert all("default-src 'none'" in policy and "unsafe" not in policy for policy in policies.values())
    with epsilon.browser.get("/static/inspector.js") as script:
        assert script.status_code == 200


def test_requests_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    """In the same file as everything else."""

    def started() -> Flask:
        return create_app(database=f"sqlite:///{tmp_path / 'simulator.sqlite3'}", now=clock)

    first = started()
    Epsilon(first).receive_order()
    close(first)
    second = started()

    assert newest(Epsilon(second))["order_number"] == "O3042483"
    close(second)


def test_a_refused_host_is_recorded_too(epsilon: Epsilon) -> None:
    """An integrator who calls by another name reads here why it is 400."""
    epsilon.browser.post(GET_SALES, data={"contract_code": "12345678"}, headers={"Host": "epsilon.test"})

    assert newest(epsilon)["conclusion"]["short"] == "HTTP 400"
