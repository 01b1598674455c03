"""Cards: brands, 3-D Secure, registering and changing, the registered card, and the operations on members."""

import pytest

from tests.simulator.simulator_people import GOOD_CARD, Epsilon, NoticedShop, decoded, query, refusal

MEMBER = "user_id user_name user_mail_add st_code memo1 memo2 process_code version contract_code xml character_code"
SECURE_CARD = GOOD_CARD | {"card_number": "4000 0000 0000 0333"}
UNKNOWN_USER = "There is no such user"


def member_page(epsilon: Epsilon, process_code: str) -> str:
    """Where a buyer registers or changes a card; only the fields of that operation are sent."""
    answer = epsilon.receive_order({"process_code": process_code}, without="item_code item_name order_number "
                                   "mission_code item_price")  # fmt: skip
    return decoded(answer.data)["redirect"].removeprefix("http://localhost")


def user_info(epsilon: Epsilon, user_id: str = "U1421364630") -> bytes:
    """What get_user_info.cgi says."""
    told: bytes = epsilon.call("get_user_info.cgi", user_id=user_id).data
    return told


def card_told(brand: str, mask: str) -> bytes:
    """The answer for a registered card."""
    return (
        b'<?xml version="1.0" encoding="x-sjis-cp932"?>\n<Epsilon_result>\n'
        + f'  <result card_brand="{brand}" />\n  <result card_number_mask="{mask}" />\n'.encode()
        + b'  <result err_code="" />\n  <result err_detail="" />\n  <result result="1" />\n</Epsilon_result>\n'
    )


@pytest.mark.parametrize(
    ("number", "payment_code", "brand", "mask"),
    [
        ("4242424242424242", "1", "VISA", "4%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-4242"),
        ("5555555555554444", "1", "MASTER", "5%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-4444"),
        ("3530-1113-3330-0000", "2", "JCB", "3%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-0000"),
        ("3782 822463 10005", "2", "AMEX", "3%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-0005"),
    ],
)
def test_a_brand_has_its_payment_code(epsilon: Epsilon, number: str, payment_code: str, brand: str, mask: str) -> None:
    """JCB and AMEX answer with payment_code 2; paying registers the card, of which the mask is told."""
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD | {"card_number": number})

    assert epsilon.sale(trans_code="500001")["payment_code"] == payment_code
    assert user_info(epsilon) == card_told(brand, mask)


@pytest.mark.parametrize(("end", "home"), [("pay", "http://localhost:8000/return?"), ("vanish", "/cgi-bin/order/left")])
def test_a_buyer_passes_3d_secure(epsilon: Epsilon, shop: NoticedShop, end: str, home: str) -> None:
    """The card's own number leads to a step in between; passed, the order is paid and ends as chosen before."""
    page = epsilon.page_of({"lang_id": "en"})

    step = epsilon.press(page, end, SECURE_CARD)

    assert step.status_code == 303
    text = epsilon.browser.get(step.location).text
    assert "3-D Secure" in text
    assert f'name="end" value="{end}"' in text
    assert (epsilon.sale(trans_code="500001")["state"], shop.notices) == ("0", [])
    answer = epsilon.press(step.location, "approve", {"end": end})
    assert answer.location.startswith(home)
    assert (epsilon.sale(trans_code="500001")["state"], len(shop.notices)) == ("1", 1)


def test_a_buyer_fails_3d_secure(epsilon: Epsilon, shop: NoticedShop) -> None:
    """The refusal is told on the card page, where another card still pays."""
    page = epsilon.page_of()
    epsilon.press(page, "pay", SECURE_CARD)

    answer = epsilon.press(page, "fail")

    assert answer.status_code == 422
    assert "601: ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。" in answer.text
    assert shop.notices == []
    assert epsilon.press(page, "pay", GOOD_CARD).status_code == 303


@pytest.mark.parametrize(("action", "status"), [("back", 303), ("error", 303), ("timeout", 303), ("approve", 303)])
def test_3d_secure_has_its_ways_out(epsilon: Epsilon, action: str, status: int) -> None:
    """From the step too one can go back, fail or time out."""
    page = epsilon.page_of()
    epsilon.press(page, "pay", SECURE_CARD)

    assert epsilon.press(page, action).status_code == status
    assert epsilon.sale(trans_code="500001")["state"] == ("1" if action == "approve" else "0")


def test_3d_secure_cannot_be_passed_without_a_card(epsilon: Epsilon) -> None:
    """Who presses the step's button on a page where nothing was typed has paid nothing."""
    assert epsilon.press(epsilon.page_of(), "approve").status_code == 410
    assert epsilon.sale(trans_code="500001")["state"] == "0"


@pytest.mark.parametrize("process_code", ["3", "4"])
def test_a_card_is_registered_without_a_sale(epsilon: Epsilon, shop: NoticedShop, process_code: str) -> None:
    """Registering and changing ask for the card alone, charge nothing, tell no notice, and return as a card does."""
    page = member_page(epsilon, process_code)
    assert page.startswith("/cgi-bin/order/card3.cgi?")
    assert "カードの登録" in epsilon.browser.get(page).text

    answer = epsilon.press(page, "pay", GOOD_CARD)

    assert (
        answer.location == "http://localhost:8000/return?trans_code=500001&user_id=U1421364630&result=1&order_number="
    )
    assert shop.notices == []
    assert epsilon.sale(trans_code="500001")["state"] == "0"
    assert user_info(epsilon) == card_told("VISA", "4%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-4242")


def test_a_changed_card_takes_the_place_of_the_first(epsilon: Epsilon) -> None:
    """After process_code 4 the new card is told and charged by process_code 2."""
    epsilon.press(member_page(epsilon, "3"), "pay", GOOD_CARD)
    epsilon.press(member_page(epsilon, "4"), "pay", GOOD_CARD | {"card_number": "3530111333300000"})

    page = epsilon.page_of({"process_code": "2"})

    assert "JCB 3***-****-****-0000" in epsilon.browser.get(page).text
    assert query(epsilon.press(page, "pay"))["result"] == ["1"]
    assert epsilon.sale(order_number="O3042483")["payment_code"] == "2"


@pytest.mark.parametrize("action", ["refuse", "back", "error", "timeout", "leave", "stranger", "twice", "post"])
@pytest.mark.parametrize("process_code", ["2", "3"])
def test_registering_and_the_registered_card_have_every_end(epsilon: Epsilon, process_code: str, action: str) -> None:
    """The same buttons as on the card page."""
    epsilon.press(member_page(epsilon, "3"), "pay", GOOD_CARD)
    page = epsilon.page_of({"process_code": "2"}) if process_code == "2" else member_page(epsilon, "3")

    assert epsilon.press(page, action, GOOD_CARD).status_code == (422 if action == "refuse" else 303)


def test_a_member_withdraws_and_comes_back(epsilon: Epsilon) -> None:
    """process_code 9 answers five fields and takes the card away, 7 brings it back."""
    epsilon.press(epsilon.page_of(), "pay", GOOD_CARD)

    withdrawn = epsilon.receive_order({"process_code": "9", "memo2": "髙 ~"}, without="item_name item_price")

    assert withdrawn.data == (
        b'<?xml version="1.0" encoding="x-sjis-cp932" ?>\r\n'
        b"<Epsilon_result>\r\n"
        b'  <result result="1" />\r\n'
        b'  <result user_id="U1421364630" />\r\n'
        b'  <result user_name="%83%84%83%7D%83_%20%83%5E%83%8D%83E" />\r\n'
        b'  <result memo1="memo1" />\r\n'
        b'  <result memo2="%EE%E0%20~" />\r\n'
        b"</Epsilon_result>\r\n"
    )
    assert withdrawn.headers["Content-Type"] == "text/xml"
    assert b'err_code="801"' in user_info(epsilon)
    assert "card_number" in epsilon.browser.get(epsilon.page_of({"process_code": "2", "order_number": "A2"})).text
    assert decoded(epsilon.receive_order({"process_code": "7"}).data)["result"] == "1"
    assert b'result="1"' in user_info(epsilon)


@pytest.mark.parametrize("process_code", ["7", "9"])
def test_an_unknown_user_is_a_server_error(epsilon: Epsilon, process_code: str) -> None:
    """HTTP 500 with an HTML page, with and without xml=1; so is a second withdrawal."""
    for xml in ("0", "1"):
        answer = epsilon.receive_order({"process_code": process_code, "user_id": "nobody", "xml": xml})
        assert (answer.status_code, answer.mimetype) == (500, "text/html")
        assert UNKNOWN_USER in answer.text


def test_a_monthly_plan_is_ended(epsilon: Epsilon) -> None:
    """process_code 8 answers eight fields in their order; ended, the plan is not found again."""
    monthly = {"mission_code": "2", "item_price": "980", "item_name": "緑茶 定期"}
    epsilon.press(epsilon.page_of(monthly), "pay", GOOD_CARD)

    answer = epsilon.receive_order({"process_code": "8"}, without="st_code user_name")

    assert answer.data == (
        b'<?xml version="1.0" encoding="x-sjis-cp932" ?>\r\n'
        b"<Epsilon_result>\r\n"
        b'  <result result="1" />\r\n'
        b'  <result user_id="U1421364630" />\r\n'
        b'  <result item_code="ITEM001" />\r\n'
        b'  <result item_name="%97%CE%92%83%20%92%E8%8A%FA" />\r\n'
        b'  <result item_price="980" />\r\n'
        b'  <result mission_code="2" />\r\n'
        b'  <result memo1="memo1" />\r\n'
        b'  <result memo2="memo2" />\r\n'
        b"</Epsilon_result>\r\n"
    )
    assert refusal(epsilon.receive_order({"process_code": "8"})) == ("605", "月次課金データ検索エラー")


@pytest.mark.parametrize("changes", [{"item_code": "ITEM002"}, {"user_id": "nobody"}])
def test_a_plan_that_is_not_there_is_605(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """Another item, another user, or an order that was no plan."""
    epsilon.press(epsilon.page_of({"mission_code": "2"}), "pay", GOOD_CARD)
    epsilon.press(epsilon.page_of({"order_number": "A2", "item_code": "ITEM002"}), "pay", GOOD_CARD)

    assert refusal(epsilon.receive_order({"process_code": "8"} | changes)) == ("605", "月次課金データ検索エラー")


@pytest.mark.parametrize("process_code", ["3", "4", "7", "8", "9"])
def test_a_member_operation_needs_its_user(epsilon: Epsilon, process_code: str) -> None:
    """Without user_id each is 601, with the recorded text."""
    answer = epsilon.receive_order({"process_code": process_code, "user_id": ""})

    assert refusal(answer) == ("601", "ユーザーIDの形式が異常です")


def test_a_member_operation_answers_a_browser_too(epsilon: Epsilon) -> None:
    """With xml=0 the result is a page."""
    epsilon.press(member_page(epsilon, "3"), "pay", GOOD_CARD)

    answer = epsilon.receive_order({"process_code": "9", "xml": "0"})

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "処理が完了しました" in answer.text
