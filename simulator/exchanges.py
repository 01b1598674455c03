"""The last calls of the CGIs as the database keeps them; knows no HTTP and no rules."""

from collections.abc import Sequence

from sqlalchemy import JSON, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .ledger import Ledger
from .tables import Base

KEPT = 500  # exchanges; older ones are dropped
LONGEST_KEPT = 64 * 1024  # bytes of each body; the sizes beside them are the true ones
LARGEST_ID = 2**63 - 1  # what SQLite can look for

ANSWERED = "answered"
WAITING = "waiting"


class Exchange(Base):
    """One request to a CGI and what became of it.

    `at` is Japan time, `seconds` how long the answer took. `outcome` is "answered", "waiting", or the words for
    what happened instead. Headers are name and value in the order in which they came, passwords masked.
    """

    __tablename__ = "exchanges"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    seconds: Mapped[float]
    method: Mapped[str]
    path: Mapped[str]
    query: Mapped[str]
    headers: Mapped[list[list[str]]] = mapped_column(JSON)
    body: Mapped[bytes]
    body_size: Mapped[int]
    order_number: Mapped[str] = mapped_column(index=True)
    fault: Mapped[str]
    outcome: Mapped[str]
    status: Mapped[int]
    answer_headers: Mapped[list[list[str]]] = mapped_column(JSON)
    answer: Mapped[bytes]
    answer_size: Mapped[int]

    @property
    def cgi(self) -> str:
        """The last part of the address: `receive_order3.cgi`."""
        return self.path.rpartition("/")[2]


def save(ledger: Ledger, exchange: Exchange) -> Exchange:
    """Write an exchange down, or write it again unless it was forgotten meanwhile; returns it with its `id`."""
    with ledger.session.begin() as session:
        if exchange.id and session.get(Exchange, exchange.id) is None:
            return exchange
        saved = session.merge(exchange)
        session.flush()
        session.execute(delete(Exchange).where(Exchange.id <= saved.id - KEPT))
    return saved


def one(ledger: Ledger, number: int) -> Exchange | None:
    """The exchange with that id, while it is kept."""
    with ledger.session() as session:
        return session.get(Exchange, number) if number <= LARGEST_ID else None


def recent(ledger: Ledger, *, order_number: str = "", cgi: str = "", limit: int = KEPT) -> Sequence[Exchange]:
    """The newest exchanges, newest first; those about an order, of one CGI, or all."""
    query = select(Exchange).order_by(Exchange.id.desc()).limit(limit)
    if order_number:
        query = query.where(Exchange.order_number.contains(order_number, autoescape=True))
    if cgi:
        query = query.where(Exchange.path.endswith(f"/{cgi}", autoescape=True))
    with ledger.session() as session:
        return session.scalars(query).all()
