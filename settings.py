"""The shop's settings: one mapping of defaults, then the environment, then the caller's own. Checks all at once."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import epsilon

DEFAULTS: dict[str, Any] = {
    "EPSILON_ENV": "simulator",
    "EPSILON_CONTRACT_CODE": "12345678",
    "SIMULATOR_URL": "http://127.0.0.1:8001",
    "SHOP_URL": "http://localhost:8000",
    "SECRET_KEY": "only-for-the-simulator-on-your-own-machine",
    "DATABASE_URL": "sqlite:///orders.sqlite3",
}
SECRET_KEY_MIN_LENGTH = 32


class InvalidSettings(Exception):
    """The settings cannot be used; ``problems`` is one bilingual sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(given: Mapping[str, Any], *, debug: bool) -> dict[str, Any]:
    """Return all settings, and ``EPSILON_URL``, which follows from them.

    Raises:
        InvalidSettings: with every problem and what to do about it.
    """
    environment = {name: os.environ[name] for name in DEFAULTS if os.environ.get(name)}
    settings = {**DEFAULTS, **environment, **given}
    problems = list(_problems(settings, debug=debug))
    if problems:
        raise InvalidSettings(problems)
    settings["EPSILON_URL"] = {
        "simulator": settings["SIMULATOR_URL"].rstrip("/"),
        "beta": epsilon.BETA,
        "production": epsilon.PRODUCTION,
    }[settings["EPSILON_ENV"]]
    return settings


def _problems(settings: Mapping[str, Any], *, debug: bool) -> list[str]:
    problems = []
    env = settings["EPSILON_ENV"]
    if env not in ("simulator", "beta", "production"):
        problems.append(
            "EPSILON_ENV: simulator、beta、productionのいずれかにしてください。"
            " / Set it to simulator, beta or production."
        )
    code = settings["EPSILON_CONTRACT_CODE"]
    if len(code) != 8 or not (code.isascii() and code.isalnum()):
        problems.append(
            "EPSILON_CONTRACT_CODE: イプシロンから届いた8桁の契約コードです。"
            " / It is the contract code of 8 letters and digits that Epsilon sent you."
        )
    elif env in ("beta", "production") and code == DEFAULTS["EPSILON_CONTRACT_CODE"]:
        problems.append(
            "EPSILON_CONTRACT_CODE: 契約コードを設定してください(12345678はシミュレータ用です)。"
            " / Set your own contract code; 12345678 is the simulator's."
        )
    if env == "simulator":
        try:
            epsilon.Client(code, base_url=settings["SIMULATOR_URL"])
        except ValueError:
            problems.append(
                "SIMULATOR_URL: http://127.0.0.1:8001 のような、このマシンのアドレスにしてください。"
                " / Set it to an address on this machine, like http://127.0.0.1:8001."
            )
    shop = urlsplit(settings["SHOP_URL"])
    if shop.scheme not in ("http", "https") or not shop.hostname or shop.path.strip("/"):
        problems.append(
            "SHOP_URL: https://shop.example.com のような、この店の公開アドレスにしてください。"
            " / Set it to this shop's public address, like https://shop.example.com."
        )
    if env == "production":
        if shop.scheme != "https":
            problems.append("SHOP_URL: 本番ではhttpsにしてください。 / In production it must be https.")
        if debug:
            problems.append("FLASK_DEBUG: 本番では使えません。 / It must be off in production.")
    secret = settings["SECRET_KEY"]
    if env != "simulator" and (secret == DEFAULTS["SECRET_KEY"] or len(secret) < SECRET_KEY_MIN_LENGTH):
        problems.append(
            f"SECRET_KEY: {SECRET_KEY_MIN_LENGTH}文字以上の秘密の値にしてください。"
            f" / Set a secret of at least {SECRET_KEY_MIN_LENGTH} characters:"
            ' python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return problems
