"""Why Epsilon refuses a request: its error codes and texts as data."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """An error answer: `err_code`, `err_detail`, and how we know the text (recorded or assumed)."""

    err_code: str
    err_detail: str
    source: str


class Refused(Exception):
    """The request is answered with an error; nothing was registered, so the order number is not used up."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.err_code} {refusal.err_detail}")
        self.refusal = refusal


# 601 is the code of every field that fails its check; only the text says which one. Texts that were never
# seen are ours, marked assumed.
REFUSALS = {
    "contract_code": Refusal("607", "契約コード形式エラー", "recorded"),
    "version": Refusal("601", "CGIバージョンの指定が異常です", "assumed"),
    "user_id": Refusal("601", "ユーザーIDの形式が異常です", "recorded"),
    "user_name": Refusal("601", "ユーザー氏名の形式が異常です", "assumed"),
    "user_mail_add": Refusal("601", "メールアドレスの形式が異常です", "assumed"),
    "item_code": Refusal("601", "商品コードの形式が異常です", "assumed"),
    "item_name": Refusal("601", "商品名の形式が異常です", "assumed"),
    "order_number": Refusal("601", "オーダー番号の形式が異常です", "assumed"),
    "st_code": Refusal("601", "決済コードの指定が異常です", "recorded"),
    "mission_code": Refusal("909", "課金区分の指定が異常です", "recorded"),
    "item_price": Refusal("601", "価格の指定が異常です", "assumed"),
    "new_item_price": Refusal("601", "変更後の価格の指定が異常です", "assumed"),
    "process_code": Refusal("601", "処理区分の指定が異常です", "assumed"),
    "memo1": Refusal("601", "予備1の形式が異常です", "assumed"),
    "memo2": Refusal("601", "予備2の形式が異常です", "assumed"),
    "xml": Refusal("601", "応答形式の指定が異常です", "assumed"),
    "character_code": Refusal("601", "文字コードの指定が異常です", "assumed"),
    "charset": Refusal("601", "文字コードの指定が異常です", "assumed"),
    "lang_id": Refusal("601", "言語コードの指定が異常です", "assumed"),
    "currency_id": Refusal("601", "通貨コードの指定が異常です", "assumed"),
    "conveni_code": Refusal("601", "コンビニ種別の指定が異常です", "assumed"),
    "user_tel": Refusal("601", "電話番号を正しく入力してください", "recorded"),
    "user_name_kana": Refusal("601", "ユーザー氏名カナの形式が異常です", "assumed"),
    "haraikomi_mail": Refusal("601", "払込票メールの指定が異常です", "assumed"),
    "delivery_code": Refusal("601", "配送区分の指定が異常です", "assumed"),
    "consignee_postal": Refusal("601", "お届け先の郵便番号の形式が異常です", "assumed"),
    "consignee_name": Refusal("601", "お届け先の氏名の形式が異常です", "assumed"),
    "consignee_address": Refusal("601", "お届け先の住所の形式が異常です", "assumed"),
    "consignee_tel": Refusal("601", "お届け先の電話番号の形式が異常です", "assumed"),
    "orderer_postal": Refusal("601", "ご注文者の郵便番号の形式が異常です", "assumed"),
    "orderer_name": Refusal("601", "ご注文者の氏名の形式が異常です", "assumed"),
    "orderer_address": Refusal("601", "ご注文者の住所の形式が異常です", "assumed"),
    "orderer_tel": Refusal("601", "ご注文者の電話番号の形式が異常です", "assumed"),
}

# Recorded, but not when: here for a request that holds none of the fields of an order.
NOT_AN_ORDER = Refusal("502", "注文情報を受け付けることができませんでした", "recorded")
# The code is documented in the vendor's FAQ; its XML text was never seen.
ORDER_NUMBER_USED = Refusal("604", "オーダー番号が重複しています", "assumed")
NO_PLAN = Refusal("605", "月次課金データ検索エラー", "recorded")
# The recorded text asks for a phone number; that it is the one of user_tel is assumed.
NO_CARD = Refusal("801", "電話番号を正しく入力してください", "assumed")
NO_TRANSACTION = Refusal("810", "対象取引はありません", "recorded")
# As 604. The FAQ names three causes: no active contract, another contract's code, a method not contracted.
CONTRACT_NOT_ACTIVE = Refusal("907", "ご契約が決済システムを利用可能な状態ではありません", "assumed")
METHOD_NOT_CONTRACTED = Refusal("907", "ご契約に含まれない決済方法です", "assumed")
SENDER_NOT_REGISTERED = Refusal("908", "このCGIを実行する権限がありません", "recorded")
CARD_REFUSED = Refusal("601", "ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。", "recorded")

# Every refusal that an answer can carry, for the documentation and for tests.
ALL = [
    *REFUSALS.values(),
    NOT_AN_ORDER,
    ORDER_NUMBER_USED,
    NO_PLAN,
    NO_CARD,
    NO_TRANSACTION,
    CONTRACT_NOT_ACTIVE,
    METHOD_NOT_CONTRACTED,
    SENDER_NOT_REGISTERED,
    CARD_REFUSED,
]
