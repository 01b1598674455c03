"""Inquiries that find nothing, and one that nobody may make."""

import pytest

from tests.contract.answers import Answer
from tests.contract.claims import claimed
from tests.contract.wire import INQUIRY_CGI_1, Epsilon, new_number


@pytest.fixture(scope="module")
def unknown(epsilon: Epsilon) -> Answer:
    """An inquiry about an order that nobody placed."""
    return epsilon.ask(order_number=new_number())


@pytest.mark.parametrize(
    ("part", "believed"),
    [
        claimed("4 unknown order: HTTP status", "recorded", "status", 200),
        claimed("4 unknown order: declaration with two spaces", "recorded", "declaration", '<?xml version="1.0"  ?>'),
        claimed("4 unknown order: content type", "recorded", "content_type", "text/xml; charset=UTF8"),
        claimed("4 unknown order: line ends", "recorded", "line_end", "LF"),
        claimed("4 unknown order: empty root", "recorded", "names", []),
        claimed("4 unknown order: nothing but the root", "recorded", "shape", "as recorded"),
    ],
)
def test_an_unknown_order_is_an_empty_root(unknown: Answer, part: str, believed: object) -> None:
    """Neither a result nor an error."""
    assert getattr(unknown, part) == believed


@pytest.mark.claim("4 unknown order: an empty root also by trans_code", "assumed")
def test_an_unknown_trans_code_is_an_empty_root(epsilon: Epsilon) -> None:
    """As by order_number; the client calls both unknown."""
    assert epsilon.client.get_sales(trans_code="1") is None
    assert epsilon.ask(trans_code="1").names == []


@pytest.mark.claim("1 getsales.cgi (CGI-1): 401 without a password", "assumed")
def test_the_second_inquiry_wants_a_password(epsilon: Epsilon) -> None:
    """HTTP Basic, whoever asks."""
    assert epsilon.post(INQUIRY_CGI_1, {"trans_code": "1"}).status == 401
