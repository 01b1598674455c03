"""What Epsilon says of a transaction becomes one typed value."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epsilon import JAPAN, Sale, State, read_sale
from epsilon.wire import decode_answer
from tests.epsilon.sales import PAID_AT_FAMILYMART, PAID_BY_CARD, WAITING_AT_LAWSON
from tests.samples import INQUIRY_CARD, INQUIRY_KONBINI, KONBINI_DIRECT


def test_a_card_inquiry_is_read_whole() -> None:
    """Every field is typed or kept in ``extra``."""
    assert read_sale(decode_answer(INQUIRY_CARD.body)) == PAID_BY_CARD


def test_a_konbini_receipt_is_read_whole() -> None:
    """The receipt of a konbini direct order tells what the buyer needs at the till."""
    assert read_sale(decode_answer(KONBINI_DIRECT.body)) == WAITING_AT_LAWSON


def test_a_konbini_inquiry_is_read_whole() -> None:
    """The inquiry adds when it was paid, and the company code of the stores that have one."""
    assert read_sale(decode_answer(INQUIRY_KONBINI.body)) == PAID_AT_FAMILYMART


@given(st.permutations(list(decode_answer(INQUIRY_KONBINI.body).items())))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_the_order_of_the_fields_means_nothing(pairs: list[tuple[str, str]]) -> None:
    """The same fields in any order are the same sale."""
    assert read_sale(dict(pairs)) == PAID_AT_FAMILYMART


def test_times_are_japans_wherever_the_shop_is() -> None:
    """Epsilon's times carry no zone; here they are aware, nine hours ahead of UTC."""
    assert PAID_BY_CARD.last_update == datetime(2018, 7, 17, 1, 41, 27, tzinfo=UTC)


@given(st.datetimes().map("{:%Y-%m-%d %H:%M:%S}".format))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_a_time_can_be_told_in_every_zone(text: str) -> None:
    """What was read as a time moves to any other zone, and to the next day, without raising."""
    sale = read_sale({"last_update": text, "conveni_limit": text[:10]})
    for hours in (-12, 0, 14):
        if sale.last_update:
            assert sale.last_update.astimezone(timezone(timedelta(hours=hours))) == sale.last_update
    if sale.conveni_limit:
        assert datetime.combine(sale.conveni_limit, time.max, JAPAN) + timedelta(days=1) > datetime(
            1900, 1, 1, tzinfo=UTC
        )


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNRECOGNISED])
def test_every_known_state_is_read(state: State) -> None:
    """The seven states that are known are told apart."""
    sale = read_sale({"state": state.value})
    assert (sale.state, sale.extra) == (state, {})


@pytest.mark.parametrize("state", ["2", "01", " 1", "１", "paid", "-1", "1.0"])
def test_a_state_that_is_not_known_is_neither_paid_nor_lost(state: str) -> None:
    """An unknown state is UNRECOGNISED, and its text is in ``extra``."""
    sale = read_sale({"state": state})
    assert (sale.state, sale.extra) == (State.UNRECOGNISED, {"state": state})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("item_price", "-1"),
        ("item_price", "1,000"),
        ("item_price", "980.0"),
        ("item_price", "９８０"),
        ("item_price", "9" * 5000),
        ("conveni_limit", "2015-02-30"),
        ("conveni_limit", "0000-00-00"),
        ("conveni_limit", "tomorrow"),
        ("conveni_limit", "0001-01-01"),
        ("conveni_limit", "1899-12-31"),
        ("conveni_limit", "9999-12-31"),
        ("conveni_time", "2015-01-16"),
        ("conveni_time", "0001-01-01 00:00:00"),
        ("last_update", "1899-12-31 23:59:59"),
        ("receipt_date", "9999-12-31 23:59:59"),
        ("receipt_date", "2015-01-16 08:30:61"),
        ("last_update", "2015-01-16T08:30:31+09:00"),
    ],
)
def test_a_value_that_cannot_be_read_is_kept(name: str, text: str) -> None:
    """What is no number or no date is ``None``, and its text is in ``extra``."""
    sale = read_sale({name: text})
    assert (getattr(sale, name), sale.extra) == (None, {name: text})


@pytest.mark.parametrize(
    ("text", "paid", "extra"),
    [("1", True, {}), ("0", False, {}), ("", False, {}), ("9", False, {"paid": "9"}), ("１", False, {"paid": "１"})],
)
def test_only_one_is_paid(text: str, paid: bool, extra: dict[str, str]) -> None:
    """``paid`` is true for ``1`` alone."""
    sale = read_sale({"paid": text})
    assert (sale.paid, sale.extra) == (paid, extra)


def test_no_fields_are_a_sale_that_says_nothing() -> None:
    """Reading never fails, and an absent field is not paid."""
    nothing = Sale(trans_code="", order_number="", contract_code="", state=State.UNRECOGNISED, item_price=None)
    assert read_sale({}) == nothing
    empty = read_sale(dict.fromkeys(decode_answer(INQUIRY_KONBINI.body), ""))
    assert empty == replace(nothing, extra={"keitai": "", "due_date": "", "add_info": ""})


def test_the_fields_are_not_changed_by_reading() -> None:
    """The caller's dict stays as it was."""
    fields = decode_answer(INQUIRY_CARD.body)
    read_sale(fields)
    assert fields == decode_answer(INQUIRY_CARD.body)


@given(st.dictionaries(st.sampled_from(list(decode_answer(INQUIRY_KONBINI.body))), st.text()))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_every_text_is_somewhere_in_the_sale(fields: dict[str, str]) -> None:
    """Whatever comes, reading does not fail, and what is not typed is in ``extra`` as it came."""
    sale = read_sale(fields)
    for name, text in fields.items():
        assert name in sale.extra or hasattr(sale, name)
        assert sale.extra.get(name, text) == text


def test_a_sale_shows_nobody_in_a_log() -> None:
    """``repr`` has the number, the price and the state, and nothing personal; a sale cannot be changed."""
    shown = repr(replace(PAID_AT_FAMILYMART, memo2="二階へ"))
    for personal in ("guest-1", "ヤマダ", "yamada@example.com", "memo1", "二階へ", "123456789012", "econ_sample"):
        assert personal not in shown
    assert "order_number='1234567801'" in shown
    sale: Any = PAID_BY_CARD
    with pytest.raises(FrozenInstanceError):
        sale.state = State.UNPAID
