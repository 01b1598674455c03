"""The card that a buyer types: judged, never kept but for its brand and mask."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .methods import CARD, JCB_AMEX


class Verdict(StrEnum):
    """What became of a typed card; the values name the sentence that the buyer reads."""

    APPROVED = "card_approved"
    SECURE = "card_secure"
    REFUSED = "card_refused"
    UNKNOWN = "card_unknown"
    EXPIRED = "card_expired"
    NO_CODE = "card_no_code"


class Card(NamedTuple):
    """A test card: number, brand, the payment_code of its answers, what happens to it, and its source."""

    number: str
    brand: str
    verdict: Verdict
    source: str
    payment_code: str = str(CARD)

    @property
    def mask(self) -> str:
        """The number as get_user_info tells it (recorded for the first card)."""
        return f"{self.number[0]}***-****-****-{self.number[-4:]}"


# The first two are beta's (recorded, clients). The others are ours: the real beta refuses them.
CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "VISA", Verdict.APPROVED, "recorded"),
        Card("0000000000000000", "VISA", Verdict.REFUSED, "recorded"),
        Card("5555555555554444", "MASTER", Verdict.APPROVED, "assumed"),
        Card("3530111333300000", "JCB", Verdict.APPROVED, "assumed", JCB_AMEX),
        Card("378282246310005", "AMEX", Verdict.APPROVED, "assumed", JCB_AMEX),
        Card("4000000000000333", "VISA", Verdict.SECURE, "assumed"),
    )
}
SECURE_CARD = next(card for card in CARDS.values() if card.verdict == Verdict.SECURE)


def judge(typed: Mapping[str, str], now: datetime) -> tuple[Verdict, Card | None]:
    """Judge `card_number` (spaces and hyphens allowed), `expire_m`, `expire_y` and `security_code`.

    The card is there where its verdict is APPROVED or SECURE.
    """
    card = CARDS.get(re.sub(r"[ -]", "", typed.get("card_number", "")))
    if card is None:
        return Verdict.UNKNOWN, None
    month, year = typed.get("expire_m", ""), typed.get("expire_y", "")
    if not re.fullmatch(r"0?[1-9]|1[0-2]", month) or not re.fullmatch(r"20[0-9]{2}", year):
        return Verdict.EXPIRED, None
    # A card is good to the end of its month.
    if (int(year), int(month)) < (now.year, now.month):
        return Verdict.EXPIRED, None
    if not re.fullmatch(r"[0-9]{3,4}", typed.get("security_code", "")):
        return Verdict.NO_CODE, None
    return card.verdict, None if card.verdict == Verdict.REFUSED else card
