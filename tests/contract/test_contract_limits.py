"""How much an order can hold: the highest price of each method, and the length of each field."""

import pytest

from epsilon import st_code
from tests.contract.claims import claimed
from tests.contract.wire import DEFERRED, Epsilon, new_number

MONTHLY = {"st_code": st_code(1), "mission_code": "2"}


@pytest.mark.parametrize(
    ("limit", "method"),
    [
        claimed("2 limit: card, once", "documented", 9_999_999, {"st_code": st_code(1)}),
        claimed("2 limit: card, monthly", "documented", 30_000, MONTHLY),
        claimed("2 limit: konbini", "documented", 299_999, {"st_code": st_code(3)}),
        claimed("2 limit: PayPay Bank", "documented", 9_999_999, {"st_code": st_code(4)}),
        claimed("2 limit: Rakuten Bank", "documented", 9_999_999, {"st_code": st_code(5)}),
        claimed("2 limit: Pay-easy", "documented", 9_999_999, {"st_code": st_code(7)}),
        claimed("2 limit: WebMoney", "documented", 199_999, {"st_code": st_code(8)}),
        claimed("2 limit: Yahoo! wallet", "documented", 499_999, {"st_code": st_code(9)}),
        claimed("2 limit: PayPal", "documented", 499_999, {"st_code": st_code(11)}),
        claimed("2 limit: BitCash", "documented", 199_999, {"st_code": st_code(12)}),
        claimed("2 limit: chocom", "documented", 99_999, {"st_code": st_code(13)}),
        claimed("2 limit: carrier (clients now: 50,000)", "documented", 30_000, {"st_code": st_code(15)}),
        claimed("2 limit: JCB PREMO (clients now: 500,000)", "documented", 50_000, {"st_code": st_code(16)}),
        claimed("2 limit: SBI Sumishin Net Bank", "documented", 9_999_999, {"st_code": st_code(17)}),
        claimed("2 limit: GMO deferred payment", "documented", 49_999, DEFERRED),
        claimed("2 limit: virtual account", "clients", 9_999_999, {"st_code": st_code(22)}),
        claimed("2 limit: PayPay", "clients", 9_999_999, {"st_code": st_code(25)}),
    ],
)
def test_a_method_takes_orders_up_to_its_limit(epsilon: Epsilon, limit: int, method: dict[str, str]) -> None:
    """The limit itself is accepted, one yen more is refused."""
    at, above = (epsilon.order({**method, "item_price": str(price)}) for price in (limit, limit + 1))

    assert [at.outcome, above["result"]] == ["a redirect", "0"]


@pytest.mark.parametrize(
    ("name", "most", "more"),
    [
        claimed("2 order_number: 32 bytes", "documented", "order_number", "", "Z"),
        claimed("2 user_id: 64 bytes", "documented", "user_id", "u" * 64, "u"),
        claimed("2 user_name: 32 full-width characters", "documented", "user_name", "髙" * 32, "髙"),
        claimed("2 user_mail_add: 128 bytes", "documented", "user_mail_add", "@example.com".rjust(128, "h"), "m"),
        claimed("2 item_code: 64 bytes", "documented", "item_code", "I" * 64, "I"),
        claimed("2 item_name: 32 full-width characters", "documented", "item_name", "茶" * 32, "茶"),
        claimed("2 item_name: 64 half-width characters", "documented", "item_name", "ｱ" * 64, "ｱ"),
        claimed("2 memo1: 128 bytes", "documented", "memo1", "犬" * 64, "犬"),
        claimed("2 memo2: 128 bytes", "documented", "memo2", "m" * 128, "m"),
    ],
)
def test_a_field_holds_so_much(epsilon: Epsilon, name: str, most: str, more: str) -> None:
    """Limits are bytes in CP932: so much is accepted, one character more is refused."""
    most = most or new_number().ljust(32, "Z")

    at, above = (epsilon.order({name: value}) for value in (most, most + more))

    assert [at.outcome, above["result"]] == ["a redirect", "0"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        claimed("2 deferred: addresses sent with the order are accepted", "recorded", {}, "a redirect"),
        claimed("2 deferred: a postal code has no hyphen", "recorded", {"orderer_postal": "150-0043"}, "error 601"),
    ],
)
def test_deferred_payment_takes_addresses(epsilon: Epsilon, changes: dict[str, str], outcome: str) -> None:
    """Who ordered and who receives, with seven digits as postal code."""
    assert epsilon.order({**DEFERRED, **changes}).outcome == outcome
