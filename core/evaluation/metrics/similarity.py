"""What BLEU, chrF and ROUGE have in common: two normalised texts in, a share out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TypeVar

from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    Definition,
    Metric,
    OptionValues,
    against_reference,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import Normal, normal_of
from core.records.metrics import Score

Cut = TypeVar("Cut")
MOST_CHARACTERS = 500_000
"""More than any model answers."""
_LONG = 20_000


def similarity(
    definition: Definition,
    values: OptionValues,
    cut: Callable[[str], Cut],
    share: Callable[[Cut, Cut], float | Score],
    *signature: str,
) -> Metric:
    """A metric of `share(answer, expected)`, both normalised and cut into tokens.

    Identical texts are 1.0, however short, and an empty text is like nothing, not even itself.
    `share` may answer with a Score to say why there is none.
    """
    normal, parts = normal_of(values)

    def compare(answer: str, expected: str) -> float | Score:
        if not answer or not expected:
            return 0.0
        if len(answer) > MOST_CHARACTERS or len(expected) > MOST_CHARACTERS:
            return too_long(MOST_CHARACTERS)
        prepared = _remembered if len(answer) + len(expected) < _LONG else _prepared
        one, ours = prepared(normal, cut, answer)
        other, theirs = prepared(normal, cut, expected)
        if one == other:
            return 1.0
        found = share(ours, theirs)
        # Some formulas end at 1.0000000000000002.
        return found if isinstance(found, Score) else min(found, 1.0)

    return against_reference(definition, values, compare, *parts, *signature)


def too_long(most: int) -> Score:
    """The time grows with the square of the length; nobody waits for that."""
    return Score(None, "error", because(reasons.TOO_LONG, most=f"{most:,}"))


def _prepared(normal: Normal, cut: Callable[[str], Cut], text: str) -> tuple[str, Cut]:
    text = normal(text)
    return text, cut(text)


# Several metrics, one after the other, want the same answer in the same tokens. Long texts would
# fill the memory.
_remembered = lru_cache(maxsize=128)(_prepared)


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
