"""Which labels are mixed up with which, by candidate. Pure.

Every answer counts once, also of several to one case: a matrix says where to look, it decides
nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from core.evaluation.metrics.labels import (
    ClassScore,
    Confusion,
    class_scores,
    confusion_of,
    macro_f1,
)

METRIC = "label_accuracy"
"""The metric whose details name the expected and the found label."""


class Labels(NamedTuple):
    """One candidate's labels: the matrix, each label's figures, and their plain mean."""

    matrix: Confusion
    classes: Sequence[ClassScore]
    macro_f1: float | None

    @property
    def without(self) -> int:
        """Answers in which no clear label was found."""
        return sum(n for (_expected, found), n in self.matrix.counts.items() if found is None)


def label_report(details: Iterable[tuple[str, str, int]]) -> Mapping[str, Labels]:
    """From (candidate, details of scores as JSON, how many have them), by candidate."""
    counts: dict[str, Counter[tuple[str, str | None]]] = {}
    for candidate, text, count in details:
        told = json.loads(text)
        pair = (told["expected"], told["found"])
        counts.setdefault(candidate, Counter())[pair] += count
    found = {}
    for candidate, pairs in sorted(counts.items()):
        matrix = confusion_of(pairs)
        found[candidate] = Labels(matrix, class_scores(matrix), macro_f1(matrix))
    return found
