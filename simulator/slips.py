"""What is paid by a number: konbini slips, Pay-easy, virtual accounts; their deadline, and the money that comes in."""

from datetime import timedelta

from . import notices
from .codes import ACCOUNT_STORE, PAYEASY_STORE, STORES, Store
from .environment import Environment
from .methods import ACCOUNT, KONBINI, PAYEASY
from .tables import Stage, State, Transaction

# The methods that are paid at a place of their own, not at a konbini.
PLACES = {PAYEASY: PAYEASY_STORE, ACCOUNT: ACCOUNT_STORE}


def issue(
    here: Environment, transaction: Transaction, store: Store, host_url: str, position: int = KONBINI
) -> Transaction | None:
    """Give an open order a receipt number for `store`; None where the buyer already did something else.

    Numbers are made up from the trans_code. The long ones begin with zeros, as recorded ones can, so that a
    shop which stores them as integers finds out.
    """
    receipt_no = transaction.trans_code.zfill(store.digits)[-store.digits :]
    now = here.timestamp()
    return here.ledger.move(
        transaction,
        Stage.SLIP,
        payment_code=str(position),
        last_update=now,
        conveni_code=store.code,
        receipt_no=receipt_no,
        kigyou_code=store.company_code,
        # Letters, digits and : / . ~ ? = & only, by the vendor's table.
        haraikomi_url=f"{host_url}slip?receipt={receipt_no}" if store.has_slip else "",
        receipt_date=now,
        conveni_limit=(here.now() + timedelta(days=here.merchant.conveni_days)).strftime("%Y-%m-%d"),
    )


def place(transaction: Transaction) -> Store:
    """Where an issued slip is paid."""
    return PLACES.get(int(transaction.payment_code)) or STORES[transaction.conveni_code]


def expired(here: Environment, transaction: Transaction) -> bool:
    """Whether the deadline has passed; after it no counter takes the money (documented)."""
    passed = here.now().strftime("%Y-%m-%d") > transaction.conveni_limit
    return transaction.stage == Stage.EXPIRED or passed


def expire(here: Environment, transaction: Transaction) -> bool:
    """Let an unpaid slip expire before its time; `state` stays 0 (assumed). False where it is no open slip."""
    return transaction.stage == Stage.SLIP and here.ledger.move(transaction, Stage.EXPIRED) is not None


def pay(here: Environment, transaction: Transaction) -> bool:
    """Take the money at the counter and tell the shop; False where the slip cannot be paid (any more)."""
    if transaction.stage != Stage.SLIP or expired(here, transaction):
        return False
    now = here.timestamp()
    paid = here.ledger.move(transaction, Stage.COUNTER, state=State.PAID, paid=1, conveni_time=now, last_update=now)
    if paid:
        notices.send(here, paid, notices.PAYMENT)
    return paid is not None
