"""PPI++: few human labels corrected by many judge scores, with an interval that holds. Pure.

Angelopoulos, Duchi and Zrnic (2023, arXiv 2311.01453). A judge alone is precise and wrong: its
nominal 95 % intervals covered the truth in one simulated case of four. The human sample must be
drawn at random from all cases, never "the interesting ones".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from core.evaluation.statistics import is_pass_or_fail, wilson


class PpiEstimate(NamedTuple):
    """A mean in the unit of the labels. `weight` (0..1) is how much the judge is believed.

    `gain` is how many human labels one of these is worth: 1.5 means that labels alone would
    have to be half as many again for an interval as narrow.
    """

    value: float
    low: float
    high: float
    labelled: int
    judged: int
    weight: float
    gain: float


def ppi_mean(
    human: Sequence[float],
    judge: Sequence[float],
    judge_only: Sequence[float],
    confidence: float = 0.95,
) -> PpiEstimate | None:
    """The mean that people would have given to all cases.

    `human` and `judge` are of the same labelled cases, `judge_only` of the others. None with
    fewer than two labels. Works for pass rates, ratings, win rates (verdicts 0, .5, 1) and for
    differences of two candidates.
    """
    labels, there = np.asarray(human, dtype=np.float64), np.asarray(judge, dtype=np.float64)
    if labels.size != there.size:
        raise ValueError(f"{labels.size} labels, but {there.size} judge scores of the same cases")
    elsewhere = np.asarray(judge_only, dtype=np.float64)
    n, more = labels.size, elsewhere.size
    if n < 2:
        return None
    weight = _weight(labels, there, elsewhere)
    rest = labels - weight * there
    value = float(rest.mean())
    variance = float(rest.var(ddof=1)) / n
    if weight > 0:
        value += weight * float(elsewhere.mean())
        variance += weight**2 * float(elsewhere.var(ddof=1)) / more
    alone = float(labels.var(ddof=1)) / n
    if alone == 0 and is_pass_or_fail(labels):
        # All passed, or all failed: that the labels did not vary is no certainty.
        guard = wilson(float(labels.sum()), n, confidence)
        low, high = (guard.low, guard.high) if guard else (0.0, 1.0)
        return PpiEstimate(float(labels.mean()), low, high, n, more, 0.0, 1.0)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * variance**0.5
    gain = alone / variance if variance > 0 else 1.0
    return PpiEstimate(value, value - half, value + half, n, more, weight, gain)


def _weight(
    labels: np.ndarray[tuple[int], np.dtype[np.float64]],
    there: np.ndarray[tuple[int], np.dtype[np.float64]],
    elsewhere: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> float:
    """The weight that makes the variance least, held to 0..1."""
    spread = float(np.concatenate([there, elsewhere]).var(ddof=1))
    if elsewhere.size < 2 or spread == 0:
        return 0.0
    together = float(np.cov(labels, there, ddof=1)[0, 1])
    return float(np.clip(together / ((1 + labels.size / elsewhere.size) * spread), 0.0, 1.0))
