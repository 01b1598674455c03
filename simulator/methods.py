"""The ways to pay: limits, hosted pages, return fields, what can be cancelled and captured; knows no HTTP.

Written from protocol.md alone and shared with nobody, so that a client's mistake in its tables shows here
instead of cancelling itself out.
"""

from collections.abc import Collection
from typing import NamedTuple

from .codes import positions

CARD = 1
JCB_AMEX = "2"  # the payment_code of JCB and AMEX cards on answers (documented)
KONBINI = 3
PAYEASY = 7
DEFERRED = 18
OTHER_CURRENCY = 19
ACCOUNT = 22

ONE_CHARGE = "1"  # the mission_code of everything but monthly plans
CARD_ALONE = ("2", "3", "4")  # process_codes about a registered card: charge, register, change (documented)
MONTHLY_LIMIT = 30_000  # yen; card, mission_code 2 to 10 (documented)
HOME_CURRENCY = ("", "JPY")

# What the browser brings back (clients). Assumed for WebMoney, other currencies and virtual accounts.
CARD_RETURN = "trans_code user_id result order_number".split()
KONBINI_RETURN = ["trans_code"]
SHORT_RETURN = "trans_code order_number user_id state payment_code".split()
LONG_RETURN = [*SHORT_RETURN, "contract_code"]


class Method(NamedTuple):
    """A way to pay: its position in st_code (also its payment_code), names, highest price in yen and its source.

    `page` is the hosted CGI (card: recorded, all others: assumed names). `cancels` and `captures`: clients.
    `asks` is what its page lets the buyer type, in Japanese and English, with an example.
    """

    position: int
    ja: str
    en: str
    limit: int
    source: str
    page: str
    returns: list[str]
    cancels: bool = False
    captures: bool = False
    asks: tuple[str, str, str] | None = None


# Where the vendor's page and today's clients disagree (carrier: 50,000, PREMO: 500,000) the lower, documented
# figure counts: a shop that keeps to it is refused by neither.
METHODS = {
    method.position: method
    for method in (
        Method(CARD, "クレジットカード", "Credit card", 9_999_999, "documented", "card3.cgi", CARD_RETURN, True, True),
        Method(KONBINI, "コンビニ", "Convenience store", 299_999, "documented", "conveni3.cgi", KONBINI_RETURN),
        Method(4, "PayPay銀行", "PayPay Bank", 9_999_999, "documented", "paypaybank3.cgi", SHORT_RETURN,
               asks=("店番号・口座番号", "Branch and account number", "001-1234567")),
        Method(5, "楽天銀行", "Rakuten Bank", 9_999_999, "documented", "rakuten3.cgi", SHORT_RETURN,
               asks=("ユーザID", "User ID", "rakuten-taro")),
        Method(PAYEASY, "ペイジー", "Pay-easy", 9_999_999, "documented", "payeasy3.cgi", LONG_RETURN),
        Method(8, "WebMoney", "WebMoney", 199_999, "documented", "webmoney3.cgi", LONG_RETURN,
               asks=("プリペイド番号", "Prepaid number", "ABCD-EFGH-IJKL-MNOP")),
        Method(9, "Yahoo!ウォレット", "Yahoo! wallet", 499_999, "documented", "yahoo3.cgi", LONG_RETURN, True, True,
               asks=("Yahoo! JAPAN ID", "Yahoo! JAPAN ID", "yahoo-taro")),
        Method(11, "PayPal", "PayPal", 499_999, "documented", "paypal3.cgi", LONG_RETURN, True,
               asks=("メールアドレス", "E-mail address", "taro@example.com")),
        Method(12, "BitCash", "BitCash", 199_999, "documented", "bitcash3.cgi", LONG_RETURN,
               asks=("ひらがなID", "Hiragana ID", "あいうえおかきくけこさしすせそた")),
        Method(13, "電子マネーちょコム", "chocom", 99_999, "documented", "chocom3.cgi", LONG_RETURN,
               asks=("ちょコムID", "chocom ID", "choco-taro")),
        Method(15, "スマートフォンキャリア", "Carrier billing", 30_000, "documented", "carrier3.cgi", LONG_RETURN, True,
               True, asks=("暗証番号", "Carrier PIN", "0000")),
        Method(16, "JCB PREMO", "JCB PREMO", 50_000, "documented", "premo3.cgi", LONG_RETURN,
               asks=("PREMO番号", "PREMO number", "0000-0000-0000-0000")),
        Method(17, "住信SBIネット銀行", "SBI Sumishin Net Bank", 9_999_999, "documented", "sbi3.cgi", SHORT_RETURN,
               asks=("ユーザネーム", "User name", "sbi-taro")),
        Method(DEFERRED, "GMO後払い", "GMO deferred payment", 49_999, "documented", "atobarai3.cgi", SHORT_RETURN,
               True),
        Method(OTHER_CURRENCY, "クレジットカード(多通貨)", "Credit card, other currencies", 9_999_999, "assumed",
               "currency3.cgi", CARD_RETURN),
        Method(ACCOUNT, "バーチャル口座", "Virtual account", 9_999_999, "clients", "account3.cgi", SHORT_RETURN),
        Method(25, "PayPay", "PayPay", 9_999_999, "clients", "paypay3.cgi", SHORT_RETURN, True, True),
    )
}  # fmt: skip


def named(st_code: str, mission_code: str, process_code: str, currency_id: str) -> list[Method]:
    """The methods that an order asks for.

    Monthly plans and registered cards are for cards only (documented), another currency for its own method.
    """
    methods = [METHODS[place] for place in positions(st_code) if place in METHODS]
    if currency_id not in HOME_CURRENCY:
        methods = [method for method in methods if method.position == OTHER_CURRENCY]
    if process_code in CARD_ALONE or mission_code != ONE_CHARGE:
        methods = [method for method in methods if method.position == CARD]
    if mission_code != ONE_CHARGE:
        methods = [method._replace(limit=MONTHLY_LIMIT) for method in methods]
    return methods


def offered(asked: list[Method], item_price: int, contracted: Collection[int]) -> list[Method]:
    """The methods that a buyer is shown: asked for, contracted, and allowed for the price."""
    return [method for method in asked if method.position in contracted and item_price <= method.limit]


def of(payment_code: str) -> Method:
    """The method of a `payment_code` on an answer."""
    return METHODS[CARD if payment_code == JCB_AMEX else int(payment_code)]
