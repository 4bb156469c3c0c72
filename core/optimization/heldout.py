"""The verdict: best and start on the sealed test cases, once, paired. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from core.evaluation.power import cases_needed, detectable_difference
from core.evaluation.statistics import ALPHA, PairedDifference, mcnemar, paired_difference
from core.records.optimizations import Verdict, VerdictName

FEWEST_ROWS = 20
"""Cases of the whole dataset below which no claim is made."""
FEWEST_TEST = 10
FEWEST_CHANGED = 6
MOST_NEEDED = 1_000_000


def verdict(
    start: Mapping[str, float],
    best: Mapping[str, float],
    *,
    errors: int = 0,
    looks: int = 1,
) -> Verdict:
    """What the paired values say; cases that one of the two lacks are left out.

    A claim needs the interval and a test to agree, enough cases, and enough that changed.
    """
    shared = sorted(start.keys() & best.keys())
    before, after = [start[one] for one in shared], [best[one] for one in shared]
    found = paired_difference(before, after, limits=(0.0, 1.0))
    if found is None:
        return Verdict("not_shown", None, None, None, 0, errors=errors, reason="too_few",
                       looks=looks)  # fmt: skip
    name: VerdictName = "not_shown"
    enough = found.n >= FEWEST_TEST
    if enough and found.excludes_zero and _p_value(found) <= ALPHA:
        name = "better" if found.difference > 0 else "worse"
    needed = None
    if name == "not_shown" and found.difference > 0 and math.isfinite(found.sd):
        needed = cases_needed(found.difference, found.sd)
        if needed is not None:
            # What was seen is not what is there: never fewer than were looked at already.
            needed = max(needed, found.n + 1) if needed <= MOST_NEEDED else None
    bounded = math.isfinite(found.low) and math.isfinite(found.high)
    return Verdict(
        verdict=name,
        difference=found.difference,
        low=max(-1.0, found.low) if bounded else None,
        high=min(1.0, found.high) if bounded else None,
        n=found.n,
        wins=found.wins,
        ties=found.ties,
        losses=found.losses,
        needed=needed,
        start_score=math.fsum(before) / found.n,
        best_score=math.fsum(after) / found.n,
        errors=errors,
        reason="" if enough else "too_few",
        looks=looks,
    )


def _p_value(found: PairedDifference) -> float:
    """Of passes and fails McNemar's mid-p: the exact test keeps well below its 5 % and misses
    gains for it. Fewer than six changed cases are never enough."""
    if found.wins + found.losses < FEWEST_CHANGED:
        return 1.0
    return mcnemar(found.wins, found.losses).mid_p if found.method == "tango" else found.p_value


def start_is_best() -> Verdict:
    """Nothing beat the start on the tuning cases, so the test cases stay closed."""
    return Verdict("not_shown", None, None, None, 0, reason="start_is_best", looks=0)


def smallest_gain(test_cases: int) -> float | None:
    """The smallest true gain (0..1) that so many test cases show in four jobs of five."""
    return detectable_difference(test_cases)
