"""BLEU of one answer: sacrebleu's formula and smoothing, with effective order, in 0..1."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import pairwise

from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    OptionValues,
)
from core.evaluation.metrics.similarity import common, similarity
from core.evaluation.metrics.text import CASE_OPTION, NFKC_OPTION
from core.evaluation.metrics.tokens import BLEU_TOKENIZERS, tokenizer_of, tokenizer_option
from core.records.datasets import REFERENCE
from core.records.messages import N_

_ORDERS = range(1, 5)


def _bleu(definition: Definition, values: OptionValues, language: Language) -> Metric:
    # Takes 0.1 s to import.
    import sacrebleu

    compute = sacrebleu.BLEU.compute_bleu
    tokenizer = tokenizer_of(str(values["tokenizer"]), language, BLEU_TOKENIZERS)

    def share(answer: list[str], expected: list[str]) -> float:
        score = compute(
            [common(ngrams(answer, n), ngrams(expected, n)) for n in _ORDERS],
            [max(len(answer) - n + 1, 0) for n in _ORDERS],
            len(answer),
            len(expected),
            smooth_method="exp",
            effective_order=True,
        )
        return score.score / 100

    return similarity(
        definition,
        values,
        tokenizer.tokenize,
        share,
        f"tok:{tokenizer.name}",
        "eff:yes",
        "smooth:exp",
        f"sacrebleu:{sacrebleu.__version__}",
    )


def ngrams(tokens: list[str], n: int) -> Iterable[Hashable]:
    """Runs of n tokens."""
    if n < 3:  # ROUGE-2 is little more than its pairs
        return tokens if n == 1 else pairwise(tokens)
    return zip(*[tokens[start:] for start in range(n)], strict=False)


DEFINITIONS = (
    Definition(
        "bleu",
        N_("How many word sequences of the answer are in the expected one (BLEU)."),
        _bleu,
        (tokenizer_option(BLEU_TOKENIZERS), NFKC_OPTION, CASE_OPTION, REFERENCE_OPTION),
        needs=frozenset({REFERENCE}),
    ),
)
