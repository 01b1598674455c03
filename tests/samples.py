"""Answers of Epsilon's CGIs, as bytes, in the form in which real ones were recorded.

Declaration, line ends, order of the fields, what stands for a space and which characters stay bare are the
recorded ones. The people and the goods in them are made up.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One answer: what it is, and what came over HTTP."""

    name: str
    content_type: str
    body: bytes
    status: int = 200

    @property
    def headers(self) -> dict[str, str]:
        """The headers that came with it."""
        return {"Content-Type": self.content_type}

    def __str__(self) -> str:
        return self.name


def _crlf(body: bytes) -> bytes:
    return body.replace(b"\n", b"\r\n")


REDIRECT = Sample(
    "order: redirect",
    "text/xml",
    b"""<?xml version="1.0" encoding="UTF-8" ?>
 <Epsilon_result>
  <result result="1" />
  <result redirect="https%3A%2F%2Fbeta.epsilon.jp%2Fcgi-bin%2Forder%2Fmethod_select3.cgi%3Ftrans_code%3D"""
    b"""IOnPh3Psm7k86" />
  </Epsilon_result>
""",
)

REDIRECT_WITH_SLASH_IN_TOKEN = Sample(
    "order: redirect with %2F inside the token",
    "text/xml",
    REDIRECT.body.replace(b"IOnPh3Psm7k86", b"IOnPh3%252Fsm7k86"),
)

ERROR_IN_CP932 = Sample(
    "order: error, in CP932",
    "text/xml",
    _crlf(
        b"""<?xml version="1.0" encoding="UTF-8" ?>
  <Epsilon_result>
    <result result="0" />
    <result err_code="601" />
    <result err_detail="%8C%88%8D%CF%83R%81%5B%83h%82%CC%8Ew%92%E8%82%AA%88%D9%8F%ED%82%C5%82%B7" />
    <result memo1="memo1" />
    <result memo2="memo2" />
  </Epsilon_result>
"""
    ),
)

ERROR_IN_UTF8 = Sample(
    "order: error, in UTF-8 as version=2 gives it",
    "text/xml",
    _crlf(
        b"""<?xml version="1.0" encoding="UTF-8" ?>
  <Epsilon_result>
    <result result="0" />
    <result err_code="601" />
    <result err_detail="%E9%9B%BB%E8%A9%B1%E7%95%AA%E5%8F%B7%E3%82%92%E6%AD%A3%E3%81%97%E3%81%8F"""
        b"""%E5%85%A5%E5%8A%9B%E3%81%97%E3%81%A6%E3%81%8F%E3%81%A0%E3%81%95%E3%81%84" />
    <result memo1="%E3%81%8A%E6%AD%B3%E6%9A%AE%20%CE%B1" />
    <result memo2="" />
  </Epsilon_result>
"""
    ),
)

KONBINI_DIRECT = Sample(
    "order: konbini direct",
    "text/xml",
    _crlf(
        b"""<?xml version="1.0" encoding="ISO-8859-1" ?>
  <Epsilon_result>
    <result result="1" />
    <result trans_code="661246" />
    <result order_number="1234567801" />
    <result state="0" />
    <result user_id="guest-1" />
    <result user_name="%83%84%83%7D%83_%20%83%5E%83%8D%83E" />
    <result process_code="1" />
    <result last_update="2015-01-16%2008%3A30%3A31" />
    <result item_price="980" />
    <result memo1="memo1" />
    <result memo2="" />
    <result mission_code="1" />
    <result st_code="00100-0000-00000-00000-00000-00000-00000" />
    <result contract_code="12345678" />
    <result item_name="%83~%83J%83%93" />
    <result payment_code="3" />
    <result user_mail_add="yamada%40example.com" />
    <result item_code="EP-0001" />
    <result conveni_code="31" />
    <result receipt_no="1234567" />
    <result kigyou_code="" />
    <result haraikomi_url="http%3A%2F%2Fbeta.epsilon.jp%2Fsample%2Fecon_sample.pdf" />
    <result paid="0" />
    <result receipt_date="2015-01-16%2008%3A30%3A31" />
    <result conveni_limit="2015-01-26" />
    <result conveni_time="" />
  </Epsilon_result>
"""
    ),
)

PLAN_ENDED = Sample(
    "order: process_code 8",
    "text/xml",
    _crlf(
        b"""<?xml version="1.0" encoding="x-sjis-cp932" ?>
  <Epsilon_result>
    <result result="1" />
    <result user_id="member-1" />
    <result item_code="PLAN-1" />
    <result item_name="%83_%83%93%83X" />
    <result item_price="500" />
    <result mission_code="2" />
    <result memo1="" />
    <result memo2="" />
  </Epsilon_result>
"""
    ),
)

WITHDRAWN = Sample(
    "order: process_code 9",
    "text/xml",
    _crlf(
        b"""<?xml version="1.0" encoding="x-sjis-cp932" ?>
  <Epsilon_result>
    <result result="1" />
    <result user_id="member-1" />
    <result user_name="%83%84%83%7D%83_%20%83%5E%83%8D%83E" />
    <result memo1="" />
    <result memo2="" />
  </Epsilon_result>
"""
    ),
)

WITHDRAWAL_OF_A_STRANGER = Sample(
    "order: process_code 9 for an unknown user",
    "text/html",
    b"<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head><body></body></html>\n",
    status=500,
)

INQUIRY_CARD = Sample(
    "inquiry: card",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932" ?>
<Epsilon_result>
  <result last_update="2018-07-17+10%3A41%3A27" />
  <result user_mail_add="yamada%40example.com" />
  <result state="1" />
  <result credit_time="2018-07-17+10%3A41%3A27" />
  <result trans_code="763421" />
  <result mission_code="1" />
  <result credit_flag="1" />
  <result item_price="980" />
  <result payment_code="1" />
  <result item_code="EP-0001" />
  <result order_number="1234567802" />
  <result st_code="10000-0000-00000-00000-00000-00000-00000" />
  <result memo1="memo1" />
  <result contract_code="12345678" />
  <result item_name="%83%7E%83J%83%93" />
  <result pay_time="0" />
  <result user_name="%83%84%83%7D%83_+%83%5E%83%8D%83E" />
  <result process_code="1" />
  <result keitai="0" />
  <result due_date="" />
  <result card_st_code="10" />
  <result add_info="" />
  <result user_id="guest-1" />
  <result memo2="" />
</Epsilon_result>
""",
)

INQUIRY_KONBINI = Sample(
    "inquiry: konbini",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932" ?>
<Epsilon_result>
  <result conveni_limit="2015-01-26" />
  <result last_update="2015-01-17+12%3A00%3A05" />
  <result user_mail_add="yamada%40example.com" />
  <result state="1" />
  <result paid="1" />
  <result trans_code="661246" />
  <result conveni_time="2015-01-17+12%3A00%3A00" />
  <result mission_code="1" />
  <result item_price="980" />
  <result receipt_no="123456789012" />
  <result payment_code="3" />
  <result item_code="EP-0001" />
  <result kigyou_code="20020" />
  <result order_number="1234567801" />
  <result st_code="00100-0000-00000-00000-00000-00000-00000" />
  <result memo1="memo1" />
  <result contract_code="12345678" />
  <result conveni_code="21" />
  <result item_name="%83%7E%83J%83%93" />
  <result user_name="%83%84%83%7D%83_+%83%5E%83%8D%83E" />
  <result receipt_date="2015-01-16+08%3A30%3A31" />
  <result process_code="1" />
  <result keitai="0" />
  <result due_date="" />
  <result haraikomi_url="http%3A%2F%2Fbeta.epsilon.jp%2Fsample%2Fecon_sample.pdf" />
  <result add_info="" />
  <result user_id="guest-1" />
  <result memo2="" />
</Epsilon_result>
""",
)

INQUIRY_UNKNOWN = Sample(
    "inquiry: unknown order",
    "text/xml; charset=UTF8",
    b"""<?xml version="1.0"  ?>
<Epsilon_result>
</Epsilon_result>
""",
)

INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES = Sample(
    "inquiry: unknown order, as the vendor's samples expect it",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932" ?>
<Epsilon_result>
  <result result="0"/>
</Epsilon_result>
""",
)

CANCELLED = Sample(
    "cancel: done",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932"?>
<Epsilon_result>
  <result err_code="" />
  <result err_detail="" />
  <result result="1" />
</Epsilon_result>
""",
)

CANCEL_OF_NOTHING = Sample(
    "cancel: 810",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932"?>
<Epsilon_result>
  <result err_code="810" />
  <result err_detail="%91%CE%8F%DB%8E%E6%88%F8%82%CD%82%A0%82%E8%82%DC%82%B9%82%F1" />
  <result result="9" />
</Epsilon_result>
""",
)

CANCEL_SAYS_NOTHING = Sample(
    "cancel: all three fields empty",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932"?>
<Epsilon_result>
  <result err_code="" />
  <result err_detail="" />
  <result result="" />
</Epsilon_result>
""",
)

USER_INFO = Sample(
    "user info",
    "text/xml; charset=CP932",
    b"""<?xml version="1.0" encoding="x-sjis-cp932"?>
<Epsilon_result>
  <result card_brand="VISA" />
  <result card_number_mask="4%2A%2A%2A-%2A%2A%2A%2A-%2A%2A%2A%2A-4242" />
  <result err_code="" />
  <result err_detail="" />
  <result result="1" />
</Epsilon_result>
""",
)

SAMPLES = (
    REDIRECT,
    REDIRECT_WITH_SLASH_IN_TOKEN,
    ERROR_IN_CP932,
    ERROR_IN_UTF8,
    KONBINI_DIRECT,
    PLAN_ENDED,
    WITHDRAWN,
    INQUIRY_CARD,
    INQUIRY_KONBINI,
    INQUIRY_UNKNOWN,
    INQUIRY_UNKNOWN_IN_THE_VENDORS_SAMPLES,
    CANCELLED,
    CANCEL_OF_NOTHING,
    CANCEL_SAYS_NOTHING,
    USER_INFO,
)
"""Every answer that is in Epsilon's protocol."""
