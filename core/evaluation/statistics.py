"""Intervals and paired comparisons. Pure: no data is None, chance comes in as a seed.

The unit of evidence is the case, not the answer: several answers to one case are averaged first,
because they share what makes the case easy or hard. `docs/statistics.md` says which interval
stands where, why, and how often it covered the truth when it was simulated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr, ndtri, stdtr, stdtrit

from core.evaluation.clusters import Clusters

CONFIDENCE = 0.95
ALPHA = 0.05
MOST_FLIPS = 16
"""Differences up to which all 2^m patterns of signs are counted."""

Floats = npt.NDArray[np.float64]
Values = Sequence[float] | Floats
Limits = tuple[float, float]
"""The least and the most that a value can be; infinite where nobody knows."""
PairedMethod = Literal["tango", "t"]
NO_LIMITS: Limits = (-np.inf, np.inf)
ROUNDING = 1e-9
"""A spread below this share of the values is what floating point leaves of equal ones."""


class Interval(NamedTuple):
    """An estimate with its interval, in the unit of what was measured; `n` counts cases."""

    value: float
    low: float
    high: float
    n: int


class McNemar(NamedTuple):
    """Two-sided p-values of a pass/fail comparison; `mid_p` is the less conservative one."""

    exact: float
    mid_p: float


class PairedDifference(NamedTuple):
    """`after` minus `before` on shared cases: positive means that `after` has the higher value.

    `wins`, `ties` and `losses` count cases from the side of `after`. `p_value` is two-sided and
    not adjusted for other comparisons; `p_interval` is the level at which the interval reaches
    zero. `sd` is that of the differences between cases, `error` that of their mean, both of which
    may be infinite; `width` is how far a difference can be from zero.
    """

    difference: float
    low: float
    high: float
    n: int
    wins: int
    ties: int
    losses: int
    p_value: float
    p_interval: float
    sd: float
    error: float
    freedom: int
    width: float
    method: PairedMethod

    def bounds(self, confidence: float) -> tuple[float, float]:
        """The interval at another level."""
        if self.method == "tango":
            return tango(self.wins, self.losses, self.n, confidence)
        limits = (-self.width, self.width)
        return _t_bounds(self.difference, self.error, self.freedom, limits, confidence)

    @property
    def spread(self) -> float:
        """The `sd` that cases which stand alone would need for this `error`.

        Where cases belong together it is larger than `sd`, by the root of the design effect.
        """
        return max(self.sd, self.error * math.sqrt(self.n))

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


# -- one candidate --


def wilson(successes: float, trials: float, confidence: float = CONFIDENCE) -> Interval | None:
    """A pass rate (0..1) with the score interval of Wilson (1927); None without trials.

    Unlike the textbook interval it holds near 0 and 1. Counts may be fractions: an effective
    number of trials, see `pass_rate`.
    """
    if trials <= 0:
        return None
    z2 = _z(confidence) ** 2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = _z(confidence) * spread**0.5 / (1 + z2 / trials)
    # Rounding must not push the bound past the rate itself at 0 and at 1.
    low, high = max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))
    return Interval(share, low, high, round(trials))


def pass_rate(
    cases: Values, clusters: Clusters | None = None, confidence: float = CONFIDENCE
) -> Interval | None:
    """Of per-case shares of passed answers (0..1), each case counting once; None without cases.

    One answer per case: Wilson. Several, or cases in `clusters`: Wilson with the effective number
    of trials (Korn and Graubard, 1998), the number of independent answers that would vary as much
    as the cases, or the clusters, do. One cluster has a rate and no interval.
    """
    shares = np.asarray(cases, dtype=np.float64)
    if not shares.size:
        return None
    mean, effective = float(shares.mean()), float(shares.size)
    if clusters is not None or (shares.size > 1 and not is_pass_or_fail(shares)):
        error, freedom = standard_error(shares, clusters)
        if freedom < 1:
            return Interval(mean, -np.inf, np.inf, int(shares.size))
        if error > ROUNDING:
            # The t quantile stands for the variance being estimated from few cases.
            stretch = (_z(confidence) / _t(confidence, freedom)) ** 2
            effective = max(1.0, mean * (1 - mean) / error**2 * stretch)
        elif clusters is not None:
            effective = freedom + 1.0
    found = wilson(mean * effective, effective, confidence)
    return found._replace(n=int(shares.size)) if found else None


def mean_interval(
    cases: Values,
    clusters: Sequence[object] | Clusters | None = None,
    confidence: float = CONFIDENCE,
    limits: Limits = NO_LIMITS,
) -> Interval | None:
    """The mean of per-case values with a t interval, in their unit; None without cases.

    `clusters` names what cases share, such as the document they were cut from: the error is
    then cluster-robust, CR1 (Miller 2024, arXiv 2411.00640), on the clusters' degrees of freedom.
    One case, or one cluster, has a mean and no interval: its bounds are infinite. Cases that are
    all equal have the bounds of `unvarying`.
    """
    values = np.asarray(cases, dtype=np.float64)
    if not values.size:
        return None
    return _mean_interval(values, clusters, confidence, limits, float(np.abs(values).max()))


def _mean_interval(
    values: Floats,
    clusters: Sequence[object] | Clusters | None,
    confidence: float,
    limits: Limits,
    size: float,
) -> Interval:
    """`size` is that of the numbers that the values were made of."""
    mean = float(values.mean())
    error, freedom = _error(values, clusters, size)
    return Interval(mean, *_t_bounds(mean, error, freedom, limits, confidence), int(values.size))


def _error(
    values: Floats, clusters: Sequence[object] | Clusters | None, size: float
) -> tuple[float, int]:
    """The standard error, 0 where only rounding tells the values apart; degrees of freedom."""
    error, freedom = standard_error(values, clusters)
    return (0.0 if error <= ROUNDING * size else error), freedom


def _t_bounds(
    mean: float, error: float, freedom: int, limits: Limits, confidence: float
) -> tuple[float, float]:
    if freedom < 1:
        return -np.inf, np.inf
    if not error:
        return unvarying(mean, freedom + 1, limits, confidence)
    half = _t(confidence, freedom) * error
    low, high = limits
    # Few clusters make an interval wider than what values can be; one value may be wrongly so.
    return max(mean - half, min(low, mean)), min(mean + half, max(high, mean))


def unvarying(value: float, count: int, limits: Limits, confidence: float) -> tuple[float, float]:
    """Bounds of a mean of which `count` values are known and all are the same.

    No spread is no certainty: if more than 1 - alpha^(1/count) of all values were others (about
    3 / count, the "rule of three"), one would have been seen. So many may be others, as far away
    as the limits of the values allow.
    """
    others = 1 - (1 - confidence) ** (1 / count)
    low, high = limits
    return value - others * max(value - low, 0.0), value + others * max(high - value, 0.0)


def standard_error(
    values: Floats, clusters: Sequence[object] | Clusters | None
) -> tuple[float, int]:
    """Of the mean, with its degrees of freedom; cluster-robust (CR1) when clusters are named."""
    count = values.size
    if clusters is None:
        return (float(values.std(ddof=1)) / count**0.5 if count > 1 else np.inf), count - 1
    sums = np.bincount(_places(clusters), weights=values - values.mean())
    groups = sums.size
    if groups < 2:
        return np.inf, groups - 1
    return float(np.sqrt((sums**2).sum() * groups / (groups - 1)) / count), groups - 1


def _places(clusters: Sequence[object] | Clusters) -> npt.NDArray[np.intp]:
    """The clusters as numbers from 0, case by case."""
    named = clusters if isinstance(clusters, np.ndarray) else [str(name) for name in clusters]
    return np.unique(np.asarray(named), return_inverse=True)[1]


# -- two candidates on the same cases --


def paired_difference(
    before: Values,
    after: Values,
    clusters: Sequence[object] | Clusters | None = None,
    confidence: float = CONFIDENCE,
    limits: Limits = NO_LIMITS,
) -> PairedDifference | None:
    """`after` minus `before`, case by case, in their unit; None without shared cases.

    Pass or fail on both sides: the score interval of Tango (1998) for paired proportions with
    McNemar's exact test. Anything else, or cases in clusters: a t interval on the differences,
    with the exact sign-flip test for up to 16 of them (or of clusters, whose cases flip together)
    and the t test for more. Where all differences are equal, `limits` of the values decide how
    wide it is (`unvarying`).
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if old.size != new.size:
        raise ValueError(f"paired values, but {old.size} before and {new.size} after")
    if not old.size:
        return None
    gaps = new - old
    wins, losses = int((gaps > 0).sum()), int((gaps < 0).sum())
    difference, size = float(gaps.mean()), float(np.abs([old, new]).max())
    width = float(limits[1] - limits[0])
    error, freedom = _error(gaps, clusters, size)
    if clusters is None and is_pass_or_fail(old) and is_pass_or_fail(new):
        method: PairedMethod = "tango"
        p_value, p_interval = mcnemar(wins, losses).exact, score_test(wins, losses)
    else:
        method = "t"
        p_interval = _p_of_t(difference, error, freedom, width, size)
        p_value = _p_value(gaps, clusters, error, freedom, size)
    found = PairedDifference(
        difference=difference,
        low=-np.inf,
        high=np.inf,
        n=int(gaps.size),
        wins=wins,
        ties=int(gaps.size) - wins - losses,
        losses=losses,
        p_value=p_value,
        p_interval=p_interval,
        sd=float(gaps.std(ddof=1)) if gaps.size > 1 else np.inf,
        error=error,
        freedom=freedom,
        width=width,
        method=method,
    )
    low, high = found.bounds(confidence)
    return found._replace(low=low, high=high)


def _p_value(
    gaps: Floats,
    clusters: Sequence[object] | Clusters | None,
    error: float,
    freedom: int,
    size: float,
) -> float:
    sums = gaps if clusters is None else cluster_sums(gaps, clusters)
    if np.count_nonzero(sums) <= MOST_FLIPS:
        return sign_flip(sums)
    if freedom < 1:
        return 1.0
    if not error:
        # What flipping their signs would say; t would be certain.
        return 1.0 if abs(gaps.mean()) <= ROUNDING * size else 2.0**-freedom
    return float(2 * stdtr(freedom, -abs(gaps.mean() / error)))


def cluster_sums(gaps: Floats, clusters: Sequence[object] | Clusters) -> Floats:
    """The differences of each cluster's cases, added up: what flips its sign as one."""
    return np.bincount(_places(clusters), weights=gaps).astype(np.float64)


def _p_of_t(difference: float, error: float, freedom: int, width: float, size: float) -> float:
    """The level at which the t interval, or that of values without a spread, reaches zero."""
    gap = abs(difference)
    if freedom < 1 or gap <= ROUNDING * size or (not error and width == np.inf):
        return 1.0
    if not error:
        return float((width / (gap + width)) ** (freedom + 1))
    return float(2 * stdtr(freedom, -gap / error))


def sign_flip(differences: Values) -> float:
    """Two-sided p-value: the share of all 2^m patterns of signs with as large a sum (Fisher 1935).

    For at most `MOST_FLIPS` differences that are not zero.
    """
    gaps = np.asarray([gap for gap in differences if gap != 0], dtype=np.float64)
    if gaps.size > MOST_FLIPS:
        raise ValueError(f"{gaps.size} differences are too many to flip them all")
    sums = np.zeros(1)
    for gap in gaps:
        sums = np.concatenate([sums - gap, sums + gap])
    slack = 1e-9 * float(np.abs(gaps).sum())
    return float(np.mean(np.abs(sums) >= abs(float(gaps.sum())) - slack))


def mcnemar(better: int, worse: int) -> McNemar:
    """McNemar's exact test from the cases that changed; 1.0 when none did."""
    fewer, changed = min(better, worse), better + worse
    if not changed:
        return McNemar(1.0, 1.0)
    tail = float(bdtr(fewer, changed, 0.5))
    point = tail - (float(bdtr(fewer - 1, changed, 0.5)) if fewer else 0.0)
    return McNemar(min(1.0, 2 * tail), min(1.0, 2 * tail - point))


def score_test(better: int, worse: int) -> float:
    """Two-sided p-value of McNemar's test without a correction: that of Tango's interval."""
    changed = better + worse
    return float(2 * ndtr(-abs(better - worse) / changed**0.5)) if changed else 1.0


def tango(
    better: int, worse: int, cases: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Bounds of the difference of two pass rates (-1..1) on the same cases.

    The score interval of Tango (1998, Statistics in Medicine 17): the differences that a score
    test does not reject, found by halving.
    """
    z = _z(confidence)
    observed = (better - worse) / cases

    def distance(difference: float) -> float:
        """The score statistic at a supposed difference."""
        a = 2 * cases
        b = -better - worse + (2 * cases - better + worse) * difference
        c = -worse * difference * (1 - difference)
        share = ((b * b - 4 * a * c) ** 0.5 - b) / (2 * a)
        variance = cases * (2 * share + difference * (1 - difference))
        gap = better - worse - cases * difference
        if variance <= 0:
            return 0.0 if gap == 0 else float(np.copysign(np.inf, gap))
        return float(gap / variance**0.5)

    def bound(outer: float, wanted: float) -> float:
        """Where the statistic passes `wanted` between the estimate and the end of the range."""
        inner = observed
        for _step in range(60):
            middle = (inner + outer) / 2
            if abs(distance(middle)) < abs(wanted):
                inner = middle
            else:
                outer = middle
        return (inner + outer) / 2

    return bound(-1.0, z), bound(1.0, -z)


def is_pass_or_fail(values: Floats) -> bool:
    """Whether every value is 0 or 1."""
    return bool(((values == 0.0) | (values == 1.0)).all())


def _z(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2))


def _t(confidence: float, freedom: int) -> float:
    return float(stdtrit(freedom, 0.5 + confidence / 2))
