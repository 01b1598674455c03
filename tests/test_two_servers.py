"""The main job over real HTTP: two servers, real sockets, the bytes of protocol.md between them."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.http_servers import Town, open_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Both servers, for all tests of this file."""
    folder: Path = tmp_path_factory.mktemp("town")
    with open_town(folder) as town:
        yield town


def order(visitor: requests.Session, town: Town, **entries: str) -> requests.Response:
    """Fill in the form as a browser would, and follow the redirects."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get(town.shop, timeout=10).text)
    assert token
    usual = {"item_code": "mikan", "quantity": "1", "st": "card"}
    person = {"user_name": "髙橋①㈱ｱｲｳ～", "user_mail_add": "hanako@example.com"}
    form = {"csrf_token": token[1]} | usual | person | entries
    return visitor.post(f"{town.shop}/orders", data=form, timeout=10)


def test_a_card_is_bought_from_form_to_receipt(town: Town) -> None:
    """Shop, Epsilon's page, notice, return, inquiry and confirmation, over two hosts."""
    with requests.Session() as visitor:
        page = order(visitor, town)
        assert page.url.startswith(f"{town.epsilon}/cgi-bin/order/card3.cgi?trans_code=")
        assert "髙橋①㈱ｱｲｳ～" in page.text
        card = {"card_number": "4242 4242 4242 4242", "expire_m": "1", "expire_y": "2031", "security_code": "123"}
        receipt = visitor.post(page.url, data=card | {"action": "pay"}, timeout=10)
        assert re.fullmatch(rf"{re.escape(town.shop)}/orders/[\w-]{{43}}", receipt.url)
        assert "お支払いを確認しました。ありがとうございます" in receipt.text
        assert "髙橋①㈱ｱｲｳ～" in receipt.text


def test_a_konbini_slip_is_paid_at_the_counter(town: Town) -> None:
    """Konbini direct: the receipt at once, and paid after the money was counted."""
    with requests.Session() as visitor:
        receipt = order(visitor, town, st="conveni", conveni_code="31", user_tel="0312345678")
        assert "お支払い期限までにお支払いください" in receipt.text
        counter = visitor.get(f"{town.epsilon}/counter", timeout=10).text
        for slip in re.findall(r'name="trans_code" value="(\d+)"', counter):
            visitor.post(f"{town.epsilon}/counter", data={"trans_code": slip}, timeout=10)
        assert "お支払いを確認しました" in visitor.get(receipt.url, timeout=10).text


def test_thirty_buyers_at_once(town: Town) -> None:
    """Each gets a receipt number of their own; none gets an error."""

    def buy(_: int) -> str:
        with requests.Session() as visitor:
            receipt = order(visitor, town, st="conveni", conveni_code="11")
            found = re.search(r'class="number">(\d{13})<', receipt.text)
            assert found, receipt.text
            return found[1]

    with ThreadPoolExecutor(10) as crowd:
        assert len(set(crowd.map(buy, range(30)))) == 30
