"""A client for GMO Epsilon's link-type payment CGIs. Knows no web framework and no database; copy this folder.

Needs ``requests`` and ``defusedxml``. Read it in this order: ``errors``, ``codes``, ``wire``, ``order``,
``sale``, ``client``.
"""

from .client import BETA, PRODUCTION, Client, Done, Exchange, Receipt, Redirect
from .codes import ERRORS, METHODS, ST_CODES, STORES, Advice, Method, Source, State, Store, advice, method_of, st_code
from .errors import BadAnswer, EpsilonError, FieldError, InvalidOrder, NoAnswer, Refused, Unreachable
from .order import Order
from .sale import JAPAN, Sale, read_sale

__all__ = [
    "BETA",
    "ERRORS",
    "JAPAN",
    "METHODS",
    "PRODUCTION",
    "STORES",
    "ST_CODES",
    "Advice",
    "BadAnswer",
    "Client",
    "Done",
    "EpsilonError",
    "Exchange",
    "FieldError",
    "InvalidOrder",
    "Method",
    "NoAnswer",
    "Order",
    "Receipt",
    "Redirect",
    "Refused",
    "Sale",
    "Source",
    "State",
    "Store",
    "Unreachable",
    "advice",
    "method_of",
    "read_sale",
    "st_code",
]
