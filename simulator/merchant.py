"""What the merchant console holds about the one merchant, and how each item is read; knows no HTTP."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from .methods import METHODS

URL = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[A-Za-z0-9._~%!$&'()*+,:@=/-]*)?"
)
IMMEDIATE, AUTHORISE = "immediate", "authorise"


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """A merchant's console, item by item. The defaults fit a shop at http://localhost:8000 on this machine."""

    contract_code: str = "12345678"
    password: str = field(default="password")
    senders: tuple[str, ...] = ("127.0.0.1", "::1")
    methods: tuple[int, ...] = tuple(METHODS)
    active: bool = True
    completed_url: str = "http://localhost:8000/return"
    back_url: str = "http://localhost:8000/back"
    error_url: str = "http://localhost:8000/error"
    timeout_url: str = "http://localhost:8000/timeout"
    payment_notice_url: str = "http://localhost:8000/notice"
    completion_notice_url: str = "http://localhost:8000/notice"
    deferred_notice_url: str = "http://localhost:8000/notice"
    sale: str = IMMEDIATE
    conveni_days: int = 10  # from the day of the order (documented, recorded)

    @classmethod
    def of(cls, shop: str) -> Self:
        """The console of a shop whose pages for Epsilon are all named by convention below `shop`."""
        pages = "return back error timeout notice notice notice".split()
        return cls().changed({name: f"{shop.rstrip('/')}/{page}" for name, page in zip(URLS, pages, strict=True)})

    def changed(self, items: Mapping[str, object]) -> Self:
        """The same console with some items set anew.

        A value is text, a number, a bool or a list of them. Raises WrongItem for the first that cannot be.
        """
        read: dict[str, Any] = {}
        for name, value in items.items():
            if name not in ITEMS:
                raise WrongItem(name, f"there is no such item; there are: {', '.join(ITEMS)}")
            words = [str(word).strip() for word in (value if isinstance(value, list | tuple) else [value])]
            try:
                read[name] = ITEMS[name].read(words)
            except ValueError as error:
                raise WrongItem(name, str(error)) from error
        return replace(self, **read)

    @property
    def name(self) -> str:
        """What a buyer knows the shop by: its host and port."""
        return urlsplit(self.completed_url).netloc

    @property
    def origins(self) -> list[str]:
        """Scheme, host and port of every page to which a buyer returns: what a Content-Security-Policy names."""
        pages = [urlsplit(url) for url in (self.completed_url, self.back_url, self.error_url)]
        return sorted({f"{page.scheme}://{page.netloc}" for page in pages})

    def completed(self, fields: Mapping[str, str]) -> str:
        """決済完了後のリダイレクト先, with its fields in the order given."""
        return f"{self.completed_url}?{urlencode(fields)}"

    def back(self, order_number: str) -> str:
        """[戻る]ボタンの戻り先URL."""
        return f"{self.back_url}?{urlencode({'order_number': order_number})}"


class WrongItem(ValueError):
    """An item of the console cannot have this value; says which and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Item(NamedTuple):
    """One item of the console: its name in the real one (clients) and in English, how it is read and shown."""

    ja: str
    en: str
    read: Callable[[Sequence[str]], object]
    kind: str = "text"


def matching(expression: str, reason: str) -> Callable[[Sequence[str]], str]:
    """A reader of one text."""

    def read(words: Sequence[str]) -> str:
        if len(words) != 1 or not re.fullmatch(expression, words[0]):
            raise ValueError(reason)
        return words[0]

    return read


def read_url(words: Sequence[str], *, optional: bool = False) -> str:
    """An http or https address without query; nothing that a header or a Content-Security-Policy could trip over."""
    url = words[0] if len(words) == 1 else " "
    found = URL.fullmatch(url)
    if not (found and 0 < int(found["port"] or 80) < 65536) and not (optional and not url):
        raise ValueError("an http or https address without ? and #")
    return url


def read_optional_url(words: Sequence[str]) -> str:
    """As read_url; empty for no notice."""
    return read_url(words, optional=True)


def read_senders(words: Sequence[str]) -> tuple[str, ...]:
    """IP addresses or host names, apart by spaces, commas or lines. A URL is refused (documented, FAQ)."""
    senders = [sender for word in words for sender in re.split(r"[\s,]+", word) if sender]
    for sender in senders:
        try:
            ipaddress.ip_address(sender)
        except ValueError:
            if not re.fullmatch(r"(?=.{1,253}$)(?!.*\.[0-9]+$)([A-Za-z0-9-]{1,63})(\.[A-Za-z0-9-]{1,63})*", sender):
                raise ValueError("an IP address or a host name, not a URL") from None
    return tuple(senders)


def read_methods(words: Sequence[str]) -> tuple[int, ...]:
    """Positions in st_code; none at all is possible."""
    found = [word for words_of in words for word in re.split(r"[\s,]+", words_of) if word]
    if not all(word.isdecimal() and int(word) in METHODS for word in found):
        raise ValueError(f"of {', '.join(map(str, METHODS))}")
    return tuple(sorted({int(word) for word in found}))


def read_active(words: Sequence[str]) -> bool:
    """Whether the contract is active."""
    return matching("true|false", "true or false")([word.lower() for word in words]) == "true"


def read_days(words: Sequence[str]) -> int:
    """Days until a slip's deadline. 1 to 60 (assumed)."""
    return int(matching("[1-9]|[1-5][0-9]|60", "1 to 60 days")(words))


URLS = (
    "completed_url back_url error_url timeout_url payment_notice_url completion_notice_url deferred_notice_url"
).split()

ITEMS = {
    "contract_code": Item("契約コード", "Contract code", matching("[A-Za-z0-9]{8}", "eight letters or digits")),
    "password": Item("パスワード", "Password", matching("[!-9;-~]{1,64}", "1 to 64 ASCII characters without colon")),
    "senders": Item("オーダー情報発信元ホスト", "Registered sender addresses", read_senders, "lines"),
    "active": Item("契約状態", "Contract", read_active, "active"),
    "methods": Item("決済手段", "Contracted methods", read_methods, "methods"),
    "completed_url": Item("決済完了後のリダイレクト先", "After payment", read_url),
    "back_url": Item("[戻る]ボタンの戻り先URL", "Back button", read_url),
    "error_url": Item("エラー発生時の戻り先URL", "After an error", read_url),
    "timeout_url": Item("タイムアウト情報送信先URL", "Timeout information", read_optional_url),
    "payment_notice_url": Item("入金通知送信先URL", "Payment notice", read_optional_url),
    "completion_notice_url": Item("決済完了通知送信先URL", "Completion notice", read_optional_url),
    "deferred_notice_url": Item("GMO後払い状態通知先URL", "Deferred status notice", read_optional_url),
    "sale": Item("売上処理", "Sale", matching(f"{IMMEDIATE}|{AUTHORISE}", f"{IMMEDIATE} or {AUTHORISE}"), "sale"),
    "conveni_days": Item("コンビニ支払期限(日)", "Konbini limit in days", read_days),
}
