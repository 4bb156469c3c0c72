"""What BLEU, chrF and ROUGE have in common: two normalised texts in, a share out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TypeVar

from core.evaluation.metrics.metric import (
    Definition,
    Metric,
    OptionValues,
    against_reference,
)
from core.evaluation.metrics.text import Normal, normal_of

Cut = TypeVar("Cut")


def similarity(
    definition: Definition,
    values: OptionValues,
    cut: Callable[[str], Cut],
    share: Callable[[Cut, Cut], float],
    *signature: str,
) -> Metric:
    """A metric of `share(answer, expected)`, both normalised and cut into tokens.

    Identical texts are 1.0, however short, and an empty text is like nothing, not even itself.
    """
    normal, parts = normal_of(values)

    def compare(answer: str, expected: str) -> float:
        if not answer or not expected:
            return 0.0
        one, ours = _prepared(normal, cut, answer)
        other, theirs = _prepared(normal, cut, expected)
        if one == other:
            return 1.0
        # Some formulas end at 1.0000000000000002.
        return min(share(ours, theirs), 1.0)

    return against_reference(definition, values, compare, *parts, *signature)


# Several metrics, one after the other, want the same answer in the same tokens.
@lru_cache(maxsize=128)
def _prepared(normal: Normal, cut: Callable[[str], Cut], text: str) -> tuple[str, Cut]:
    text = normal(text)
    return text, cut(text)


def common(ours: Iterable[Hashable], theirs: Iterable[Hashable]) -> int:
    """How many items the two have in common, each at most as often as in either."""
    left: dict[Hashable, int] = {}
    count = left.get
    for item in theirs:
        left[item] = count(item, 0) + 1
    hits = 0
    for item in ours:
        there = count(item)
        if there:
            left[item] = there - 1
            hits += 1
    return hits
