"""A buyer pays, or does not: every way through the shop and Epsilon's pages."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from orders import OrderRecord, OrderState
from tests.people import EPSILON, SHOP, Buyer, csrf_token, order_number_of

Book = Callable[[str], OrderRecord]


def test_a_buyer_pays_by_card(buyer: Buyer, book: Book) -> None:
    """The order goes to Epsilon's card page, comes back by /return, and its page says paid."""
    sent = buyer.order(quantity="2")
    assert sent.status_code == 303
    assert sent.location.startswith(f"{EPSILON}/cgi-bin/order/card3.cgi?trans_code=")
    paid = buyer.pay_by_card(sent.location)
    assert paid.status_code == 303
    address = urlsplit(paid.location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{SHOP}/return"
    assert set(parse_qs(address.query)) == {"trans_code", "user_id", "result", "order_number"}
    back = buyer.open(paid.location)
    assert (back.status_code, bool(re.fullmatch(r"/orders/[\w-]{43}", back.location))) == (303, True)
    page = buyer.open(back.location)
    assert "お支払いを確認しました。ありがとうございます" in page.text
    assert "1,960円" in page.text
    assert "髙橋 花子" in page.text
    record = book(order_number_of(page))
    assert (record.state, record.item_price, record.payment_code) == (OrderState.PAID, 1960, "1")


def test_a_refused_card_can_be_followed_by_another(buyer: Buyer) -> None:
    """A refusal on Epsilon's page is not the end: the same page takes another card."""
    sent = buyer.order()
    refused = buyer.pay_by_card(sent.location, "0000000000000000")
    assert "ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。" in refused.text
    paid = buyer.pay_by_card(sent.location)
    assert "お支払いを確認しました" in buyer.open(buyer.open(paid.location).location).text


STORES = {
    "11": ("セブン-イレブン", 13, False),
    "21": ("ファミリーマート", 12, True),
    "31": ("ローソン", 6, False),
    "32": ("セイコーマート", 6, False),
    "33": ("ミニストップ", 6, False),
}


@pytest.mark.parametrize("store", STORES)
def test_a_buyer_gets_a_konbini_receipt_at_once(buyer: Buyer, book: Book, store: str) -> None:
    """Konbini direct shows store, receipt number, company code, deadline and steps; it is not drawn as paid."""
    name, digits, has_company_code = STORES[store]
    sent = buyer.order(st="conveni", conveni_code=store, user_tel="03-1234-5678", user_name_kana="たかはし ﾊﾅｺ")
    assert (sent.status_code, sent.location.startswith("/orders/")) == (303, True)
    page = buyer.open(sent.location)
    record = book(order_number_of(page))
    assert record.state is OrderState.AWAITING
    assert (record.user_tel, record.user_name_kana) == ("0312345678", "タカハシ ハナコ")
    assert re.fullmatch(rf"\d{{{digits}}}", record.receipt_no)
    assert bool(record.kigyou_code) == has_company_code
    assert record.conveni_limit is not None
    shown = [name, record.receipt_no, record.kigyou_code, f"{record.conveni_limit.year}年"]
    assert [word for word in [*shown, "お支払いの手順", "番号の発行日時"] if word not in page.text] == []
    assert ("払込票を開く" in page.text) == (store == "11")
    assert "お支払い期限までにお支払いください" in page.text
    assert "お支払いを確認しました" not in page.text


def test_money_at_the_counter_makes_the_order_paid(buyer: Buyer, book: Book) -> None:
    """Epsilon's notice is only a reason to ask; the inquiry's answer makes the order paid."""
    place = buyer.order(st="conveni", conveni_code="21").location
    record = book(order_number_of(buyer.open(place)))
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    page = buyer.open(place)
    assert "お支払いを確認しました。ありがとうございます" in page.text
    assert "ご入金日時" in page.text
    assert book(record.order_number).conveni_time is not None


def test_a_buyer_chooses_the_store_on_epsilons_page(buyer: Buyer) -> None:
    """Konbini by page comes back with a trans_code alone, and the browser that ordered sees its receipt."""
    sent = buyer.order(st="conveni")
    assert sent.status_code == 303
    assert sent.location.startswith(EPSILON)
    stores = EPSILON + buyer.open(sent.location).location.removeprefix(EPSILON)
    buyer.open(stores, conveni_code="31", user_tel="09012345678", action="issue")
    home = buyer.open(stores, action="return").location
    assert home.startswith(f"{SHOP}/return?")
    assert list(parse_qs(urlsplit(home).query)) == ["trans_code"]
    page = buyer.open(buyer.open(home).location)
    assert "ローソン" in page.text
    assert "受付番号" in page.text


def test_a_notice_overtakes_the_return(buyer: Buyer, book: Book) -> None:
    """A buyer who closes the browser after paying has paid all the same."""
    sent = buyer.order()
    paid = buyer.pay_by_card(sent.location)  # the simulator sends its notice before the browser goes home
    number = parse_qs(urlsplit(paid.location).query)["order_number"][0]
    assert book(number).state is OrderState.PAID


def test_a_return_by_post_goes_on_by_get(buyer: Buyer) -> None:
    """A POST from another site brings no cookie: it changes nothing, shows nothing and leads to the GET."""
    sent = buyer.order()
    query = {k: v[0] for k, v in parse_qs(urlsplit(buyer.pay_by_card(sent.location).location).query).items()}
    posted = buyer.open("/return", **query)
    assert posted.status_code == 303
    assert posted.location == f"/return?order_number={query['order_number']}&trans_code={query['trans_code']}"
    assert "お支払いを確認しました" in buyer.open(buyer.open(posted.location).location).text


def test_a_return_is_not_believed(buyer: Buyer) -> None:
    """Opening the success address by hand, without having paid, does not make an order paid."""
    buyer.order()
    place = f"/orders/{buyer.orders()[0].token}"
    number = order_number_of(buyer.open(place))
    back = buyer.open(f"/return?result=1&state=1&paid=1&trans_code=1&order_number={number}")
    shown = buyer.open(back.location).text
    assert "お支払いをまだ確認できていません" in shown
    assert "お支払いを確認しました" not in shown
    assert f'href="/?again={place.removeprefix("/orders/")}"' in shown


def test_a_stranger_sees_nothing_of_somebody_elses_return(buyer: Buyer, stranger: Buyer, book: Book) -> None:
    """Counting through trans_codes, or knowing an order number, leads a stranger to no name and no address."""
    place = buyer.order(st="conveni", conveni_code="21").location
    record = book(order_number_of(buyer.open(place)))
    for query in (f"trans_code={record.trans_code}", f"order_number={record.order_number}"):
        seen = stranger.open(f"/return?{query}")
        assert seen.status_code == 404
        assert "ご注文に使ったブラウザでだけ開きます" in seen.text
        for secret in ("髙橋", "hanako", record.receipt_no, record.token):
            assert secret not in seen.text


def test_the_strangers_trans_code_in_my_return_is_ignored(buyer: Buyer, stranger: Buyer, book: Book) -> None:
    """Where both numbers are given the order number decides, so a return cannot lead to another's order."""
    theirs = book(order_number_of(stranger.open(stranger.order(st="conveni", conveni_code="21").location)))
    mine = buyer.order(st="conveni", conveni_code="11").location
    number = order_number_of(buyer.open(mine))
    assert buyer.open(f"/return?order_number={number}&trans_code={theirs.trans_code}").location == mine


@pytest.mark.parametrize(
    "query", ["", "trans_code=999999", "order_number=ABC", "trans_code=%00%ff", "order_number=<b>"]
)
def test_a_return_that_names_nothing_of_ours_says_so(buyer: Buyer, query: str) -> None:
    """An unknown, empty or mangled return is a page with a sentence, not an error of ours."""
    seen = buyer.open(f"/return?{query}")
    assert (seen.status_code, "ご注文が見つかりません" in seen.text) == (404, True)


def test_a_buyer_goes_back_and_finds_the_form_as_it_was(buyer: Buyer) -> None:
    """Back says that nothing was paid and offers the form with what was typed; the next try has a new number."""
    sent = buyer.order(item_code="mikan", quantity="3", memo1="①")
    back = buyer.pay_by_card(sent.location, action="back")
    assert back.location.startswith(f"{SHOP}/back?order_number=")
    page = buyer.open(back.location)
    assert "お支払い画面から戻られました" in page.text
    again = re.search(r'href="(/\?again=[\w-]+)"', page.text)
    assert again
    form = buyer.open(again[1]).text
    assert 'value="mikan" checked' in form
    for value in ("3", "髙橋 花子", "hanako@example.com", "①"):
        assert f'value="{value}"' in form
    number = parse_qs(urlsplit(back.location).query)["order_number"][0]
    second = buyer.order(item_code="mikan")
    assert second.status_code == 303
    assert second.location != sent.location
    assert number not in second.location


def test_back_after_all_leads_to_the_receipt_where_it_was_paid(buyer: Buyer) -> None:
    """A buyer who paid in one tab and presses back in another is not told that nothing was paid."""
    sent = buyer.order()
    paid = buyer.pay_by_card(sent.location)
    number = parse_qs(urlsplit(paid.location).query)["order_number"][0]
    back = buyer.open(f"/back?order_number={number}")
    assert back.status_code == 303
    assert "お支払いを確認しました" in buyer.open(back.location).text


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/back", "お支払い画面から戻られました"),
        ("/error", "お支払い画面でエラーが起きました"),
        ("/timeout", "お支払い画面の有効時間が過ぎました"),
    ],
)
def test_the_ways_back_say_what_happened(buyer: Buyer, address: str, sentence: str) -> None:
    """Each way back has its own sentence, by GET and by POST, with whatever fields."""
    assert sentence in buyer.open(address).text
    assert sentence in buyer.open(f"{address}?order_number=NOBODYS&x=%3Cscript%3E").text
    assert sentence in buyer.open(address, anything="else").text


def test_an_order_can_be_looked_at_again(buyer: Buyer, book: Book, epsilon: Flask) -> None:
    """The button asks Epsilon, so that a payment whose notice was lost is found."""
    place = buyer.order(st="conveni", conveni_code="21").location
    page = buyer.open(place)
    record = book(order_number_of(page))
    here = epsilon.extensions["environment"]
    here.session.mount(SHOP, here.session.get_adapter("http://nowhere.example"))  # the notice cannot arrive
    buyer.open(f"{EPSILON}/counter", trans_code=record.trans_code)
    assert "お支払いを確認しました" not in buyer.open(place).text
    looked = buyer.open(place, csrf_token=csrf_token(page))
    assert (looked.status_code, looked.location) == (303, place)
    assert "お支払いを確認しました" in buyer.open(place).text


def test_an_order_in_english(buyer: Buyer) -> None:
    """The buyer's language goes to Epsilon as lang_id and stays on the confirmation."""
    buyer.open("/?lang=en")
    sent = buyer.order()
    assert "Card number" in buyer.open(sent.location).text
    page = buyer.open(buyer.open(buyer.pay_by_card(sent.location).location).location)
    assert "Thank you, your payment has arrived" in page.text
    assert "¥980" in page.text
    assert '<html lang="en">' in page.text
