"""Each way to pay, bought in a real browser in both languages, by the words on the screen."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.http_servers import Town
from ways import WAYS

WORDS = {
    "ja": {
        "item": "ふじりんご",
        "name": "お名前",
        "mail": "メールアドレス",
        "tel": "電話番号",
        "postal": "郵便番号",
        "address": "ご住所",
        "send": "注文してお支払いへ進む",
        "paid": "お支払いを確認しました。ありがとうございます",
        "awaiting": "お支払い期限までにお支払いください",
        "authorised": "後払いの審査が終わりました",
        "transfer": "お振り込みください",
    },
    "en": {
        "item": "Fuji apples",
        "name": "Name",
        "mail": "E-mail address",
        "tel": "Phone number",
        "postal": "Your postal code",
        "address": "Your address",
        "send": "Place the order and pay",
        "paid": "Thank you, your payment has arrived",
        "awaiting": "Please pay by the date below",
        "authorised": "Your deferred payment is approved",
        "transfer": "Please transfer the amount",
    },
}
ENDS = {"conveni": "awaiting", "payeasy": "awaiting", "atobarai": "authorised", "virtual": "transfer"}


def buy(page: Page, town: Town, way: str, language: str) -> None:
    """Fill in the form, and do what Epsilon's page asks, until the confirmation is there."""
    words = WORDS[language]
    page.goto(f"{town.shop}/?lang={language}")
    page.get_by_role("radio", name=re.compile(f"^{words['item']}")).check()
    page.get_by_label(words["name"], exact=True).fill("髙橋 花子")
    page.get_by_label(words["mail"], exact=True).fill("hanako@example.com")
    named = re.compile(f"^{re.escape(getattr(WAYS[way], language))}$")
    page.locator("label.choice").filter(has=page.locator(".name", has_text=named)).get_by_role("radio").check()
    if way == "atobarai":
        page.get_by_label(words["tel"], exact=True).fill("03-1234-5678")
        page.get_by_label(words["postal"], exact=True).fill("123-4567")
        page.get_by_label(words["address"], exact=True).fill("東京都千代田区1-2-3 髙①㈱ビル")
    page.get_by_role("button", name=words["send"]).click()
    expect(page).to_have_url(re.compile(re.escape(town.epsilon)))
    if way == "normal":
        page.locator("a[href*='card3']").click()
    if page.locator("[name=card_number]").count():
        page.locator("[name=card_number]").fill("4242 4242 4242 4242")
        page.locator("[name=security_code]").fill("123")
    if way == "conveni":
        page.locator("[name=conveni_code][value='11']").check()
    if way in ("conveni", "payeasy", "virtual"):
        page.locator("button[value=issue]").click()
        page.locator("button[value=return]").click()
    else:
        page.locator("button[value=pay]").first.click()
    expect(page).to_have_url(re.compile(re.escape(f"{town.shop}/orders/")))
    expect(page.get_by_role("heading", name=words[ENDS.get(way, "paid")])).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_way_leads_to_its_confirmation(browser: Browser, town: Town, language: str) -> None:
    """One buyer takes them all; the registered card comes last, when there is one."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=language)
    context.set_default_timeout(10_000)
    page = context.new_page()
    for way in [*(name for name in WAYS if name != "registered"), "registered"]:
        buy(page, town, way, language)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        if language == "en":
            assert not re.search("[ぁ-ん]", page.locator("main").inner_text().replace("髙橋 花子", ""))
    context.close()
