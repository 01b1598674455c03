"""What went over the wire, kept for developers while they integrate: never in production. Shows nothing."""

import json
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import LargeBinary, String, Text, delete, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

import epsilon
from database import Base, UtcTime, reading, writing
from epsilon.wire import UnreadableAnswer, attributes_of, charset_of, decode_answer
from orders import OrderRecord

logger = logging.getLogger(__name__)

KEPT = 1_000
"""So many, the newest."""
LONGEST_BODY = 64 * 1024

PERSONAL = re.compile(
    r"contract_code|user_(id|name|name_kana|mail_add|tel)|memo[12]|(orderer|consignee)_\w+"
    r"|receipt_no|haraikomi_url|card_number_mask|redirect"
)
"""The fields that are masked until somebody asks: whose order it is, what lets one pay it, and the contract."""


class ExchangeRecord(Base):
    """One call: of the shop to a CGI, or of a browser or Epsilon to the shop (``path`` is then the shop's own).

    ``reference`` is the exchange of the log and of the order's events.
    """

    __tablename__ = "exchanges"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    order_number: Mapped[str] = mapped_column(Text, index=True, default="")
    trans_code: Mapped[str] = mapped_column(Text, index=True, default="")
    path: Mapped[str] = mapped_column(Text)
    sent: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    content_type: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    seconds: Mapped[float] = mapped_column(default=0.0)

    @property
    def fields(self) -> dict[str, str]:
        """What was sent, by name."""
        fields: dict[str, str] = json.loads(self.sent)
        return fields

    @property
    def is_ours(self) -> bool:
        """Whether the shop called Epsilon, and not the other way round."""
        return self.path.startswith(("/cgi-bin/", "/client/"))


@dataclass(frozen=True)
class Reading:
    """How an answer's bytes were read: the charset and why, and the fields; or why it could not be read."""

    charset: str
    reason: str
    fields: dict[str, str]


def keep(exchange: epsilon.Exchange, reference: str, path: str) -> None:
    """Write down an exchange of the shop with Epsilon. Never raises: a payment matters more."""
    answer = {}
    with suppress(UnreadableAnswer):
        answer = decode_answer(exchange.body)
    _add(
        reference=reference,
        at=datetime.now(UTC) - timedelta(seconds=exchange.seconds),
        path=path,
        fields=dict(exchange.fields),
        order_number=exchange.fields.get("order_number") or answer.get("order_number", ""),
        trans_code=exchange.fields.get("trans_code") or answer.get("trans_code", ""),
        status=exchange.status,
        content_type=exchange.headers.get("Content-Type", ""),
        body=exchange.body,
        seconds=exchange.seconds,
    )


def keep_visit(path: str, fields: dict[str, str], at: datetime, body: bytes = b"") -> None:
    """Write down that a browser came back, or that Epsilon called, and what the shop replied to it. Never raises."""
    named = {name: fields.get(name, "") for name in ("order_number", "trans_code")}
    seconds = (datetime.now(UTC) - at).total_seconds()
    _add(reference="", path=path, fields=fields, at=at, seconds=seconds, body=body, **named)


def _add(*, fields: dict[str, str], body: bytes, **columns: object) -> None:
    try:
        with writing() as here:
            record = ExchangeRecord(**columns, sent=json.dumps(fields), body=body[:LONGEST_BODY])
            here.add(record)
            here.flush()
            here.execute(delete(ExchangeRecord).where(ExchangeRecord.id <= record.id - KEPT))
    except SQLAlchemyError as error:
        logger.warning("exchange not kept: %s", type(error).__name__)


def are_kept() -> bool:
    """Tell whether this shop keeps them at all."""
    return bool(current_app.config["EPSILON_ENV"] != "production")


def is_known(named: dict[str, str]) -> bool:
    """Tell whether an ``order_number`` or ``trans_code`` is one of ours."""
    keys = [getattr(OrderRecord, name) == named[name] for name in ("order_number", "trans_code") if named.get(name)]
    if not keys:
        return False
    with suppress(SQLAlchemyError), reading() as here:
        return here.scalar(select(OrderRecord.id).where(or_(*keys)).limit(1)) is not None
    return False  # nor can a row be kept now


def about(order: OrderRecord) -> list[ExchangeRecord]:
    """Return what went over the wire about an order, oldest first."""
    by_number = ExchangeRecord.order_number == order.order_number
    by_code = ExchangeRecord.trans_code == order.trans_code
    which = or_(by_number, by_code) if order.trans_code else by_number
    with reading() as here:
        return list(here.scalars(select(ExchangeRecord).where(which).order_by(ExchangeRecord.id)))


def all_kept(order_number: str = "") -> list[ExchangeRecord]:
    """Return everything that is kept, or what is about one order, oldest first."""
    chosen = select(ExchangeRecord).order_by(ExchangeRecord.id)
    with reading() as here:
        return list(here.scalars(chosen.filter_by(order_number=order_number) if order_number else chosen))


def read(body: bytes) -> Reading:
    """Read an answer as ``epsilon`` does, and say why so."""
    try:
        values = list(attributes_of(body).values())
        fields = decode_answer(body)
    except UnreadableAnswer as error:
        return Reading("", str(error), {})
    charset = charset_of(values)
    if all(value.isascii() for value in values):
        return Reading("ASCII", _l("all bytes are ASCII, so there is nothing to choose"), fields)
    if charset == "utf-8":
        return Reading("UTF-8", _l("all values are valid UTF-8 and hold kana or kanji of three bytes"), fields)
    return Reading("CP932", _l("the values are no UTF-8 text in Japanese; the XML declaration is not believed"), fields)


def masked(fields: dict[str, str]) -> dict[str, str]:
    """Return ``fields`` with the personal ones hidden."""
    return {name: "•••" if value and PERSONAL.fullmatch(name) else value for name, value in fields.items()}


def masked_body(body: bytes) -> bytes:
    """Return an answer's bytes with the personal values hidden."""

    def hide(found: re.Match[bytes]) -> bytes:
        is_personal = PERSONAL.fullmatch(found[1].decode("ascii", "replace")) and found[2]
        return found[1] + b'="***"' if is_personal else found[0]

    return re.sub(rb'(\w+)\s*=\s*"([^"]*)"', hide, body)


def fixture_name(each: ExchangeRecord) -> str:
    """Return the name of an exchange's fixture: its date in Japan, its CGI, its number."""
    return f"{each.at.astimezone(epsilon.JAPAN):%Y-%m-%d}-{each.path.rpartition('/')[2]}-{each.id}.json"


def fixture(each: ExchangeRecord) -> dict[str, object]:
    """Return an exchange to keep in a repository: its date and shape, and the answer without anything personal."""
    return {
        "date": f"{each.at.astimezone(epsilon.JAPAN):%Y-%m-%d}",
        "environment": current_app.config["EPSILON_ENV"],
        "path": each.path,
        "sent": masked(each.fields),
        "status": each.status,
        "content_type": each.content_type,
        "body": masked_body(each.body).decode("latin-1"),
        "charset": read(each.body).charset,
        "seconds": round(each.seconds, 3),
    }
