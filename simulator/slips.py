"""Konbini slips: their receipt numbers, their deadline, and the money that comes in for them."""

from datetime import timedelta

from . import notices
from .codes import KONBINI, Store
from .environment import Environment
from .ledger import PAID, Stage, Transaction

LIMIT = timedelta(days=10)  # from the day of the order (documented, recorded)


def issue(here: Environment, transaction: Transaction, store: Store, host_url: str) -> Transaction | None:
    """Give an open order a receipt number for `store`; None where the buyer already did something else.

    Numbers are made up from the trans_code. The long ones begin with zeros, as recorded ones can, so that a
    shop which stores them as integers finds out.
    """
    receipt_no = transaction.trans_code.zfill(store.digits)[-store.digits :]
    now = here.timestamp()
    return here.ledger.move(
        transaction,
        Stage.SLIP,
        payment_code=str(KONBINI),
        last_update=now,
        conveni_code=store.code,
        receipt_no=receipt_no,
        kigyou_code=store.company_code,
        # Letters, digits and : / . ~ ? = & only, by the vendor's table.
        haraikomi_url=f"{host_url}slip?receipt={receipt_no}" if store.has_slip else "",
        receipt_date=now,
        conveni_limit=(here.now() + LIMIT).strftime("%Y-%m-%d"),
    )


def expired(here: Environment, transaction: Transaction) -> bool:
    """Whether the deadline has passed; after it no counter takes the money (documented)."""
    return here.now().strftime("%Y-%m-%d") > transaction.conveni_limit


def pay(here: Environment, transaction: Transaction) -> bool:
    """Take the money at the counter and tell the shop; False where the slip cannot be paid (any more)."""
    if transaction.stage != Stage.SLIP or expired(here, transaction):
        return False
    now = here.timestamp()
    paid = here.ledger.move(transaction, Stage.COUNTER, state=PAID, paid=PAID, conveni_time=now, last_update=now)
    if paid:
        notices.send_payment(here, paid)
    return paid is not None
