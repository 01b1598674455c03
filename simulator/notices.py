"""What Epsilon tells the shop by itself: builds, sends and judges notices; knows no browser."""

import re
from urllib.parse import urlencode

import requests

from .environment import Environment
from .fields import CARRIED
from .ledger import Notice, Transaction

COMPLETION = "決済完了通知"
PAYMENT = "入金通知"

TIMEOUT = (3.0, 10.0)  # seconds to connect, and between bytes of the reply (assumed)
LONGEST_REPLY = 1024  # bytes; `1` and `0 999 MESSAGE` are short

ACCEPTED = "accepted"
SHOP_REFUSED = "refused"
WRONG = "wrong"
UNDELIVERED = "undelivered"


def send_completion(environment: Environment, transaction: Transaction) -> None:
    """Tell the shop that a payment was completed (決済完了通知; fields: clients)."""
    fields = "contract_code trans_code order_number state payment_code user_id".split()
    send(environment, transaction, COMPLETION, fields)


def send_payment(environment: Environment, transaction: Transaction) -> None:
    """Tell the shop that money came in at a counter (入金通知; fields: clients)."""
    fields = "trans_code user_id order_number paid item_price memo1 memo2 conveni_code".split()
    send(environment, transaction, PAYMENT, fields)


def send(environment: Environment, transaction: Transaction, kind: str, fields: list[str]) -> None:
    """Post one notice and write down how it went. Never raises because of the shop.

    Text is CP932 also for `version=2` (one client). No session of the ledger may be open: a good shop asks
    getsales2 before it answers.
    """
    sale = transaction.sale()
    body = urlencode({name: sale[name] for name in fields}, encoding=CARRIED)
    url = environment.shop.notice
    verdict, reply = deliver(environment.session, url, body)
    environment.ledger.add(
        Notice(
            trans_code=transaction.trans_code,
            kind=kind,
            url=url,
            sent=environment.timestamp(),
            body=body,
            reply=reply,
            verdict=verdict,
        )
    )


def deliver(session: requests.Session, url: str, body: str) -> tuple[str, str]:
    """Post `body` to `url`; the verdict and the beginning of the reply, or the kind of failure."""
    try:
        with session.post(
            url,
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as response:
            reply = next(response.iter_content(LONGEST_REPLY), b"").decode("utf-8", "replace")
    except requests.RequestException as failure:
        return UNDELIVERED, type(failure).__name__
    return judge(response.status_code, reply), f"{response.status_code} {reply}".rstrip()


def judge(status: int, reply: str) -> str:
    """What the shop's reply means: `1` accepted, `0 999 MESSAGE` refused (clients), all else wrong.

    A line end after it is forgiven (assumed).
    """
    if status != 200:
        return WRONG
    if reply.rstrip("\r\n") == "1":
        return ACCEPTED
    return SHOP_REFUSED if re.fullmatch(r"0 [0-9]{3} [^\r\n]+", reply.rstrip("\r\n")) else WRONG
