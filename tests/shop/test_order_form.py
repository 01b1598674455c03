"""What the order form takes, refuses, keeps and ignores."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask

from catalog import ITEMS
from orders import OrderRecord
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token, order_number_of


def errors_at(page: str) -> dict[str, str]:
    """Return what the page says is wrong, by field."""
    return dict(re.findall(r'class="error" id="([a-z_0-9]+)-error">([^<]*)<', page))


def test_every_item_has_a_picture_and_a_price(buyer: Buyer) -> None:
    """The shelf shows all of the catalog, and the pictures are there."""
    page = buyer.open("/").text
    for item in ITEMS.values():
        assert item.ja in page
        assert f"{item.price:,}円" in page
        assert buyer.open(f"/static/items/{item.picture}").mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    "quantity",
    ["0", "-1", "1.5", "1e9", "", "100", "9" * 5000, "00000000100", "000000001" + "0" * 5000, "一", "0x1", "1 2"],
)
def test_a_quantity_that_is_none_gets_a_message_at_its_field(buyer: Buyer, quantity: str) -> None:
    """Whatever is no whole number from 1 to 99 is answered at the field, with 422."""
    answer = buyer.order(quantity=quantity)
    assert answer.status_code == 422
    assert errors_at(answer.text) == {"quantity": "1から99までの整数を入力してください。"}


def test_two_quantities_get_a_message_at_the_field(buyer: Buyer) -> None:
    """A field that came twice is not guessed at."""
    answer = buyer.order(quantity=["1", "2"])
    assert answer.status_code == 422
    assert errors_at(answer.text) == {"quantity": "値が二つ以上送られました。一つだけ入力してください。"}


def test_full_width_digits_are_a_quantity(buyer: Buyer, book: Callable[[str], OrderRecord]) -> None:
    """What a Japanese keyboard types is understood."""
    place = buyer.order(quantity=" 3 ", st="conveni", conveni_code="11").location
    record = book(order_number_of(buyer.open(place)))
    assert (record.quantity, record.item_price, record.item_name) == (3, 2940, "ふじりんご 3個 × 3")


def test_the_price_is_the_catalogs(buyer: Buyer, book: Callable[[str], OrderRecord]) -> None:
    """No field of the form can change a price, a name or an order number."""
    place = buyer.order(
        st="conveni", conveni_code="11", item_price="1", price="1", item_name="x", order_number="MINE1"
    ).location
    record = book(order_number_of(buyer.open(place)))
    assert (record.item_price, record.item_name) == (980, "ふじりんご 3個")
    assert record.order_number != "MINE1"


def test_all_mistakes_are_named_at_once_and_nothing_typed_is_lost(buyer: Buyer) -> None:
    """One look at the form is enough: each field says its own, the summary links to each, all is kept."""
    answer = buyer.order(
        quantity="0",
        user_name="𠮷野 🍵",
        user_mail_add="hanako+apples@example.com",
        st="conveni",
        conveni_code="31",
        user_tel="123",
        user_name_kana="Hanako",
        user_id="who are you",
        memo1="—",
    )
    assert answer.status_code == 422
    assert errors_at(answer.text) == {
        "quantity": "1から99までの整数を入力してください。",
        "user_name": "イプシロンでは使えない文字があります: 𠮷 🍵",
        "user_mail_add": "半角英数字と . - _ @ だけを使ってください。",
        "user_tel": "電話番号は、数字だけで10桁か11桁です。",
        "user_name_kana": "全角カタカナで入力してください。",
        "user_id": "半角英数字と . - + / @ だけを使ってください。",
        "memo1": "イプシロンでは使えない文字があります: —",
    }
    for field in errors_at(answer.text):
        assert f'<a href="#{field}">' in answer.text
    kept = ("𠮷野 🍵", "hanako+apples@example.com", "123", "Hanako", "who are you", "—")
    for value in kept:
        assert f'value="{value}"' in answer.text
    assert '<option value="31" selected>' in answer.text


def test_a_mistake_leaves_no_order_and_asks_nobody(shop: Flask, to_epsilon: requests.Session, buyer: Buyer) -> None:
    """Checked first, then written down, then sent: a typing error leaves no dead order."""
    nobody = ScriptedEpsilon(b"")
    to_epsilon.mount(EPSILON, nobody)
    assert buyer.order(user_name="").status_code == 422
    assert buyer.orders() == []
    assert nobody.asked == []


@pytest.mark.parametrize(
    ("field", "value"), [("item_code", "gold"), ("st", "free"), ("conveni_code", "99"), ("item_code", "")]
)
def test_a_choice_that_is_not_on_the_form_is_refused(buyer: Buyer, field: str, value: str) -> None:
    """A tampered choice is a message at its field."""
    choice: dict[str, Any] = {"st": "conveni", field: value}
    answer = buyer.order(**choice)
    assert answer.status_code == 422
    assert list(errors_at(answer.text)) == [field]


def test_the_konbini_limit_is_told_at_the_quantity(buyer: Buyer) -> None:
    """Eight kettles are over what konbini takes; seven are not."""
    over = buyer.order(item_code="kettle", quantity="8", st="conveni")
    assert errors_at(over.text) == {"quantity": "このお支払い方法では299,999円までです。"}
    assert buyer.order(item_code="kettle", quantity="7", st="conveni").status_code == 303


def test_konbini_fields_are_ignored_for_other_ways_to_pay(buyer: Buyer) -> None:
    """What is left over in hidden fields does not stand in the way of a card."""
    assert buyer.order(st="card", conveni_code="31", user_tel="x", user_name_kana="x").status_code == 303


def test_two_part_kana_are_joined(buyer: Buyer, book: Callable[[str], OrderRecord]) -> None:
    """Kana typed as two characters, which CP932 cannot carry, arrive as one."""
    place = buyer.order(user_name="か\u3099とう 﨑", st="conveni", conveni_code="11").location
    assert book(order_number_of(buyer.open(place))).user_name == "がとう 﨑"


def test_the_language_changes_and_keeps_what_was_typed(buyer: Buyer) -> None:
    """The switch on the form is a button: nothing is checked, ordered or lost."""
    token = csrf_token(buyer.open("/"))
    english = buyer.open(
        "/?lang=en", csrf_token=token, user_name="髙橋", quantity="x", st="conveni", item_code="sencha"
    )
    assert english.status_code == 200
    for kept in ('value="髙橋"', 'value="x"', 'value="conveni" id="st-conveni" checked', 'value="sencha" checked'):
        assert kept in english.text
    assert "Place the order and pay" in english.text
    assert errors_at(english.text) == {}
    assert "Place the order and pay" in buyer.open("/").text  # the choice is kept
    assert "注文してお支払いへ進む" in buyer.open("/?lang=ja").text
    assert "注文してお支払いへ進む" in buyer.open("/?lang=xx").text


def test_a_form_without_its_token_orders_nothing_and_keeps_what_was_typed(shop: Flask, buyer: Buyer) -> None:
    """A forged or outdated form gets a sentence, 400, and the entries again."""
    answer = buyer.order(csrf_token="forged", user_name="髙橋")
    assert answer.status_code == 400
    assert "注文はされていません。入力された内容は残っています。" in answer.text
    assert 'value="髙橋"' in answer.text
    assert buyer.orders() == []


def test_the_integrators_fold_is_not_in_production(
    open_shop: Callable[..., Flask], to_epsilon: requests.Session
) -> None:
    """In production nobody can choose a user_id or memos; what is sent all the same is ignored."""
    shop = open_shop(
        EPSILON_ENV="production",
        EPSILON_CONTRACT_CODE="99999999",
        SHOP_URL="https://shop.example.com",
        SECRET_KEY="s" * 32,
    )
    scripted = ScriptedEpsilon(b"")
    to_epsilon.mount("https://secure.epsilon.jp", scripted)
    visitor = shop.test_client()
    base = "https://shop.example.com"
    page = visitor.get("/", base_url=base)
    assert "user_id" not in page.text
    assert "シミュレータ" not in page.text
    entries = {
        "csrf_token": csrf_token(page), "item_code": "apple", "quantity": "1", "st": "card",
        "user_name": "花子", "user_mail_add": "hanako@example.com", "user_id": "victim", "memo1": "m",
    }  # fmt: skip
    visitor.post("/orders", base_url=base, data=entries, headers={"Referer": base + "/"})
    sent = str(scripted.asked[0].body)
    assert "user_id=guest-" in sent
    assert "victim" not in sent
    assert "memo1" not in sent


def test_a_quantity_that_is_not_sent_is_not_guessed(buyer: Buyer) -> None:
    """The form's usual one is for the eye, not for a machine that leaves the field out."""
    form = buyer.form() | {"item_code": "apple", "st": "card", "user_name": "花子", "user_mail_add": "h@example.com"}
    assert list(errors_at(buyer.open("/orders", **form).text)) == ["quantity"]


@pytest.mark.parametrize("body", ['{"user_name": 5}', "[1, 2]", '"x"', "{bad", '{"user_name": "\\ud800"}', "[" * 5000])
@pytest.mark.parametrize("address", ["/orders", "/?lang=en"])
def test_json_is_no_form(buyer: Buyer, address: str, body: str) -> None:
    """It brings no token, and is answered like every form without one."""
    answer = buyer.shop.post(address, base_url=SHOP, data=body, content_type="application/json")
    assert answer.status_code == 400


def test_a_file_is_no_text(buyer: Buyer) -> None:
    """A file where a field should be is as good as nothing in the field."""
    files = {name: (io.BytesIO(b"x"), "x.txt") for name in ("quantity", "user_name", "memo1")}
    answer = buyer.shop.post("/orders", base_url=SHOP, data=buyer.form() | {"item_code": "apple", "st": "card"} | files)
    assert answer.status_code == 422
    assert {"quantity", "user_name", "user_mail_add"} <= set(errors_at(answer.text))
