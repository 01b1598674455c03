"""What one running simulator consists of, and how its pages reach it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count

import requests
from flask import current_app

from .ledger import Ledger
from .shop import Shop

# Epsilon's times are Japan time without a zone. Japan has no summer time, so a fixed offset is the zone.
JAPAN = timezone(timedelta(hours=9), "JST")


def japan_time() -> datetime:
    """Now, in Japan."""
    return datetime.now(JAPAN)


@dataclass
class Environment:
    """One Epsilon: its only contract, that contract's shop, the ledger, the way out, the clock.

    `seed` decides the order of an inquiry's fields, together with how many were asked before.
    """

    contract_code: str
    shop: Shop
    ledger: Ledger
    session: requests.Session
    now: Callable[[], datetime]
    seed: int
    orders: Iterator[int] = field(default_factory=count)
    inquiries: Iterator[int] = field(default_factory=count)

    def timestamp(self) -> str:
        """Now, as the wire writes it: `2018-07-17 10:41:27`."""
        return self.now().strftime("%Y-%m-%d %H:%M:%S")


def environment() -> Environment:
    """The environment of the app that serves the current request."""
    here: Environment = current_app.extensions["environment"]
    return here
