"""The ways to pay that the form can offer, by the names that ``SHOP_METHODS`` takes. Decides nothing, asks nobody."""

from dataclasses import dataclass

import epsilon
from epsilon import METHODS, Method
from epsilon.codes import CARD


@dataclass(frozen=True)
class Way:
    """One choice on the form: the methods it offers, by position, and the ``process_code`` it is ordered with.

    ``asks`` are the fields of the form that only it needs. The names of Epsilon's samples are kept: ``card``,
    ``normal``, ``conveni`` and ``atobarai``.
    """

    name: str
    positions: tuple[int, ...]
    ja: str
    en: str
    hint_ja: str
    hint_en: str
    asks: tuple[str, ...] = ()
    process_code: int = 1

    @property
    def methods(self) -> list[Method]:
        """The rows of Epsilon's table that this offers."""
        return [METHODS[position] for position in self.positions]

    @property
    def st_code(self) -> str:
        """What Epsilon is told of it."""
        return epsilon.st_code(*self.positions)

    @property
    def limit(self) -> int:
        """The highest price, in whole units of its currency: of several methods the buyer can choose the highest."""
        return max(method.limit for method in self.methods)

    @property
    def takes_plans(self) -> bool:
        """Whether a monthly plan can be paid so: by card alone (documented)."""
        return self.positions == (CARD,)


# The others are paid on the next page, and need no words here.
def _only(name: str, position: int, hint_ja: str = "", hint_en: str = "", asks: tuple[str, ...] = ()) -> Way:
    method = METHODS[position]
    return Way(name, (position,), method.ja, method.en, hint_ja, hint_en, asks)


DELIVERY = (
    "user_tel orderer_postal orderer_address consignee_name consignee_postal consignee_address consignee_tel"
).split()

WAYS = {
    way.name: way
    for way in (
        _only("card", 1, "カード番号はイプシロンの画面で入力します。", "You enter the card on Epsilon's page."),
        Way(
            "registered",
            (1,),
            "登録済みのカード",
            "Your registered card",
            "カード番号を入力せずにお支払いできます。",
            "You need not enter it again.",
            process_code=2,
        ),
        _only(
            "conveni",
            3,
            "番号を受け取り、10日以内にレジで支払います。",
            "You get a number and pay at the till within ten days.",
            asks=("conveni_code", "user_tel", "user_name_kana"),
        ),
        Way(
            "normal",
            (1, 3, 18),
            "イプシロンの画面で選ぶ",
            "Choose on Epsilon's page",
            "カード、コンビニ、後払いから選べます。",
            "Card, convenience store or deferred payment.",
        ),
        _only(
            "payeasy",
            7,
            "番号を受け取り、ATMやネットバンキングで支払います。",
            "You get numbers for an ATM or online banking.",
        ),
        _only("paypay", 25),
        _only("carrier", 15),
        _only("yahoo", 9),
        _only("paypal", 11),
        _only("paypaybank", 4),
        _only("rakuten", 5),
        _only("sbi", 17),
        _only("virtual", 22, "専用の口座に振り込みます。", "You transfer to an account of its own."),
        _only("webmoney", 8),
        _only("bitcash", 12),
        _only("chocom", 13),
        _only("premo", 16),
        _only(
            "atobarai",
            18,
            "審査のあと、商品と別に届く請求書で支払います。",
            "After a review, you pay by the invoice that comes by mail.",
            asks=tuple(DELIVERY),
        ),
        _only(
            "multicurrency",
            19,
            "日本円か、ほかの通貨で支払います。",
            "You pay in yen or in another currency.",
            asks=("currency_id",),
        ),
    )
}
"""Every way, in the order of the form where ``SHOP_METHODS`` does not give another."""

EVERYWHERE = "card,conveni"
"""What is offered beside the simulator unless SHOP_METHODS says otherwise: a contract may include no more."""
