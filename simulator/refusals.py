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
}

# The code is documented in the vendor's FAQ; its XML text was never seen.
ORDER_NUMBER_USED = Refusal("604", "オーダー番号が重複しています", "assumed")
# As 604. Here it also covers the methods for which the simulator has no page.
METHOD_NOT_CONTRACTED = Refusal("907", "ご契約に含まれない決済方法です", "assumed")
CARD_REFUSED = Refusal("601", "ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。", "recorded")
