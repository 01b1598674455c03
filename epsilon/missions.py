"""The monthly plans as data: what each of their months costs. Decides nothing, computes no price."""

from dataclasses import dataclass
from enum import Enum


class Cost(Enum):
    """What a month of a plan costs, in Japanese and in English."""

    FREE = ("無料", "free")
    FULL = ("全額", "the full price")
    PRO_RATA = ("日割り", "a share for its days")
    ONE_MONTH = ("1か月分", "the price of one month")

    def __init__(self, ja: str, en: str) -> None:
        self.ja = ja
        self.en = en


@dataclass(frozen=True)
class Mission:
    """A monthly plan: what the ``joining`` and the ``leaving`` month cost, and ``both`` where they are the same one."""

    joining: Cost
    leaving: Cost
    both: Cost


MISSIONS = {
    2: Mission(Cost.FULL, Cost.FREE, Cost.ONE_MONTH),
    3: Mission(Cost.FULL, Cost.FULL, Cost.ONE_MONTH),
    4: Mission(Cost.FULL, Cost.PRO_RATA, Cost.ONE_MONTH),
    5: Mission(Cost.FREE, Cost.FREE, Cost.FREE),
    6: Mission(Cost.FREE, Cost.FULL, Cost.ONE_MONTH),
    7: Mission(Cost.FREE, Cost.PRO_RATA, Cost.PRO_RATA),
    8: Mission(Cost.PRO_RATA, Cost.FREE, Cost.PRO_RATA),
    9: Mission(Cost.PRO_RATA, Cost.FULL, Cost.ONE_MONTH),
    10: Mission(Cost.PRO_RATA, Cost.PRO_RATA, Cost.PRO_RATA),
}
"""The monthly plans by ``mission_code`` (clients); 1 is a single charge (documented)."""
