"""Every fact that the simulator holds as data says how it is known."""

import pytest

from simulator import cards, methods, notices, refusals

SOURCES = {"documented", "recorded", "clients", "assumed"}


@pytest.mark.parametrize(
    "facts", [refusals.ALL, methods.METHODS.values(), cards.CARDS.values(), notices.KINDS.values()]
)
def test_each_fact_has_its_source(facts: list[refusals.Refusal]) -> None:
    """In one of the four words that the documentation uses."""
    assert {fact.source for fact in facts} <= SOURCES


def test_the_recorded_texts_are_these() -> None:
    """Whoever adds another must have seen it; all other texts are ours."""
    recorded = {(refusal.err_code, refusal.err_detail) for refusal in refusals.ALL if refusal.source == "recorded"}

    assert recorded == {
        ("502", "注文情報を受け付けることができませんでした"),
        ("601", "電話番号を正しく入力してください"),
        ("601", "決済コードの指定が異常です"),
        ("601", "ユーザーIDの形式が異常です"),
        ("601", "ご利用の店舗では利用できないカード番号です。再度入力お願いいたします。"),
        ("605", "月次課金データ検索エラー"),
        ("607", "契約コード形式エラー"),
        ("810", "対象取引はありません"),
        ("908", "このCGIを実行する権限がありません"),
        ("909", "課金区分の指定が異常です"),
    }
