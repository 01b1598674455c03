"""The inspector in a real browser: live while one watches, at phone width too."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from playwright.sync_api import Page, expect

from simulator import Server

ORDER = {
    "version": "2",
    "contract_code": "12345678",
    "user_id": "U1",
    "user_name": "髙橋 ①",
    "user_mail_add": "taro@example.com",
    "item_code": "TEA-1",
    "item_name": "煎茶" * 17,
    "order_number": "LIVE1",
    "st_code": "10000-0000-0000",
    "mission_code": "1",
    "item_price": "1080",
    "process_code": "1",
    "memo1": "",
    "memo2": "fault:never",
    "xml": "1",
    "character_code": "UTF8",
}


def order(epsilon: Server, timeout: float, **changes: str) -> str:
    """Send an order; what became of it."""
    url = f"{epsilon.url}/cgi-bin/order/receive_order3.cgi"
    try:
        return requests.post(url, data=ORDER | changes, timeout=timeout).text
    except requests.Timeout:
        return "timeout"


def test_a_request_appears_and_its_end_is_told_while_one_watches(page: Page) -> None:
    """A waiting request is in the list before its client gives up; its own page then says that it did."""
    with Server() as epsilon, ThreadPoolExecutor(1) as shop:
        page.goto(f"{epsilon.url}/requests")
        sent = shop.submit(order, epsilon, 3)
        row = page.get_by_role("link", name="receive_order3.cgi")
        expect(row).to_contain_text("waiting")

        row.click()

        expect(page.get_by_text("1 of 16 fields breaks its rule: item_name.")).to_be_visible()
        expect(page.get_by_text("68 bytes, 4 too many")).to_be_visible()
        expect(page.get_by_text("No whole answer: the client gave up after")).to_be_visible()
        assert sent.result() == "timeout"


def test_what_one_reads_is_not_taken_away(page: Page) -> None:
    """A new row leaves the focus where it is."""
    with Server() as epsilon:
        order(epsilon, 3, memo2="")
        page.goto(f"{epsilon.url}/requests")
        page.get_by_role("link", name="LIVE1").focus()

        order(epsilon, 3, memo2="", order_number="LIVE2")

        expect(page.get_by_role("link", name="LIVE2")).to_be_visible()
        expect(page.get_by_role("link", name="LIVE1")).to_be_focused()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_is_wider_than_the_window(page: Page, width: int) -> None:
    """Long values, raw bytes and tables wrap."""
    page.set_viewport_size({"width": width, "height": 800})
    with Server() as epsilon:
        order(epsilon, 3, memo1="x" * 500, memo2="")
        for path in ("/requests", "/requests/1", "/faults", "/clock"):
            page.goto(epsilon.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
