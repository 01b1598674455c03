"""What an ``err_code`` means, as data: to the buyer and to the developer. Decides nothing, sends nothing.

The complete list of codes is only in Epsilon's merchant console; these are the ones that are known.
"""

from dataclasses import dataclass

from .codes import Source


@dataclass(frozen=True)
class Advice:
    """What an ``err_code`` means to the buyer and to the developer, in Japanese and English."""

    buyer_ja: str
    buyer_en: str
    developer_ja: str
    developer_en: str
    source: Source


_RETRY_JA = "お手数ですが、もう一度ご注文ください。"
_RETRY_EN = "Please place the order again."
_SHOP_JA = "お店の設定の問題です。お客様の操作では解決できません。お店にお問い合わせください。"
_SHOP_EN = "This is a problem of the shop's settings that you cannot solve. Please contact the shop."

ERRORS = {
    "502": Advice(
        _RETRY_JA,
        _RETRY_EN,
        "イプシロンが注文情報を受け付けられませんでした。時間をおいて、新しいorder_numberで送信してください。",
        "Epsilon could not take the order. Send it again later, with a new order_number.",
        Source.RECORDED,
    ),
    "601": Advice(
        "表示された項目をご確認のうえ、もう一度お試しください。",
        "Check the item that is named, and try again.",
        "項目の値が検査に通りませんでした。どの項目かはerr_detailの文が示します。",
        "A field failed its check. Only the text of err_detail says which one.",
        Source.RECORDED,
    ),
    "604": Advice(
        _RETRY_JA,
        _RETRY_EN,
        "order_numberは使用済みです。送信のたびに、必ず新しい番号にしてください。",
        "This order_number was used before. Every attempt needs a number of its own, for ever.",
        Source.DOCUMENTED,
    ),
    "605": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "月次課金が見つかりません。user_idとitem_codeの組み合わせを確認してください。",
        "No such monthly plan. Check the pair of user_id and item_code.",
        Source.RECORDED,
    ),
    "607": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "契約コードの形式が違います。EPSILON_CONTRACT_CODEと、接続先の環境を確認してください。",
        "The contract code is malformed. Check EPSILON_CONTRACT_CODE and which environment it belongs to.",
        Source.RECORDED,
    ),
    "801": Advice(
        "登録されたカードがありません。カードを登録するか、別のお支払い方法をお選びください。",
        "No card is registered. Register one, or choose another way to pay.",
        "このuser_idには、カードが登録されていません。",
        "No card is registered for this user_id.",
        Source.RECORDED,
    ),
    "810": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "対象の取引がありません。order_numberと取引の状態を確認してください。",
        "There is no such transaction. Check order_number and the transaction's state.",
        Source.RECORDED,
    ),
    "907": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "契約が有効でないか、契約に含まれない決済方法です。契約コードと契約内容を確認してください。",
        "The contract is not active or does not include this method. Check the contract code and the contract.",
        Source.DOCUMENTED,
    ),
    "908": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "送信元のIPアドレスが登録されていません。管理画面「決済システムの接続設定」の"
        "オーダー情報発信元ホスト情報に登録してください。",
        "The sender's IP address is not registered. Register it in Epsilon's console, under "
        "決済システムの接続設定 (connection settings), オーダー情報発信元ホスト情報 (sender hosts).",
        Source.DOCUMENTED,
    ),
    "909": Advice(
        _SHOP_JA,
        _SHOP_EN,
        "課金区分(mission_code)の指定が違います。契約に月次課金が含まれるかも確認してください。",
        "mission_code is wrong. Check also whether the contract includes monthly plans.",
        Source.RECORDED,
    ),
}
"""Advice by ``err_code``."""

UNKNOWN_ERROR = Advice(
    "内容をご確認のうえ、もう一度お試しください。解決しない場合は、お店にお問い合わせください。",
    "Check your entries and try again. If this does not help, please contact the shop.",
    "未知のエラーコードです。管理画面の「エラーコード一覧」を確認してください。",
    "An unknown code. Look it up in the error list of Epsilon's merchant console.",
    Source.ASSUMED,
)


def advise(err_code: str) -> Advice:
    """Return what to do about ``err_code``; an unknown code has a defined answer too."""
    return ERRORS.get(err_code, UNKNOWN_ERROR)
