"""Every way to pay, from the form to the confirmation; what each asks, and which prices it takes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import update

from catalog import ITEMS
from database import writing
from orders import OrderRecord, OrderState
from tests.people import EPSILON, SHOP, Buyer, csrf_token, order_number_of
from tests.shop.test_order_form import errors_at
from ways import WAYS

Book = Callable[[str], OrderRecord]
DELIVERY: dict[str, Any] = {
    "user_tel": "03-1234-5678",
    "orderer_postal": "123-4567",
    "orderer_address": "東京都千代田区髙①㈱ビル1-2-3",
}
AT_ONCE = "paypay carrier yahoo paypal paypaybank rakuten sbi webmoney bitcash chocom premo".split()


def done(buyer: Buyer, back: str, book: Book) -> tuple[str, OrderRecord]:
    """Come back from Epsilon's page; return the confirmation and the order."""
    page = buyer.open(buyer.open(back).location)
    return page.text, book(order_number_of(page))


@pytest.mark.parametrize("way", AT_ONCE)
def test_a_buyer_pays_on_the_providers_page(buyer: Buyer, book: Book, way: str) -> None:
    """Banks, wallets and prepaid money are paid at once, and the confirmation names the way."""
    page = page_of(buyer, buyer.order(st=way).location)
    text, record = done(buyer, buyer.open(page, action="pay").location, book)
    [position] = WAYS[way].positions
    assert (record.state, record.st, record.payment_code) == (OrderState.PAID, way, str(position))
    assert "お支払いを確認しました。ありがとうございます" in text
    assert f"<dd>{WAYS[way].ja}</dd>" in text


def test_a_buyer_gets_numbers_for_pay_easy(buyer: Buyer, book: Book) -> None:
    """Its two numbers by their names, the deadline and the steps; and paid once the money is in."""
    page = page_of(buyer, buyer.order(st="payeasy").location)
    buyer.open(page, action="issue")
    text, record = done(buyer, buyer.open(page, action="return").location, book)
    assert (record.state, record.conveni_code) == (OrderState.AWAITING, "88")
    for label in (
        "<dt>収納機関番号</dt>",
        "<dt>確認番号</dt>",
        "<h2>ペイジー</h2>",
        record.receipt_no,
        "お支払い期限",
        "ATM",
    ):
        assert label in text, label
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    assert book(record.order_number).state is OrderState.PAID


def test_a_buyer_transfers_to_an_account_of_its_own(buyer: Buyer, book: Book) -> None:
    """The account is on Epsilon's page, and nowhere in its answers; the shop waits for the money for a month."""
    page = page_of(buyer, buyer.order(st="virtual").location)
    buyer.open(page, action="issue")
    text, record = done(buyer, buyer.open(page, action="return").location, book)
    assert record.state is OrderState.SENT
    assert "お振り込みください" in text
    assert "お支払い画面へ進む" in text
    with buyer.shop.application.app_context(), writing() as here:
        here.execute(update(OrderRecord).values(created_at=record.created_at - timedelta(days=29)))
    buyer.open(f"/orders/{record.token}", csrf_token=csrf_token(buyer.open("/")))
    assert book(record.order_number).state is OrderState.SENT
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    assert book(record.order_number).state is OrderState.PAID


def page_of(buyer: Buyer, address: str) -> str:
    """Follow Epsilon to the page of the one method that is left."""
    answer = buyer.open(address)
    return page_of(buyer, f"{EPSILON}{answer.location.removeprefix(EPSILON)}") if answer.status_code == 303 else address


@pytest.mark.parametrize(
    ("action", "state", "says"),
    [
        ("pay", OrderState.AUTHORISED, "商品とは別に郵便で届く請求書でお支払いください。"),
        ("review", OrderState.UNDER_REVIEW, "お支払いを審査しています"),
        ("refuse", OrderState.REFUSED, "お支払いが承認されませんでした"),
    ],
)
def test_deferred_payment_is_reviewed(buyer: Buyer, book: Book, action: str, state: OrderState, says: str) -> None:
    """Who orders and who receives are told to Epsilon, and each end of its review has its page."""
    page = page_of(buyer, buyer.order(st="atobarai", **DELIVERY).location)
    text, record = done(buyer, buyer.open(page, action=action).location, book)
    assert record.state is state
    assert says in text
    assert "〒123-4567 東京都千代田区髙①㈱ビル1-2-3<br>髙橋 花子, 0312345678" in text


def test_deferred_payment_goes_to_somebody_else(buyer: Buyer, epsilon: Flask, book: Book) -> None:
    """A recipient of one's own is told where it is filled in, and the orderer elsewhere."""
    other: dict[str, Any] = {"consignee_name": "﨑山 太郎", "consignee_address": "北海道札幌市1-1"}
    place = buyer.order(st="atobarai", **DELIVERY, **other).location
    assert place
    [record] = buyer.orders()
    told = (record.consignee_name, record.consignee_postal, record.consignee_address, record.consignee_tel)
    assert told == ("﨑山 太郎", "1234567", "北海道札幌市1-1", "0312345678")


def test_deferred_payment_asks_for_what_it_needs(buyer: Buyer) -> None:
    """Each missing field is named once, at the field that the buyer sees."""
    needed = "入力してください。"
    answer = buyer.order(st="atobarai")
    assert answer.status_code == 422
    assert errors_at(answer.text) == dict.fromkeys(("user_tel", "orderer_postal", "orderer_address"), needed)
    wrong = buyer.order(st="atobarai", **(DELIVERY | {"orderer_postal": "12", "consignee_tel": "1"}))
    assert errors_at(wrong.text) == {
        "orderer_postal": "郵便番号は、数字だけで7桁です。",
        "consignee_tel": "電話番号は、数字だけで10桁か11桁です。",
    }


def test_another_currency(buyer: Buyer, book: Book) -> None:
    """Its own price in whole units, by card; the plan is not sold in it."""
    page = page_of(buyer, buyer.order(st="multicurrency", currency_id="KRW", quantity="2").location)
    text, record = done(buyer, buyer.pay_by_card(page).location, book)
    assert (record.state, record.item_price, record.currency_id) == (OrderState.PAID, 18_400, "KRW")
    assert "KRW 18,400" in text
    answer = buyer.order(st="multicurrency", currency_id="KRW", item_code="teabox")
    assert errors_at(answer.text)["currency_id"] == "この商品は、その通貨では販売していません。"
    yen = page_of(buyer, buyer.order(st="multicurrency").location)
    _, record = done(buyer, buyer.pay_by_card(yen).location, book)
    assert (record.state, record.item_price) == (OrderState.PAID, 980)


def test_a_currency_that_the_form_does_not_name(buyer: Buyer) -> None:
    """USD has cents, and whether Epsilon counts them is told nowhere."""
    assert list(errors_at(buyer.order(st="multicurrency", currency_id="USD").text)) == ["currency_id"]


def test_a_monthly_plan_is_paid_by_card_alone(buyer: Buyer, book: Book) -> None:
    """Its terms stand on the form and on the confirmation; another way is refused at the ways to pay."""
    terms = "申込月は全額、解約月は日割り、同じ月に申し込みと解約をすると1か月分です。"
    assert terms in buyer.open("/").text
    refused = buyer.order(item_code="teabox", st="conveni")
    assert errors_at(refused.text) == {"st": "月次課金はカードだけです。"}
    text, record = done(buyer, buyer.pay_by_card(buyer.order(item_code="teabox").location).location, book)
    assert (record.state, record.mission_code, record.item_price) == (OrderState.PAID, 4, 1_980)
    assert terms in text
    assert "月額（税込）" in text


def test_a_registered_card_is_offered_once_there_is_one(buyer: Buyer, stranger: Buyer, book: Book) -> None:
    """By its mask, to its owner, and Epsilon's page asks for no number."""
    assert "登録済みのカード" not in buyer.open("/").text
    done(buyer, buyer.pay_by_card(buyer.order().location).location, book)
    assert "4***-****-****-4242" in buyer.open("/").text
    assert "登録済みのカード" not in stranger.open("/").text
    page = page_of(buyer, buyer.order(st="registered").location)
    assert "4242" in buyer.open(page).text
    text, record = done(buyer, buyer.open(page, action="pay").location, book)
    assert (record.state, record.st) == (OrderState.PAID, "registered")
    assert "お支払いを確認しました" in text


def test_a_strangers_card_cannot_be_charged(buyer: Buyer, stranger: Buyer, book: Book) -> None:
    """Whoever types another's user_id into the integrators' fold is still only themselves to a registered card."""
    done(buyer, buyer.pay_by_card(buyer.order().location).location, book)
    [mine] = buyer.orders()
    page = stranger.open(page_of(stranger, stranger.order(st="registered", user_id=mine.user_id).location))
    assert "4***-" not in page.text
    assert [record.user_id == mine.user_id for record in stranger.orders()] == [False]


def test_while_epsilon_cannot_be_asked_the_registered_card_is_not_offered(
    buyer: Buyer, book: Book, to_epsilon: requests.Session
) -> None:
    """The form still comes."""
    done(buyer, buyer.pay_by_card(buyer.order().location).location, book)
    to_epsilon.adapters.pop(EPSILON)
    page = buyer.open("/")
    assert page.status_code == 200
    assert "登録済みのカード" not in page.text


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.name != "registered"], ids=lambda way: way.name)
def test_the_highest_price_of_each_way(buyer: Buyer, monkeypatch: pytest.MonkeyPatch, way: Any, book: Book) -> None:
    """One yen under and at the limit it can be ordered; one yen over, the quantity says why not."""
    over = {}
    for price in (way.limit - 1, way.limit, way.limit + 1):
        monkeypatch.setitem(ITEMS, "apple", type(ITEMS["apple"])("apple", "金", "Gold", "", "", price, "apple.svg"))
        direct = DELIVERY if way.name == "atobarai" else {}
        answer = buyer.order(st=way.name, **direct)
        over[price - way.limit] = (answer.status_code, errors_at(answer.text))
    told = f"このお支払い方法では{way.limit:,}円までです。"
    assert over == {-1: (303, {}), 0: (303, {}), 1: (422, {"quantity": told})}


def test_what_the_price_forbids_says_why(buyer: Buyer) -> None:
    """Without a script: a style sheet of the shelf hides the choice and shows the reason."""
    css = buyer.open("/ways.css")
    assert css.mimetype == "text/css"
    kettle = 'form:has([name="item_code"][value="kettle"]:checked) .way-'
    hidden = {name for name in WAYS if f"{kettle}{name} {{ --forbidden: none; }}" in css.text}
    assert hidden == {"carrier"}
    assert 'form:has([name="item_code"][value="teabox"]:checked) .plan-forbids { display: block; }' in css.text
    form = buyer.open("/").text
    assert "この金額には使えません（30,000円まで）。" in form
    choices = re.findall(r'<label class="choice way-(\w+)">(.*?)</label>', form, re.DOTALL)
    assert {name for name, choice in choices if "price-forbids" in choice} == {"carrier"}
    assert {name for name, choice in choices if "plan-forbids" in choice} == set(WAYS) - {"card", "registered"}


def test_the_form_offers_what_the_shop_says(
    open_shop: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    """In that order, and nothing else can be ordered; a name that is none ends the start with all that there are."""
    shop = open_shop(SHOP_METHODS="conveni, card")
    page = shop.test_client().get("/", base_url=SHOP).text
    assert page.index('value="conveni"') < page.index('value="card"')
    assert 'value="paypay"' not in page
    beta = {"EPSILON_ENV": "beta", "EPSILON_CONTRACT_CODE": "87654321", "SECRET_KEY": "s" * 32}
    assert open_shop(**beta).config["SHOP_METHODS"] == ["card", "conveni"]
    with pytest.raises(SystemExit):
        open_shop(SHOP_METHODS="card,cash")
    assert "SHOP_METHODS: cash" in capsys.readouterr().err
