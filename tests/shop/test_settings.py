"""The settings: everything that is wrong is said at once, before the first visitor."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from settings import DEFAULTS

WRONG = {
    "EPSILON_ENV": "test",
    "EPSILON_CONTRACT_CODE": "123",
    "SHOP_URL": "localhost",
}


def test_all_problems_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The process ends with status 2 and one bilingual line for each problem."""
    with pytest.raises(SystemExit) as ended:
        create_app(WRONG)
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["EPSILON_ENV", "EPSILON_CONTRACT_CODE", "SHOP_URL", "SECRET_KEY"]
    assert all(" / " in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"EPSILON_ENV": "production"}, ["EPSILON_CONTRACT_CODE", "SHOP_URL", "SECRET_KEY"]),
        (
            {"EPSILON_ENV": "production", "DATABASE_URL": "postgresql://127.0.0.1:port/x"},
            ["EPSILON_CONTRACT_CODE", "SHOP_URL", "SECRET_KEY"],
        ),
        ({"EPSILON_ENV": "beta"}, ["EPSILON_CONTRACT_CODE", "SECRET_KEY"]),
        ({"EPSILON_ENV": "beta", "EPSILON_CONTRACT_CODE": "99999999", "SECRET_KEY": "short"}, ["SECRET_KEY"]),
        ({"SIMULATOR_URL": "http://simulator.example.com"}, ["SIMULATOR_URL"]),
        ({"SIMULATOR_URL": "https://secure.epsilon.jp"}, ["SIMULATOR_URL"]),
        ({"SIMULATOR_URL": "http://127.0.0.1:99999"}, ["SIMULATOR_URL"]),
        ({"SHOP_URL": "ftp://example.com"}, ["SHOP_URL"]),
        ({"SHOP_URL": "http://[::1]:8000"}, ["SHOP_URL"]),
        ({"SHOP_URL": "http://["}, ["SHOP_URL"]),
        ({"SHOP_URL": "https://user:pw@shop.example.com"}, ["SHOP_URL"]),
        ({"SHOP_URL": "https://shop.example.com/?x"}, ["SHOP_URL"]),
        ({"SHOP_URL": "https://shop.example.com"}, ["SECRET_KEY"]),
        ({"DATABASE_URL": "foo"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "mysql://localhost/x"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "sqlite:///:memory:"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "sqlite:////proc/nowhere/x"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, ["DATABASE_URL"]),
        ({"DATABASE_URL": "postgresql://127.0.0.1:port/x"}, ["DATABASE_URL"]),
    ],
)
def test_each_environment_has_its_own_demands(
    capsys: pytest.CaptureFixture[str], settings: dict[str, str], named: list[str]
) -> None:
    """Beta and production want a contract and a secret of one's own; production wants https."""
    with pytest.raises(SystemExit):
        create_app(settings)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == named


@pytest.mark.parametrize(
    "url", ["postgresql://shop:himitsu", "postgresql://shop:himitsu@127.0.0.1:1/shop", "mysql://shop:himitsu@host/x"]
)
def test_a_password_is_not_in_what_is_said_of_a_database(capsys: pytest.CaptureFixture[str], url: str) -> None:
    """Also where the address is half of one, so that the password stands where a port should be."""
    with pytest.raises(SystemExit) as ended:
        create_app({"DATABASE_URL": url})
    said = capsys.readouterr().err
    assert (ended.value.code, said[:13], "himitsu" in said) == (2, "DATABASE_URL:", False)


def test_production_refuses_debug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The debugger would run a visitor's code."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(SystemExit):
        create_app({"EPSILON_ENV": "production"})
    assert "FLASK_DEBUG" in capsys.readouterr().err


def test_one_setting_leads_to_the_real_epsilon(open_shop: Callable[..., Flask]) -> None:
    """Beta and production are the same code; the cookie is secure where the shop is on https."""
    own = {"EPSILON_CONTRACT_CODE": "99999999", "SHOP_URL": "https://shop.example.com", "SECRET_KEY": "s" * 32}
    addresses = {
        env: open_shop(EPSILON_ENV=env, **own).extensions["epsilon"].base_url for env in ("beta", "production")
    }
    assert addresses == {"beta": "https://beta.epsilon.jp", "production": "https://secure.epsilon.jp"}
    cookie = open_shop(EPSILON_ENV="beta", **own).test_client().get("/", base_url=own["SHOP_URL"]).headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, open_shop: Callable[..., Flask]) -> None:
    """Settings come from the environment, empty ones from the defaults."""
    monkeypatch.setenv("SIMULATOR_URL", "http://127.0.0.1:9001/")
    monkeypatch.setenv("EPSILON_ENV", "")
    assert open_shop().extensions["epsilon"].base_url == "http://127.0.0.1:9001"


def test_env_example_names_every_setting_in_order() -> None:
    """.env.example is the list of the settings, with their defaults, in the order of the code."""
    lines = Path(__file__).parents[2].joinpath(".env.example").read_text(encoding="utf-8").splitlines()
    named = [
        line.removeprefix("#").strip().split("=", 1) for line in lines if "=" in line and not line.startswith("# ")
    ]
    assert [name for name, _ in named] == list(DEFAULTS)
    assert {name: value for name, value in named if name not in ("SECRET_KEY",)} == {
        name: value for name, value in DEFAULTS.items() if name not in ("SECRET_KEY",)
    }


def test_a_japanese_host_name_is_our_own(open_shop: Callable[..., Flask]) -> None:
    """It is trusted in the form in which browsers send it."""
    shop = open_shop(SHOP_URL="https://のれん.example", SECRET_KEY="s" * 32)
    name = "のれん.example".encode("idna").decode()
    assert shop.test_client().get("/healthz", base_url=f"https://{name}").status_code == 200


def test_the_order_book_is_for_the_shop_alone(tmp_path: Path) -> None:
    """The file with names and addresses is readable by its owner only."""
    file = tmp_path / "new" / "book.sqlite3"
    create_app({"DATABASE_URL": f"sqlite:///{file}"}).extensions["engine"].dispose()
    assert oct(file.stat().st_mode)[-3:] == "600"
