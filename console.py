"""What Epsilon's merchant console must know of this shop: its addresses, and whether they can be reached."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask

from connection import look_up
from epsilon.origin import is_this_machine


@dataclass(frozen=True)
class Entry:
    """One address of the shop: what the console calls it, and who calls it."""

    name: str
    en: str
    caller: str
    url: str


_BUYER, _EPSILON = "the buyer's browser", "Epsilon's server"
# The names of the first four are the console's own; the notices may be called otherwise there (assumed).
_ENTRIES = (
    ("決済完了後のリダイレクト先", "after payment", _BUYER, "shop.come_back"),
    ("[戻る]ボタンの戻り先URL", "back button", _BUYER, "shop.back"),
    ("エラー発生時の戻り先URL", "after an error", _BUYER, "shop.error"),
    ("タイムアウト情報送信先URL", "timeout information", _EPSILON, "shop.timeout"),
    ("入金通知", "payment notice, of konbini and Pay-easy", _EPSILON, "shop.take_notice"),
    ("決済完了通知", "completion notice", _EPSILON, "shop.take_notice"),
    ("GMO後払いの状態通知", "deferred status notice", _EPSILON, "shop.take_notice"),
)


def list_entries(shop: Flask) -> list[Entry]:
    """Return what to enter for this shop, one by one. A Japanese host name is written as browsers send it."""
    public = urlsplit(shop.config["SHOP_URL"])
    addresses = shop.url_map.bind(public.netloc, url_scheme=public.scheme)
    return [
        Entry(name, en, caller, addresses.build(endpoint, force_external=True))
        for name, en, caller, endpoint in _ENTRIES
    ]


def doubt(shop_url: str) -> str:
    """Return why this address cannot be reached from outside, as far as this machine can see; empty where it can."""
    public = urlsplit(shop_url)
    host = str(public.hostname)
    if is_this_machine(host):
        return f"{host} is this machine to whoever says it: only a browser here gets to the shop"
    try:
        addresses = look_up(host)
    except (OSError, UnicodeError):
        return f"{host} has no address that this machine could find"
    if hidden := [address for address in addresses if not ip_address(address.partition("%")[0]).is_global]:
        return f"{host} is {hidden[0]}, which is no public address: nobody outside gets there"
    if public.scheme != "https":
        return "http, not https: what is sent here can be read and changed on the way"
    return ""
