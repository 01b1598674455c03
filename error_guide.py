"""Each known err_code and what to do about it, also as the page docs/errors.md. Decides nothing, sends nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import epsilon

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Step:
    """What Epsilon's FAQ tells those whose orders come from this cart; an empty ``cart`` is any other, or one's own."""

    cart: str
    ja: str
    en: str


_CONCLUDED_JA = (
    "①正式契約は完了していますか。契約に含まれない決済方法も同じエラーになります。使える決済方法は{}にあります。"
)
_CONCLUDED_EN = (
    "(1) Is the contract (正式契約) concluded? A method that is not part of it gets the same error; "
    "{} has those that are."
)
_CONCLUDED = {
    "ja": _CONCLUDED_JA.format("管理画面の「契約内容の確認」"),
    "en": _CONCLUDED_EN.format("「契約内容の確認」 in Epsilon's console"),
}

FAQ = {
    "604": (
        Step(
            "",
            "一度イプシロンに送った注文番号は使えません。常にユニークな注文番号を送ってください。",
            "A number that Epsilon was sent once is used up. Let the shop send a new one each time.",
        ),
        Step(
            "カラーミーショップ",
            "管理画面「決済状況の確認」を、検索範囲は注文日、ほかはすべて「全て」にして検索してください。そこに出る注文番号には"
            "「決済URL送信機能」を使えません。購入者に、サイトから注文をやり直していただくようご案内ください。",
            "Search 「決済状況の確認」 in Epsilon's console by the day of the order, all else set to 「全て」. For "
            "an order that it shows, 「決済URL送信機能」 cannot be used: ask the buyer to order anew on the site.",
        ),
    ),
    "907": (
        Step(
            "",
            f"{_CONCLUDED_JA.format('「登録完了通知書」')}②送っているcontract_codeは正しいですか。",
            f"{_CONCLUDED_EN.format('the letter 「登録完了通知書」')} (2) Is the contract_code right that is sent?",
        ),
        Step(
            "カラーミーショップ",
            f"{_CONCLUDED['ja']}②カラーミーショップの決済方法設定画面の「契約コード」は、正式契約のものですか。",
            f"{_CONCLUDED['en']} (2) Is the 「契約コード」 in カラーミーショップ's settings the one of the contract?",
        ),
        Step(
            "makeshop",
            f"{_CONCLUDED['ja']}②makeshopの「契約コード登録」欄のコードは正しいですか。登録内容はmakeshopにお問い合わせください。",
            f"{_CONCLUDED['en']} (2) Is the code in makeshop's 「契約コード登録」 right? Ask makeshop what it has.",
        ),
    ),
    "908": (
        Step(
            "",
            "管理画面トップ ⇒ 設定 ⇒ 決済システムの接続設定 の「オーダー情報発信元ホスト」に、お店のサーバのIPアドレス"
            "かホスト名を登録してください。URLではありません。共有サーバやバーチャルホストなら、大元のサーバのIPアドレスか、それを逆引きした"
            "ホスト名です。登録済みなら、本当にそのサーバから接続しているかをご確認ください。",
            "In Epsilon's console, 管理画面トップ ⇒ 設定 ⇒ 決済システムの接続設定, register the shop's server under "
            "「オーダー情報発信元ホスト」: its IP address or host name, not a URL. On a shared or virtual host that is "
            "the IP address of the machine beneath, or the host name that this address leads back to. Where it is "
            "registered, see whether the calls really come from it.",
        ),
        Step(
            "makeshop、カラーミーショップ、Shopify、Wix",
            "管理画面お問合せフォームからお問い合わせください。",
            "Ask Epsilon, by the form in its console (管理画面お問合せフォーム).",
        ),
    ),
}
"""What Epsilon's FAQ says of three errors, cart by cart (documented)."""

SUPPORT = Step(
    "",
    "管理画面お問合せフォームから、契約コード、接続先環境、接続日時(分まで)、注文番号を書いてお問い合わせください。",
    "Ask Epsilon by the form in its console (管理画面お問合せフォーム), and name the contract code, the environment, "
    "the minute and the order number (契約コード、接続先環境、接続日時、注文番号).",
)

_LABELS: dict[Language, dict[str, str]] = {
    "ja": {
        "buyer": "購入者へ",
        "developer": "開発者へ",
        "": "自作のお店、ほかのカート",
        "support": "解決しなければ",
        "source": "出典",
        "unknown": "ほかのコード",
    },
    "en": {
        "buyer": "To the buyer",
        "developer": "To the developer",
        "": "Your own shop, or another cart",
        "support": "If nothing helps",
        "source": "Source",
        "unknown": "Any other code",
    },
}

_HEADS: dict[Language, str] = {
    "ja": """# エラーコード

English: [errors.md](errors.md)

完全な一覧はイプシロンの管理画面にしかありません。ここにあるのは、分かっているコードです。購入者への文は、お店の注文画面に
出るものです。604、907、908のカートごとの対処は、イプシロンのFAQによります。出典は、documented(公式の資料)、
recorded(本物の応答)、clients(いま使われている複数のクライアント)、assumed(推測)のどれかです。端末では
`flask epsilon errors 908` で読めます。
""",
    "en": """# Error codes

日本語は [errors.ja.md](errors.ja.md)。

The complete list is only in Epsilon's merchant console; these are the codes that are known. The words to the buyer are
those of the shop's own form. What is said of 604, 907 and 908, cart by cart, is from Epsilon's FAQ. The sources are
documented (Epsilon's pages), recorded (a real answer), clients (several shipping clients agree) and assumed. In a
terminal, `flask epsilon errors 908` says the same.
""",
}


def explain(code: str, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what there is to say about ``code``, known or not, each with its label."""
    advice, labels = epsilon.advise(code), _LABELS[language]
    yield labels["buyer"], getattr(advice, f"buyer_{language}")
    yield labels["developer"], getattr(advice, f"developer_{language}")
    for step in FAQ.get(code, ()):
        yield step.cart or labels[""], getattr(step, language)
    if code in FAQ:
        yield labels["support"], getattr(SUPPORT, language)
    yield labels["source"], advice.source.value


def render_page(language: Language) -> str:
    """Return docs/errors.md, or docs/errors.ja.md."""
    sections = [_HEADS[language]]
    for code in (*epsilon.ERRORS, ""):
        entries = "".join(f"- **{label}**: {text}\n" for label, text in explain(code, language))
        sections.append(f"## {code or _LABELS[language]['unknown']}\n\n{entries}")
    return "\n".join(sections)
