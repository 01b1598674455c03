"""One purchase is paid once: double clicks, two tabs, forms sent again, back and again, answers that were lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

import settlement
from database import reading, writing
from orders import OrderRecord, lock
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token, hidden_fields

Book = Callable[[str], OrderRecord]


def count_orders(shop: Flask) -> int:
    """Return how many orders are in the book."""
    with shop.app_context(), reading() as here:
        return here.scalar(select(func.count()).select_from(OrderRecord)) or 0


def test_a_double_click_is_one_order_and_one_redirect(shop: Flask, buyer: Buyer) -> None:
    """The same form sent twice leads both times to the same page of Epsilon."""
    form = buyer.form()
    first, second = buyer.order(form=form), buyer.order(form=form)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert count_orders(shop) == 1


def test_ten_clicks_at_once_are_one_order(shop: Flask, buyer: Buyer) -> None:
    """Also where they arrive before Epsilon has answered the first."""
    form = buyer.form()
    entries = {
        "item_code": "apple",
        "quantity": "1",
        "user_name": "花子",
        "user_mail_add": "h@example.com",
        "st": "card",
    }
    cookie = buyer.shop.get_cookie("shop_session")
    assert cookie

    def click(_: int) -> str:
        browser = shop.test_client(use_cookies=False)
        headers = {"Cookie": f"shop_session={cookie.value}"}
        return browser.post("/orders", base_url="http://localhost:8000", data=form | entries, headers=headers).location

    with ThreadPoolExecutor(10) as crowd:
        places = set(crowd.map(click, range(10)))
    assert len(places) == 1
    assert places.pop().startswith(f"{EPSILON}/cgi-bin/order/card3.cgi")
    assert count_orders(shop) == 1


def test_the_same_form_with_other_entries_is_another_attempt(shop: Flask, buyer: Buyer) -> None:
    """Who goes back in the browser and changes the quantity does not pay the old price."""
    form = buyer.form()
    first = buyer.order(form=form)
    second = buyer.order(form=form, quantity="2")
    assert second.status_code == 303
    assert first.location != second.location
    assert count_orders(shop) == 2


def test_after_back_the_same_form_gets_a_new_number(shop: Flask, buyer: Buyer) -> None:
    """Back uses the number up (604), so what the browser still has of the old form makes a new attempt."""
    form = buyer.form()
    first = buyer.order(form=form)
    back = buyer.pay_by_card(first.location, action="back")
    buyer.open(back.location)
    second = buyer.order(form=form)
    assert second.location.startswith(f"{EPSILON}/cgi-bin/order/card3.cgi")
    assert first.location != second.location
    assert count_orders(shop) == 2


def test_a_purchase_that_is_paid_cannot_be_ordered_again(shop: Flask, buyer: Buyer) -> None:
    """A form of another tab, sent after the payment, leads to the receipt; the next form is a new purchase."""
    tab, other_tab = buyer.form(), buyer.form()
    paid = buyer.pay_by_card(buyer.order(form=tab).location)
    again = buyer.order(form=other_tab)
    assert (again.status_code, again.location.startswith("/orders/")) == (303, True)
    assert "お支払いを確認しました" in buyer.open(again.location).text
    assert count_orders(shop) == 1
    assert paid.status_code == 303
    assert buyer.order().location.startswith(EPSILON)
    assert count_orders(shop) == 2


def test_an_older_receipt_does_not_end_this_purchase(shop: Flask, buyer: Buyer) -> None:
    """Who looks at what was paid last week, or is led to it by a stranger, still pays today's purchase once."""
    buyer.pay_by_card(buyer.order().location)
    receipt = f"/orders/{buyer.orders()[0].token}"
    buyer.open(receipt)
    tab, other_tab = buyer.form(), buyer.form()
    buyer.open(receipt)
    assert buyer.form()["purchase"] == tab["purchase"]
    buyer.pay_by_card(buyer.order(form=tab).location)
    assert buyer.order(form=other_tab).location == f"/orders/{buyer.orders()[0].token}"
    assert count_orders(shop) == 2


def test_a_payment_that_nobody_told_us_of_is_found_before_a_second_one(
    shop: Flask, epsilon: Flask, buyer: Buyer, to_epsilon: requests.Session
) -> None:
    """Paid in one tab, the notice lost, and ordered again in another: the shop asks before it sends."""
    epsilon.extensions["environment"].session.mount(SHOP, ScriptedEpsilon(requests.ConnectionError()))
    tab, other_tab = buyer.form(), buyer.form()
    buyer.pay_by_card(buyer.order(form=tab).location)
    again = buyer.order(form=other_tab)
    assert "お支払いを確認しました" in buyer.open(again.location).text
    assert count_orders(shop) == 1


@pytest.mark.parametrize("same_form", [True, False])
def test_nothing_is_sent_twice_on_a_guess(
    shop: Flask, epsilon: Flask, buyer: Buyer, to_epsilon: requests.Session, same_form: bool
) -> None:
    """While an attempt is unknown a second one leads to the page that says so, until the first is surely dead."""
    joined = to_epsilon.get_adapter(EPSILON)
    form = buyer.form()
    to_epsilon.mount(EPSILON, ScriptedEpsilon(requests.ReadTimeout("no answer")))
    assert buyer.order(form=form).status_code == 502
    to_epsilon.mount(EPSILON, joined)
    again = buyer.order(form=form if same_form else None)
    page = buyer.open(again.location)
    assert "ご注文を確認中です" in page.text
    assert count_orders(shop) == 1
    with shop.app_context(), writing() as here:
        record = here.scalars(select(OrderRecord)).one()
        lock(here, record)[0].created_at -= settlement.UNREGISTERED_AFTER + timedelta(seconds=1)
    buyer.open(again.location, csrf_token=csrf_token(page))
    assert "ご注文の期限が切れました" in buyer.open(again.location).text
    assert buyer.order(form=form if same_form else None).location.startswith(EPSILON)
    assert count_orders(shop) == 2


def test_a_refused_form_can_be_corrected_and_sent(shop: Flask, buyer: Buyer, to_epsilon: requests.Session) -> None:
    """The form that comes back after err_code is a new one of the same purchase."""
    joined = to_epsilon.get_adapter(EPSILON)
    refusal = b'<Epsilon_result><result result="0" /><result err_code="502" /></Epsilon_result>'
    to_epsilon.mount(EPSILON, ScriptedEpsilon(refusal))
    form = buyer.form()
    refused = buyer.order(form=form)
    returned = hidden_fields(refused)
    assert returned["purchase"] == form["purchase"]
    assert returned["form_key"] != form["form_key"]
    to_epsilon.mount(EPSILON, joined)
    assert buyer.order(form=returned).location.startswith(EPSILON)
    assert count_orders(shop) == 2


def test_after_a_crash_between_answer_and_redirect_the_buyer_finds_the_payment_page(shop: Flask, buyer: Buyer) -> None:
    """The order page leads on to where Epsilon wanted the buyer."""
    sent = buyer.order()
    page = buyer.open(f"/orders/{buyer.orders()[0].token}").text
    assert "お支払い画面へ進む" in page
    assert sent.location.replace("&", "&amp;") in page


@pytest.mark.parametrize("key", ["form_key", "purchase"])
@pytest.mark.parametrize("value", ["", "x", "<b>", "k" * 5000, "' OR 1=1"])
def test_mangled_keys_are_replaced(buyer: Buyer, key: str, value: str) -> None:
    """A key that this shop cannot have made is as good as none."""
    mangled: dict[str, Any] = {key: value}
    assert buyer.order(**mangled).location.startswith(EPSILON)


def test_a_strangers_keys_lead_to_nothing_of_theirs(buyer: Buyer, stranger: Buyer) -> None:
    """A form without the keys of the first buyer has no way to the first buyer's order."""
    sent = buyer.order()
    other = stranger.order()
    assert sent.location != other.location
    assert parse_qs(urlsplit(sent.location).query) != parse_qs(urlsplit(other.location).query)
