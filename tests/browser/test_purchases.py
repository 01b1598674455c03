"""A person buys in a real browser, over two hosts, so that CSP and cookies meet a cross-site hop."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.http_servers import Town


def fill_in(page: Page, town: Town, way_to_pay: str) -> None:
    """Choose an apple, say who one is and how one pays."""
    page.goto(town.shop)
    page.get_by_role("radio", name=re.compile("^ふじりんご")).check()
    page.get_by_label("お名前", exact=True).fill("髙橋 花子")
    page.get_by_label("メールアドレス").fill("hanako@example.com")
    page.get_by_role("radio", name=re.compile(rf"^{way_to_pay}(\s|$)")).check()


def send(page: Page) -> None:
    """Press the one button."""
    page.get_by_role("button", name="注文してお支払いへ進む").click()


def pay_by_card(page: Page, card_number: str) -> None:
    """Type a card on Epsilon's page and pay."""
    page.get_by_label("カード番号").fill(card_number)
    page.get_by_label("セキュリティコード").fill("123")
    page.get_by_role("button", name="支払う", exact=True).click()


def test_by_card(page: Page, town: Town) -> None:
    """Form, Epsilon's card page, confirmation."""
    fill_in(page, town, "クレジットカード")
    send(page)
    expect(page).to_have_url(re.compile(re.escape(f"{town.epsilon}/cgi-bin/order/card3.cgi")))
    pay_by_card(page, "4242 4242 4242 4242")
    expect(page).to_have_url(re.compile(re.escape(f"{town.shop}/orders/")))
    expect(page.get_by_role("heading", name="お支払いを確認しました。ありがとうございます")).to_be_visible()
    expect(page.get_by_text("980円")).to_be_visible()


def test_by_a_card_that_is_refused_first(page: Page, town: Town) -> None:
    """The refusal is read on Epsilon's page, and another card goes through."""
    fill_in(page, town, "クレジットカード")
    send(page)
    pay_by_card(page, "0000 0000 0000 0000")
    expect(page.get_by_text("ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。")).to_be_visible()
    pay_by_card(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name="お支払いを確認しました。ありがとうございます")).to_be_visible()


def test_at_a_konbini_chosen_in_the_shop(page: Page, town: Town) -> None:
    """Konbini direct: the fields appear with the choice, and the receipt with the order; then it is paid."""
    page.goto(town.shop)
    expect(page.get_by_label("お支払いになるコンビニ")).to_be_hidden()
    fill_in(page, town, "コンビニ")
    page.get_by_label("お支払いになるコンビニ").select_option(label="ローソン")
    send(page)
    expect(page.get_by_text("このコンビニでは電話番号が必要です。").first).to_be_visible()
    page.get_by_label("電話番号", exact=True).fill("090-1234-5678")
    send(page)
    expect(page.get_by_role("heading", name="お支払い期限までにお支払いください")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d{6}$"))).to_be_visible()
    number = page.locator(".code").inner_text()
    receipt = page.url
    page.goto(f"{town.epsilon}/counter")
    page.get_by_role("region").filter(has_text=number).get_by_role("button").click()
    page.goto(receipt)
    expect(page.get_by_role("heading", name="お支払いを確認しました。ありがとうございます")).to_be_visible()


def test_at_a_konbini_chosen_on_epsilons_page(page: Page, town: Town) -> None:
    """Konbini by page: back with a lone trans_code, to the receipt with its slip."""
    fill_in(page, town, "コンビニ")
    send(page)
    page.get_by_label("セブン-イレブン").check()
    page.get_by_role("button", name="受付番号を発行する").click()
    page.get_by_role("button", name="ショップに戻る").click()
    expect(page).to_have_url(re.compile(re.escape(f"{town.shop}/orders/")))
    expect(page.get_by_text(re.compile(r"^\d{13}$"))).to_be_visible()
    page.get_by_role("link", name="払込票を開く").click()
    expect(page).to_have_url(re.compile(re.escape(f"{town.epsilon}/slip")))


def test_everything_chosen_on_epsilons_page(page: Page, town: Town) -> None:
    """The samples' normal: the way to pay is chosen at Epsilon."""
    fill_in(page, town, "イプシロンの画面で選ぶ")
    send(page)
    expect(page).to_have_url(re.compile(re.escape(f"{town.epsilon}/cgi-bin/order/method_select3.cgi")))
    page.get_by_role("link", name="クレジットカード").click()
    pay_by_card(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name="お支払いを確認しました。ありがとうございます")).to_be_visible()


def test_back_and_again(page: Page, town: Town) -> None:
    """The way back keeps what was typed, and the second try gets through under a new number."""
    fill_in(page, town, "クレジットカード")
    page.get_by_label("数量").fill("2")
    send(page)
    page.get_by_role("button", name="戻る", exact=True).click()
    expect(page.get_by_role("heading", name="お支払い画面から戻られました")).to_be_visible()
    page.get_by_role("link", name="注文画面に戻る").click()
    expect(page.get_by_label("お名前", exact=True)).to_have_value("髙橋 花子")
    expect(page.get_by_label("数量")).to_have_value("2")
    send(page)
    pay_by_card(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name="お支払いを確認しました。ありがとうございます")).to_be_visible()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_scrolls_sideways(page: Page, town: Town, width: int) -> None:
    """At a phone's width nothing sticks out, in either language."""
    page.set_viewport_size({"width": width, "height": 800})
    for lang in ("ja", "en"):
        for address in ("/", "/back", "/nowhere"):
            page.goto(f"{town.shop}{address}?lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (lang, address)


def test_without_javascript_and_in_english(browser: Browser, town: Town) -> None:
    """The whole purchase needs no script; the language switch keeps what was typed."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(town.shop)
    page.get_by_label("お名前", exact=True).fill("Hanako")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Hanako")
    page.get_by_label("E-mail address").fill("hanako@example.com")
    page.keyboard.press("Enter")  # as people do: it must order, not switch the language
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay now", exact=True).click()
    expect(page.get_by_role("heading", name="Thank you, your payment has arrived")).to_be_visible()
    context.close()
