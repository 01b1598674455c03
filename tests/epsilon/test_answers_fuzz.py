"""More than ten thousand answers that Epsilon would never give: each is a value or one of the package's own errors."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epsilon import BETA, BadAnswer, EpsilonError, Receipt, Redirect, Refused, Sale, State, UserInfo
from epsilon.wire import decode_answer
from tests.epsilon.fake_epsilon import FakeEpsilon, order
from tests.samples import INQUIRY_CARD, SAMPLES, Sample

BODIES = [sample.body for sample in SAMPLES]
NAMES = sorted({name for body in BODIES for name in decode_answer(body)} | {"unknown", "_", "é"})

EPSILON = FakeEpsilon(INQUIRY_CARD)
CLIENT = EPSILON.client()
ORDER = order()

# A case takes a millisecond; one that takes a thousand times as long is on its way to hanging.
thorough = settings(
    derandomize=True, database=None, deadline=timedelta(seconds=2), suppress_health_check=[HealthCheck.too_slow]
)


def answer_both_with(body: bytes) -> tuple[object, object]:
    """Give this answer to an order and to an inquiry; return what they become, value or error."""
    EPSILON.answer = Sample("fuzzed", "text/xml", body)
    EPSILON.asked.clear()
    ordered: object
    found: object
    try:
        ordered = CLIENT.receive_order(ORDER)
    except EpsilonError as error:
        ordered = error
    try:
        found = CLIENT.get_sales(order_number="1")
    except EpsilonError as error:
        found = error
    return ordered, found


AFTER_THE_SALE: tuple[Callable[[], object], ...] = (
    lambda: CLIENT.cancel_payment("1"),
    lambda: CLIENT.sales_payment("1"),
    lambda: CLIENT.change_amount_payment(order_number="1", new_item_price=1),
    lambda: CLIENT.get_user_info("1"),
)


def answer_after_the_sale_with(body: bytes) -> list[object]:
    """Give this answer to each call that comes after a sale; return what they become, ``None`` where it is a yes."""
    EPSILON.answer = Sample("fuzzed", "text/xml", body)
    EPSILON.asked.clear()
    outcomes: list[object] = []
    for call in AFTER_THE_SALE:
        try:
            outcomes.append(call())
        except EpsilonError as error:
            outcomes.append(error)
    return outcomes


def says_yes(body: bytes) -> bool:
    """Whether an answer has a ``result`` that is 1, and no ``err_code``."""
    fields = decode_answer(body)
    return fields.get("result") == "1" and not fields.get("err_code")


def endure(body: bytes) -> None:
    """Check that nothing but a value or an error of ours comes of this answer, and that values are what they seem."""
    ordered, found = answer_both_with(body)
    *changed, card = answer_after_the_sale_with(body)
    for outcome in changed:
        assert isinstance(outcome, BadAnswer | Refused) or (outcome is None and says_yes(body))
    assert card is None or isinstance(card, UserInfo | BadAnswer | Refused)
    if isinstance(card, UserInfo):
        assert says_yes(body)
        assert card.card_number_mask
    if card is None:
        assert decode_answer(body)["err_code"] == "801"
    assert isinstance(ordered, Redirect | Receipt | BadAnswer | Refused)
    assert found is None or isinstance(found, Sale | BadAnswer | Refused)
    if isinstance(ordered, Redirect):
        assert ordered.url.lower().startswith(BETA)
    if isinstance(found, Sale):
        assert found.trans_code
        assert found.order_number
        assert isinstance(found.state, State)
    for outcome in (ordered, found, card, *changed):
        assert isinstance(f"{outcome} {outcome!r}", str)


def kinds(outcomes: tuple[object, object]) -> list[type[object]]:
    return [type(outcome) for outcome in outcomes]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_cut_at_any_byte_is_a_bad_answer(sample: Sample) -> None:
    """A document that is not whole says nothing, not even that the order is unknown."""
    whole = len(sample.body.rstrip())
    for length in range(whole):
        ordered, found = answer_both_with(sample.body[:length])
        assert isinstance(ordered, BadAnswer), length
        assert isinstance(found, BadAnswer), length
        if b"err_code" in sample.body:
            for outcome in answer_after_the_sale_with(sample.body[:length]):
                assert isinstance(outcome, BadAnswer), length
    assert kinds(answer_both_with(sample.body[:whole])) == kinds(answer_both_with(sample.body))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_without_its_beginning(sample: Sample) -> None:
    """The end of a document is no document either."""
    for start in range(1, len(sample.body), 5):
        endure(sample.body[start:])


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(thorough, max_examples=500)
def test_random_bytes(body: bytes) -> None:
    """Noise is a bad answer."""
    for outcome in (*answer_both_with(body), *answer_after_the_sale_with(body)):
        assert isinstance(outcome, BadAnswer)


VALUES = st.one_of(
    st.sampled_from(
        ["", "0", "1", "2", "9", "601", "801", "2015-01-16%2008%3A30%3A31", "2015-01-26", "%", "%0", "+", "9" * 5000]
    ),
    st.binary(max_size=30).map(lambda raw: quote(raw, safe="")),
    st.text(st.characters(codec="utf-8", exclude_characters='<&"', exclude_categories=["Cc", "Cs"]), max_size=30),
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Draw an ``<Epsilon_result>`` with fields that exist and values that may be anything."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12))
    mark = draw(st.sampled_from(["", '<?xml version="1.0" encoding="x-sjis-cp932" ?>\n', "\ufeff", "<!-- -->"]))
    document = "".join(f'<result {name}="{value}" />' for name, value in pairs)
    charset = draw(st.sampled_from(["utf-8", "cp932", "latin-1", "utf-16", "utf-32"]))
    return f"{mark}<Epsilon_result>{document}</Epsilon_result>".encode(charset, "xmlcharrefreplace")


@given(documents())
@settings(thorough, max_examples=1000)
def test_random_fields(body: bytes) -> None:
    """The right elements with any values at all."""
    endure(body)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Draw a sample after an accident: some bits flipped, some bytes lost or put in, or two samples spliced."""
    body = bytearray(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(body) - 1)))
        accident = draw(st.sampled_from(["flip", "delete", "insert", "splice", "repeat"]))
        if accident == "flip" and body:
            body[place] ^= 1 << draw(st.integers(0, 7))
        elif accident == "delete":
            del body[place : place + draw(st.integers(1, 60))]
        elif accident == "insert":
            body[place:place] = draw(
                st.binary(min_size=1, max_size=8)
                | st.sampled_from(
                    [b"<", b">", b"&", b'"', b"%", b"\x00", b"</Epsilon_result>", b'<result state="1" />']
                )
            )
        elif accident == "repeat":
            body[place:place] = body[place : place + draw(st.integers(1, 60))]
        else:
            other = draw(st.sampled_from(BODIES))
            body[place:] = other[draw(st.integers(0, len(other) - 1)) :]
    return bytes(body)


@given(mangled())
@settings(thorough, max_examples=2000)
def test_mangled_samples(body: bytes) -> None:
    """A real answer that met with an accident on its way."""
    endure(body)


BILLION_LAUGHS = b"".join(
    [
        b'<!DOCTYPE x [<!ENTITY a0 "ha">',
        *(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12)),
        b']><Epsilon_result><result result="&a11;" /></Epsilon_result>',
    ]
)
MONSTERS = {
    "nested 100,000 deep, open": b"<Epsilon_result>" * 100_000,
    "nested 100,000 deep, closed": b"<a>" * 100_000 + b"</a>" * 100_000,
    "nested 60,000 deep inside": b"<Epsilon_result>"
    + b"<result>" * 60_000
    + b"</result>" * 60_000
    + b"</Epsilon_result>",
    "billion laughs": BILLION_LAUGHS,
    "quadratic blowup": b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 50_000 + b'">]><x>' + b"&a;" * 50_000 + b"</x>",
    "a DTD alone": b"<!DOCTYPE Epsilon_result><Epsilon_result />",
    "a DTD after the declaration": b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ATTLIST a b CDATA "1">]><Epsilon_result/>',
    "a file as an entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Epsilon_result>&a;</Epsilon_result>',
    "a parameter entity": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><Epsilon_result/>',
    "an attribute twice": b'<Epsilon_result><result state="0" state="1" /></Epsilon_result>',
    "a field twice": b'<Epsilon_result><result state="0" /><result state="1" /></Epsilon_result>',
    "a NUL": INQUIRY_CARD.body.replace(b"980", b"9\x0080"),
    "a NUL as a reference": INQUIRY_CARD.body.replace(b"980", b"9&#0;80"),
    "half a surrogate": INQUIRY_CARD.body.replace(b"980", b"&#xD800;"),
    "a declaration without end": b'<?xml version="1.0' + b" " * 500_000,
    "space without end": b" " * 1_000_000,
    "many BOMs": b"\xef\xbb\xbf" * 3 + INQUIRY_CARD.body,
    "UTF-16": INQUIRY_CARD.body.decode().encode("utf-16"),
    "UTF-32": INQUIRY_CARD.body.decode().encode("utf-32"),
    "EBCDIC": INQUIRY_CARD.body.decode().encode("cp500"),
    "a name without end": b"<" + b"a" * 1_000_000,
    "XML 1.1": INQUIRY_CARD.body.replace(b'version="1.0"', b'version="1.1"', 1)[10:],
}


@pytest.mark.parametrize("body", MONSTERS.values(), ids=MONSTERS)
def test_monsters(body: bytes) -> None:
    """Documents made to exhaust a parser, or to make it read what it should not, are bad answers."""
    for outcome in (*answer_both_with(body), *answer_after_the_sale_with(body)):
        assert isinstance(outcome, BadAnswer)


def test_monsters_that_are_documents() -> None:
    """A document may be odd and still be one: it is read, whatever its size."""
    sale = answer_both_with(INQUIRY_CARD.body)[1]
    assert isinstance(sale, Sale)
    many = b"".join(b'<result x%d="%d" />' % (number, number) for number in range(30_000))
    for oddity in (
        many,
        b'<result add="' + b"%83%84" * 100_000 + b'" />',
        b"<a>" * 50_000 + b"</a>" * 50_000,
        b"<!-- --><?php echo ?><![CDATA[<result state='9' />]]>",
        b'<x:result xmlns:x="urn:x" state="9" />',
    ):
        odd = INQUIRY_CARD.body.replace(b"<Epsilon_result>", b"<Epsilon_result>" + oddity)
        found = answer_both_with(odd)[1]
        assert isinstance(found, Sale)
        assert replace(found, extra={}) == replace(sale, extra={})
    twice_declared = b'<?xml version="1.0"?>' + INQUIRY_CARD.body
    assert answer_both_with(twice_declared)[1] == sale


def test_nothing_outside_is_fetched() -> None:
    """An entity or a DTD that names an address is not looked up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for body in (
            f'<!DOCTYPE x SYSTEM "{address}"><Epsilon_result/>',
            f'<!DOCTYPE x PUBLIC "-//x//x" "{address}"><Epsilon_result/>',
            f'<!DOCTYPE x [<!ENTITY a SYSTEM "{address}">]><Epsilon_result>&a;</Epsilon_result>',
            f'<!DOCTYPE x [<!ENTITY % a SYSTEM "{address}"> %a;]><Epsilon_result/>',
        ):
            assert isinstance(answer_both_with(body.encode())[1], BadAnswer)
        listener.setblocking(False)
        with suppress(BlockingIOError):
            listener.accept()
            pytest.fail("somebody called")
