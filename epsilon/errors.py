"""What can go wrong with Epsilon, sorted by what the caller should do next. Knows nothing else.

::

    EpsilonError
    ├── InvalidOrder   fix the input      nothing was sent; every problem is listed by field
    ├── Unreachable    try again          no connection was made; nothing was sent
    ├── NoAnswer       look it up first   sent, unanswered: it may have been registered
    ├── BadAnswer      look it up first   answered with something that is not Epsilon's protocol; report the body
    └── Refused        show it            Epsilon said no: err_code and err_detail

No exception of ``requests`` or of an XML parser leaves this package.
"""

from dataclasses import dataclass
from typing import Any


class EpsilonError(Exception):
    """The base of all errors of this package. They can be copied and pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception's own way calls the class with ``args``, but here these are the message.
        return type(self).__new__, (type(self), *self.args), self.__dict__


@dataclass(frozen=True)
class FieldError:
    """One broken rule of one field, in Japanese and in English, without the value that broke it.

    >>> str(FieldError("item_price", "1以上にしてください。", "Must be at least 1."))
    'item_price: Must be at least 1.'
    """

    field: str
    ja: str
    en: str

    def __str__(self) -> str:
        return f"{self.field}: {self.en}"


class InvalidOrder(EpsilonError, ValueError):
    """The order, or its new price, breaks Epsilon's rules. Nothing was sent; correct the fields and try again.

    ``errors`` maps each field name to its :class:`FieldError` list, in the order of the fields.
    """

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(" ".join(str(error) for error in errors))
        self.errors: dict[str, list[FieldError]] = {}
        for error in errors:
            self.errors.setdefault(error.field, []).append(error)


class Unreachable(EpsilonError):
    """No connection to Epsilon could be made: nothing was sent, and a retry is safe."""


class NoAnswer(EpsilonError):
    """The connection broke or timed out after it was made. An order may have been registered.

    A retry is **not** safe: ask ``get_sales(order_number=...)`` first. An inquiry may simply be repeated.
    """


class BadAnswer(EpsilonError):
    """Something answered, but not in Epsilon's protocol. An order may have been registered.

    A retry is **not** safe: ask ``get_sales(order_number=...)`` first. ``status`` is the HTTP status and
    ``body`` the bytes that came; the body may hold personal data, so it is in neither ``str`` nor ``repr``.
    """

    def __init__(self, reason: str, *, status: int, body: bytes) -> None:
        super().__init__(f"{reason} (HTTP {status}, {len(body)} bytes)")
        self.reason = reason
        self.status = status
        self.body = body


class Refused(EpsilonError):
    """Epsilon refused. Show ``code`` and ``detail`` to the buyer, as Epsilon recommends (documented).

    A retry of an order with the same ``order_number`` is refused as well (604): correct the cause, take a new number.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}:{self.detail}"
