from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.review.telling import pieces, telling


def told(first: str, second: str) -> tuple[list[str], list[str]]:
    """The marked words of both, with their kinds."""
    left, right = telling(first, second)
    return (
        [f"{one.kind} {first[one.start : one.end]}" for one in left],
        [f"{one.kind} {second[one.start : one.end]}" for one in right],
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param("返金は 4,980 円。", "返金は４９８０円。", ([], []), id="one amount, two writings"),
        pytest.param("返金は 4,980円。", "返金は4,890円。",
                     (["number 4,980円"], ["number 4,890円"]), id="amounts"),
        pytest.param("14 日以内に", "30日以内に", (["number 14 日"], ["number 30日"]), id="days"),
        pytest.param("within 14 days", "within 14 days or 5%", ([], ["number 5%"]), id="English"),
        pytest.param("番号 A-2014 の件", "番号 A-2041 の件",
                     (["name A-2014"], ["name A-2041"]), id="an order number is one word"),
        pytest.param("佐藤様、確認します。", "鈴木さん、確認します。",
                     (["name 佐藤様"], ["name 鈴木さん"]), id="names"),
        pytest.param("お客様へ", "皆様へ", ([], []), id="everybody has no name"),
        pytest.param("We told Anna Lee so.", "We told her so.", (["name Anna Lee"], []),
                     id="an English name"),
        pytest.param("返品できます。", "返品を承ります。", (["polite ます"], ["polite 承ります"]),
                     id="more polite"),
        pytest.param("Send it back.", "Please send it back.", ([], ["polite Please"]),
                     id="please"),
    ],
)  # fmt: skip
def test_what_only_one_has_is_told(
    first: str, second: str, expected: tuple[list[str], list[str]]
) -> None:
    assert told(first, second) == expected


def test_a_small_change_is_coloured_and_an_altogether_different_text_is_not() -> None:
    left, _right = pieces("本日中に返金します。", "明日中に返金します。")
    assert [one.text for one in left if one.other] == ["本"]
    left, right = pieces("返品はできません。理由は 3 日です。", "お申し込みはこちらから 5 日。")
    assert not any(one.other for one in (*left, *right))
    assert "".join(one.text for one in (*left, *right) if one.tells == "number") == "3 日5 日"


@given(st.text("あ円様 1,9aA-.。\n", max_size=40), st.text("あ円様 1,9aA-.。\n", max_size=40))
def test_pieces_are_the_texts_again(first: str, second: str) -> None:
    left, right = pieces(first, second)
    assert "".join(one.text for one in left) == first
    assert "".join(one.text for one in right) == second
