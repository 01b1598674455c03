"""An order as receive_order3.cgi takes it; knows no HTTP and no database."""

from dataclasses import dataclass, field

from . import codes, methods
from .codes import STORES, Store
from .fields import Fields, as_carried
from .merchant import Merchant
from .refusals import (
    CONTRACT_NOT_ACTIVE,
    METHOD_NOT_CONTRACTED,
    NOT_AN_ORDER,
    REFUSALS,
    Refused,
)
from .rules import DEFERRED_RULES, DIRECT_RULES, NEEDED, RULES, check, pattern

CONTRACT_SHAPE = pattern(r"[A-Za-z0-9]{8}")


@dataclass(frozen=True, kw_only=True)
class Order:
    """A checked order, every field by Epsilon's own name and as Epsilon echoes it; `received` as it was sent."""

    contract_code: str
    user_id: str = field(repr=False)
    user_name: str = field(repr=False)
    user_mail_add: str = field(repr=False)
    item_code: str
    item_name: str
    order_number: str
    st_code: str
    mission_code: str
    item_price: int
    process_code: str
    memo1: str = field(repr=False)
    memo2: str = field(repr=False)
    lang_id: str
    currency_id: str
    received: dict[str, str] = field(repr=False)


def check_contract(fields: Fields, merchant: Merchant) -> None:
    """Raise Refused where the request names no contract that may be used.

    502 for no order at all (assumed), 607 for a code that cannot be one, 907 for another's or a sleeping one
    (documented, FAQ).
    """
    if not fields.values.keys() & (RULES.keys() | {"contract_code"}):
        raise Refused(NOT_AN_ORDER)
    if fields.repeated("contract_code") or not CONTRACT_SHAPE(fields["contract_code"]):
        raise Refused(REFUSALS["contract_code"])
    if fields["contract_code"] != merchant.contract_code or not merchant.active:
        raise Refused(CONTRACT_NOT_ACTIVE)


def check_fields(fields: Fields) -> None:
    """Raise Refused (601, 909) for the first wrong field of those that the process_code needs.

    A field that is sent twice is wrong (assumed).
    """
    check(fields, RULES, NEEDED.get(fields["process_code"]))


def read_order(fields: Fields, merchant: Merchant) -> tuple[Order, Store | None]:
    """The order that checked fields describe, and the store where they ask for konbini direct.

    Raises Refused: 907 for the methods, 601 for a price above all their limits or a field of the method's own.
    """
    charged = fields["process_code"] in ("1", "2")
    order = Order(
        contract_code=merchant.contract_code,
        user_id=fields["user_id"],
        user_name=as_carried(fields["user_name"]) or "",
        user_mail_add=fields["user_mail_add"],
        item_code=fields["item_code"] if charged else "",
        item_name=(as_carried(fields["item_name"]) or "") if charged else "",
        order_number=fields["order_number"] if charged else "",
        st_code=codes.spelled_out(fields["st_code"]),
        mission_code=fields["mission_code"] if charged else methods.ONE_CHARGE,
        item_price=int(fields["item_price"]) if charged else 0,
        process_code=fields["process_code"],
        memo1=as_carried(fields["memo1"]) or "",
        memo2=as_carried(fields["memo2"]) or "",
        lang_id=fields["lang_id"] or "ja",
        currency_id=fields["currency_id"] or "JPY",
        received={name: values[0] for name, values in fields.values.items()},
    )
    offered = check_methods(order, merchant)
    if methods.DEFERRED in offered:
        check(fields, DEFERRED_RULES, None if len(offered) == 1 else fields.values)
    if codes.positions(order.st_code) != (methods.KONBINI,) or not fields["conveni_code"]:
        return order, None
    check(fields, DIRECT_RULES)
    store = STORES[fields["conveni_code"]]
    if store.needs_phone and not fields["user_tel"]:
        raise Refused(REFUSALS["user_tel"])
    return order, store


def check_methods(order: Order, merchant: Merchant) -> list[int]:
    """The positions that can take the order; raises Refused where none can."""
    named = methods.named(order.st_code, order.mission_code, order.process_code, order.currency_id)
    if not any(method.position in merchant.methods for method in named):
        raise Refused(METHOD_NOT_CONTRACTED)
    offered = methods.offered(named, order.item_price, merchant.methods)
    if not offered:
        raise Refused(REFUSALS["item_price"])
    return [method.position for method in offered]
