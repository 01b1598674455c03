"""The shop as it runs for real: behind proxies, watched by monitors, served by gunicorn, stopped amid a purchase."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

import pytest
import requests
from flask import Flask, request
from sqlalchemy import create_engine

import simulator
from app import ORDER_TIMEOUT, create_app
from settings import DEFAULTS
from tests.people import SHOP, ScriptedEpsilon, hidden_fields
from tests.test_promises import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
OWN = {
    "EPSILON_ENV": "production",
    "EPSILON_CONTRACT_CODE": "99999999",
    "SHOP_URL": "https://shop.example.com",
    "SECRET_KEY": "s" * 32,
}
FORWARDED = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "X-Forwarded-Proto": "https"}


# What a monitor is told.


def test_the_shop_is_ready_while_its_database_answers(shop: Flask, to_epsilon: requests.Session) -> None:
    """Epsilon is not asked: a shop that can write orders down is ready."""
    epsilon = ScriptedEpsilon(requests.ConnectionError("nobody answers here"))
    to_epsilon.mount("http://", epsilon)
    ready = shop.test_client().get("/readyz", base_url=SHOP)
    assert (ready.status_code, ready.text, epsilon.asked) == (200, "ready", [])


def test_the_shop_is_not_ready_without_its_database(open_shop: Callable[..., Flask]) -> None:
    """One sentence says why; the process itself still answers."""
    shop = open_shop()
    shop.extensions["engine"].dispose()
    shop.extensions["engine"] = create_engine("sqlite:////proc/nowhere/orders.sqlite3")
    unready = shop.test_client().get("/readyz", base_url=SHOP)
    assert (unready.status_code, unready.text) == (503, "The database does not answer.")
    assert shop.test_client().get("/healthz", base_url=SHOP).status_code == 200


def test_a_monitor_is_not_led_to_another_name(shop: Flask) -> None:
    """A monitor that knows the machine's own name gets its answer there; a visitor is led to the shop's."""
    answers = {path: shop.test_client().get(path, base_url="http://127.0.0.1:8000") for path in ("/healthz", "/readyz")}
    assert {path: answer.status_code for path, answer in answers.items()} == {"/healthz": 200, "/readyz": 200}
    assert shop.test_client().get("/", base_url="http://127.0.0.1:8000").status_code == 302


# Whom it believes, and who can read its orders.


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({}, ("http", "127.0.0.1")),
        ({"TRUSTED_PROXIES": "1"}, ("https", "203.0.113.9")),
        ({"TRUSTED_PROXIES": "2"}, ("http", "198.51.100.7")),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(
    open_shop: Callable[..., Flask], settings: dict[str, str], seen: tuple[str, str]
) -> None:
    """Anybody can send X-Forwarded headers, and only what our own proxies added to them is true."""
    with open_shop(**OWN, **settings).test_client() as visitor:
        assert visitor.get("/", base_url="http://shop.example.com", headers=FORWARDED).status_code == 200
        assert (request.scheme, request.remote_addr) == seen


@pytest.mark.parametrize(("settings", "status"), [({}, 200), ({"TRUSTED_PROXIES": "1"}, 400)])
def test_a_proxy_can_name_no_foreign_host(
    open_shop: Callable[..., Flask], settings: dict[str, str], status: int
) -> None:
    """The name that a believed proxy passes on is checked like the browser's own; otherwise it is not looked at."""
    visitor = open_shop(**OWN, **settings).test_client()
    page = visitor.get("/", base_url=OWN["SHOP_URL"], headers={"X-Forwarded-Host": "evil.example"})
    assert page.status_code == status


@pytest.mark.parametrize("number", ["", "-1", "one", "10"])
def test_proxies_are_counted(capsys: pytest.CaptureFixture[str], number: str) -> None:
    """Anything but a small number ends the start."""
    with pytest.raises(SystemExit) as ended:
        create_app({"TRUSTED_PROXIES": number})
    assert (ended.value.code, capsys.readouterr().err[:16]) == (2, "TRUSTED_PROXIES:")


def test_production_keeps_its_order_book_to_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that anybody on the machine can read ends the start, together with all that is wrong besides."""
    book = tmp_path / "orders.sqlite3"
    book.touch(mode=0o600)
    settings = OWN | {"DATABASE_URL": f"sqlite:///{book}"}
    for mode, wrong in ((0o644, {"SECRET_KEY": "short"}), (0o604, {}), (0o602, {})):
        book.chmod(mode)
        with pytest.raises(SystemExit) as ended:
            create_app(settings | wrong)
        named = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
        assert (ended.value.code, named) == (2, [*wrong, "DATABASE_URL"])
    book.chmod(0o640)
    create_app(settings).extensions["engine"].dispose()


# A new secret.


def test_a_new_secret_sends_nobody_away(open_shop: Callable[..., Flask]) -> None:
    """What the former secret signed is believed while it is named; only an open form must be sent a second time."""
    before = open_shop(SECRET_KEY="former" * 6).test_client()
    entries = {"item_code": "apple", "quantity": "1", "st": "card", "user_name": "髙橋 花子"}
    entries |= {"user_mail_add": "hanako@example.com"}
    open_form = hidden_fields(before.get("/?lang=en", base_url=SHOP))
    cookie = before.get_cookie("shop_session")
    assert cookie
    for fallbacks, language in (("", "ja"), (" , " + "former" * 6, "en")):
        after = open_shop(SECRET_KEY="new" * 11, SECRET_KEY_FALLBACKS=fallbacks).test_client()
        after.set_cookie("shop_session", cookie.value)
        assert f'<html lang="{language}">' in after.get("/", base_url=SHOP).text
    again = after.post("/orders", base_url=SHOP, data=open_form | entries)
    assert again.status_code == 400
    assert 'value="髙橋 花子"' in again.text


@pytest.mark.parametrize("secret", ["short", "only-for-the-simulator-on-your-own-machine"])
def test_a_former_secret_must_have_been_one(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    """It is believed like the present one, so it must be as good."""
    with pytest.raises(SystemExit):
        create_app(OWN | {"SECRET_KEY_FALLBACKS": f"{'s' * 32},{secret}"})
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["SECRET_KEY_FALLBACKS"]


# gunicorn.


def start_gunicorn(**settings: str) -> subprocess.Popen[str]:
    """Type ``gunicorn`` in the root folder."""
    command = [sys.executable, "-m", "gunicorn"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True)


def test_gunicorn_sells_and_lets_a_buyer_finish(tmp_path: Path) -> None:
    """A konbini slip is bought; then a stop waits for the order that Epsilon has not answered yet."""
    port, asked, may_answer = free_port(), Event(), Event()
    shop = f"http://localhost:{port}"
    may_answer.set()
    with simulator.Server(port=0, shop=shop) as epsilon:

        @epsilon.app.before_request
        def hesitate() -> None:
            asked.set()
            may_answer.wait(PATIENCE_SECONDS)

        settings = {"PORT": str(port), "SHOP_URL": shop, "SIMULATOR_URL": epsilon.url, "EPSILON_ENV": "simulator"}
        settings |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'orders.sqlite3'}", "WEB_CONCURRENCY": "1"}
        with start_gunicorn(**settings) as gunicorn:
            try:
                assert gunicorn.stderr
                said = next(line for line in gunicorn.stderr if "Listening at" in line)
                assert f"http://127.0.0.1:{port}" in said
                receipt = buy(port)
                assert re.fullmatch(r"/orders/[\w-]{43}", receipt)
                asked.clear()
                may_answer.clear()
                receipts: list[str] = []
                late_buyer = Thread(target=lambda: receipts.append(buy(port)))
                late_buyer.start()
                assert asked.wait(PATIENCE_SECONDS)
                gunicorn.terminate()
                log = ""
                for line in gunicorn.stderr:
                    log += line
                    if "Handling signal: term" in line:
                        break
                may_answer.set()
                late_buyer.join(PATIENCE_SECONDS)
                log += gunicorn.communicate(timeout=PATIENCE_SECONDS)[1]
            finally:
                may_answer.set()
                gunicorn.kill()
    assert re.fullmatch(r"/orders/[\w-]{43}", receipts[0])
    assert gunicorn.returncode == 0
    assert "written to awaiting by order" in log
    secrets = (receipt, receipts[0], "髙橋", "hanako", "/orders", DEFAULTS["SECRET_KEY"], "12345678")
    assert not [secret for secret in secrets if secret in log]


def buy(port: int) -> str:
    """Buy a konbini slip; return where the shop leads then."""

    def call(method: str, path: str, cookie: str, body: str | None = None) -> tuple[str, str, str]:
        shop = HTTPConnection("localhost", port, timeout=PATIENCE_SECONDS)
        shop.request(method, path, body, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
        answer = shop.getresponse()
        page = answer.read().decode()
        shop.close()
        return page, answer.headers["Set-Cookie"] or "", answer.headers["Location"] or ""

    page, cookie, _ = call("GET", "/", "")
    hidden = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', page))
    entries = {"item_code": "apple", "quantity": "1", "st": "conveni", "conveni_code": "11", "user_name": "髙橋 花子"}
    form = urlencode(hidden | entries | {"user_mail_add": "hanako@example.com"})
    return call("POST", "/orders", cookie.partition(";")[0], form)[2]


def test_gunicorn_ends_where_the_settings_are_wrong() -> None:
    """It names every problem once and ends with status 2, instead of starting workers without end."""
    with start_gunicorn(EPSILON_ENV="production", PORT=str(free_port()), FLASK_DEBUG="1") as gunicorn:
        log = gunicorn.communicate(timeout=PATIENCE_SECONDS)[1]
    problems = [line.split(":")[0] for line in log.splitlines() if " / " in line]
    assert (gunicorn.returncode, problems) == (2, ["EPSILON_CONTRACT_CODE", "SHOP_URL", "FLASK_DEBUG", "SECRET_KEY"])


def test_a_stop_leaves_time_for_the_longest_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """That asks Epsilon twice. A worker that waits for it is not taken for a dead one."""
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    monkeypatch.delenv("PORT", raising=False)
    conf = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert 2 * sum(ORDER_TIMEOUT) < conf["graceful_timeout"] < conf["timeout"]
    assert (conf["bind"], conf["workers"], conf["preload_app"]) == ("127.0.0.1:8000", 3, False)


# The manuals.


@pytest.mark.parametrize("manual", ["production", "beta"])
def test_both_manuals_show_the_same_commands(manual: str) -> None:
    """The two languages of a page stay in step, down to the figures; each leads to pages in its own."""
    english, japanese = ((ROOT / "docs" / f"{manual}{suffix}.md").read_text("utf-8") for suffix in ("", ".ja"))
    links = rf"\]\((?!{manual}|#)[^)#]+"
    for part in (r"```.*?```", r"^#+ ", r"^- \[ \]", r"^\|", r"<a .*?>", links, r"\b\d[\d,.]* ?(?:ms|s|MB)\b"):
        same = [text.replace(".ja.md", ".md") for text in (english, japanese)]
        found = [re.findall(part, text, re.MULTILINE | re.DOTALL) for text in same]
        assert found[0] == found[1], part
    for linked in re.findall(r"\]\((?!http)([^)#]+)\)", english + japanese):
        assert (ROOT / "docs" / linked).exists(), linked
