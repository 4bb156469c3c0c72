from __future__ import annotations

import random
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.difference import difference, sentences, words


def marked(left: str, right: str) -> str:
    marks = {"equal": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(marks[s.kind].format(s.text) for s in difference(left, right).spans)


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        pytest.param("", "", "", id="nothing"),
        pytest.param("same", "same", "same", id="same"),
        pytest.param("", "new", "[+new+]", id="all new"),
        pytest.param("old", "", "[-old-]", id="all gone"),
        pytest.param(
            "本日は東京へ行きます。天気がよいです。",
            "本日は大阪へ行きます。天気がよいです。",
            "本日は[-東京-][+大阪+]へ行きます。天気がよいです。",
            id="Japanese, by character",
        ),
        pytest.param(
            "Answer in three words. Be kind.",
            "Answer in four words. Be kind.",
            "Answer in [-three-][+four+] words. Be kind.",
            id="English, by word",
        ),
        pytest.param(
            "最初の文。最後の文。",
            "最初の文。間の文。最後の文。",
            "最初の文。[+間の文。+]最後の文。",
            id="a sentence between",
        ),
        pytest.param(
            "a old thing b",
            "a new item b",
            "a [-old thing-][+new item+] b",
            id="a space between two changes does not count as equal",
        ),
        pytest.param("2025年", "2026年", "[-2025-][+2026+]年", id="numbers are whole"),
        pytest.param("👩‍👩‍👧 yes", "👩‍👩‍👦 yes", "[-👩‍👩‍👧-][+👩‍👩‍👦+] yes", id="families"),
        pytest.param("🇯🇵🇫🇷", "🇯🇵🇺🇸", "🇯🇵[-🇫🇷-][+🇺🇸+]", id="flags"),
        pytest.param("か\u3099", "か", "[-か\u3099-][+か+]", id="voicing marks"),
        pytest.param("a\r\nb", "a\nb", "a[-\r\n-][+\n+]b", id="line ends"),
    ],
)
def test_examples(left: str, right: str, shown: str) -> None:
    assert marked(left, right) == shown


ALPHABET = st.sampled_from(
    [*"ab あい。.!\n\r{}\u3099\u200d👩🏽🇯🇵", "word", "言葉", "\ud83d", "\ude00"]
)
TEXTS = st.lists(ALPHABET, max_size=60).map("".join) | st.text()


@given(TEXTS, TEXTS)
def test_spans_give_back_both_texts(left: str, right: str) -> None:
    found = difference(left, right)
    assert "".join(span.text for span in found.left) == left
    assert "".join(span.text for span in found.right) == right
    assert found.same == (left == right)
    assert all(span.text for span in found.spans)
    kinds = [span.kind for span in found.spans]
    assert all(first != second for first, second in pairwise(kinds))


@given(TEXTS, TEXTS)
def test_no_span_begins_inside_a_character(left: str, right: str) -> None:
    found = difference(left, right)
    for spans in (found.left, found.right):
        for span in spans[1:]:
            assert unicodedata.category(span.text[0])[0] != "M"
            assert not "\udc00" <= span.text[0] <= "\udfff"


@given(TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
    assert "".join(words(text)) == text


def test_sentences_of_both_languages() -> None:
    assert sentences("一。「二！」三\nOne. Two 3.5 (yes.) End") == [
        "一。",
        "「二！」",
        "三\n",
        "One.",
        " Two 3.5 (yes.)",
        " End",
    ]


@pytest.mark.parametrize("alphabet", ["あいうえおかきくけこ漢字。", "あい", "ab .", "a"])
def test_20_kb_in_which_nothing_fits_are_compared_whole(alphabet: str) -> None:
    # With every character against every other this would go on for minutes.
    chance = random.Random(1)
    size = 20_000 // len(alphabet[0].encode())
    left, right = ("".join(chance.choices(alphabet, k=size)) for _ in range(2))
    found = difference(left, right)
    assert "".join(span.text for span in found.left) == left
    assert "".join(span.text for span in found.right) == right


def test_megabytes_are_compared_by_line() -> None:
    lines = [f"{number} あいうえお。かきくけこ。\n" for number in range(50_000)]
    changed = [*lines[:100], "new\n", *lines[101:]]
    found = difference("".join(lines), "".join(changed))
    assert [span.text for span in found.spans if span.kind == "removed"] == [lines[100]]
