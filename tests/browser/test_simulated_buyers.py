"""A buyer at the simulator's own pages in a real browser, which applies their Content-Security-Policy."""

import re
from itertools import count

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.http_servers import Town
from tests.simulator.simulator_people import ORDER, RECEIVE_ORDER, decoded, only

NUMBERS = count(1)


def arrive(page: Page, town: Town, position: int, **changes: str) -> None:
    """Some shop sends an order that one method alone can pay, and the buyer follows."""
    order = ORDER | only(position) | {"order_number": f"BROWSER{next(NUMBERS)}", "lang_id": "en"} | changes
    page.goto(decoded(requests.post(town.epsilon + RECEIVE_ORDER, data=order, timeout=10).content)["redirect"])


def press(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()


def expect_return(page: Page, town: Town) -> None:
    """The browser is at the shop, which does not know this order."""
    expect(page).to_have_url(re.compile(re.escape(f"{town.shop}/return?")))


def test_by_card_with_3d_secure(page: Page, town: Town) -> None:
    """Failed first, passed then."""
    arrive(page, town, 1)
    for button in ("Fail", "Pass"):
        page.get_by_label("Card number").fill("4000 0000 0000 0333")
        page.get_by_label("Security code").fill("123")
        press(page, "Pay now")
        expect(page.get_by_role("heading", name="3-D Secure")).to_be_visible()
        press(page, button)
    expect_return(page, town)


def test_at_a_konbini(page: Page, town: Town) -> None:
    """A store, its number, and home."""
    arrive(page, town, 3)
    page.get_by_label("FamilyMart").check()
    press(page, "Get the receipt number")
    expect(page.get_by_text("20020")).to_be_visible()
    press(page, "Return to the shop")
    expect_return(page, town)


def test_by_pay_easy(page: Page, town: Town) -> None:
    """The numbers, then paid at the counter of the simulator."""
    arrive(page, town, 7)
    press(page, "Get the receipt number")
    expect(page.get_by_text("58888")).to_be_visible()
    page.get_by_role("link", name="Pay at the counter").click()
    page.get_by_role("button", name="Pay this slip").first.click()
    expect(page.get_by_text("paid by the number").first).to_be_visible()


@pytest.mark.parametrize("position", [5, 12, 25])
def test_by_somebody_elses_page(page: Page, town: Town, position: int) -> None:
    """Refused, and then paid."""
    arrive(page, town, position)
    press(page, "Be refused")
    expect(page.get_by_role("alert")).to_have_text("The payment was refused.")
    press(page, "Pay now")
    expect_return(page, town)


def test_by_deferred_payment(page: Page, town: Town) -> None:
    """Under review on the buyer's page, authorised on the transaction's."""
    arrive(page, town, 18)
    press(page, "Apply, review pending")
    expect_return(page, town)
    trans_code = page.url.split("trans_code=")[1].split("&")[0]
    page.goto(f"{town.epsilon}/transactions/{trans_code}")
    page.get_by_role("button", name="Review: authorise").click()
    expect(page.get_by_text("5 authorised")).to_be_visible()


def test_home_by_post_and_home_twice(page: Page, town: Town) -> None:
    """The policy of the page lets the form reach the shop; both links open it."""
    arrive(page, town, 25)
    press(page, "Pay, return by POST")
    press(page, "Return by POST")
    expect_return(page, town)
    arrive(page, town, 25)
    press(page, "Pay, return twice")
    for name in ("First time", "Second time"):
        with page.context.expect_page() as opened:
            page.get_by_role("link", name=name).click()
        expect(opened.value).to_have_url(re.compile(re.escape(f"{town.shop}/return?")))


def test_the_merchant_console_is_set_by_hand(page: Page, town: Town) -> None:
    """Each button saves its own item; a URL as sender is told what is wrong."""
    page.goto(f"{town.epsilon}/console")
    item = page.locator("#conveni_days")
    item.get_by_role("textbox").fill("5")
    item.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("saved")
    page.locator("#senders").get_by_role("textbox").fill("http://www.epsilon.jp")
    page.locator("#senders").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("An IP address or a host name, not a URL.")
    expect(page.locator("#conveni_days").get_by_role("textbox")).to_have_value("5")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_buyers_page_scrolls_sideways(page: Page, town: Town, width: int) -> None:
    """At a phone's width nothing sticks out, in either language, nor in the console."""
    page.set_viewport_size({"width": width, "height": 800})
    for position in (1, 3, 5, 7, 18):
        for lang_id in ("ja", "en"):
            arrive(page, town, position, lang_id=lang_id)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (position, lang_id)
    for address in ("/", "/console", "/counter"):
        page.goto(town.epsilon + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
