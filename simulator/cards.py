"""The card that a buyer types: judged, never kept."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

# The two test numbers of the beta environment (recorded, clients).
APPROVED = "4242424242424242"
REFUSED = "0000000000000000"
# Only one number is ever approved, so every registered card looks like this (mask: recorded).
MASK = "4***-****-****-4242"


class Verdict(StrEnum):
    """What became of a typed card; the values name the sentence that the buyer reads."""

    APPROVED = "card_approved"
    REFUSED = "card_refused"
    UNKNOWN = "card_unknown"
    EXPIRED = "card_expired"
    NO_CODE = "card_no_code"


def judge(typed: Mapping[str, str], now: datetime) -> Verdict:
    """Judge `card_number` (spaces and hyphens allowed), `expire_m`, `expire_y` and `security_code`."""
    number = re.sub(r"[ -]", "", typed.get("card_number", ""))
    if number not in (APPROVED, REFUSED):
        return Verdict.UNKNOWN
    month, year = typed.get("expire_m", ""), typed.get("expire_y", "")
    if not re.fullmatch(r"0?[1-9]|1[0-2]", month) or not re.fullmatch(r"20[0-9]{2}", year):
        return Verdict.EXPIRED
    # A card is good to the end of its month.
    if (int(year), int(month)) < (now.year, now.month):
        return Verdict.EXPIRED
    if not re.fullmatch(r"[0-9]{3,4}", typed.get("security_code", "")):
        return Verdict.NO_CODE
    return Verdict.APPROVED if number == APPROVED else Verdict.REFUSED
