"""What went over the wire, kept for developers while they integrate: never in production. Shows nothing."""

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app
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

PERSONAL = re.compile(r"contract_code|user_(id|name|name_kana|mail_add|tel)|memo[12]|(orderer|consignee)_\w+|receipt_no|haraikomi_url|card_number_mask|redirect")  # fmt: skip
"""The fields that are masked until somebody asks: whose order it is, what lets one pay it, and the contract."""


class ExchangeRecord(Base):
    """One call: of the shop to a CGI, or of a browser or Epsilon to the shop (``path`` is then the shop's own).

    ``reference`` is the exchange of the log and of the order's events.
    """

    __tablename__ = "exchanges"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime, default=lambda: datetime.now(UTC))
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
    answer = read(exchange.body).fields
    _add(
        reference=reference,
        path=path,
        fields=dict(exchange.fields),
        order_number=exchange.fields.get("order_number") or answer.get("order_number", ""),
        trans_code=exchange.fields.get("trans_code") or answer.get("trans_code", ""),
        status=exchange.status,
        content_type=exchange.headers.get("Content-Type", ""),
        body=exchange.body,
        seconds=exchange.seconds,
    )


def keep_visit(path: str, fields: dict[str, str], *, status: int, body: bytes = b"") -> None:
    """Write down that a browser came back, or that Epsilon called, and what the shop replied. Never raises."""
    named = {name: fields.get(name, "") for name in ("order_number", "trans_code")}
    _add(reference="", path=path, fields=fields, status=status, body=body, **named)


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


def about(order: OrderRecord) -> list[ExchangeRecord]:
    """Return what went over the wire about an order, oldest first."""
    by_number = ExchangeRecord.order_number == order.order_number
    by_code = ExchangeRecord.trans_code == order.trans_code
    which = or_(by_number, by_code) if order.trans_code else by_number
    with reading() as here:
        return list(here.scalars(select(ExchangeRecord).where(which).order_by(ExchangeRecord.id)))


def read(body: bytes) -> Reading:
    """Read an answer as ``epsilon`` does, and say why so."""
    try:
        values = list(attributes_of(body).values())
        fields = decode_answer(body)
    except UnreadableAnswer as error:
        return Reading("", str(error), {})
    charset = charset_of(values)
    if all(value.isascii() for value in values):
        return Reading("ASCII", "all bytes are ASCII, so there is nothing to choose", fields)
    if charset == "utf-8":
        return Reading("UTF-8", "all values are valid UTF-8 and hold kana or kanji of three bytes", fields)
    return Reading("CP932", "the values are no UTF-8 text in Japanese; the XML declaration is not believed", fields)


def masked(fields: dict[str, str]) -> dict[str, str]:
    """Return ``fields`` with the personal ones hidden."""
    return {name: "•••" if value and PERSONAL.fullmatch(name) else value for name, value in fields.items()}


def masked_body(body: bytes) -> bytes:
    """Return an answer's bytes with the personal values hidden."""

    def hide(found: re.Match[bytes]) -> bytes:
        is_personal = PERSONAL.fullmatch(found[1].decode("ascii", "replace")) and found[2]
        return found[1] + b'="***"' if is_personal else found[0]

    return re.sub(rb'(\w+)\s*=\s*"([^"]*)"', hide, body)
