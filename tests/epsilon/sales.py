"""What the samples say, typed: a card payment, a konbini slip that waits, and one that is paid."""

from dataclasses import replace
from datetime import date, datetime

from epsilon import JAPAN, Sale, State

PAID_BY_CARD = Sale(
    trans_code="763421",
    order_number="1234567802",
    contract_code="12345678",
    state=State.PAID,
    item_price=980,
    item_code="EP-0001",
    item_name="ミカン",
    st_code="10000-0000-00000-00000-00000-00000-00000",
    mission_code="1",
    process_code="1",
    payment_code="1",
    last_update=datetime(2018, 7, 17, 10, 41, 27, tzinfo=JAPAN),
    user_id="guest-1",
    user_name="ヤマダ タロウ",
    user_mail_add="yamada@example.com",
    memo1="memo1",
    extra={
        "credit_time": "2018-07-17 10:41:27",
        "credit_flag": "1",
        "pay_time": "0",
        "keitai": "0",
        "due_date": "",
        "card_st_code": "10",
        "add_info": "",
    },
)
WAITING_AT_LAWSON = Sale(
    trans_code="661246",
    order_number="1234567801",
    contract_code="12345678",
    state=State.UNPAID,
    item_price=980,
    item_code="EP-0001",
    item_name="ミカン",
    st_code="00100-0000-00000-00000-00000-00000-00000",
    mission_code="1",
    process_code="1",
    payment_code="3",
    last_update=datetime(2015, 1, 16, 8, 30, 31, tzinfo=JAPAN),
    user_id="guest-1",
    user_name="ヤマダ タロウ",
    user_mail_add="yamada@example.com",
    memo1="memo1",
    conveni_code="31",
    receipt_no="1234567",
    haraikomi_url="http://beta.epsilon.jp/sample/econ_sample.pdf",
    paid=False,
    receipt_date=datetime(2015, 1, 16, 8, 30, 31, tzinfo=JAPAN),
    conveni_limit=date(2015, 1, 26),
    extra={"result": "1"},
)
PAID_AT_FAMILYMART = replace(
    WAITING_AT_LAWSON,
    state=State.PAID,
    conveni_code="21",
    receipt_no="123456789012",
    kigyou_code="20020",
    paid=True,
    conveni_time=datetime(2015, 1, 17, 12, 0, 0, tzinfo=JAPAN),
    last_update=datetime(2015, 1, 17, 12, 0, 5, tzinfo=JAPAN),
    extra={"keitai": "0", "due_date": "", "add_info": ""},
)
