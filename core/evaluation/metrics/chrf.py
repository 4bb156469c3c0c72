"""chrF of one answer: sacrebleu's formula, in 0..1. It needs no tokens, so it suits every script.

There is no chrF++: its word pairs mean nothing without spaces.
"""

from __future__ import annotations

from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    Option,
    OptionValues,
)
from core.evaluation.metrics.similarity import common, similarity
from core.evaluation.metrics.text import CASE_OPTION, NFKC_OPTION, without_space
from core.records.datasets import REFERENCE
from core.records.messages import N_


def _chrf(definition: Definition, values: OptionValues, language: Language) -> Metric:
    # Takes 0.1 s to import.
    import sacrebleu

    scorer = sacrebleu.CHRF()
    orders = range(1, scorer.char_order + 1)
    spaces = bool(values["whitespace"])

    def share(answer: str, expected: str) -> float:
        counts: list[int] = []
        for n in orders:
            ours, theirs = ngrams(answer, n), ngrams(expected, n)
            # sacrebleu counts the answer's n-grams only where there are some to find.
            counts += (len(ours) if theirs else 0, len(theirs), common(ours, theirs))
        return scorer._compute_score_from_stats(counts).score / 100

    return similarity(
        definition,
        values,
        str if spaces else without_space,
        share,
        f"nc:{scorer.char_order}",
        "nw:0",
        f"space:{'yes' if spaces else 'no'}",
        f"beta:{scorer.beta}",
        "eff:yes",
        f"sacrebleu:{sacrebleu.__version__}",
    )


def ngrams(text: str, n: int) -> list[str]:
    """Runs of n characters."""
    return [text[start : start + n] for start in range(len(text) - n + 1)]


DEFINITIONS = (
    Definition(
        "chrf",
        N_("How many character sequences answer and expected one share (chrF); good for Japanese."),
        _chrf,
        (
            Option("whitespace", "toggle", False, N_("Spaces count as characters.")),
            NFKC_OPTION,
            CASE_OPTION,
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
)
