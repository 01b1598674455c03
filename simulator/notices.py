"""What Epsilon tells the shop by itself: builds, sends, judges and repeats notices; knows no browser."""

import ipaddress
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import requests

from .environment import Environment, timestamp
from .fields import CARRIED
from .tables import Notice, Transaction

TIMEOUT = (3.0, 10.0)  # seconds to connect, and between bytes of the reply (assumed)
LONGEST_REPLY = 1024  # bytes; `1` and `0 999 MESSAGE` are short

# A notice that was not accepted is repeated this long after the attempt before (assumed).
REPEATS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
LATE = timedelta(minutes=10)  # how much later a notice comes that the page calls late

ACCEPTED = "accepted"
SHOP_REFUSED = "refused"
WRONG = "wrong"
UNDELIVERED = "undelivered"
WITHHELD = "withheld"
WAITING = "waiting"


class Kind(NamedTuple):
    """A kind of notice: its names, its fields in their order, the item of the console that says where it goes."""

    name: str
    en: str
    fields: str
    url: str
    source: str


# 入金通知 has probably more of the inquiry's konbini fields; these are the ones that clients read.
PAYMENT = Kind(
    "入金通知",
    "Payment notice",
    "trans_code user_id order_number paid item_price memo1 memo2 conveni_code",
    "payment_notice_url",
    "clients",
)
COMPLETION = Kind(
    "決済完了通知",
    "Completion notice",
    "contract_code trans_code order_number state payment_code user_id",
    "completion_notice_url",
    "clients",
)
DEFERRED = Kind(
    "GMO後払い状態通知",
    "Deferred status notice",
    "order_number trans_code payment_code state",
    "deferred_notice_url",
    "clients",
)
# Its fields are unpublished, and whether a server or a browser sends it.
TIMED_OUT = Kind("タイムアウト情報", "Timeout information", "trans_code order_number", "timeout_url", "assumed")
KINDS = {kind.name: kind for kind in (PAYMENT, COMPLETION, DEFERRED, TIMED_OUT)}  # fmt: skip

# What a stranger claims of an order whose number is all that they know.
CLAIMED = {"contract_code": "99999999", "state": "1", "paid": "1", "item_price": "1", "user_id": "stranger"}


def send(here: Environment, transaction: Transaction, kind: Kind, *, late: bool = False, **claimed: str) -> None:
    """Post one notice, now or `late`, with some values `claimed` instead of true. Never raises because of the shop.

    Text is CP932 also for `version=2` (one client). No session of the ledger may be open: a good shop asks
    getsales2 before it answers.
    """
    sale = transaction.sale() | claimed
    url = str(getattr(here.merchant, kind.url))
    if not url:
        return
    notice = Notice(
        trans_code=transaction.trans_code,
        kind=kind.name,
        url=url,
        body=urlencode({name: sale[name] for name in kind.fields.split()}, encoding=CARRIED),
        attempt=1,
        due=timestamp(here.now() + LATE) if late else here.timestamp(),
        sent="",
        reply="",
        verdict=WAITING,
    )
    here.ledger.add(notice)
    if not late:
        attempt(here, notice)


def send_twice(here: Environment, transaction: Transaction, kind: Kind) -> None:
    """Post the same notice twice at the same time."""
    with ThreadPoolExecutor(2) as both:
        for sent in [both.submit(send, here, transaction, kind) for _ in range(2)]:
            sent.result()


def attempt(here: Environment, notice: Notice) -> None:
    """Post a waiting notice, write down how it went, and plan its repetition where it was not accepted."""
    if not here.ledger.claim(notice):
        return
    verdict, reply = WITHHELD, "this host is not on this machine: start with --allow-foreign-notices"
    if here.allow_foreign_notices or on_this_machine(notice.url):
        verdict, reply = deliver(here.session, notice)
    here.ledger.change(notice, sent=here.timestamp(), reply=reply, verdict=verdict)
    if verdict in (ACCEPTED, WITHHELD) or notice.kind == TIMED_OUT.name or notice.attempt > len(REPEATS):
        return
    here.ledger.add(
        Notice(
            trans_code=notice.trans_code,
            kind=notice.kind,
            url=notice.url,
            body=notice.body,
            attempt=notice.attempt + 1,
            due=timestamp(here.now() + REPEATS[notice.attempt - 1]),
            sent="",
            reply="",
            verdict=WAITING,
        )
    )


def send_due(here: Environment) -> None:
    """Post every waiting notice whose time has come, oldest first."""
    for notice in reversed(here.ledger.notices(limit=100, due=here.timestamp())):
        attempt(here, notice)


def deliver(session: requests.Session, notice: Notice) -> tuple[str, str]:
    """Post a notice; the verdict and the beginning of the reply, or the kind of failure."""
    try:
        with session.post(
            notice.url,
            data=notice.body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as response:
            reply = next(response.iter_content(LONGEST_REPLY), b"").decode("utf-8", "replace")
    except requests.RequestException as failure:
        return UNDELIVERED, type(failure).__name__
    verdict = judge(response.status_code, reply)
    if notice.kind == TIMED_OUT.name and response.ok:
        verdict = ACCEPTED
    return verdict, f"{response.status_code} {reply}".rstrip()


def judge(status: int, reply: str) -> str:
    """What the shop's reply means: `1` accepted, `0 999 MESSAGE` refused (clients), all else wrong.

    A line end after it is forgiven (assumed).
    """
    if status != 200:
        return WRONG
    if reply.rstrip("\r\n") == "1":
        return ACCEPTED
    return SHOP_REFUSED if re.fullmatch(r"0 [0-9]{3} [^\r\n]+", reply.rstrip("\r\n")) else WRONG


def on_this_machine(url: str) -> bool:
    """Whether a URL names this machine: localhost, a name below it, or a loopback address."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
