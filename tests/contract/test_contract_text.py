"""Text: which characters survive Epsilon, which change, and in which charset a request may come."""

import pytest

from tests.contract.claims import claimed
from tests.contract.wire import LAWSON, UNVERSIONED, Epsilon, new_number


def echoed(epsilon: Epsilon, text: str, charset: str = "utf-8", changes: dict[str, str | None] | None = None) -> object:
    """Order with a text as memo, and return the memo of an inquiry; of a refused order the code of its error."""
    number = new_number()
    answer = epsilon.order({"order_number": number, "memo1": text, **(changes or {})}, charset)
    return answer["err_code"] or epsilon.ask(order_number=number)["memo1"]


@pytest.mark.parametrize(
    ("sent", "comes_back"),
    [
        claimed("2 text: 髙 﨑 survive", "recorded", "髙﨑", "髙﨑"),
        claimed("2 text: ① ㈱ survive", "recorded", "①㈱", "①㈱"),
        claimed("2 text: half-width ｱｲｳ survives", "assumed", "ｱｲｳ", "ｱｲｳ"),
        claimed("2 text: 〜 comes back as ～", "recorded", "1〜2", "1～2"),
        claimed("2 text: − comes back as －", "recorded", "1−2", "1－2"),
        claimed("2 text: & < > + % = survive", "assumed", '&<>+%="', '&<>+%="'),
    ],
)
def test_a_text_comes_back(epsilon: Epsilon, sent: str, comes_back: str) -> None:
    """So echoed text is never compared with what was sent."""
    assert echoed(epsilon, sent) == comes_back


@pytest.mark.parametrize(
    "character",
    [
        claimed("2 text: an emoji is refused (601)", "assumed", "🍵"),
        claimed("2 text: 𠮷 is refused (601)", "assumed", "𠮷"),
        claimed("2 text: — (U+2014) is refused (601)", "assumed", "—"),
        claimed("2 text: ¥ (U+00A5) is refused (601)", "assumed", "¥"),
    ],
)
def test_what_cp932_has_not_is_refused(epsilon: Epsilon, character: str) -> None:
    """That it cannot be carried is certain; what becomes of such an order is not."""
    assert echoed(epsilon, character) == "601"


@pytest.mark.claim("2 charset: another name of character_code", "documented")
def test_some_pages_call_it_charset(epsilon: Epsilon) -> None:
    """UTF-8 is announced by either."""
    assert echoed(epsilon, "庭に犬", changes={"character_code": None, "charset": "UTF8"}) == "庭に犬"


@pytest.mark.parametrize(
    "charset",
    [
        claimed("2 charset: CP932 is detected without version", "recorded", "cp932"),
        claimed("2 charset: EUC-JP is detected without version", "recorded", "euc-jp"),
        claimed("2 charset: UTF-8 is detected without version", "recorded", "utf-8"),
    ],
)
def test_an_old_client_need_not_say_its_charset(epsilon: Epsilon, charset: str) -> None:
    """Name, item and memo together are long enough to tell."""
    old: dict[str, str | None] = {**UNVERSIONED, "user_name": "山田 花子"}

    assert echoed(epsilon, "庭に犬がいます", charset, old) == "庭に犬がいます"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        claimed("4 percent-encoding: ド is %83h", "recorded", "ド", "%83h"),
        claimed("4 percent-encoding: ダ is %83_", "recorded", "ダ", "%83_"),
        claimed("4 percent-encoding: ー is %81%5B", "recorded", "ー", "%81%5B"),
        claimed("4 percent-encoding: 〜 is ～ in CP932, %81%60", "recorded", "〜", "%81%60"),
    ],
)
def test_percent_encoding_goes_by_byte(epsilon: Epsilon, text: str, written: str) -> None:
    """A trail byte that is an ASCII letter, digit, _ or - stays bare; in a receipt as in an inquiry."""
    number = new_number()
    receipt = epsilon.order({**LAWSON, "order_number": number, "memo1": text})

    assert receipt.outcome == "a receipt"
    assert [receipt.raw.get("memo1"), epsilon.ask(order_number=number).raw.get("memo1")] == [written, written]
