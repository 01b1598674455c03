"""What one running simulator consists of, and how its pages reach it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count

import requests
from flask import current_app

from .clock import Clock
from .faults import Faults
from .ledger import Ledger
from .merchant import Merchant

# Epsilon's times are Japan time without a zone. Japan has no summer time, so a fixed offset is the zone.
JAPAN = timezone(timedelta(hours=9), "JST")


def japan_time() -> datetime:
    """Now, in Japan."""
    return datetime.now(JAPAN)


def timestamp(time: datetime) -> str:
    """A time as the wire writes it: `2018-07-17 10:41:27`."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class Environment:
    """One Epsilon: its only merchant, the ledger, the way out, the clock.

    `seed` decides the order of an inquiry's fields, together with how many were asked before.
    """

    merchant: Merchant
    ledger: Ledger
    session: requests.Session
    now: Clock
    seed: int
    faults: Faults = field(default_factory=Faults)
    allow_foreign_notices: bool = False
    orders: Iterator[int] = field(default_factory=count)
    inquiries: Iterator[int] = field(default_factory=count)

    @property
    def contract_code(self) -> str:
        """The only contract."""
        return self.merchant.contract_code

    def change_merchant(self, items: Mapping[str, object]) -> None:
        """Set some items of the console, and keep them over a restart. Raises WrongItem."""
        self.merchant = self.merchant.changed(items)
        self.ledger.keep("console", asdict(self.merchant))

    def timestamp(self) -> str:
        """Now, as the wire writes it."""
        return timestamp(self.now())


def environment() -> Environment:
    """The environment of the app that serves the current request."""
    here: Environment = current_app.extensions["environment"]
    return here
