"""The end of a plan, a withdrawal and its undoing, by somebody who joined: the answers are bare results."""

import pytest

from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.wire import Epsilon

CP932_DECLARED = '<?xml version="1.0" encoding="x-sjis-cp932" ?>'
PLAN_FIELDS = "result user_id item_code item_name item_price mission_code memo1 memo2".split()
USER_FIELDS = "result user_id user_name memo1 memo2".split()


@pytest.fixture
def ended(epsilon: Epsilon, member: str) -> Answer:
    """What the end of a plan is answered."""
    return epsilon.operate("8", member, item_code="TEA-1")


@pytest.fixture
def withdrawn(epsilon: Epsilon, member: str) -> Answer:
    """What a withdrawal is answered."""
    return epsilon.operate("9", member)


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 process_code 8: declaration", "recorded", "declaration", CP932_DECLARED),
        claimed("4 process_code 8: content type", "recorded", "content_type", "text/xml"),
        claimed("4 process_code 8: line ends", "recorded", "line_end", "CRLF"),
        claimed("4 process_code 8: fields in order", "recorded", "names", PLAN_FIELDS),
    ],
)
def test_a_plan_ends_with_a_bare_result(ended: Answer, part: str, believed: object) -> None:
    """The plan, as it was."""
    assert ended["result"] == "1"
    assert getattr(ended, part) == believed


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 process_code 9: declaration", "recorded", "declaration", CP932_DECLARED),
        claimed("4 process_code 9: content type", "recorded", "content_type", "text/xml"),
        claimed("4 process_code 9: line ends", "recorded", "line_end", "CRLF"),
        claimed("4 process_code 9: fields in order", "recorded", "names", USER_FIELDS),
    ],
)
def test_a_withdrawal_is_answered_with_a_bare_result(withdrawn: Answer, part: str, believed: object) -> None:
    """The user, by name."""
    assert withdrawn["result"] == "1"
    assert getattr(withdrawn, part) == believed


@pytest.mark.claim("4 process_code 9: CP932, space as %20", "recorded")
def test_a_withdrawal_names_the_user_in_cp932(withdrawn: Answer) -> None:
    """髙橋 花子, with version=2."""
    assert withdrawn.raw.get("user_name") == "%EE%E0%8B%B4%20%89%D4%8Eq"


@pytest.mark.claim("2 process_code 7: answered as 9 is", "assumed")
def test_a_withdrawal_is_undone(epsilon: Epsilon, member: str, withdrawn: Answer) -> None:
    """The card can be charged again."""
    undone = epsilon.operate("7", member)

    assert (undone["result"], undone.body) == ("1", withdrawn.body)
    assert epsilon.client.get_user_info(member)
