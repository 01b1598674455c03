"""Orders that are refused: the answer's bytes, its charset, and the code and text by which it says why."""

import pytest

from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.people import Console
from tests.contract.wire import LAWSON, ORDER, ORDER_CGI, UNVERSIONED, Epsilon, new_number

USER_ID = "ユーザーIDの形式が異常です"
PHONE = "電話番号を正しく入力してください"
ST_CODE_IN_CP932 = "%8C%88%8D%CF%83R%81%5B%83h%82%CC%8Ew%92%E8%82%AA%88%D9%8F%ED%82%C5%82%B7"


@pytest.fixture(scope="module")
def refused(epsilon: Epsilon) -> Answer:
    """What an order is answered whose buyer has no number."""
    return epsilon.order({"user_id": "", "memo1": "髙い 山", "memo2": "memo2"})


@pytest.fixture(scope="module")
def refused_in_cp932(epsilon: Epsilon) -> Answer:
    """The recorded error: what an order without version is answered that names no method."""
    return epsilon.order({**UNVERSIONED, "st_code": "invalid_id", "memo1": "髙い 山"}, "cp932")


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("1 error: comes back as HTTP 200", "documented", "status", 200),
        claimed("4 error: declaration", "recorded", "declaration", '<?xml version="1.0" encoding="UTF-8" ?>'),
        claimed("4 error: content type", "recorded", "content_type", "text/xml"),
        claimed("4 error: line ends", "recorded", "line_end", "CRLF"),
        claimed("4 error: fields in order", "recorded", "names", "result err_code err_detail memo1 memo2".split()),
        claimed("4 error: ASCII, one attribute to an element", "recorded", "shape", "as recorded"),
    ],
)
def test_an_error_is_told_in_five_fields(refused: Answer, part: str, believed: object) -> None:
    """The layout of a refused order."""
    assert refused.outcome == "error 601"
    assert getattr(refused, part) == believed


@pytest.mark.claim("5 601: user_id empty, its text; UTF-8 with version=2", "recorded")
def test_with_version_2_the_text_is_in_utf8(refused: Answer) -> None:
    """The text, not the code, says which field it is."""
    assert [refused["err_code"], refused.read("err_detail", "utf-8")] == ["601", USER_ID]


@pytest.mark.claim("2 memo1, memo2: echoed in an error, space as %20", "recorded")
def test_an_error_echoes_the_memos(refused: Answer) -> None:
    """As they were sent, in the error's charset."""
    assert refused.raw["memo1"] == "%E9%AB%99%E3%81%84%20%E5%B1%B1"
    assert refused["memo2"] == "memo2"


@pytest.mark.claim("5 601: st_code, its text; CP932 without version", "recorded")
def test_without_version_the_text_is_in_cp932(refused_in_cp932: Answer) -> None:
    """The recorded bytes; an ASCII letter in them is bare, as in %83h."""
    assert [refused_in_cp932["err_code"], refused_in_cp932.raw["err_detail"]] == ["601", ST_CODE_IN_CP932]


@pytest.mark.claim("4 error: memos in CP932 without version", "documented")
def test_without_version_the_memos_are_in_cp932(refused_in_cp932: Answer) -> None:
    """Whatever the client sent."""
    assert refused_in_cp932.raw["memo1"] == "%EE%E0%82%A2%20%8ER"


@pytest.mark.parametrize(
    ("changes", "err_code", "err_detail"),
    [
        claimed("5 601: user_tel of 13 digits", "recorded", {**LAWSON, "user_tel": "0312345678901"}, "601", PHONE),
        claimed("5 909: mission_code", "recorded", {"mission_code": "11"}, "909", "課金区分の指定が異常です"),
        claimed("5 607: contract_code", "recorded", {"contract_code": "1"}, "607", "契約コード形式エラー"),
    ],
)
def test_an_error_says_what_is_wrong(epsilon: Epsilon, changes: dict[str, str], err_code: str, err_detail: str) -> None:
    """The codes and texts that were seen."""
    answer = epsilon.order(changes)

    assert [answer["err_code"], answer.read("err_detail", "utf-8")] == [err_code, err_detail]


@pytest.mark.parametrize(
    "changes",
    [
        claimed("5 601: user_name empty", "assumed", {"user_name": ""}),
        claimed("5 601: user_mail_add without @", "assumed", {"user_mail_add": "hanako"}),
        claimed("5 601: item_code empty", "assumed", {"item_code": ""}),
        claimed("5 601: item_name empty", "assumed", {"item_name": ""}),
        claimed("5 601: order_number with a hyphen", "assumed", {"order_number": "A-1"}),
        claimed("5 601: st_code without a method", "assumed", {"st_code": "00000-0000-00000-00000-00000-00000-00000"}),
        claimed("5 601: item_price 0", "assumed", {"item_price": "0"}),
        claimed("5 601: process_code 0", "assumed", {"process_code": "0"}),
        claimed("5 601: conveni_code of no store", "assumed", {**LAWSON, "conveni_code": "99"}),
    ],
)
def test_any_field_that_fails_its_check_is_601(epsilon: Epsilon, changes: dict[str, str]) -> None:
    """One code for all fields; the texts of these were never seen."""
    assert epsilon.order(changes).outcome == "error 601"


@pytest.mark.claim("5 604: the second use of an order number", "documented")
def test_an_order_number_is_used_once(epsilon: Epsilon) -> None:
    """Also where everything else is the same."""
    number = new_number()

    first, second = (epsilon.order({"order_number": number}) for _ in range(2))

    assert [first.outcome, second.outcome] == ["a redirect", "error 604"]


@pytest.mark.claim("2 order_number: a refused order does not use it up", "assumed")
def test_a_refused_order_leaves_its_number_free(epsilon: Epsilon) -> None:
    """It is not known afterwards, and can be sent again when it is right."""
    number = new_number()

    assert epsilon.order({"order_number": number, "user_id": ""}).outcome == "error 601"

    assert epsilon.ask(order_number=number).names == []
    assert epsilon.order({"order_number": number}).outcome == "a redirect"


@pytest.mark.claim("5 502: a request without any field of an order", "assumed")
def test_a_request_that_is_no_order_is_502(epsilon: Epsilon) -> None:
    """The code and its text were recorded, but not for what."""
    answer = epsilon.post(ORDER_CGI, {})

    assert [answer["err_code"], answer["err_detail"]] == ["502", "注文情報を受け付けることができませんでした"]


@pytest.mark.usefixtures("console")
@pytest.mark.claim("5 907: another's contract code", "documented")
def test_another_contract_is_907(epsilon: Epsilon) -> None:
    """Not tried at a real Epsilon, where it could be somebody's."""
    order = {"contract_code": "87654321", **ORDER, "order_number": new_number()}

    assert epsilon.post(ORDER_CGI, order).outcome == "error 907"


@pytest.mark.claim("5 908: the sender's address is not registered", "recorded")
def test_an_unregistered_sender_is_908(epsilon: Epsilon, console: Console) -> None:
    """Whatever it sends."""
    console.set(senders="192.0.2.1")

    answer = epsilon.order()

    assert [answer["err_code"], answer.read("err_detail", "utf-8")] == ["908", "このCGIを実行する権限がありません"]
