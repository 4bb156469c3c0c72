"""The profile: lengths, languages, balance, repeats, and data that looks personal."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.checks import language_of, profile
from core.datasets.near_duplicates import near_pairs
from core.datasets.pii import PII_KINDS, find, is_card, is_my_number, mask_case, masked
from core.records.datasets import Case


def test_columns_are_counted() -> None:
    cases = [
        Case(str(n), {"text": "あ" * n, "reference": "高" if n % 4 else "低"}) for n in range(8)
    ]
    cases.append(Case("x", {"other": "hello"}))
    text, reference, other = profile(cases, ["text", "reference", "other"]).columns
    assert (text.filled, text.empty, text.distinct) == (7, 2, 7)
    assert (text.shortest, text.median, text.longest) == (1, 4, 7)
    assert dict(text.languages) == {"ja": 7}
    assert text.labels == {}, "seven different texts of seven are no label"
    assert reference.labels == {"高": 6, "低": 2}
    assert dict(other.languages) == {"latin": 1}


def test_a_column_of_nothing_has_no_lengths() -> None:
    (column,) = profile([Case("1", {"a": " "})], ["a"]).columns
    assert (column.filled, column.shortest, column.median, column.longest) == (0, None, None, None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ログイン", "ja"), ("お願い login", "ja"), ("ﾛｸﾞ", "ja"), ("緊急", "han"),
        ("안녕", "ko"), ("Größe", "latin"), ("123 !?", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_languages_are_told_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


def test_duplicates_and_conflicts_are_named() -> None:
    cases = [
        Case("a", {"q": "Hello  World", "reference": "1"}),
        Case("b", {"q": "ｈｅｌｌｏ world", "reference": "2"}),
        Case("c", {"q": "same", "reference": "1"}),
        Case("d", {"q": "same", "reference": "1"}),
        Case("e", {"q": "", "reference": "1"}),
        Case("f", {"q": "", "reference": "1"}),
    ]
    found = profile(cases, ["q", "reference"])
    assert found.duplicates == [["a", "b"], ["c", "d"]]
    assert found.conflicts == [["a", "b"]]


def test_near_duplicates_are_the_pairs_that_comparing_all_finds() -> None:
    chance = random.Random(4)
    words = [
        "ログイン",
        "請求書",
        "の金額が",
        "違います",
        "please",
        "help",
        "設定",
        "を教えて",
        "返金",
        "至急",
    ]
    texts = [" ".join(chance.choices(words, k=14)) for _ in range(60)]
    texts += [text + "。" for text in texts[:20]] + [
        text.replace("help", "hlep", 1) for text in texts[:9]
    ]

    def share(a: str, b: str) -> float:
        grams = [{f" {t} "[n : n + 3] for n in range(len(t))} for t in (a, b)]
        return len(grams[0] & grams[1]) / len(grams[0] | grams[1])

    expected = {
        (a, b) for a, b in combinations(range(len(texts)), 2) if share(texts[a], texts[b]) >= 0.8
    }
    found = near_pairs(texts)
    assert len(expected) >= 20
    assert {(int(pair.a), int(pair.b)) for pair in found} == expected
    assert [pair.share for pair in found] == sorted((p.share for p in found), reverse=True)


def test_near_duplicates_in_a_profile_leave_the_exact_ones_out() -> None:
    long = "昨夜から管理画面にログインできず、全店舗のサービスが停止しています。至急お願いします"
    found = profile(
        [Case("a", {"q": long}), Case("b", {"q": long}), Case("c", {"q": long + "。"})], ["q"]
    )
    assert found.near is not None
    assert [(pair.a, pair.b) for pair in found.near] == [("a", "c")]


def test_the_same_input_on_both_sides_of_a_split_is_named() -> None:
    long = "昨夜から管理画面にログインできず、全店舗のサービスが停止しています。至急お願いします"
    cases = [
        Case("a", {"q": long}, "train"), Case("b", {"q": long}, "test"),
        Case("c", {"q": long + "。"}, "train"), Case("d", {"q": "別の話です"}, "test"),
    ]  # fmt: skip
    assert profile(cases, ["q"]).crossing == [("a", "b")]
    assert profile([replace(case, split=None) for case in cases], ["q"]).crossing == []


# -- personal data --


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("連絡先: ada@example.co.jp まで", ["email"]),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｊｐ", ["email"]),
        ("個人番号 1234 5678 9018", ["my_number"]),
        ("123456789018", ["my_number"]),
        ("１２３４-５６７８-９０１８", ["my_number"]),
        ("1234 5678 9012", []),
        ("カード 4111-1111-1111-1111", ["card"]),
        ("4111111111111112", []),
        ("090-1234-5678", ["phone"]),
        ("０９０ー１２３４ー５６７８", ["phone"]),
        ("03-1234-5678 または 0120-123-456", ["phone", "phone"]),
        ("+81 90-1234-5678", ["phone"]),
        ("(代表) 03(1234)5678", ["phone"]),
        ("〒100-0001 東京都", ["postcode"]),
        ("〒１００ー０００１", ["postcode"]),
        ("150-0043渋谷区", ["postcode"]),
        ("2026-05-12 09:30", []),
        ("注文番号 A-20260512-0042", []),
        ("version 1.2.3, 100-200 円", []),
        ("no digits at all", []),
    ],
)  # fmt: skip
def test_personal_data_is_found(text: str, kinds: list[str]) -> None:
    assert [hit.kind for hit in find(text)] == kinds


def test_masking_keeps_the_rest_and_can_be_chosen() -> None:
    text = "ada@example.jp / 090-1234-5678 / 〒100-0001"
    assert masked(text) == "[EMAIL] / [PHONE] / [POSTCODE]"
    assert masked(text, ["phone"]) == "ada@example.jp / [PHONE] / 〒100-0001"
    case = mask_case(Case("1", {"a": text, "b": "x"}, "test"), ["email"])
    assert case == Case("1", {"a": "[EMAIL] / 090-1234-5678 / 〒100-0001", "b": "x"}, "test")


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("4111111111111111", True),
        ("4111111111111112", False),
        ("378282246310005", True),
        ("0" * 16, False),
    ],
)
def test_luhn(digits: str, right: bool) -> None:
    assert is_card(digits) is right


def test_each_my_number_has_one_check_digit() -> None:
    for body in ("12345678901", "98765432109", "10000000000"):
        assert sum(is_my_number(body + str(digit)) for digit in range(10)) == 1


@given(st.text(st.sampled_from("0123456789０１-ー 〒@.a+81()"), max_size=60))
def test_what_was_masked_is_not_found_again(text: str) -> None:
    assert all(0 <= hit.start < hit.end <= len(text) for hit in find(text))
    hits = find(text)
    assert all(a.end <= b.start for a, b in pairwise(hits))
    for kind in PII_KINDS:
        once = masked(text, [kind])
        assert once == text or f"[{kind.upper()}]" in once


def test_findings_name_kind_column_and_cases() -> None:
    cases = [
        Case("a", {"q": "090-1234-5678"}),
        Case("b", {"q": "x"}),
        Case("c", {"q": "03-1234-5678 a@b.jp"}),
    ]
    found = profile(cases, ["q"]).pii
    assert [(one.kind, one.column, one.case_ids) for one in found] == [
        ("email", "q", ["c"]), ("phone", "q", ["a", "c"]),
    ]  # fmt: skip
