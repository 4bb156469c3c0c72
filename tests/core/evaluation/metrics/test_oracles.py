"""The text metrics against the programs that everybody compares with."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Language
from core.evaluation.metrics.text import nfkc
from core.evaluation.metrics.tokens import characters, mecab, words_and_marks
from core.records.metrics import MetricSpec, Sample

_ENGLISH_WORDS = """
    the a cat Dog sat on mat, 3.5 1,000 it's naïve — A&B red. (said) "no" e-mail x-1 10-20
    Really? ok..! <b> $5 US &amp; # end.
"""
ENGLISH = _ENGLISH_WORDS.split()
JAPANESE = [*"東京都の天気は晴れ、明日は雨です。ﾃｽﾄ１２３ABCがーっ！\n ", "注文", "配送"]
ROUGE = {
    "rouge1": "rouge_1",
    "rouge2": "rouge_2",
    "rougeL": "rouge_l",
    "rougeLsum": "rouge_lsum",
}


def pairs(words: Sequence[str], joiners: Sequence[str], longest: int) -> list[tuple[str, str]]:
    """Made pairs of texts that differ, some of them nearly alike, some very short."""
    rng = random.Random(20261125)

    def word() -> str:
        return rng.choice(words) + rng.choice(joiners)

    made = []
    for _ in range(400):
        one = [word() for _ in range(rng.randint(1, longest))]
        other = [part if rng.random() < 0.7 else word() for part in one]
        if rng.random() < 0.3:
            rng.shuffle(other)
        made.append(("".join(one).strip(), "".join(other).strip()))
    return [(a, b) for a, b in made if a and b and nfkc(a).lower() != nfkc(b).lower()]


ENGLISH_PAIRS = pairs(ENGLISH, [" ", " ", " ", "\n"], 24)
JAPANESE_PAIRS = pairs(JAPANESE, [""], 30)


def value(name: str, answer: str, expected: str, language: Language, **options: str) -> float:
    metric = registry.make(MetricSpec(name, options), language=language)
    score = metric.score(Sample("1", answer, {"reference": expected}))
    assert score.value is not None
    return score.value


class Ours:
    """One of our tokenizers for rouge-score, with our normalisation."""

    def __init__(self, name: str) -> None:
        self._tokenize = mecab().tokenize if name == "mecab" else characters

    def tokenize(self, text: str) -> list[str]:
        return self._tokenize(nfkc(text).lower())


@pytest.mark.parametrize("measure", ["fmeasure", "precision", "recall"])
def test_rouge_is_that_of_rouge_score_in_english(measure: str) -> None:
    oracle = RougeScorer(list(ROUGE))
    for answer, expected in ENGLISH_PAIRS:
        theirs = oracle.score(expected, answer)
        for key, name in ROUGE.items():
            ours = value(name, answer, expected, "en", measure=measure)
            assert ours == pytest.approx(getattr(theirs[key], measure), abs=1e-9), (key, answer)


@pytest.mark.parametrize("tokenizer", ["char", "mecab"])
def test_rouge_is_that_of_rouge_score_in_japanese_with_our_tokenizer(tokenizer: str) -> None:
    oracle = RougeScorer(list(ROUGE), tokenizer=Ours(tokenizer))
    for answer, expected in JAPANESE_PAIRS:
        theirs = oracle.score(expected, answer)
        for key, name in ROUGE.items():
            options = {"tokenizer": tokenizer}
            if key == "rougeLsum":
                options["split"] = "newline"
            ours = value(name, answer, expected, "ja", **options)
            assert ours == pytest.approx(theirs[key].fmeasure, abs=1e-9), (key, answer)


@pytest.mark.parametrize(
    ("language", "tokenizer", "theirs", "made"),
    [
        ("en", "auto", "13a", ENGLISH_PAIRS),
        ("ja", "auto", "char", JAPANESE_PAIRS),
        ("ja", "mecab", "ja-mecab", JAPANESE_PAIRS),
        ("auto", "auto", "13a", ENGLISH_PAIRS),
    ],
)
def test_bleu_is_that_of_sacrebleu(
    language: Language, tokenizer: str, theirs: str, made: list[tuple[str, str]]
) -> None:
    oracle = sacrebleu.BLEU(tokenize=theirs, effective_order=True)
    for answer, expected in made:
        score = oracle.sentence_score(nfkc(answer), [nfkc(expected)]).score / 100
        ours = value("bleu", answer, expected, language, tokenizer=tokenizer)
        assert ours == pytest.approx(min(score, 1.0), abs=1e-12), (answer, expected)


@pytest.mark.parametrize("made", [ENGLISH_PAIRS, JAPANESE_PAIRS], ids=["en", "ja"])
@pytest.mark.parametrize("spaces", [False, True])
def test_chrf_is_that_of_sacrebleu(made: list[tuple[str, str]], spaces: bool) -> None:
    oracle = sacrebleu.CHRF(whitespace=spaces)
    for answer, expected in made:
        score = oracle.sentence_score(nfkc(answer), [nfkc(expected)]).score / 100
        ours = value("chrf", answer, expected, "auto", whitespace=str(spaces).lower())
        assert ours == pytest.approx(score, abs=1e-12), (answer, expected)


@given(st.text(st.sampled_from("ab1 .,-'\"&;<>()!?\n\t…é東。") | st.characters(), max_size=40))
@settings(max_examples=500, deadline=None)
def test_13a_is_that_of_sacrebleu(text: str) -> None:
    assert words_and_marks(text) == Tokenizer13a()(text.rstrip()).split()


def test_identical_japanese_is_one_where_rouge_score_says_zero() -> None:
    text = "お客様の注文は明日届きます。"
    assert RougeScorer(["rougeL"]).score(text, text)["rougeL"].fmeasure == 0
    for language in ("ja", "en", "auto"):
        assert value("rouge_l", text, text, language) == 1
