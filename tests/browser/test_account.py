"""A member in a real browser: registers a card, changes it, takes a plan, ends it, withdraws and comes back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.http_servers import Town

JA = {
    "account": "マイページ", "name": "お名前", "mail": "メールアドレス", "register": "カードを登録する",
    "change": "カードを変更する", "tea": "お茶の定期便", "order": "注文してお支払いへ進む",
    "card": "カード番号", "code": "セキュリティコード", "paid": "お支払いを確認しました。ありがとうございます",
    "price": "1,980円", "end": "この定期便を解約する", "ended": "定期便を解約しました", "day": "解約日時",
    "withdraw": "退会する", "sure": "退会しますか", "withdrawn": "退会しました", "none": "カードは登録されていません。",
    "undo": "退会を取り消す", "undone": "退会を取り消しました",
}  # fmt: skip
EN = {
    "account": "Your account", "name": "Name", "mail": "E-mail address", "register": "Register a card",
    "change": "Change the card", "tea": "Tea every month", "order": "Place the order and pay",
    "card": "Card number", "code": "Security code", "paid": "Thank you, your payment has arrived",
    "price": "¥1,980", "end": "End this plan", "ended": "Your plan has ended", "day": "Ended on",
    "withdraw": "Withdraw", "sure": "Do you want to withdraw?", "withdrawn": "You have withdrawn",
    "none": "No card is registered.", "undo": "Undo the withdrawal", "undone": "Your withdrawal is undone",
}  # fmt: skip


def press(page: Page, name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name, exact=True).click()


def read(page: Page, headline: str) -> None:
    """Read a headline, on a page that is no wider than a phone."""
    expect(page.get_by_role("heading", name=headline)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def type_card(page: Page, words: dict[str, str], card_number: str) -> None:
    """Type a card on Epsilon's page and press its first button."""
    page.get_by_label(words["card"]).fill(card_number)
    page.get_by_label(words["code"]).fill("123")
    page.get_by_role("main").get_by_role("button").first.click()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_whole_membership(page: Page, town: Town, lang: str) -> None:
    """All by links and buttons, at a phone's width, in either language."""
    words = JA if lang == "ja" else EN
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{town.shop}/?lang={lang}")
    page.get_by_role("link", name=words["account"]).click()
    expect(page.get_by_text(words["none"])).to_be_visible()

    page.get_by_label(words["name"], exact=True).fill("髙橋 花子")
    page.get_by_label(words["mail"]).fill("hanako@example.com")
    press(page, words["register"])
    # A registration carries no lang_id (clients), so this page of Epsilon is Japanese.
    type_card(page, JA, "4242 4242 4242 4242")
    expect(page).to_have_url(f"{town.shop}/member")
    expect(page.get_by_text("VISA 4***-****-****-4242")).to_be_visible()

    page.get_by_label(words["name"], exact=True).fill("髙橋 花子")
    page.get_by_label(words["mail"]).fill("hanako@example.com")
    press(page, words["change"])
    type_card(page, JA, "5555 5555 5555 4444")
    expect(page.get_by_text("MASTER 5***-****-****-4444")).to_be_visible()

    page.goto(town.shop)
    page.get_by_role("radio", name=re.compile(f"^{words['tea']}")).check()
    page.get_by_label(words["name"], exact=True).fill("髙橋 花子")
    page.get_by_label(words["mail"]).fill("hanako@example.com")
    page.locator("[name=st][value=card]").check()
    press(page, words["order"])
    type_card(page, words, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name=words["paid"])).to_be_visible()

    page.get_by_role("link", name=words["account"]).click()
    expect(page.get_by_text(words["price"])).to_be_visible()
    expect(page.get_by_label(words["name"], exact=True)).to_have_value("髙橋 花子")
    press(page, words["end"])
    read(page, words["ended"])
    expect(page.get_by_text(words["day"])).to_be_visible()
    expect(page.get_by_role("button", name=words["end"])).to_have_count(0)

    page.get_by_role("link", name=words["withdraw"]).click()
    read(page, words["sure"])
    press(page, words["withdraw"])
    read(page, words["withdrawn"])
    expect(page.get_by_text(words["none"])).to_be_visible()
    press(page, words["undo"])
    read(page, words["undone"])
    expect(page.get_by_text("VISA 4***-****-****-4242")).to_be_visible()


def test_the_language_switch_keeps_what_was_typed_and_enter_sends_it(page: Page, town: Town) -> None:
    """As on the order form: the Enter key must not switch the language."""
    page.goto(f"{town.shop}/member")
    page.get_by_label("お名前", exact=True).fill("Hanako")
    press(page, "English")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Hanako")
    page.get_by_label("E-mail address").fill("hanako@example.com")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(f"{town.epsilon}/cgi-bin/order/card3.cgi")))
