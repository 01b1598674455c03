"""Members: a card that is registered, charged again and told, and what an unknown user is answered."""

import pytest

from tests.contract.claims import claimed
from tests.contract.wire import CARD, Epsilon, new_user


@pytest.mark.parametrize(
    ("process_code", "part", "believed"),
    [
        claimed("2 process_code 9: HTTP 500 for an unknown user", "recorded", "9", "status", 500),
        claimed("2 process_code 9: an HTML page for an unknown user", "recorded", "9", "content_type", "text/html"),
        claimed("2 process_code 7: HTTP 500 for an unknown user", "assumed", "7", "status", 500),
    ],
)
def test_an_unknown_user_breaks_the_cgi(epsilon: Epsilon, process_code: str, part: str, believed: object) -> None:
    """The client calls it a BadAnswer with status 500."""
    value = getattr(epsilon.operate(process_code, new_user()), part)

    assert (value.split(";")[0] if isinstance(value, str) else value) == believed


@pytest.mark.claim("5 605: process_code 8 for a plan that is not there", "recorded")
def test_a_plan_that_is_not_there_is_605(epsilon: Epsilon) -> None:
    """Whether it is the user or the item that is unknown."""
    answer = epsilon.operate("8", new_user(), item_code="TEA-1")

    assert [answer["err_code"], answer.read("err_detail", "utf-8")] == ["605", "月次課金データ検索エラー"]


@pytest.mark.claim("2 process_code 3: a redirect", "clients")
def test_registering_a_card_alone_is_a_redirect(epsilon: Epsilon) -> None:
    """Without an item, a price or an order number."""
    person = {"user_name": "髙橋 花子", "user_mail_add": "hanako@example.com", "st_code": CARD}

    answer = epsilon.operate("3", new_user(), **person, memo1="", memo2="")

    assert answer.outcome == "a redirect"


@pytest.mark.claim("2 process_code 2: a redirect also for a user without a card", "assumed")
def test_an_unknown_user_is_asked_for_a_card(epsilon: Epsilon) -> None:
    """Whoever asks to charge a card that is not registered."""
    assert epsilon.order({"process_code": "2", "user_id": new_user()}).outcome == "a redirect"


@pytest.mark.parametrize(
    "process_code",
    [
        claimed("2 process_code 2: a redirect", "documented", "2"),
        claimed("2 process_code 4: a redirect", "clients", "4"),
    ],
)
def test_a_member_is_led_to_a_page(epsilon: Epsilon, member: str, process_code: str) -> None:
    """Which shows the registered card, or takes another."""
    assert epsilon.order({"process_code": process_code, "user_id": member}).outcome == "a redirect"


@pytest.mark.claim("5 801: get_user_info.cgi for a user without a card", "recorded")
def test_a_user_without_a_card_is_801(epsilon: Epsilon) -> None:
    """The client says None."""
    user_id = new_user()

    assert epsilon.call("get_user_info", user_id=user_id)["err_code"] == "801"
    assert epsilon.client.get_user_info(user_id) is None


@pytest.mark.parametrize(
    ("name", "believed"),
    [
        claimed("3 result: 2 for a user without a card", "clients", "result", "2"),
        claimed("5 801: its text asks for a phone number", "assumed", "err_detail", "電話番号を正しく入力してください"),
        claimed("5 801: the card's fields are empty", "assumed", "card_number_mask", ""),
    ],
)
def test_801_says(epsilon: Epsilon, name: str, believed: str) -> None:
    """That no card is there, in words about something else."""
    assert epsilon.call("get_user_info", user_id=new_user())[name] == believed


@pytest.mark.claim("4 get_user_info.cgi: fields in alphabetical order", "recorded")
def test_a_members_card_is_told_in_five_fields(epsilon: Epsilon, member: str) -> None:
    """Brand and mask, and an empty error."""
    told = epsilon.call("get_user_info", user_id=member)

    assert told.names == "card_brand card_number_mask err_code err_detail result".split()
    assert [told["err_code"], told["result"]] == ["", "1"]


@pytest.mark.claim("4 get_user_info.cgi: card_number_mask shows five digits", "recorded")
def test_a_members_card_is_masked(epsilon: Epsilon, member: str) -> None:
    """The first digit, and the last four."""
    told = epsilon.call("get_user_info", user_id=member)

    assert told.raw.get("card_number_mask") == "4%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-4242"
