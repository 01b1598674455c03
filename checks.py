"""What `flask epsilon check` finds out, as data: one Check for each thing looked at. Looks at nothing itself."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a check came out."""

    OK = "ok"
    UNKNOWN = "unknown"
    WRONG = "wrong"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: how it came out, what was seen, and what to do about it, sentence by sentence."""

    name: str
    result: Result
    says: str
    remedy: tuple[str, ...] = ()


class Obstacle(Exception):
    """Nothing behind this can be looked at: what was seen, and what to do about it."""

    def __init__(self, says: str, *remedy: str, result: Result = Result.WRONG) -> None:
        super().__init__(says)
        self.says, self.remedy, self.result = says, remedy, result
