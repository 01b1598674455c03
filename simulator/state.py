"""The whole memory at once: forget everything, or remember a few examples."""

from dataclasses import replace
from itertools import count
from urllib.parse import urlencode

from sqlalchemy import delete, text

from . import slips
from .codes import PAYEASY_STORE, STORES
from .environment import Environment
from .fields import read_fields
from .merchant import Merchant
from .orders import read_order
from .tables import Base, Kept, Stage, State, Transaction

BASE = {
    "version": "2", "user_id": "example", "user_name": "山田 太郎", "user_mail_add": "taro@example.com",
    "item_code": "TEA-1", "item_name": "煎茶", "mission_code": "1", "item_price": "1080", "process_code": "1",
    "memo1": "", "memo2": "", "xml": "1", "character_code": "UTF8",
}  # fmt: skip

DELIVERY = {"delivery_code": "99", "user_tel": "0312345678"} | {
    f"{who}_{name}": value
    for who in ("consignee", "orderer")
    for name, value in {
        "postal": "1500043", "name": "山田 太郎", "address": "東京都渋谷区道玄坂1-1", "tel": "0312345678",
    }.items()
}  # fmt: skip

CARD, CONVENI, PAY_EASY, DEFERRED, PAYPAY = (
    "-".join(["".join("1" if place == method else "0" for place in group) for group in (
        range(1, 6), range(6, 10), range(10, 15), range(15, 20), range(20, 25), range(25, 30), range(30, 35))])
    for method in (1, 3, 7, 18, 25)
)  # fmt: skip

# st_code, store of a slip, then the stage and state to which it is moved, if any, and the payment_code.
EXAMPLES: tuple[tuple[str, str, Stage | None, State, str], ...] = (
    (CARD, "", None, State.NOT_PAID, ""),
    (CARD, "", Stage.CHARGED, State.PAID, "1"),
    (CARD, "", Stage.CHARGED, State.AUTHORISED, "1"),
    (CARD, "", Stage.BACK, State.NOT_PAID, "1"),
    (CONVENI, "11", None, State.NOT_PAID, "3"),
    (CONVENI, "31", Stage.COUNTER, State.PAID, "3"),
    (CONVENI, "21", Stage.EXPIRED, State.NOT_PAID, "3"),
    (PAY_EASY, PAYEASY_STORE.code, None, State.NOT_PAID, "7"),
    (DEFERRED, "", Stage.CHARGED, State.REVIEW, "18"),
    (PAYPAY, "", Stage.CHARGED, State.CANCELLED, "25"),
)


def reset(here: Environment) -> None:
    """Forget transactions, members, notices, requests, faults and the moved clock; the console stays as it is.

    The next order gets the first trans_code again.
    """
    with here.ledger.session.begin() as session:
        for table in Base.metadata.sorted_tables:
            if table is not Kept.__table__:
                session.execute(delete(table))
        # Requests count on: one that is still waiting must not come back under another's number.
        session.execute(text("DELETE FROM sqlite_sequence WHERE name != 'exchanges'"))
    here.faults.clear()
    here.now.reset()
    here.orders, here.inquiries = count(), count()


def seed(here: Environment, host_url: str) -> list[Transaction]:
    """Ten examples, EXAMPLE01 to EXAMPLE10, the same every time; the shop hears nothing of them.

    Raises Refused (604) where they are there already.
    """
    return [example(here, host_url, number) for number in range(1, len(EXAMPLES) + 1)]


def example(here: Environment, host_url: str, number: int) -> Transaction:
    """Register one example and move it to where it belongs."""
    st_code, conveni_code, stage, state, payment_code = EXAMPLES[number - 1]
    fields = BASE | {
        "contract_code": here.contract_code, "order_number": f"EXAMPLE{number:02}", "st_code": st_code,
    }  # fmt: skip
    fields |= DELIVERY if st_code == DEFERRED else {}
    order, _ = read_order(
        read_fields(urlencode(fields).encode()), replace(Merchant(), contract_code=here.contract_code)
    )
    now = here.timestamp()
    done = here.ledger.register(order, token=f"example{number:06}", now=now, payment_code=payment_code)
    if conveni_code:
        store = {**STORES, PAYEASY_STORE.code: PAYEASY_STORE}[conveni_code]
        done = slips.issue(here, done, store, host_url, int(payment_code)) or done
    times: dict[str, str | int] = {"conveni_time": now, "paid": 1} if stage == Stage.COUNTER else {}
    if stage == Stage.CHARGED:
        times = {"credit_time": now}
    return (here.ledger.move(done, stage, state=state, last_update=now, **times) if stage else None) or done
