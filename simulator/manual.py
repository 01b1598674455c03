"""What is known of every request field: its Japanese name, its rule in words, its limits, and how we know."""

from typing import NamedTuple

RECEIVE_ORDER = "receive_order3.cgi"
GET_SALES = "getsales2.cgi"
GET_SALES_BASIC = "getsales.cgi"
CHANGE_AMOUNT = "change_amount_payment.cgi"
GET_USER_INFO = "get_user_info.cgi"

INQUIRIES = (GET_SALES, GET_SALES_BASIC)

# The CGIs that a shop's server calls, by their path.
CGIS = {f"/cgi-bin/order/{name}": name for name in (
    RECEIVE_ORDER, GET_SALES, "cancel_payment.cgi", "sales_payment.cgi", CHANGE_AMOUNT, GET_USER_INFO,
)} | {f"/client/{GET_SALES_BASIC}": GET_SALES_BASIC}  # fmt: skip


class Field(NamedTuple):
    """One field. `limit` is bytes in CP932, 0 for those whose pattern already says it; `source` is one of
    documented, recorded, clients, assumed."""

    name: str
    ja: str
    rule: str
    source: str
    pattern: str = r"[^\x00-\x1f\x7f]*"
    limit: int = 0


CONTRACT = Field("contract_code", "契約コード", "8 letters or digits", "documented", r"[A-Za-z0-9]{8}")
TRANS_CODE = Field("trans_code", "トランザクションコード", "the numeric one, digits", "documented", r"[0-9]*")
ORDER_NUMBER = Field(
    "order_number", "オーダー番号", "letters and digits, 32 bytes, never used before", "documented",
    r"[A-Za-z0-9]{1,32}",
)  # fmt: skip
USER_ID = Field(
    "user_id", "ユーザーID", "letters, digits and . - + / @, 1 to 64 bytes", "documented", r"[A-Za-z0-9.\-+/@]{1,64}"
)
ITEM_CODE = Field(
    "item_code", "商品コード", "letters, digits and . - + /, 1 to 64 bytes", "documented", r"[A-Za-z0-9.\-+/]{1,64}"
)
MISSION = Field("mission_code", "課金区分", "1 to 10; 1 is once", "documented", r"[1-9]|10")

ORDER = (
    Field("version", "CGIバージョン", "2; older clients send none (recorded)", "documented", r"2?"),
    CONTRACT,
    USER_ID,
    Field("user_name", "ユーザー氏名", "text, 64 bytes in CP932", "documented", limit=64),
    Field("user_mail_add", "メールアドレス", "letters, digits and . - _ @, 128 bytes", "documented",
          r"[A-Za-z0-9._-]+@[A-Za-z0-9._-]+", 128),
    ITEM_CODE,
    Field("item_name", "商品名", "text, 64 bytes in CP932: 64 half-width or 32 full-width", "documented", limit=64),
    ORDER_NUMBER,
    Field("st_code", "決済区分", "0 and 1, grouped 5-4-5-5-5-5-5; short forms 5-4-5 and 5-4-4 (recorded)",
          "documented", r"(?=[0-]*1)[01]{5}-[01]{4}-([01]{4,5}|[01]{5}(-[01]{5}){4})"),
    MISSION,
    Field("item_price", "価格", "1 to 9999999 yen, and the method's own limit", "documented", r"[1-9][0-9]{0,6}"),
    Field("process_code", "処理区分", "1 to 9; 1 is a first charge, 2 the registered card", "documented", r"[1-9]"),
    Field("memo1", "予備1", "text, 128 bytes in CP932", "documented", limit=128),
    Field("memo2", "予備2", "text, 128 bytes in CP932", "documented", limit=128),
    Field("xml", "応答形式", "1 for XML, 0 for an HTML page", "documented", r"[01]"),
    Field("character_code", "文字コード", "UTF8", "documented", r"(UTF8)?"),
    Field("charset", "文字コード", "UTF8: another name of character_code on some vendor pages", "documented",
          r"(UTF8)?"),
    Field("lang_id", "言語コード", "ja or en", "documented", r"(ja|en)?"),
    Field("currency_id", "通貨コード", "three capitals, JPY where absent", "documented", r"([A-Z]{3})?"),
    Field("conveni_code", "コンビニ種別", "11, 21, 31, 32, 33 or 88: konbini direct", "documented",
          r"(11|21|31|32|33|88)?"),
    Field("user_tel", "電話番号", "10 or 11 digits", "recorded", r"([0-9]{10,11})?"),
    Field("user_name_kana", "ユーザー氏名カナ", "full-width katakana, 64 bytes in CP932", "assumed",
          r"[ァ-ヶー・　 ]*", 64),
    Field("haraikomi_mail", "払込票メール", "0: Epsilon sends the buyer no mail", "clients", r"[01]?"),
    Field("delivery_code", "配送区分", "99, for deferred payment", "recorded", r"(99)?"),
    Field("consignee_postal", "届け先郵便番号", "7 digits without a hyphen", "recorded", r"([0-9]{7})?"),
    Field("consignee_name", "届け先氏名", "text, 64 bytes in CP932", "assumed", limit=64),
    Field("consignee_address", "届け先住所", "text, 128 bytes in CP932", "assumed", limit=128),
    Field("consignee_tel", "届け先電話番号", "10 or 11 digits", "assumed", r"([0-9]{10,11})?"),
    Field("orderer_postal", "注文者郵便番号", "7 digits without a hyphen", "recorded", r"([0-9]{7})?"),
    Field("orderer_name", "注文者氏名", "text, 64 bytes in CP932", "assumed", limit=64),
    Field("orderer_address", "注文者住所", "text, 128 bytes in CP932", "assumed", limit=128),
    Field("orderer_tel", "注文者電話番号", "10 or 11 digits", "assumed", r"([0-9]{10,11})?"),
)  # fmt: skip

ASKED_ORDER = ORDER_NUMBER._replace(rule="letters and digits, 32 bytes", pattern=r"[A-Za-z0-9]{0,32}")
ASKED = (CONTRACT, TRANS_CODE, ASKED_ORDER._replace(source="recorded"))
AFTER_SALE = (CONTRACT, ORDER_NUMBER._replace(rule="letters and digits, 32 bytes", source="recorded"))

FIELDS = {
    RECEIVE_ORDER: ORDER,
    GET_SALES: ASKED,
    GET_SALES_BASIC: (TRANS_CODE, ASKED_ORDER._replace(source="assumed"), CONTRACT._replace(source="assumed")),
    "cancel_payment.cgi": AFTER_SALE,
    "sales_payment.cgi": AFTER_SALE,
    CHANGE_AMOUNT: (
        CONTRACT,
        MISSION._replace(rule="1 for a single order, 2 for a monthly plan", source="clients", pattern=r"[12]"),
        Field("new_item_price", "変更後の価格", "1 to 9999999 yen", "recorded", r"[1-9][0-9]{0,6}"),
        ASKED_ORDER._replace(source="clients"),
        USER_ID._replace(source="recorded"),
        ITEM_CODE._replace(source="recorded"),
    ),
    GET_USER_INFO: (CONTRACT, USER_ID._replace(source="recorded")),
}

ONCE = "contract_code user_id user_name user_mail_add item_code item_name order_number st_code mission_code " \
    "item_price process_code xml"  # fmt: skip
CARD_ONLY = "contract_code user_id user_name user_mail_add st_code process_code xml"
MEMBER = "contract_code user_id process_code xml"

# What must be there, by process_code (protocol.md section 2) and by CGI.
REQUIRED_BY_PROCESS = {
    "3": CARD_ONLY, "4": CARD_ONLY, "7": MEMBER, "8": f"{MEMBER} item_code", "9": MEMBER,
}  # fmt: skip
REQUIRED = {
    GET_SALES: "contract_code",
    GET_SALES_BASIC: "trans_code",
    "cancel_payment.cgi": "contract_code order_number",
    "sales_payment.cgi": "contract_code order_number",
    CHANGE_AMOUNT: "contract_code mission_code new_item_price",
    GET_USER_INFO: "contract_code user_id",
}
