"""One purchase is paid once: which earlier attempt stands in the way of a new one. Knows no web pages."""

import logging
import time

import epsilon
import orders
import settlement
from orders import OrderRecord, Word

logger = logging.getLogger(__name__)
S = orders.OrderState

# How long the second of two equal requests waits for what the first one is told.
TWIN_SECONDS, TWIN_PAUSE_SECONDS = 5.0, 0.1


def is_twin(earlier: OrderRecord, order: epsilon.Order, *, st: str) -> bool:
    """Tell whether an attempt of the same form asked for the same, and still leads somewhere."""
    return orders.is_same_order(earlier, order, st) and bool(earlier.redirect or earlier.state is S.WRITTEN)


def find_obstacle(client: epsilon.Client, *, purchase: str) -> OrderRecord | None:
    """Return an attempt of this purchase that is paid, or may be: Epsilon is asked about those that are open.

    A buyer who left an unpaid page may try again; nothing else is ever sent twice on a guess.
    """
    for attempt in orders.attempts_of(purchase):
        known = settle_if_possible(client, Word.PERSON, attempt) if attempt.state in orders.OPEN_STATES else attempt
        if known.state not in (S.SENT, S.REFUSED, S.EXPIRED, S.CANCELLED):
            return known
    return None


def settle_if_possible(client: epsilon.Client, word: Word, record: OrderRecord) -> OrderRecord:
    """Settle ``record``; where Epsilon cannot be asked, say so in the log and return it as it is."""
    try:
        return settlement.settle(client, word, order_number=record.order_number) or record
    except epsilon.EpsilonError as error:
        logger.warning("order %s not settled: %s", record.order_number, type(error).__name__)
        return record


def wait_for_answer(record: OrderRecord) -> OrderRecord:
    """Return ``record`` once the request that is sending it has its answer, or after ``TWIN_SECONDS``."""
    deadline = time.monotonic() + TWIN_SECONDS
    while record.state is S.WRITTEN and time.monotonic() < deadline:
        time.sleep(TWIN_PAUSE_SECONDS)
        record = orders.find_known(order_number=record.order_number)
    return record
