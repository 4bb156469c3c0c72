"""Which candidate stays: utilities in 0..1, paired races on shared cases, length penalty. Pure.

All of it is decided from values by case id, in whatever order they came in.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from core.errors import InvalidInput
from core.evaluation.statistics import mean_interval
from core.records.metrics import MetricInfo, Score
from core.records.optimizations import Aggregation

Values = Mapping[str, float]
"""Utility by case; a case without one, such as an error, is absent."""

CEILING = 0.999
LOSING_SD = 1.0
"""A candidate is out once it trails by so many standard errors, on a block of cases at least."""
LENGTH_PENALTY = 0.01
"""Utility that a prompt loses for being as long again as the start, or 2,000 characters longer."""
LENGTH_UNIT = 2_000
FEWEST = 3


class Gap(NamedTuple):
    """A challenger minus the incumbent on the cases that both have."""

    mean: float
    error: float
    n: int


# -- what an answer is worth --


def utility(info: MetricInfo, value: float) -> float:
    """The value from 0 (worst) to 1 (best). InvalidInput for a metric without bounds."""
    if info.low is None or info.high is None or info.high <= info.low:
        raise InvalidInput(
            "{metric} has no bounds, so it cannot be part of the score. Choose another metric.",
            metric=info.name,
        )
    if info.direction == "zero":
        widest = max(abs(info.low), abs(info.high))
        return _clipped(1 - abs(value) / widest)
    share = (value - info.low) / (info.high - info.low)
    return _clipped(1 - share if info.direction == "lower" else share)


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))


def composite(
    scores: Sequence[tuple[MetricInfo, float, Score]], aggregation: Aggregation
) -> float | None:
    """The weighted utility of one answer; None when a metric failed or none applies.

    What does not apply leaves its weight to the others. `weighted_sum` takes the weights as they
    are, `weighted_average` divides by their sum.
    """
    if any(score.status == "error" for _info, _weight, score in scores):
        return None
    known = [
        (weight, utility(info, score.value))
        for info, weight, score in scores
        if score.status == "ok" and score.value is not None
    ]
    heavy = sum(weight for weight, _value in known)
    if not known or heavy <= 0:
        return None
    mean = sum(weight * value for weight, value in known) / heavy
    if aggregation == "weighted_average":
        return mean
    return mean * sum(weight for _info, weight, _score in scores)


# -- races --


def gap(
    incumbent: Values, challenger: Values, left_out: Collection[str] = frozenset()
) -> Gap | None:
    """The paired difference; None when no case is shared. `left_out` are cases that one quotes."""
    shared = [one for one in challenger if one in incumbent and one not in left_out]
    if not shared:
        return None
    gaps = [challenger[one] - incumbent[one] for one in sorted(shared)]
    mean = math.fsum(gaps) / len(gaps)
    if len(gaps) < 2:
        return Gap(mean, math.inf, len(gaps))
    spread = math.fsum((one - mean) ** 2 for one in gaps) / (len(gaps) - 1)
    return Gap(mean, math.sqrt(spread / len(gaps)), len(gaps))


def is_losing(found: Gap | None, penalty: float) -> bool:
    """Whether to spend no more on a challenger: it trails clearly, or cannot gain."""
    if found is None or found.n < FEWEST:
        return False
    return found.mean - penalty < -LOSING_SD * max(found.error, 1e-9)


def length_penalty(length: int, start_length: int) -> float:
    """Grows with what a prompt is longer than the start; a shorter one has a small bonus."""
    return LENGTH_PENALTY * (length - start_length) / max(LENGTH_UNIT, start_length)


def takes_over(found: Gap | None, penalty: float) -> bool:
    """Whether a challenger that has run all cases takes the incumbent's place."""
    return found is not None and found.n >= FEWEST and found.mean - penalty > 1e-9


class Standing(NamedTuple):
    """The mean utility with its 95 % interval; `low` and `high` None below two cases."""

    score: float
    low: float | None
    high: float | None
    n: int


def standing(values: Values, left_out: Collection[str] = frozenset()) -> Standing | None:
    """How a candidate does on the cases it does not quote; None without any."""
    kept = [values[one] for one in sorted(values) if one not in left_out]
    found = mean_interval(kept, limits=(0.0, 1.0))
    if found is None:
        return None
    bounded = math.isfinite(found.low)
    return Standing(
        found.value,
        max(0.0, found.low) if bounded else None,
        min(1.0, found.high) if bounded else None,
        found.n,
    )


def noise(first: Values, second: Values) -> float:
    """Standard deviation of an answer's utility between two equal calls; 0 without pairs."""
    gaps = [second[one] - first[one] for one in first if one in second]
    if not gaps:
        return 0.0
    return math.sqrt(math.fsum(one * one for one in gaps) / (2 * len(gaps)))


def averaged(repeats: Sequence[Values]) -> dict[str, float]:
    """Utility by case over the repeats that have one."""
    sums: dict[str, list[float]] = {}
    for values in repeats:
        for case_id, value in values.items():
            sums.setdefault(case_id, []).append(value)
    return {case_id: math.fsum(found) / len(found) for case_id, found in sums.items()}
