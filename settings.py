"""The shop's settings: one mapping of defaults, then the environment, then the caller's own. Checks all at once."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

import epsilon
from ways import EVERYWHERE, WAYS

DEFAULTS: dict[str, Any] = {
    "EPSILON_ENV": "simulator",
    "EPSILON_CONTRACT_CODE": "12345678",
    "SIMULATOR_URL": "http://127.0.0.1:8001",
    "SHOP_URL": "http://localhost:8000",
    "SECRET_KEY": "only-for-the-simulator-on-your-own-machine",
    "SECRET_KEY_FALLBACKS": "",
    "SHOP_METHODS": "",
    "DATABASE_URL": "sqlite:///orders.sqlite3",
    "TRUSTED_PROXIES": "0",
}
SECRET_KEY_MIN_LENGTH = 32
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class InvalidSettings(Exception):
    """The settings cannot be used; ``problems`` is one bilingual sentence for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(given: Mapping[str, Any], *, debug: bool, folder: str) -> dict[str, Any]:
    """Return all settings, and what follows from them. ``folder`` is where a relative file of SQLite is.

    Raises:
        InvalidSettings: with every problem and what to do about it.
    """
    environment = {name: os.environ[name] for name in DEFAULTS if os.environ.get(name)}
    settings = {**DEFAULTS, **environment, **given}
    if problems := list(_problems(settings, debug=debug, folder=folder)):
        raise InvalidSettings(*problems)
    shop = urlsplit(settings["SHOP_URL"])
    epsilon_urls = {"beta": epsilon.BETA, "production": epsilon.PRODUCTION}
    return settings | {
        "SECRET_KEY_FALLBACKS": _words(settings["SECRET_KEY_FALLBACKS"]),
        "SHOP_METHODS": _words(_methods(settings)),
        "EPSILON_URL": epsilon_urls.get(settings["EPSILON_ENV"], settings["SIMULATOR_URL"].rstrip("/")),
        "SESSION_COOKIE_NAME": "shop_session",  # cookies ignore ports: the simulator's neighbour needs its own name
        "SESSION_COOKIE_SECURE": shop.scheme == "https",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 64 * 1024,
        "TRUSTED_HOSTS": [
            str(shop.hostname).encode("idna").decode(),
            *([] if shop.scheme == "https" else ["localhost", "127.0.0.1"]),
        ],
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open overnight still works
    }


def _address(text: str) -> SplitResult | None:
    """Return an http or https address without user, path or query, or None if this is none."""
    try:
        parts = urlsplit(text)
        _ = parts.port, str(parts.hostname).encode("idna")
    except ValueError:
        return None
    bare = f"{parts.scheme}://{parts.netloc}" == text.rstrip("/") and "@" not in parts.netloc
    return parts if bare and parts.hostname and parts.scheme in ("http", "https") else None


def _words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]


def _methods(settings: Mapping[str, Any]) -> str:
    return settings["SHOP_METHODS"] or (",".join(WAYS) if settings["EPSILON_ENV"] == "simulator" else EVERYWHERE)


def _is_open_to_strangers(database_url: str, folder: str) -> bool:
    """Tell whether anybody on this machine can read the order book. Whether it can be used at all, database.py says."""
    with suppress(ArgumentError, OSError, ValueError):
        url = make_url(database_url)
        # Windows keeps its permissions elsewhere.
        if url.get_backend_name() == "sqlite" and url.database and os.name == "posix":
            return bool(Path(folder, url.database).stat().st_mode & 0o007)
    return False


def _problems(settings: Mapping[str, Any], *, debug: bool, folder: str) -> Iterator[str]:
    env = settings["EPSILON_ENV"]
    if env not in ("simulator", "beta", "production"):
        yield (
            "EPSILON_ENV: simulator、beta、productionのいずれかにしてください。"
            " / Set it to simulator, beta or production."
        )
    code = settings["EPSILON_CONTRACT_CODE"]
    if len(code) != 8 or not (code.isascii() and code.isalnum()):
        yield (
            "EPSILON_CONTRACT_CODE: イプシロンから届いた8桁の契約コードです。"
            " / It is the contract code of 8 letters and digits that Epsilon sent you."
        )
    elif env in ("beta", "production") and code == DEFAULTS["EPSILON_CONTRACT_CODE"]:
        yield (
            "EPSILON_CONTRACT_CODE: 契約コードを設定してください(12345678はシミュレータ用です)。"
            " / Set your own contract code; 12345678 is the simulator's."
        )
    simulator = _address(settings["SIMULATOR_URL"])
    if env == "simulator" and (simulator is None or simulator.hostname not in THIS_MACHINE):
        yield (
            "SIMULATOR_URL: http://127.0.0.1:8001 のような、このマシンのアドレスにしてください。"
            " / Set it to an address on this machine, like http://127.0.0.1:8001."
        )
    shop = _address(settings["SHOP_URL"])
    # Flask's check of the Host header takes no IPv6 addresses.
    if shop is None or ":" in str(shop.hostname):
        yield (
            "SHOP_URL: https://shop.example.com のような、この店の公開アドレスにしてください。"
            " / Set it to this shop's public address, like https://shop.example.com."
        )
    elif env == "production" and shop.scheme != "https":
        yield "SHOP_URL: 本番ではhttpsにしてください。 / In production it must be https."
    if env == "production" and debug:
        yield "FLASK_DEBUG: 本番では使えません。 / It must be off in production."
    at_home = env == "simulator" and (shop is None or shop.hostname in THIS_MACHINE)
    # A cookie that an old secret signed is believed like any other.
    secrets = [("SECRET_KEY", settings["SECRET_KEY"])]
    secrets += [("SECRET_KEY_FALLBACKS", secret) for secret in _words(settings["SECRET_KEY_FALLBACKS"])]
    for name, secret in secrets:
        if not at_home and (secret == DEFAULTS["SECRET_KEY"] or len(secret) < SECRET_KEY_MIN_LENGTH):
            yield (
                f"{name}: {SECRET_KEY_MIN_LENGTH}文字以上の秘密の値にしてください。"
                f" / Set a secret of at least {SECRET_KEY_MIN_LENGTH} characters:"
                ' python -c "import secrets; print(secrets.token_hex(32))"'
            )
    if env == "production" and _is_open_to_strangers(settings["DATABASE_URL"], folder):
        yield (
            "DATABASE_URL: 注文データベースを誰でも読めます。chmod 600で所有者だけにしてください。"
            " / Anybody on this machine can read the order book; keep it to its owner with chmod 600."
        )
    methods = _words(_methods(settings))
    if unknown := [name for name in methods if name not in WAYS]:
        yield (
            f"SHOP_METHODS: {', '.join(unknown)} という決済方法はありません。{', '.join(WAYS)} から選んでください。"
            f" / There is no such way to pay as {', '.join(unknown)}. Choose from {', '.join(WAYS)}."
        )
    if settings["TRUSTED_PROXIES"] not in tuple("0123456789"):
        yield (
            "TRUSTED_PROXIES: この店の前にあるプロキシの数(0から9)にしてください。"
            " / Set it to the number of proxies in front of this shop, 0 to 9."
        )
