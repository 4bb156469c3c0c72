"""ROUGE-1, -2, -L and -Lsum of one answer, with rouge-score's numbers and any tokenizer.

There is no stemmer: it would only know English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from core.evaluation.metrics.bleu import ngrams
from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    Option,
    OptionValues,
)
from core.evaluation.metrics.similarity import common, similarity, too_long
from core.evaluation.metrics.text import NFKC_OPTION
from core.evaluation.metrics.tokens import ROUGE_TOKENIZERS, tokenizer_of, tokenizer_option
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Score

_LONGEST_SENTENCE = 5_000
_MOST_SENTENCES = 1_000
_SENTENCE_ENDS = re.compile(r"(?<=[。！？])|(?<=[.!?])(?=\s)|\n")


class Overlap(NamedTuple):
    """How much is in common, and out of how much on either side."""

    hits: int
    answered: int
    expected: int


def precision(hits: int, answered: int, expected: int) -> float:
    """The share of the answer that was expected."""
    return hits / answered if hits else 0.0


def recall(hits: int, answered: int, expected: int) -> float:
    """The share of the expected answer that was given."""
    return hits / expected if hits else 0.0


def fmeasure(hits: int, answered: int, expected: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * hits / (answered + expected) if hits else 0.0


_MEASURES = {"fmeasure": ("f", fmeasure), "recall": ("r", recall), "precision": ("p", precision)}


def ngram_overlap(n: int, answer: list[str], expected: list[str]) -> Overlap:
    """ROUGE-N: n-grams in common."""
    hits = common(ngrams(answer, n), ngrams(expected, n))
    # Of a text shorter than n there are none, and then no hits either.
    return Overlap(hits, len(answer) - n + 1, len(expected) - n + 1)


def longest_overlap(answer: list[str], expected: list[str]) -> Overlap:
    """ROUGE-L: the longest common subsequence of the whole texts."""
    return Overlap(LCSseq.similarity(answer, expected), len(answer), len(expected))


def summary_overlap(answer: list[list[str]], expected: list[list[str]]) -> Overlap:
    """ROUGE-Lsum: for each expected sentence the union of its subsequences in the answer's.

    A token is counted at most as often as it is in either text, as in ROUGE 1.5.5.
    """
    if len(answer) == len(expected) == 1:
        # Nothing to unite, and no subsequence has a token more often than both texts.
        return longest_overlap(answer[0], expected[0])
    answer, expected = _in_pieces(answer), _in_pieces(expected)
    answered = Counter(token for sentence in answer for token in sentence)
    wanted = Counter(token for sentence in expected for token in sentence)
    left, right = answered.copy(), wanted.copy()
    tables = [(sentence, _places(sentence)) for sentence in answer]
    hits = 0
    for sentence in expected:
        union = {
            place for other, places in tables for place in subsequence(sentence, other, places)
        }
        for token in (sentence[place] for place in sorted(union)):
            if left[token] > 0 and right[token] > 0:
                hits += 1
                left[token] -= 1
                right[token] -= 1
    return Overlap(hits, answered.total(), wanted.total())


def _in_pieces(sentences: list[list[str]]) -> list[list[str]]:
    """Sentences nobody writes are cut, or their table would take all memory there is."""
    return [
        sentence[start : start + _LONGEST_SENTENCE]
        for sentence in sentences
        for start in range(0, len(sentence), _LONGEST_SENTENCE)
    ]


def subsequence(one: list[str], other: list[str], places: Mapping[str, int]) -> Iterator[int]:
    """Places in `one` of a longest common subsequence, from the last to the first.

    Of several it is the one that rouge-score finds, because unions of others differ. The table
    is kept as one integer a row: bit j of row i is 0 where one more token of `other` lengthens
    what the first i tokens of `one` have in common with it (Hyyrö 2004).
    """
    row = full = (1 << len(other)) - 1
    rows = [row]
    for token in one:
        both = row & places.get(token, 0)
        row = (row + both | row - both) & full
        rows.append(row)
    i, j = len(one), len(other)
    length = j - row.bit_count()
    while length:
        if one[i - 1] == other[j - 1]:
            i, j, length = i - 1, j - 1, length - 1
            yield i
        elif j - (rows[i - 1] & ((1 << j) - 1)).bit_count() < length:
            j -= 1
        else:
            i -= 1


def _places(tokens: list[str]) -> dict[str, int]:
    """Where each token stands, a bit for each place."""
    places: dict[str, int] = {}
    for place, token in enumerate(tokens):
        places[token] = places.get(token, 0) | 1 << place
    return places


def sentences(text: str) -> list[str]:
    """Cut at line breaks and after 。！？, and after . ! ? before a space."""
    return _SENTENCE_ENDS.split(text)


def _rouge(
    overlap: Callable[[list[str], list[str]], Overlap],
    definition: Definition,
    values: OptionValues,
    language: Language,
) -> Metric:
    tokenizer = tokenizer_of(str(values["tokenizer"]), language, ROUGE_TOKENIZERS)
    part, measure = _MEASURES[str(values["measure"])]

    def share(answer: list[str], expected: list[str]) -> float:
        return measure(*overlap(answer, expected))

    return similarity(
        definition,
        {**values, "lower": True},
        tokenizer.tokenize,
        share,
        f"tok:{tokenizer.name}",
        part,
    )


def _rouge_lsum(definition: Definition, values: OptionValues, language: Language) -> Metric:
    tokenizer = tokenizer_of(str(values["tokenizer"]), language, ROUGE_TOKENIZERS)
    part, measure = _MEASURES[str(values["measure"])]
    split = str(values["split"])
    if split == "auto":
        split = "newline" if language == "en" else "sentence"

    def cut(text: str) -> list[list[str]]:
        lines = text.split("\n") if split == "newline" else sentences(text)
        return [tokenizer.tokenize(line) for line in lines if line]

    def share(answer: list[list[str]], expected: list[list[str]]) -> float | Score:
        # Each sentence is compared with each.
        if len(answer) * len(expected) > _MOST_SENTENCES**2:
            return too_long(_MOST_SENTENCES)
        return measure(*summary_overlap(answer, expected))

    return similarity(
        definition,
        {**values, "lower": True},
        cut,
        share,
        f"tok:{tokenizer.name}",
        f"split:{split}",
        part,
    )


_OPTIONS = (
    Option(
        "measure",
        "choice",
        "fmeasure",
        N_("Precision looks at what was said, recall at what was left out, fmeasure at both."),
        tuple(_MEASURES),
    ),
    tokenizer_option(ROUGE_TOKENIZERS),
    NFKC_OPTION,
    REFERENCE_OPTION,
)
_SPLIT = Option(
    "split",
    "choice",
    "auto",
    N_("Where sentences end: at line breaks only, or also after 。 and the like."),
    ("auto", "newline", "sentence"),
)
_NEEDS = frozenset({REFERENCE})

DEFINITIONS = (
    Definition(
        "rouge_1",
        N_("Words or characters that answer and expected one share (ROUGE-1)."),
        partial(_rouge, partial(ngram_overlap, 1)),
        _OPTIONS,
        needs=_NEEDS,
    ),
    Definition(
        "rouge_2",
        N_("Pairs of words or characters that answer and expected one share (ROUGE-2)."),
        partial(_rouge, partial(ngram_overlap, 2)),
        _OPTIONS,
        needs=_NEEDS,
    ),
    Definition(
        "rouge_l",
        N_("The longest sequence that answer and expected one share (ROUGE-L)."),
        partial(_rouge, longest_overlap),
        _OPTIONS,
        needs=_NEEDS,
    ),
    Definition(
        "rouge_lsum",
        N_("The same sentence by sentence, for summaries (ROUGE-Lsum)."),
        _rouge_lsum,
        (*_OPTIONS, _SPLIT),
        needs=_NEEDS,
    ),
)
