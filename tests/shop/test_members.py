"""A buyer's account: the registered card, the monthly plans, withdrawal, and everything that can come between."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from flask import Flask
from requests.adapters import BaseAdapter
from sqlalchemy import update
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError, ProtocolError
from werkzeug.test import TestResponse

from app import NOTICE_TIMEOUT
from database import writing
from orders import OrderRecord, OrderState, events_of
from tests.people import EPSILON, SHOP, Buyer, ScriptedEpsilon, csrf_token
from tests.samples import WITHDRAWAL_OF_A_STRANGER

Book = Callable[[str], OrderRecord]

ORDER_CGI = f"{EPSILON}/cgi-bin/order/receive_order3.cgi"
CARD_CGI = f"{EPSILON}/cgi-bin/order/get_user_info.cgi"
PERSON = {"user_name": "髙橋 ①", "user_mail_add": "hanako@example.com"}
NO_CARD, VISA, MASTER = "カードは登録されていません。", "VISA 4***-****-****-4242", "MASTER 5***-****-****-4444"
ENDED, IN_DOUBT = "定期便を解約しました", "解約を依頼しましたが、イプシロンの応答が届きませんでした。"
UNCLEAR, NOT_NOW = "手続きができたかどうか、確認できません", "いまは手続きできません"
NOBODY, NOTHING_TO_UNDO = "退会する会員登録がありません", "取り消す退会がありません"
NOTHING_WAS_SENT = requests.ConnectionError(NewConnectionError(HTTPConnection("127.0.0.1"), "refused"))
NO_ANSWERS: list[tuple[bytes | Exception, int]] = [
    (requests.ReadTimeout("slow"), 200),
    (requests.ConnectionError(ProtocolError("reset")), 200),
    (b"<html>502 Bad Gateway</html>", 502),
    (b"", 302),
    (b"<html>maintenance</html>", 200),
    (b'<Epsilon_result><result result="1" />', 200),
    (b'<Epsilon_result><result result="1" /><result redirect="https%3A%2F%2Fevil.example%2F" />', 200),
]


class Wire(BaseAdapter):
    """Carries calls on to the simulator, and keeps what was said; ``lost`` are the process_codes without an answer."""

    def __init__(self, to_epsilon: requests.Session) -> None:
        super().__init__()
        self.joined = to_epsilon.get_adapter(EPSILON)
        self.told: list[dict[str, str]] = []
        self.timeouts: list[object] = []
        self.lost: set[str] = set()
        self.meanwhile: Callable[[], object] | None = None
        to_epsilon.mount(EPSILON, self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Hand over, do what is to happen meanwhile, and answer."""
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        told = {name: values[0] for name, values in parse_qs(body).items()}
        if str(request.url).startswith(ORDER_CGI):
            self.told.append(told)
        self.timeouts.append(kwargs["timeout"])
        answer = self.joined.send(request, *args, **kwargs)
        if self.meanwhile:
            happen, self.meanwhile = self.meanwhile, None
            happen()
        if told.get("process_code") in self.lost:
            raise requests.ReadTimeout("lost")
        return answer

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def wire(epsilon: Flask, to_epsilon: requests.Session) -> Wire:
    """Between the shop and the simulator."""
    return Wire(to_epsilon)


def press(buyer: Buyer, address: str, **typed: str) -> TestResponse:
    """Press a button of the account."""
    return buyer.open(f"/member{address}", csrf_token=csrf_token(buyer.open("/member")), **typed)


def register(buyer: Buyer, card_number: str = "4242424242424242") -> str:
    """Register a card; return the account as the way back shows it."""
    home = buyer.pay_by_card(press(buyer, "/card", **PERSON).location, card_number)
    return buyer.open(buyer.open(home.location).location).text


def buy(buyer: Buyer, **entries: Any) -> OrderRecord:
    """Order, pay by card and read the confirmation; return the order."""
    home = buyer.pay_by_card(buyer.order(**entries).location)
    buyer.open(buyer.open(home.location).location)
    return buyer.orders()[0]


def subscribe(buyer: Buyer, **entries: Any) -> OrderRecord:
    """Buy tea every month; return the order."""
    return buy(buyer, item_code="teabox", **entries)


def end(buyer: Buyer, plan: OrderRecord) -> TestResponse:
    """Press the button below a plan."""
    return press(buyer, f"/plans/{plan.token}/end")


def facts(page: TestResponse) -> list[str]:
    """Return what the account says of the plans: the name of each, and its facts."""
    shown = re.findall(r"<(?:h3|dd)[^>]*>(?:<time[^>]*>)?([^<]+)", page.text)
    return [" ".join(fact.split()) for fact in shown]


def notes(shop: Flask, record: OrderRecord) -> list[str]:
    """Return what the events say that changed no state."""
    with shop.app_context():
        return [event.note for event in events_of(record) if event.from_state is event.to_state]


def has_card(buyer: Buyer) -> bool:
    """Tell whether the order form will ask for a registered card."""
    with buyer.shop.session_transaction() as session:
        return "has_card" in session


def guest(buyer: Buyer) -> str:
    """Return the number of the guest, which is the ``user_id`` at Epsilon."""
    with buyer.shop.session_transaction() as session:
        return str(session["guest_id"])


def refusal(code: str, detail: str) -> bytes:
    """Return the answer of a refusal."""
    said = f'<result err_code="{code}" /><result err_detail="{quote(detail)}" />'
    return f'<Epsilon_result><result result="0" />{said}</Epsilon_result>'.encode()


def member(**about: str) -> dict[str, str]:
    """Return the fields of a member operation that are always the same, and others."""
    return {"version": "2", "contract_code": "12345678", "xml": "1", "character_code": "UTF8"} | about


# The card.


def test_a_card_is_registered_and_changed_on_epsilons_page(buyer: Buyer, wire: Wire) -> None:
    """A first visit makes a guest without a card; 3 registers one, 4 changes it; the way back asks what is true."""
    assert NO_CARD in buyer.open("/member").text
    assert not has_card(buyer)
    assert VISA in register(buyer)
    assert has_card(buyer)
    assert MASTER in register(buyer, "5555555555554444")
    card = {"user_id": guest(buyer), "st_code": "10000-0000-00000-00000-00000-00000-00000", **PERSON}
    assert wire.told == [member(process_code="3", **card), member(process_code="4", **card)]
    assert "マイページ" in buyer.open("/").text


def test_a_look_at_the_account_waits_briefly(buyer: Buyer, wire: Wire) -> None:
    """Epsilon has as long as for a notice."""
    buyer.open("/member")
    assert wire.timeouts == [NOTICE_TIMEOUT]


def test_the_way_back_is_never_believed(buyer: Buyer) -> None:
    """Whoever types the address of a return has no card for it."""
    buyer.open("/member")
    back = buyer.open(f"/return?trans_code=500001&user_id={guest(buyer)}&result=1&order_number=")
    assert (back.status_code, back.location) == (303, "/member")
    assert NO_CARD in buyer.open("/member").text
    assert not has_card(buyer)


def test_the_way_back_in_another_browser(buyer: Buyer, stranger: Buyer) -> None:
    """It shows nothing of the account that it names, and leads to no account."""
    buyer.open("/member")
    back = stranger.open(f"/return?trans_code=500001&user_id={guest(buyer)}&result=1&order_number=")
    assert (back.status_code, "このブラウザでは" in back.text) == (404, True)


def test_the_way_back_by_post(buyer: Buyer) -> None:
    """A POST comes without the cookie, so it goes on by GET with what is needed."""
    buyer.open("/member")
    back = buyer.open("/return", trans_code="500001", user_id=guest(buyer), result="1", order_number="")
    assert back.status_code == 303
    assert buyer.open(back.location).location == "/member"


def test_the_back_button_of_the_card_page_leads_to_the_account(buyer: Buyer) -> None:
    """A registration has no order number; whoever comes back without any is told what is told after an order."""
    page = press(buyer, "/card", **PERSON).location
    back = buyer.pay_by_card(page, action="back")
    assert back.location == f"{SHOP}/back?order_number="
    assert buyer.open(back.location).location == "/member"
    assert "お支払い画面から戻られました" in buyer.open("/back").text


def test_a_card_that_is_gone_is_asked_for_no_more(buyer: Buyer, epsilon: Flask) -> None:
    """The order form asks only while the account last saw a card."""
    register(buyer)
    here = epsilon.extensions["environment"]
    here.ledger.keep_member(here.contract_code, guest(buyer), withdrawn=True)
    assert NO_CARD in buyer.open("/member").text
    assert not has_card(buyer)


def test_the_form_knows_who_ordered_before(buyer: Buyer, stranger: Buyer) -> None:
    """Name and address are those of the member's own latest order, and of nobody else's."""
    buyer.order(user_name="旧姓")
    buyer.order(user_name="髙橋 ①")
    page = buyer.open("/member").text
    assert 'value="髙橋 ①"' in page
    assert 'value="hanako@example.com"' in page
    assert "hanako" not in stranger.open("/member").text


@pytest.mark.parametrize(
    ("typed", "said", "in_english"),
    [
        ({"user_name": ""}, "入力してください。", "This is required."),
        ({"user_name": "🍵"}, "イプシロンでは使えない文字があります: 🍵", "Epsilon cannot carry these characters: 🍵"),
        ({"user_name": "髙" * 33}, "全角32文字・半角64文字以内", "At most 64 bytes (32 full-width characters)"),
        ({"user_mail_add": "hanako"}, "name@example.com のような形で", "Write it like name@example.com."),
        ({"user_mail_add": "<script>alert(1)</script>"}, "半角英数字と . - _ @", "Use only letters, digits and"),
    ],
)
def test_a_wrong_entry_is_shown_at_its_field(
    buyer: Buyer, wire: Wire, typed: dict[str, str], said: str, in_english: str
) -> None:
    """422 in the buyer's language, with all that was typed; nothing was sent."""
    buyer.order(user_name="旧姓")
    wire.told.clear()
    for language, sentence in (("ja", said), ("en", in_english)):
        buyer.open(f"/member?lang={language}")
        answer = press(buyer, "/card", **(PERSON | typed))
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert 'aria-invalid="true"' in answer.text
        for value in (PERSON | typed).values():
            shown = value.replace("<", "&lt;").replace(">", "&gt;")
            assert f'value="{shown}"' in answer.text
    assert wire.told == []


def test_a_form_without_its_fields_is_empty(buyer: Buyer) -> None:
    """What an order said before is not sent for what nobody typed; nor is what is no form."""
    buyer.order()
    assert press(buyer, "/card").status_code == 422
    token = csrf_token(buyer.open("/member"))
    headers = {"X-CSRFToken": token, "Origin": SHOP}
    answer = buyer.shop.post("/member/card", base_url=SHOP, json={"user_name": [1]}, headers=headers)
    assert answer.status_code == 422


def test_half_width_and_spaces_are_tidied_as_on_the_order_form(buyer: Buyer, wire: Wire) -> None:
    """The same filters."""
    press(buyer, "/card", user_name=" 髙橋 が ", user_mail_add="ｈａｎａｋｏ@example.com ")
    assert (wire.told[0]["user_name"], wire.told[0]["user_mail_add"]) == ("髙橋 が", "hanako@example.com")


def test_the_language_switch_keeps_what_was_typed(buyer: Buyer, wire: Wire) -> None:
    """And does nothing else."""
    page = press(buyer, "?lang=en", user_name="<b>髙橋</b>", user_mail_add="x")
    assert page.status_code == 200
    assert "Your account" in page.text
    assert 'value="&lt;b&gt;髙橋&lt;/b&gt;"' in page.text
    assert 'value="x"' in page.text
    assert "This is required." not in page.text
    assert wire.told == []


def test_a_refusal_of_the_card_is_shown_with_what_to_do(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """err_code:err_detail as on the order form, and what was typed is kept."""
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(refusal("908", "<b>")))
    answer = press(buyer, "/card", **PERSON)
    assert answer.status_code == 422
    assert "908:&lt;b&gt;" in answer.text
    assert "お店の設定の問題です。" in answer.text
    assert "オーダー情報発信元ホスト情報に登録してください。" in answer.text
    assert 'value="髙橋 ①"' in answer.text


@pytest.mark.parametrize(("act", "status"), [(NOTHING_WAS_SENT, 200), *NO_ANSWERS, (b"", 500)])
@pytest.mark.parametrize("cgi", [ORDER_CGI, CARD_CGI])
def test_without_epsilon_the_card_stays_as_it_is(
    buyer: Buyer, to_epsilon: requests.Session, cgi: str, act: bytes | Exception, status: int
) -> None:
    """It changes on Epsilon's page alone, so the buyer may simply try again, with what was typed."""
    to_epsilon.mount(cgi, ScriptedEpsilon(act, status))
    answer = press(buyer, "/card", **PERSON)
    assert (answer.status_code, NOT_NOW in answer.text) == (502, True)
    assert "何も変わっていません。" in answer.text
    assert 'value="髙橋 ①"' in answer.text


def test_a_bare_result_where_a_page_belongs(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """The account asks what became of it."""
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(b'<Epsilon_result><result result="1" /></Epsilon_result>'))
    assert press(buyer, "/card", **PERSON).location == "/member"


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (NOTHING_WAS_SENT, 200),
        *NO_ANSWERS,
        (b"", 500),
        (b'<Epsilon_result><result result="9" /><result err_code="908" /></Epsilon_result>', 200),
    ],
)
def test_the_account_opens_without_epsilon(
    buyer: Buyer, to_epsilon: requests.Session, act: bytes | Exception, status: int
) -> None:
    """It says that the card cannot be told, and what is in our book is there, with its buttons."""
    register(buyer)
    plan = subscribe(buyer)
    to_epsilon.mount(EPSILON, ScriptedEpsilon(act, status))
    page = buyer.open("/member")
    assert page.status_code == 200
    assert "登録済みのカードを、いまイプシロンに確認できません。" in page.text
    for there in ("カードを登録・変更する", f"/member/plans/{plan.token}/end", "/member/withdraw", "/member/undo"):
        assert there in page.text
    assert has_card(buyer)


# Monthly plans.


def test_a_plan_is_shown_with_what_its_months_cost(shop: Flask, buyer: Buyer, book: Book) -> None:
    """Item, price a month, since when, and the costs of joining and leaving, from the table, in both languages."""
    assert "ご利用中の定期便はありません。" in buyer.open("/member").text
    plan = subscribe(buyer, quantity="2")
    assert plan.state is OrderState.PAID
    with shop.app_context(), writing() as here:
        here.execute(update(OrderRecord).values(created_at=plan.created_at.replace(2025, 1, 31, 15, 0, 0)))
    terms = "申込月は全額、解約月は日割り、同じ月に申し込みと解約をすると1か月分です。"
    assert facts(buyer.open("/member")) == ["お茶の定期便 × 2", "3,960円", "2025/02/01 0:00:00", terms]
    with shop.app_context(), writing() as here:
        here.execute(update(OrderRecord).values(mission_code=8))
    terms = "Joining month: a share for its days. Leaving month: free. Both in one month: a share for its days."
    since = "Feb 1, 2025, 12:00:00 AM"
    assert facts(buyer.open("/member?lang=en")) == ["お茶の定期便 × 2", "¥3,960", since, terms]


def test_a_plan_ends_and_the_book_says_so(shop: Flask, epsilon: Flask, buyer: Buyer, book: Book, wire: Wire) -> None:
    """8 with user and item; the order stays paid, and has an event and the day; the account shows it as ended."""
    plan = subscribe(buyer)
    wire.told.clear()
    answer = end(buyer, plan)
    assert (answer.status_code, ENDED in answer.text) == (200, True)
    assert "この定期便を解約する" not in answer.text
    assert "解約日時" in buyer.open("/member").text
    assert wire.told == [member(process_code="8", user_id=guest(buyer), item_code="teabox")]
    ended = book(plan.order_number)
    assert (ended.state, ended.plan_ended_at is not None) == (OrderState.PAID, True)
    assert notes(shop, plan) == ["the plan is to end", "the plan has ended"]
    here = epsilon.extensions["environment"]
    assert here.ledger.plan(here.contract_code, guest(buyer), "teabox") is None


def test_a_second_click_on_end(shop: Flask, buyer: Buyer, book: Book, wire: Wire) -> None:
    """It says the same, does not ask again, and the day stays the first one."""
    plan = subscribe(buyer)
    token = csrf_token(buyer.open("/member"))
    clicks = [buyer.open(f"/member/plans/{plan.token}/end", csrf_token=token) for _ in range(2)]
    assert [(click.status_code, ENDED in click.text) for click in clicks] == [(200, True)] * 2
    assert [told["process_code"] for told in wire.told] == ["1", "8"]
    assert notes(shop, plan) == ["the plan is to end", "the plan has ended"]


def test_a_second_click_on_end_before_the_first_has_its_answer(
    shop: Flask, buyer: Buyer, book: Book, wire: Wire
) -> None:
    """Epsilon tells it 605, and that is no error: the first one has ended the plan. It is written down once."""
    plan = subscribe(buyer)
    token = csrf_token(buyer.open("/member"))
    cookie = buyer.shop.get_cookie("shop_session")
    assert cookie
    headers = {"Cookie": f"shop_session={cookie.value}", "Origin": SHOP}
    second: list[TestResponse] = []

    def click_again() -> None:
        impatient = shop.test_client(use_cookies=False)
        address = f"/member/plans/{plan.token}/end"
        data = {"csrf_token": token}
        second.append(impatient.post(address, base_url=SHOP, data=data, headers=headers, buffered=True))

    def on_a_thread_of_its_own() -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(click_again).result()

    wire.meanwhile = on_a_thread_of_its_own
    first = buyer.open(f"/member/plans/{plan.token}/end", csrf_token=token)
    assert [told["process_code"] for told in wire.told] == ["1", "8", "8"]
    assert [(click.status_code, ENDED in click.text) for click in (first, *second)] == [(200, True)] * 2
    assert notes(shop, plan) == ["the plan is to end", "the plan is to end", "the plan has ended"]


def test_a_lost_answer_and_605_mean_that_the_plan_has_ended(shop: Flask, buyer: Buyer, book: Book, wire: Wire) -> None:
    """We do not know, say so here and on every later look, and the second try tells."""
    plan = subscribe(buyer)
    wire.lost = {"8"}
    answer = end(buyer, plan)
    assert (answer.status_code, UNCLEAR in answer.text, IN_DOUBT in answer.text) == (502, True, True)
    assert book(plan.order_number).plan_ended_at is None
    assert IN_DOUBT in buyer.open("/member").text
    wire.lost = set()
    assert ENDED in end(buyer, plan).text
    assert book(plan.order_number).plan_ended_at
    assert IN_DOUBT not in buyer.open("/member").text
    assert notes(shop, plan) == ["the plan is to end", "the plan is to end", "the plan has ended"]


def test_605_alone_does_not_prove_an_end(shop: Flask, buyer: Buyer, book: Book, to_epsilon: requests.Session) -> None:
    """However often it is said, no try of ours can have ended the plan; nor can one of which nothing was sent."""
    plan = subscribe(buyer)
    joined = to_epsilon.get_adapter(EPSILON)
    tries: list[tuple[bytes | Exception, int]] = [(NOTHING_WAS_SENT, 502), *[(refusal("605", "x"), 422)] * 2]
    for act, status in tries:
        to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(act))
        assert end(buyer, plan).status_code == status
        assert book(plan.order_number).plan_ended_at is None
    answer = end(buyer, plan)
    assert "605:x" in answer.text
    assert "お店の設定の問題です。" in answer.text
    assert IN_DOUBT not in answer.text
    to_epsilon.mount(ORDER_CGI, joined)
    assert ENDED in end(buyer, plan).text


@pytest.mark.parametrize(("act", "status"), [*NO_ANSWERS, (b"", 500)])
def test_an_end_without_an_answer_is_not_written_down(
    buyer: Buyer, book: Book, to_epsilon: requests.Session, act: bytes | Exception, status: int
) -> None:
    """502, a sentence, and the button is still there."""
    plan = subscribe(buyer)
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(act, status))
    answer = end(buyer, plan)
    assert (answer.status_code, UNCLEAR in answer.text) == (502, True)
    assert "この定期便を解約する" in answer.text
    assert book(plan.order_number).plan_ended_at is None


def test_a_page_where_a_bare_result_belongs_ends_nothing(
    buyer: Buyer, book: Book, to_epsilon: requests.Session
) -> None:
    """A redirect, even to Epsilon itself, is no answer to it, and nobody is led there."""
    plan = subscribe(buyer)
    answer = f'<Epsilon_result><result result="1" /><result redirect="{EPSILON}/x" /></Epsilon_result>'
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(answer.encode()))
    assert (end(buyer, plan).status_code, press(buyer, "/withdraw").status_code) == (502, 502)
    assert book(plan.order_number).plan_ended_at is None


def test_only_ones_own_plans(shop: Flask, buyer: Buyer, stranger: Buyer, book: Book, wire: Wire) -> None:
    """Neither another browser's, nor one that was typed for somebody else, nor what is no plan or not paid."""
    plan = subscribe(buyer)
    apples = buy(buyer)
    buyer.order(item_code="teabox")
    unpaid = buyer.orders()[0]
    stranger.open("/member")
    for_the_buyer = subscribe(stranger, user_id=guest(buyer))
    wire.told.clear()
    assert plan.token not in stranger.open("/member").text
    for who, record in [(stranger, plan), (buyer, unpaid), (buyer, apples), (stranger, for_the_buyer)]:
        assert who.open("/member").text.count("/end") == (1 if who is buyer else 0)
        assert end(who, record).status_code == 404
    for token in ("guessed", "%00", "..%2f..", "髙橋"):
        assert press(buyer, f"/plans/{token}/end").status_code == 404
    assert wire.told == []
    assert book(plan.order_number).plan_ended_at is None


# Withdrawal.


def test_a_member_withdraws_and_comes_back(buyer: Buyer, wire: Wire) -> None:
    """What it means is said first; 9 takes the card away, 7 brings it back."""
    register(buyer)
    asked = buyer.open("/member/withdraw")
    assert asked.status_code == 200
    assert "退会しますか" in asked.text
    assert "定期便は続くことがあります" not in asked.text
    wire.told.clear()
    gone = press(buyer, "/withdraw")
    assert (gone.status_code, "退会しました" in gone.text, NO_CARD in gone.text) == (200, True, True)
    back = press(buyer, "/undo")
    assert (back.status_code, "退会を取り消しました" in back.text, VISA in back.text) == (200, True, True)
    assert wire.told == [member(process_code=code, user_id=guest(buyer)) for code in ("9", "7")]


def test_whoever_has_a_plan_is_told_to_end_it_first(buyer: Buyer) -> None:
    """The confirmation names what is running, and nothing that has ended."""
    plan = subscribe(buyer)
    page = buyer.open("/member/withdraw").text
    assert ("定期便は続くことがあります" in page, "お茶の定期便" in page) == (True, True)
    end(buyer, plan)
    assert "お茶の定期便" not in buyer.open("/member/withdraw").text


@pytest.mark.parametrize(
    ("address", "ja", "en"),
    [
        ("/withdraw", NOBODY, "There is no membership to end"),
        ("/undo", NOTHING_TO_UNDO, "There is no withdrawal to undo"),
    ],
)
def test_an_unknown_user_is_a_sentence(buyer: Buyer, address: str, ja: str, en: str) -> None:
    """HTTP 500 from Epsilon is no error page here; a second click, too, reads that there is nothing to do."""
    for language, sentence in (("ja", ja), ("en", en)):
        buyer.open(f"/member?lang={language}")
        answer = press(buyer, address)
        assert (answer.status_code, sentence in answer.text) == (200, True)
    buyer.open("/member?lang=ja")
    register(buyer)
    press(buyer, "/withdraw")
    if address == "/undo":
        press(buyer, "/undo")
    assert ja in press(buyer, address).text


def test_the_recorded_500_is_the_sentence_too(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """Byte for byte as it came from the real one."""
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(WITHDRAWAL_OF_A_STRANGER.body, WITHDRAWAL_OF_A_STRANGER.status))
    assert NOBODY in press(buyer, "/withdraw").text


@pytest.mark.parametrize("address", ["/withdraw", "/undo"])
@pytest.mark.parametrize(("act", "status"), NO_ANSWERS)
def test_a_membership_of_which_nothing_is_known(
    buyer: Buyer, to_epsilon: requests.Session, address: str, act: bytes | Exception, status: int
) -> None:
    """502 and a sentence, with a way to look again."""
    to_epsilon.mount(ORDER_CGI, ScriptedEpsilon(act, status))
    answer = press(buyer, address)
    assert (answer.status_code, UNCLEAR in answer.text) == (502, True)
    assert '<a href="/member">もう一度確認する</a>' in answer.text


def test_a_withdrawal_whose_answer_was_lost_is_seen_at_the_next_look(buyer: Buyer, wire: Wire) -> None:
    """The account asks for the card, and to withdraw once more does no harm."""
    register(buyer)
    wire.lost = {"9"}
    assert press(buyer, "/withdraw").status_code == 502
    wire.lost = set()
    assert NO_CARD in buyer.open("/member").text
    assert NOBODY in press(buyer, "/withdraw").text


# Whoever means harm.


ADDRESSES = ["", "/card", "/withdraw", "/undo"]


@pytest.mark.parametrize("address", [*ADDRESSES, "/plans/x/end"])
def test_a_forged_form_does_nothing(buyer: Buyer, wire: Wire, address: str) -> None:
    """400 without our token. From another site it comes without the cookie, and must not get a new account either."""
    register(buyer)
    plan = subscribe(buyer)
    wire.told.clear()
    address = "/member" + address.replace("x", plan.token)
    expired = buyer.open(address, csrf_token="forged", **PERSON)
    assert (expired.status_code, "もう一度送信してください" in expired.text) == (400, True)
    assert 'value="髙橋 ①"' in expired.text
    forged = buyer.shop.application.test_client().post(address, base_url=SHOP, data=PERSON)
    assert (forged.status_code, "もう一度送信してください" in forged.text) == (400, True)
    assert "Set-Cookie" not in forged.headers
    assert wire.told == []
    assert VISA in buyer.open("/member").text


@pytest.mark.parametrize("address", ["/member/card", "/member/undo", "/member/plans/x/end"])
def test_nothing_is_done_by_a_link(buyer: Buyer, wire: Wire, address: str) -> None:
    """A GET is 405, in the shop's design."""
    answer = buyer.open(address)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert "このページは、その方法では開けません" in answer.text
    assert wire.told == []


def test_what_others_say_is_shown_as_text(buyer: Buyer, to_epsilon: requests.Session) -> None:
    """A name, an item and a card are never markup."""
    subscribe(buyer, user_name="<script>alert(1)</script>")
    card = '<result card_brand="%3Cscript%3E" /><result card_number_mask="%3Cimg%3E" />'
    to_epsilon.mount(
        CARD_CGI, ScriptedEpsilon(f'<Epsilon_result><result result="1" />{card}</Epsilon_result>'.encode())
    )
    page = buyer.open("/member").text
    assert "&lt;script&gt; &lt;img&gt;" in page
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in page
    assert "<script" not in page


def test_in_english_there_is_no_japanese_but_what_was_typed(buyer: Buyer) -> None:
    """Every page of the account, and every result."""
    buyer.open("/?lang=en")
    plan = subscribe(buyer, user_name="Hanako")
    asked = buyer.open("/member/withdraw")
    pages = [buyer.open("/member"), asked, end(buyer, plan), press(buyer, "/withdraw"), press(buyer, "/withdraw")]
    pages += [press(buyer, "/undo"), press(buyer, "/undo"), press(buyer, "/card", user_name="", user_mail_add="x")]
    assert [page.status_code for page in pages] == [200] * 7 + [422]
    for page in pages:
        assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", page.text.replace("日本語", "")) == []


def test_nobody_is_in_the_log(
    buyer: Buyer, to_epsilon: requests.Session, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither name nor address nor card nor the token of a plan, whatever goes wrong."""
    caplog.set_level("DEBUG")
    register(buyer)
    plan = subscribe(buyer, **PERSON)
    end(buyer, plan)
    press(buyer, "/card", user_name="🍵 秘密", user_mail_add="himitsu@example.com")
    for act in (b"<html>himitsu@example.com</html>", requests.ReadTimeout("himitsu@example.com")):
        to_epsilon.mount(EPSILON, ScriptedEpsilon(act))
        for address in ("/card", "/withdraw", "/undo"):
            press(buyer, address, **PERSON)
    assert "members.withdraw: NoAnswer" in caplog.text
    secrets = ["髙橋", "秘密", "hanako", "himitsu", "4242", plan.token]
    assert [word for word in secrets if word in caplog.text] == []
    assert urlsplit(str(plan.redirect)).query not in caplog.text
