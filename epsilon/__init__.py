"""A client for GMO Epsilon's link-type payment CGIs. Knows no web framework and no database; copy this folder.

Needs ``requests`` and ``defusedxml``. Read it in this order: ``errors``, ``codes``, ``stores``, ``missions``,
``advice``, ``wire``, ``origin``, ``deadline``, ``exchange``, ``rules``, ``order``, ``sale``, ``answers``, ``client``.
"""

from .advice import ERRORS, Advice, advise
from .answers import Done, Receipt, Redirect, UserInfo
from .client import BETA, PRODUCTION, Client
from .codes import (
    AUTHORISED_FOR,
    METHODS,
    MONTHLY_LIMIT,
    ST_CODES,
    Method,
    Source,
    State,
    method_of,
    methods_in,
    st_code,
)
from .errors import BadAnswer, EpsilonError, FieldError, InvalidOrder, NoAnswer, Refused, Unreachable
from .exchange import Exchange
from .missions import MISSIONS, Cost, Mission
from .order import Order
from .sale import JAPAN, Sale, read_sale
from .stores import STORES, Store

__all__ = [
    "AUTHORISED_FOR",
    "BETA",
    "ERRORS",
    "JAPAN",
    "METHODS",
    "MISSIONS",
    "MONTHLY_LIMIT",
    "PRODUCTION",
    "STORES",
    "ST_CODES",
    "Advice",
    "BadAnswer",
    "Client",
    "Cost",
    "Done",
    "EpsilonError",
    "Exchange",
    "FieldError",
    "InvalidOrder",
    "Method",
    "Mission",
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
    "UserInfo",
    "advise",
    "method_of",
    "methods_in",
    "read_sale",
    "st_code",
]
