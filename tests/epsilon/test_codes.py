"""The tables: methods, plans, stores, and what to do about each error code."""

from typing import Any

import pytest

from epsilon import (
    ERRORS,
    METHODS,
    MISSIONS,
    ST_CODES,
    STORES,
    Cost,
    Mission,
    Source,
    advise,
    method_of,
    methods_in,
    st_code,
)


@pytest.mark.parametrize("position", METHODS)
def test_an_answers_payment_code_names_its_method(position: int) -> None:
    """A method's position in ``st_code`` is its ``payment_code`` in answers."""
    assert method_of(str(position)) is METHODS[position]


DELIVERY = (
    *("orderer_postal", "orderer_name", "orderer_address", "orderer_tel"),
    *("consignee_postal", "consignee_name", "consignee_address", "consignee_tel", "user_tel"),
)


def test_what_is_known_of_each_method() -> None:
    """Highest price and its source; cancel, capture, new amount; what the buyer gives; currencies. As documented."""
    documented, clients, assumed = Source.DOCUMENTED, Source.CLIENTS, Source.ASSUMED
    yen = ("JPY",)
    assert {
        method.payment_code: (
            (method.limit, method.limit_source),
            (method.can_cancel, method.can_capture, method.can_change_amount),
            method.needs,
            method.currencies,
        )
        for method in METHODS.values()
    } == {
        "1": ((9_999_999, documented), (True, True, True), (), yen),
        "3": ((299_999, documented), (False, False, False), (), yen),
        "4": ((9_999_999, documented), (False, False, False), (), yen),
        "5": ((9_999_999, documented), (False, False, False), (), yen),
        "7": ((9_999_999, documented), (False, False, False), (), yen),
        "8": ((199_999, documented), (False, False, False), (), yen),
        "9": ((499_999, documented), (True, True, False), (), yen),
        "11": ((499_999, documented), (True, False, False), (), yen),
        "12": ((199_999, documented), (False, False, False), (), yen),
        "13": ((99_999, documented), (False, False, False), (), yen),
        "15": ((30_000, documented), (True, True, False), (), yen),
        "16": ((50_000, documented), (False, False, False), (), yen),
        "17": ((9_999_999, documented), (False, False, False), (), yen),
        "18": ((49_999, documented), (True, False, False), DELIVERY, yen),
        "19": ((9_999_999, assumed), (False, False, False), (), ("JPY", "KRW")),
        "22": ((9_999_999, clients), (False, False, False), (), yen),
        "25": ((9_999_999, clients), (True, True, False), (), yen),
    }


def test_every_method_has_two_names() -> None:
    """Each is its own in both languages, and the English one is ASCII."""
    assert all(method.ja and method.en.isascii() for method in METHODS.values())
    assert len({method.ja for method in METHODS.values()}) == len({m.en for m in METHODS.values()}) == len(METHODS)


@pytest.mark.parametrize("positions", [*([position] for position in METHODS), [1, 3, 18], sorted(METHODS)])
def test_an_st_code_tells_its_methods(positions: list[int]) -> None:
    """What was put in is read out again."""
    assert methods_in(st_code(*positions)) == positions


def test_an_st_code_in_short_and_with_strangers() -> None:
    """Two short forms are in use; digits whose methods are not known count too; all zeros offer nothing."""
    assert methods_in("10100-0000-00001") == [1, 3, 14]
    assert methods_in("10100-0001-0001") == [1, 3, 9, 13]
    assert methods_in("11111-1111-11111-11111-11111-11111-11111") == list(range(1, 35))
    assert methods_in("00000-0000-00000-00000-00000-00000-00000") == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "card",
            "10000-0000",
            "10000-0000-000",
            "10000-0000-000000",
            "10000-0000-00000-00000",
            "10000 0000 0000",
        ),
        *("1" * 34, "20000-0000-00000", "１0000-0000-00000", "10000-0000-00000\n", " 10000-0000-00000"),
        "10000-0000-0000-00000-00000-00000-00000",
        "10000-0000-00000-00000-00000-00000-00000-00000",
    ],
)
def test_what_is_no_st_code(text: str) -> None:
    """Neither too few digits nor too many, and no other characters."""
    with pytest.raises(ValueError, match="an st_code is digits of 0 and 1"):
        methods_in(text)


def test_what_the_months_of_a_plan_cost() -> None:
    """Nine plans: three ways to join times three ways to leave, and what it costs to do both in one month."""
    free, full, pro_rata, one_month = Cost.FREE, Cost.FULL, Cost.PRO_RATA, Cost.ONE_MONTH
    assert {
        2: Mission(joining=full, leaving=free, both=one_month),
        3: Mission(joining=full, leaving=full, both=one_month),
        4: Mission(joining=full, leaving=pro_rata, both=one_month),
        5: Mission(joining=free, leaving=free, both=free),
        6: Mission(joining=free, leaving=full, both=one_month),
        7: Mission(joining=free, leaving=pro_rata, both=pro_rata),
        8: Mission(joining=pro_rata, leaving=free, both=pro_rata),
        9: Mission(joining=pro_rata, leaving=full, both=one_month),
        10: Mission(joining=pro_rata, leaving=pro_rata, both=pro_rata),
    } == MISSIONS
    assert {cost: (cost.ja, cost.en) for cost in Cost} == {
        free: ("無料", "free"),
        full: ("全額", "the full price"),
        pro_rata: ("日割り", "a share for its days"),
        one_month: ("1か月分", "the price of one month"),
    }


def test_jcb_and_amex_are_cards() -> None:
    """Answers for these two brands carry 2, which is no position of its own."""
    assert method_of("2") is METHODS[1]


@pytest.mark.parametrize("payment_code", ["", "0", "6", "99", "-1", "1.0", "01", "٣", "３", "²", "card", "9" * 5000])
def test_a_payment_code_that_is_not_known_names_none(payment_code: str) -> None:
    """What Epsilon says is not trusted to be a number, nor a short one."""
    assert method_of(payment_code) is None


@pytest.mark.parametrize("position", METHODS)
def test_st_code_has_one_digit_for_each_method(position: int) -> None:
    """34 digits, grouped 5-4-5-5-5-5-5; the method's own is 1."""
    code = st_code(position)
    assert [len(group) for group in code.split("-")] == [5, 4, 5, 5, 5, 5, 5]
    assert code.replace("-", "") == "0" * (position - 1) + "1" + "0" * (34 - position)


@pytest.mark.parametrize("position", [0, 2, 6, 34, 35, 99, -1])
def test_st_code_offers_only_methods_that_are_known(position: int) -> None:
    """No digit is lost without a word, and 2 is a brand in answers, not a method."""
    with pytest.raises(ValueError, match=rf"no method is known at position {position}; METHODS has"):
        st_code(1, position)


@pytest.mark.parametrize("position", ["1", True, 1.0, None])
def test_st_code_takes_numbers(position: Any) -> None:
    """Text that looks like a position would offer nothing."""
    with pytest.raises(TypeError, match="a position is an int, like 1 for the credit card"):
        st_code(position)


def test_st_code_offers_something() -> None:
    """An order without a way to pay is a mistake."""
    with pytest.raises(ValueError, match="at least one method"):
        st_code()


def test_the_four_choices_of_the_vendors_samples() -> None:
    """They are as in the samples, digit for digit."""
    assert ST_CODES == {
        "card": "10000-0000-00000-00000-00000-00000-00000",
        "normal": "10100-0000-00000-00010-00000-00000-00000",
        "conveni": "00100-0000-00000-00000-00000-00000-00000",
        "atobarai": "00000-0000-00000-00010-00000-00000-00000",
    }


def test_every_store_says_how_to_pay_there() -> None:
    """Five stores, each with as many steps in English as in Japanese; three need a phone number."""
    assert {code: (store.en, store.needs_tel) for code, store in STORES.items()} == {
        "11": ("Seven-Eleven", False),
        "21": ("FamilyMart", False),
        "31": ("Lawson", True),
        "32": ("Seicomart", True),
        "33": ("Ministop", True),
    }
    for store in STORES.values():
        assert len(store.steps_ja) == len(store.steps_en) > 0
        assert all([store.ja, *store.steps_ja, *store.steps_en])


@pytest.mark.parametrize("err_code", ["502", "601", "604", "605", "607", "801", "810", "907", "908", "909"])
def test_there_is_advice_for_every_code_that_is_known(err_code: str) -> None:
    """The buyer and the developer are told something, in both languages, and it is said how it is known."""
    advice = advise(err_code)
    assert advice is ERRORS[err_code]
    assert all([advice.buyer_ja, advice.buyer_en, advice.developer_ja, advice.developer_en])
    assert not advice.buyer_ja.isascii()
    assert not advice.developer_ja.isascii()
    assert advice.buyer_en.isascii()
    assert advice.source in (Source.RECORDED, Source.DOCUMENTED)


def test_the_known_codes_are_these_ten() -> None:
    """No code has been added without a test."""
    assert sorted(ERRORS) == ["502", "601", "604", "605", "607", "801", "810", "907", "908", "909"]


@pytest.mark.parametrize("err_code", ["", "0", "999", "6011", "決済"])
def test_there_is_advice_for_an_unknown_code_too(err_code: str) -> None:
    """It sends the developer to the console, and the buyer, in the end, to the shop."""
    advice = advise(err_code)
    assert advice == advise("none of them")
    assert all([advice.buyer_ja, advice.buyer_en, advice.developer_ja, advice.developer_en])
    assert advice.source is Source.ASSUMED
