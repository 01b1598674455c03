"""The convenience stores as data: what each needs from the buyer, and how its slip is paid. Decides nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Store:
    """A convenience store: what it needs from the buyer, and how the slip is paid there."""

    ja: str
    en: str
    needs_tel: bool
    steps_ja: tuple[str, ...]
    steps_en: tuple[str, ...]


_LOPPI_JA = (
    "店内の端末Loppiで「各種番号をお持ちの方」を選びます。",
    "受付番号と、ご注文時の電話番号を入力します。",
    "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
)
_LOPPI_EN = (
    "On the Loppi terminal in the store, choose the entry for those who have a number.",
    "Enter the receipt number and the phone number given with the order.",
    "Take the slip that it prints to the till within 30 minutes and pay.",
)

# Which stores need user_tel: clients. The steps are the stores' common knowledge, in our own words.
STORES = {
    "11": Store(
        "セブン-イレブン",
        "Seven-Eleven",
        False,
        (
            "払込票を印刷するか、払込票番号(13桁)を控えます。",
            "レジで「インターネット代金の支払い」と伝え、払込票または番号を見せます。",
            "代金を支払い、領収書を受け取ります。",
        ),
        (
            "Print the payment slip, or note its 13-digit number.",
            "At the till, say that you pay for an internet purchase and show the slip or the number.",
            "Pay, and take the receipt.",
        ),
    ),
    "21": Store(
        "ファミリーマート",
        "FamilyMart",
        False,
        (
            "店内の端末で「代金支払い」を選びます。",
            "企業コード(5桁)と注文番号(12桁)を入力します。",
            "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
        ),
        (
            "On the terminal in the store, choose to pay a bill.",
            "Enter the company code (5 digits) and the receipt number (12 digits).",
            "Take the slip that it prints to the till within 30 minutes and pay.",
        ),
    ),
    "31": Store("ローソン", "Lawson", True, _LOPPI_JA, _LOPPI_EN),
    "32": Store(
        "セイコーマート",
        "Seicomart",
        True,
        (
            "店内の端末クラブステーションで「インターネット受付」を選びます。",
            "受付番号と、ご注文時の電話番号を入力します。",
            "出てきた申込券を、30分以内にレジへ持って行き、お支払いください。",
        ),
        (
            "On the Club Station terminal in the store, choose internet orders.",
            "Enter the receipt number and the phone number given with the order.",
            "Take the slip that it prints to the till within 30 minutes and pay.",
        ),
    ),
    "33": Store("ミニストップ", "Ministop", True, _LOPPI_JA, _LOPPI_EN),
}
"""The stores a buyer can be sent to directly, by ``conveni_code`` (documented; 33: clients)."""
