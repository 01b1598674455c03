"""A shop asks Epsilon: what is sent, and what each answer becomes. No sockets."""

import base64
import copy
import itertools
import ssl
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import Pipe
from urllib.parse import quote

import pytest
import requests
from urllib3.exceptions import LocationParseError, ProtocolError, SSLError

from epsilon import (
    BETA,
    PRODUCTION,
    BadAnswer,
    Client,
    Done,
    EpsilonError,
    Exchange,
    InvalidOrder,
    NoAnswer,
    Order,
    Receipt,
    Redirect,
    Refused,
    Unreachable,
)
from tests.epsilon.fake_epsilon import APPLE, KONBINI, PERSONAL, FakeEpsilon, form_of, order, saying
from tests.epsilon.sales import PAID_AT_FAMILYMART, PAID_BY_CARD, WAITING_AT_LAWSON
from tests.samples import (
    CANCEL_OF_NOTHING,
    CANCEL_SAYS_NOTHING,
    CANCELLED,
    ERROR_IN_CP932,
    ERROR_IN_UTF8,
    INQUIRY_CARD,
    INQUIRY_KONBINI,
    INQUIRY_UNKNOWN,
    INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES,
    KONBINI_DIRECT,
    PLAN_ENDED,
    REDIRECT,
    REDIRECT_WITH_SLASH_IN_TOKEN,
    USER_INFO,
    WITHDRAWAL_OF_A_STRANGER,
    WITHDRAWN,
    Sample,
)

ORDER_CGI = "https://beta.epsilon.jp/cgi-bin/order/receive_order3.cgi"
INQUIRY_CGI = "https://beta.epsilon.jp/cgi-bin/order/getsales2.cgi"
INQUIRY_CGI_1 = "https://beta.epsilon.jp/client/getsales.cgi"

PAGE = "https://beta.epsilon.jp/cgi-bin/order/method_select3.cgi?trans_code="
EVERY_ORDER = {"version": "2", "contract_code": "12345678", "xml": "1", "character_code": "UTF8"}


def redirecting_to(url: str) -> Sample:
    return saying(result="1", redirect=url)


def test_a_buyer_is_sent_to_epsilons_page() -> None:
    """An order by card sends the documented fields in UTF-8, and is answered with a page."""
    epsilon = FakeEpsilon(REDIRECT)
    assert epsilon.client().receive_order(order()) == Redirect(PAGE + "IOnPh3Psm7k86")
    [request] = epsilon.asked
    assert (request.method, request.url) == ("POST", ORDER_CGI)
    assert form_of(request) == {
        **{name: str(value) for name, value in APPLE.items()},
        **EVERY_ORDER,
        "mission_code": "1",
        "process_code": "1",
    }
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.headers


def test_a_buyer_gets_a_konbini_receipt_without_a_page() -> None:
    """An order with a store sends the konbini fields too, and is answered with the receipt."""
    epsilon = FakeEpsilon(KONBINI_DIRECT)
    konbini = {**KONBINI, "conveni_code": "31", "user_tel": "0312345678", "user_name_kana": "タカハシ ハナコ"}
    assert epsilon.client().receive_order(order(**konbini)) == Receipt(WAITING_AT_LAWSON)
    [request] = epsilon.asked
    assert form_of(request) == {
        **{name: str(value) for name, value in APPLE.items()},
        **EVERY_ORDER,
        **konbini,
        "mission_code": "1",
        "process_code": "1",
    }


def test_a_member_withdraws() -> None:
    """A member operation sends what it is about, and is answered with a bare result."""
    epsilon = FakeEpsilon(WITHDRAWN)
    assert epsilon.client().receive_order(Order(process_code=9, user_id="member-1")) == Done(
        {"result": "1", "user_id": "member-1", "user_name": "ヤマダ タロウ", "memo1": "", "memo2": ""}
    )
    [request] = epsilon.asked
    assert form_of(request) == {**EVERY_ORDER, "user_id": "member-1", "process_code": "9"}


def test_a_plan_ends() -> None:
    """Ending a monthly plan is answered with what was ended."""
    done = FakeEpsilon(PLAN_ENDED).client().receive_order(Order(process_code=8, user_id="member-1", item_code="PLAN-1"))
    assert isinstance(done, Done)
    assert (done.fields["item_name"], done.fields["item_price"]) == ("ダンス", "500")


def test_a_stranger_cannot_withdraw() -> None:
    """Epsilon answers that with HTTP 500 and a page; the page is kept for the report."""
    with pytest.raises(BadAnswer) as caught:
        FakeEpsilon(WITHDRAWAL_OF_A_STRANGER).client().receive_order(Order(process_code=9, user_id="nobody"))
    assert (caught.value.status, caught.value.body) == (500, WITHDRAWAL_OF_A_STRANGER.body)


def test_the_address_of_the_page_is_used_as_it_is() -> None:
    """The token in it is opaque: a slash that is encoded in it stays encoded."""
    assert FakeEpsilon(REDIRECT_WITH_SLASH_IN_TOKEN).client().receive_order(order()) == Redirect(
        PAGE + "IOnPh3%2Fsm7k86"
    )


@pytest.mark.parametrize(
    ("sample", "code", "detail"),
    [
        (ERROR_IN_CP932, "601", "決済コードの指定が異常です"),
        (ERROR_IN_UTF8, "601", "電話番号を正しく入力してください"),
        (CANCEL_OF_NOTHING, "810", "対象取引はありません"),
        (saying(result="0", err_code="604", err_detail=""), "604", ""),
        (saying(result="0"), "", ""),
        (saying(result="1", err_code="908", err_detail="x"), "908", "x"),
        (saying(err_code="502"), "502", ""),
    ],
    ids=str,
)
def test_epsilon_says_no(sample: Sample, code: str, detail: str) -> None:
    """An error code, or a result of 0, is a refusal, with Epsilon's own words."""
    with pytest.raises(Refused) as caught:
        FakeEpsilon(sample).client().receive_order(order())
    assert (caught.value.code, caught.value.detail, str(caught.value)) == (code, detail, f"{code}:{detail}")


@pytest.mark.parametrize(
    "sample",
    [
        INQUIRY_UNKNOWN,
        INQUIRY_CARD,
        CANCEL_SAYS_NOTHING,
        CANCELLED,
        USER_INFO,
        WITHDRAWN,
        saying(result="1"),
        saying(result="1", redirect="", trans_code=""),
        saying(result="2", redirect=PAGE + "x"),
        saying(redirect=PAGE + "x"),
        saying(trans_code="1", order_number="2", state="1"),
        Sample("nothing", "text/xml", b""),
        Sample("a page", "text/html", b"<!DOCTYPE html><title>Sorry</title>"),
        replace(REDIRECT, status=500),
        replace(REDIRECT, status=201),
        replace(REDIRECT, status=403),
    ],
    ids=str,
)
def test_an_answer_that_does_not_say_yes_is_not_a_yes(sample: Sample) -> None:
    """An order is registered only if Epsilon says so in its protocol; the body is kept for the report."""
    with pytest.raises(BadAnswer) as caught:
        FakeEpsilon(sample).client().receive_order(order())
    assert (caught.value.status, caught.value.body) == (sample.status, sample.body)


FOREIGN = (
    "https://evil.example/",
    "https://beta.epsilon.jp.evil.example/",
    "https://evil.example/https://beta.epsilon.jp/",
    "https://secure.epsilon.jp/cgi-bin/order/card3.cgi",
    "https://epsilon.jp/",
    "http://beta.epsilon.jp/cgi-bin/order/method_select3.cgi?trans_code=x",
    "https://beta.epsilon.jp:8443/",
    "https://beta.epsilon.jp:0/",
    "https://beta.epsilon.jp:99999/",
    "https://beta.epsilon.jp:x/",
    "https://beta.epsilon.jp@evil.example/",
    "https://someone@beta.epsilon.jp/",
    "https://@beta.epsilon.jp/",
    "https://:secret@beta.epsilon.jp/",
    "https://beta.epsilon.jp\\@evil.example/",
    "https://evil.example\\@beta.epsilon.jp/",
    "https://beta.epsilon.jp\\.evil.example/",
    "https:\\\\evil.example/",
    "https://beta.epsilon.jp/\r\nSet-Cookie: a=b",
    "https://beta.epsilon.jp/\nx",
    "https://beta.epsilon.jp\t.evil.example/",
    "\thttps://beta.epsilon.jp/",
    " https://beta.epsilon.jp/",
    "https://beta.epsilon.jp/ x",
    "https://beta.epsilon.jp/\u2028",
    "https://beta.epsilon.jp/\x00",
    "javascript:alert(1)",
    "javascript://beta.epsilon.jp/%0aalert(1)",
    "data:text/html,x",
    "//beta.epsilon.jp/cgi-bin/order/method_select3.cgi",
    "//evil.example/",
    "/cgi-bin/order/method_select3.cgi",
    "https:/beta.epsilon.jp/",
    "https:beta.epsilon.jp/",
    "https:///beta.epsilon.jp/",
    "https://",
    "https://[::1",
    "https://beta.epsilon.jp%2eevil.example/",
    "https://beta。epsilon.jp.evil.example/",
    "https://ｂeta.epsilon.jp/",
    "https://beta.epsilon.jp／.evil.example/",
    "ftp://beta.epsilon.jp/",
    "x",
)


@pytest.mark.parametrize("url", FOREIGN)
def test_a_buyer_is_sent_nowhere_else(url: str) -> None:
    """An address that is not on Epsilon's own origin, or is written to deceive a browser, is refused."""
    with pytest.raises(BadAnswer, match="foreign host"):
        FakeEpsilon(redirecting_to(url)).client().receive_order(order())


@pytest.mark.parametrize(
    "url",
    [PAGE + "x", "https://beta.epsilon.jp:443/card3.cgi?trans_code=a%2Fb", "HTTPS://BETA.EPSILON.JP/", BETA + "?a#b"],
)
def test_the_same_origin_may_be_written_in_other_ways(url: str) -> None:
    """Its port may be named, and its letters may be capitals; nothing in it is rewritten."""
    assert FakeEpsilon(redirecting_to(url)).client().receive_order(order()) == Redirect(url)


def test_a_simulator_sends_the_buyer_to_itself() -> None:
    """On this machine http is fine, at the very host and port of ``base_url``."""
    simulator = "http://127.0.0.1:8001"
    page = f"{simulator}/cgi-bin/order/card3.cgi?trans_code=x"
    assert FakeEpsilon(redirecting_to(page)).client(base_url=simulator).receive_order(order()) == Redirect(page)
    for url in ("http://127.0.0.1/", "http://127.0.0.1:8002/", "http://localhost:8001/", "https://127.0.0.1:8001/"):
        with pytest.raises(BadAnswer, match="foreign host"):
            FakeEpsilon(redirecting_to(url)).client(base_url=simulator).receive_order(order())


@pytest.mark.parametrize(
    "url",
    [
        BETA,
        BETA + "/",
        PRODUCTION,
        "https://epsilon.example.com:8443",
        "http://localhost:8001",
        "http://127.0.0.1:8001/",
        "http://[::1]:8001",
        "http://127.1.2.3",
    ],
)
def test_a_base_url_is_https_or_on_this_machine(url: str) -> None:
    """Both environments, any host by https, and a simulator at home."""
    assert Client("12345678", base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "beta.epsilon.jp",
        "http://beta.epsilon.jp",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "http://192.168.0.1:8001",
        "http://0.0.0.0:8001",
        "http://2130706433",
        "ftp://beta.epsilon.jp",
        "file:///etc/hosts",
        "https://",
        "https:///",
        "https://beta.epsilon.jp/cgi-bin",
        "https://beta.epsilon.jp?x",
        "https://someone:secret@beta.epsilon.jp",
        "https://@beta.epsilon.jp",
        "https://:secret@beta.epsilon.jp",
        "https://beta.epsilon.jp:99999",
        "https://beta.epsilon.jp:x",
        "https://beta.epsilon.jp\\",
        "https://beta.epsilon.jp ",
        "https://[::1",
    ],
)
def test_any_other_base_url_is_refused(url: str) -> None:
    """Personal data is not sent in the clear, and an address with parts that get lost is a mistake."""
    with pytest.raises(ValueError, match=r"base_url|Invalid IPv6|Port"):
        Client("12345678", base_url=url)


def test_a_shop_asks_by_trans_code() -> None:
    """The documented way: ``contract_code`` and ``trans_code`` in the body."""
    epsilon = FakeEpsilon(INQUIRY_CARD)
    assert epsilon.client().get_sales(trans_code="763421") == PAID_BY_CARD
    [request] = epsilon.asked
    assert (request.method, request.url) == ("POST", INQUIRY_CGI)
    assert form_of(request) == {"contract_code": "12345678", "trans_code": "763421"}
    assert "Authorization" not in request.headers


def test_a_shop_asks_by_order_number() -> None:
    """The way after a timeout: ``contract_code`` and ``order_number`` in the body."""
    epsilon = FakeEpsilon(INQUIRY_KONBINI)
    assert epsilon.client().get_sales(order_number="1234567801") == PAID_AT_FAMILYMART
    [request] = epsilon.asked
    assert (request.url, form_of(request)) == (
        INQUIRY_CGI,
        {"contract_code": "12345678", "order_number": "1234567801"},
    )


def test_a_shop_asks_with_a_password() -> None:
    """CGI-1 takes the contract code and the console's password by HTTP Basic, and not in the body."""
    epsilon = FakeEpsilon(INQUIRY_CARD)
    assert epsilon.client(password="pass:word").get_sales(trans_code="763421") == PAID_BY_CARD
    [request] = epsilon.asked
    assert (request.method, request.url) == ("POST", INQUIRY_CGI_1)
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"12345678:pass:word").decode()
    assert form_of(request) == {"trans_code": "763421"}


def test_a_password_is_for_the_inquiry_alone() -> None:
    """The order CGI does not ask for it, so it is not told."""
    epsilon = FakeEpsilon(REDIRECT)
    epsilon.client(password="secret").receive_order(order())
    assert "Authorization" not in epsilon.asked[0].headers


@pytest.mark.parametrize(
    "asked", [{}, {"trans_code": ""}, {"trans_code": "1", "order_number": "2"}, {"order_number": ""}]
)
def test_a_shop_asks_for_exactly_one(asked: dict[str, str]) -> None:
    """Neither or both is the caller's mistake, and nothing is sent."""
    epsilon = FakeEpsilon(INQUIRY_CARD)
    with pytest.raises(TypeError, match="exactly one"):
        epsilon.client().get_sales(**asked)
    assert epsilon.asked == []


@pytest.mark.parametrize("hostile", ["1&order_number=2", "1\r\nx: y", "%31", "１", "'; --", "🍵"])
def test_what_a_browser_brings_back_stays_one_field(hostile: str) -> None:
    """A ``trans_code`` from a stranger's browser cannot become another field."""
    epsilon = FakeEpsilon(INQUIRY_UNKNOWN)
    assert epsilon.client().get_sales(trans_code=hostile) is None
    assert form_of(epsilon.asked[0]) == {"contract_code": "12345678", "trans_code": hostile}


@pytest.mark.parametrize("asked", [{"trans_code": "x\ud800"}, {"order_number": "\udfffx"}])
@pytest.mark.parametrize("password", [None, "secret"])
def test_half_a_character_is_the_callers_mistake(asked: dict[str, str], password: str | None) -> None:
    """It is told which argument it is, nothing is sent, and no exchange is heard of."""
    epsilon, heard = FakeEpsilon(INQUIRY_CARD), list[Exchange]()
    with pytest.raises(ValueError, match=rf"^{next(iter(asked))} holds half a character") as caught:
        epsilon.client(password=password, on_exchange=heard.append).get_sales(**asked)
    assert type(caught.value) is ValueError
    assert (epsilon.asked, heard) == ([], [])


@pytest.mark.parametrize("password", ["密码", "パスワード", "\ud800", "€"])
def test_a_password_that_http_basic_cannot_carry(password: str) -> None:
    """It is refused where it is set, and not shown."""
    with pytest.raises(ValueError, match="must be in Latin-1") as caught:
        Client("12345678", password=password)
    assert password not in str(caught.value)


def test_a_password_in_latin_1() -> None:
    """Whatever HTTP Basic can carry is taken."""
    epsilon = FakeEpsilon(INQUIRY_CARD)
    epsilon.client(password="é").get_sales(trans_code="763421")
    assert epsilon.asked[0].headers["Authorization"] == "Basic " + base64.b64encode(b"12345678:\xe9").decode()


@pytest.mark.parametrize("sample", [INQUIRY_UNKNOWN, INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES], ids=str)
def test_an_order_that_epsilon_does_not_know_is_none(sample: Sample) -> None:
    """An empty root, which was recorded, and the form that the vendor's samples look for."""
    assert FakeEpsilon(sample).client().get_sales(order_number="1") is None


@pytest.mark.parametrize(
    "sample",
    [
        REDIRECT,
        CANCEL_SAYS_NOTHING,
        CANCELLED,
        USER_INFO,
        PLAN_ENDED,
        WITHDRAWAL_OF_A_STRANGER,
        saying(trans_code="1", order_number="2"),
        saying(trans_code="1", state="1"),
        saying(order_number="2", state="1"),
        saying(result="9"),
        saying(result="0", trans_code="1", order_number="2", state="1"),
        saying(result="9", trans_code="1", order_number="2", state="1"),
        saying(result="0", trans_code="1"),
        saying(state="", trans_code="1", order_number="2"),
        Sample("words", "text/xml", b"<Epsilon_result>busy</Epsilon_result>"),
        Sample("another element", "text/xml", b"<Epsilon_result><error code='1' /></Epsilon_result>"),
        Sample("nothing", "text/xml", b""),
    ],
    ids=str,
)
def test_no_answer_but_these_is_taken_for_an_unknown_order(sample: Sample) -> None:
    """What is neither a sale nor an unknown order is a bad answer: who takes it for unknown orders twice."""
    with pytest.raises(BadAnswer) as caught:
        FakeEpsilon(sample).client().get_sales(order_number="1")
    assert (caught.value.status, caught.value.body) == (sample.status, sample.body)


def test_a_contradiction_is_neither() -> None:
    """A failure beside a whole sale: who took it for an unknown order would have the buyer pay twice."""
    body = INQUIRY_CARD.body.replace(b"<Epsilon_result>", b'<Epsilon_result><result result="0" />')
    with pytest.raises(BadAnswer, match="neither a sale nor an unknown order"):
        FakeEpsilon(replace(INQUIRY_CARD, body=body)).client().get_sales(order_number="1234567802")


def test_an_inquiry_can_be_refused() -> None:
    """A sender whose address is not registered is told 908."""
    with pytest.raises(Refused) as caught:
        FakeEpsilon(saying(result="0", err_code="908", err_detail="権限がありません")).client().get_sales(
            trans_code="1"
        )
    assert str(caught.value) == "908:権限がありません"


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (requests.ConnectTimeout("10.0.0.1"), Unreachable),
        (requests.ConnectionError(ProtocolError("reset")), NoAnswer),
        (requests.ReadTimeout("10.0.0.1"), NoAnswer),
        (requests.exceptions.ChunkedEncodingError("x"), NoAnswer),
        (requests.TooManyRedirects("x"), NoAnswer),
        (requests.exceptions.InvalidHeader("x"), NoAnswer),
        (requests.exceptions.InvalidURL("x"), Unreachable),
        (requests.exceptions.InvalidProxyURL("x"), Unreachable),
        (requests.exceptions.InvalidSchema("no SOCKS"), Unreachable),
        (LocationParseError("x"), Unreachable),
        (requests.exceptions.SSLError(SSLError(ssl.SSLCertVerificationError())), Unreachable),
        (requests.exceptions.SSLError(SSLError(ssl.SSLError())), NoAnswer),
        (ProtocolError("reset"), NoAnswer),
        (OSError("no CA file"), NoAnswer),
        (ConnectionResetError(104, "reset"), NoAnswer),
    ],
)
def test_no_exception_of_requests_gets_out(failure: Exception, kind: type[EpsilonError]) -> None:
    """Whatever the transport raises is one of two: nothing was sent, or nobody knows."""
    client = FakeEpsilon(failure).client()
    with pytest.raises(kind) as caught:
        client.receive_order(order())
    assert type(caught.value) is kind
    assert "10.0.0.1" not in str(caught.value)
    with pytest.raises(kind):
        client.get_sales(trans_code="1")


def test_a_failure_is_not_blamed_on_an_earlier_one() -> None:
    """A retry from within ``except Unreachable`` that is sent and not answered is not Unreachable too."""
    with pytest.raises(Unreachable):
        FakeEpsilon(requests.ConnectTimeout()).client().receive_order(order())
    try:
        FakeEpsilon(requests.ConnectTimeout()).client().receive_order(order())
    except Unreachable:
        with pytest.raises(NoAnswer):
            FakeEpsilon(requests.ReadTimeout()).client().receive_order(order())


def through_a_pipe(error: EpsilonError) -> EpsilonError:
    """Pickle it, as a process does that hands it to another."""
    here, there = Pipe()
    with here, there:
        there.send(error)
        received = here.recv()
    assert isinstance(received, EpsilonError)
    return received


def invalid_order() -> InvalidOrder:
    with pytest.raises(InvalidOrder) as caught:
        order(user_name="", item_price=0)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        Refused("601", "電話番号を正しく入力してください"),
        BadAnswer("there is no result in it", status=200, body=b"hanako@example.com"),
        invalid_order(),
        NoAnswer("ReadTimeout"),
        Unreachable("ConnectTimeout"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_a_pipe])
def test_an_error_can_be_copied_whole(error: EpsilonError, copied: Callable[[EpsilonError], EpsilonError]) -> None:
    """Task queues hand errors from process to process; nothing is lost, and nothing more is shown."""
    twin = copied(error)
    assert twin is not error
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)
    assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
    assert "hanako" not in f"{twin} {twin!r}"


def test_the_tree_of_errors() -> None:
    """Five kinds of error, one base; an invalid order is also a ValueError."""
    kinds = (InvalidOrder, Unreachable, NoAnswer, BadAnswer, Refused)
    assert all(issubclass(kind, EpsilonError) for kind in kinds)
    assert not any(issubclass(one, other) for one, other in itertools.permutations(kinds, 2))
    assert issubclass(InvalidOrder, ValueError)


def listening(answer: Sample | Exception) -> tuple[Client, list[Exchange]]:
    heard: list[Exchange] = []
    return FakeEpsilon(answer).client(on_exchange=heard.append), heard


def test_an_exchange_is_heard_of_once() -> None:
    """The listener gets what was sent and the very bytes that came."""
    client, heard = listening(KONBINI_DIRECT)
    client.receive_order(order(memo1="庭に犬がいます"))
    [exchange] = heard
    assert exchange == Exchange(
        url=ORDER_CGI,
        fields={
            **{name: str(value) for name, value in APPLE.items()},
            **EVERY_ORDER,
            "mission_code": "1",
            "process_code": "1",
            "memo1": "庭に犬がいます",
        },
        status=200,
        headers={"Content-Type": "text/xml"},
        body=KONBINI_DIRECT.body,
        seconds=exchange.seconds,
    )
    assert 0 <= exchange.seconds < 5
    client.get_sales(trans_code="661246")
    assert [exchange.url for exchange in heard] == [ORDER_CGI, INQUIRY_CGI]


@pytest.mark.parametrize(
    ("answer", "kind", "status", "body"),
    [
        (requests.ConnectTimeout(), Unreachable, None, b""),
        (requests.ReadTimeout(), NoAnswer, None, b""),
        (OSError(), NoAnswer, None, b""),
        (WITHDRAWAL_OF_A_STRANGER, BadAnswer, 500, WITHDRAWAL_OF_A_STRANGER.body),
        (Sample("junk", "text/plain", b"junk"), BadAnswer, 200, b"junk"),
        (ERROR_IN_CP932, Refused, 200, ERROR_IN_CP932.body),
        (Sample("long", "text/xml", b"x" * (1024 * 1024 + 1)), BadAnswer, None, b""),
    ],
    ids=str,
)
def test_a_failed_exchange_is_heard_of_once_too(
    answer: Sample | Exception, kind: type[EpsilonError], status: int | None, body: bytes
) -> None:
    """Also where nothing came back, and also where what came back is refused later."""
    client, heard = listening(answer)
    with pytest.raises(kind):
        client.get_sales(order_number="1")
    [exchange] = heard
    assert (exchange.url, dict(exchange.fields)) == (
        INQUIRY_CGI,
        {"contract_code": "12345678", "order_number": "1"},
    )
    assert (exchange.status, exchange.body) == (status, body)


def test_a_password_is_not_heard() -> None:
    """The listener, who may well write a log, does not get the console's password."""
    heard: list[Exchange] = []
    FakeEpsilon(INQUIRY_CARD).client(password="secret", on_exchange=heard.append).get_sales(trans_code="1")
    assert "secret" not in repr([vars(exchange) for exchange in heard])


@pytest.mark.parametrize(
    "answer",
    [
        REDIRECT,
        ERROR_IN_UTF8,
        KONBINI_DIRECT,
        WITHDRAWAL_OF_A_STRANGER,
        replace(KONBINI_DIRECT, body=KONBINI_DIRECT.body[:-5]),
        replace(KONBINI_DIRECT, status=500),
        redirecting_to("https://evil.example/?hanako@example.com"),
        requests.ConnectTimeout("guest-1"),
        requests.ReadTimeout("guest-1"),
        requests.ConnectionError("guest-1"),
        OSError("guest-1"),
    ],
    ids=str,
)
def test_nobody_is_shown_in_a_log(answer: Sample | Exception) -> None:
    """``str`` and ``repr`` of all that a call gives hold no personal data, sent or received."""
    client, heard = listening(answer)
    given: object
    try:
        given = client.receive_order(order(**PERSONAL, **KONBINI))
    except EpsilonError as error:
        given = error
    shown = f"{given} {given!r} {heard[0]} {heard!r} {client!r}"
    for personal in (*PERSONAL.values(), "ヤマダ", "yamada", "お歳暮", quote("髙橋")):
        assert personal not in shown


def test_verification_is_asked_for_whatever_the_session_says() -> None:
    """A session with ``verify=False``, as the vendor's samples have it, is not obeyed."""
    epsilon = FakeEpsilon(INQUIRY_UNKNOWN)
    session = requests.Session()
    session.mount(BETA, epsilon)
    session.verify = False
    Client("12345678", session=session).get_sales(trans_code="1")
    assert epsilon.verified[0] not in (False, None, "")


def test_a_session_of_ones_own_lends_nothing_but_its_connections() -> None:
    """Its password and its cookies are for others."""
    epsilon = FakeEpsilon(INQUIRY_UNKNOWN)
    session = requests.Session()
    session.mount(BETA, epsilon)
    session.auth = ("somebody", "secret")
    session.cookies.set("for", "others")
    Client("12345678", session=session).get_sales(trans_code="1")
    assert "Authorization" not in epsilon.asked[0].headers
    assert "Cookie" not in epsilon.asked[0].headers
