"""How much a number of cases can show, before any is run."""

from __future__ import annotations

import math

from scipy.special import nctdtr, stdtrit

POWER = 0.8
ALPHA = 0.05
PASS_OR_FAIL_SD = 0.5
"""Supposed standard deviation of paired pass/fail differences before anything is known: one
case in four judged differently. It is also the largest that a win rate can have."""
MOST_CASES = 10_000_000


def power(cases: int, difference: float, sd: float, alpha: float = ALPHA) -> float:
    """Chance (0..1) that a paired t test on so many cases finds a true difference of this size.

    `difference` and `sd`, the standard deviation of the paired differences, share a unit.
    Non-central t (Cohen 1988).
    """
    if cases < 2:
        return 0.0
    freedom = cases - 1
    critical = float(stdtrit(freedom, 1 - alpha / 2))
    shift = abs(difference) / sd * math.sqrt(cases)
    return float(1 - nctdtr(freedom, shift, critical) + nctdtr(freedom, shift, -critical))


def detectable_difference(
    cases: int, sd: float = PASS_OR_FAIL_SD, *, chance: float = POWER, alpha: float = ALPHA
) -> float | None:
    """The smallest true difference, in the unit of `sd`, that so many cases find in 4 runs of 5.

    None for fewer than two cases. For a win rate it is the distance from one half.
    """
    if cases < 2:
        return None
    low, high = 0.0, sd
    while power(cases, high, sd, alpha) < chance:
        high *= 2
    for _step in range(50):
        middle = (low + high) / 2
        if power(cases, middle, sd, alpha) < chance:
            low = middle
        else:
            high = middle
    return high


def cases_needed(
    difference: float,
    sd: float = PASS_OR_FAIL_SD,
    *,
    chance: float = POWER,
    alpha: float = ALPHA,
) -> int | None:
    """Cases with which a true difference of this size is found in 4 runs of 5.

    None when no affordable number (ten million) would do, as for a difference of zero.
    """
    if not math.isfinite(sd) or sd < 0:
        return None
    if sd == 0:
        return 2 if difference else None
    if power(MOST_CASES, difference, sd, alpha) < chance:
        return None
    low, high = 1, 2
    while power(high, difference, sd, alpha) < chance:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if power(middle, difference, sd, alpha) < chance:
            low = middle
        else:
            high = middle
    return high
