"""A client for GMO Epsilon's link-type payment CGIs. Knows no web framework and no database; copy this folder.

Needs ``requests`` and ``defusedxml``. Read it in this order: ``errors``, ``codes``, ``advice``, ``wire``,
``deadline``, ``exchange``, ``rules``, ``order``, ``sale``, ``client``.
"""

from .advice import ERRORS, Advice, advise
from .client import BETA, PRODUCTION, Client, Done, Receipt, Redirect
from .codes import METHODS, ST_CODES, STORES, Method, Source, State, Store, method_of, st_code
from .errors import BadAnswer, EpsilonError, FieldError, InvalidOrder, NoAnswer, Refused, Unreachable
from .exchange import Exchange
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
    "advise",
    "method_of",
    "read_sale",
    "st_code",
]
