"""How far raters agree beyond chance: people with each other, and a judge with people. Pure.

Raw agreement alone misleads when one answer is common, so the parts are given together: the
confusion matrix, the base rates, and a coefficient that chance alone would leave at zero.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]

FEWEST_LABELS = 20
"""Below this a judge counts as not calibrated."""
RELIABLE, TENTATIVE = 0.80, 0.667
"""Krippendorff's (2004) thresholds for alpha."""


class Confusion(NamedTuple):
    """`counts[i][j]`: items that the first rater called `labels[i]` and the second `labels[j]`."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    n: int


class Kappa(NamedTuple):
    """`value` is 1 for full agreement and 0 for chance; `observed` and `expected` are shares.

    None where chance would agree always, as when both raters only ever said one thing.
    """

    value: float | None
    observed: float
    expected: float
    n: int


class Alpha(NamedTuple):
    """Krippendorff's alpha with a bootstrap interval over items; `n` items had two ratings."""

    value: float
    low: float
    high: float
    n: int


def confusion(
    first: Sequence[str], second: Sequence[str], labels: Sequence[str] = ()
) -> Confusion | None:
    """Counts of every pair of labels; None without items. Labels not given are added sorted."""
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return None
    known = (*labels, *sorted({*first, *second} - set(labels)))
    place = {name: number for number, name in enumerate(known)}
    counts = np.zeros((len(known), len(known)), dtype=np.int64)
    np.add.at(counts, ([place[one] for one, _ in pairs], [place[two] for _, two in pairs]), 1)
    return Confusion(known, tuple(tuple(int(n) for n in row) for row in counts), len(pairs))


def base_rates(ratings: Sequence[str]) -> dict[str, float]:
    """Share (0..1) of every label, the most frequent first; empty without ratings."""
    names, counts = np.unique(np.asarray(ratings, dtype=object), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(names[i]): float(counts[i]) / len(ratings) for i in order}


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> Kappa | None:
    """Cohen (1960) for two raters and names without order; None without items."""
    table = confusion(first, second)
    if table is None:
        return None
    size = len(table.labels)
    return _kappa(table, 1.0 - np.eye(size))


def weighted_kappa(first: Sequence[int], second: Sequence[int]) -> Kappa | None:
    """Cohen (1968) with quadratic weights, for steps such as 1-5; None without items.

    `observed` and `expected` are 1 minus the mean squared distance, in units of the widest.
    """
    if not len(first):
        return None
    steps = range(min(*first, *second), max(*first, *second) + 1)
    names = [str(step) for step in steps]
    table = confusion([str(one) for one in first], [str(two) for two in second], names)
    place = np.arange(len(names), dtype=np.float64)
    widest = max(len(names) - 1, 1)
    return _kappa(table, ((place[:, None] - place[None, :]) / widest) ** 2) if table else None


def _kappa(table: Confusion, distance: Floats) -> Kappa:
    shares = np.asarray(table.counts, dtype=np.float64) / table.n
    observed = float((distance * shares).sum())
    expected = float((distance * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum())
    value = None if expected == 0 else 1 - observed / expected
    return Kappa(value, 1 - observed, 1 - expected, table.n)


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable | None]],
    level: Level,
    seed: int,
    rounds: int = 1_000,
    confidence: float = 0.95,
) -> Alpha | None:
    """Any number of raters, with gaps: one row per item, one column per rater, None for a gap.

    Krippendorff (2004). None when no item has two ratings, or all ratings are the same. Ordinal
    and interval ratings are numbers.
    """
    counts, values = _counts(ratings, level)
    if counts is None:
        return None
    # Items with the same ratings are drawn together: the same chances, and few numbers for many.
    patterns, times = np.unique(counts, axis=0, return_counts=True)
    whole = _alphas(times[None].astype(np.float64), patterns, values, level)[0]
    if not np.isfinite(whole):
        return None
    draws = np.random.default_rng(seed).multinomial(len(counts), times / len(counts), rounds)
    alphas = _alphas(draws.astype(np.float64), patterns, values, level)
    tail = (1 - confidence) / 2
    low, high = np.quantile(alphas[np.isfinite(alphas)], [tail, 1 - tail])
    return Alpha(float(whole), float(low), float(high), len(counts))


def _counts(
    ratings: Sequence[Sequence[Hashable | None]], level: Level
) -> tuple[Floats | None, Floats]:
    """How often each item got each value, for items with at least two ratings."""
    rows = [[one for one in row if one is not None] for row in ratings]
    rows = [row for row in rows if len(row) > 1]
    if not rows:
        return None, np.zeros(0)
    found = {one for row in rows for one in row}
    names = sorted(found, key=str) if level == "nominal" else sorted(found, key=_number)
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(rows), len(names)))
    for item, row in enumerate(rows):
        for one in row:
            counts[item, place[one]] += 1
    values = np.arange(len(names)) if level == "nominal" else np.array(list(map(_number, names)))
    return counts, values.astype(np.float64)


def _number(value: Hashable) -> float:
    return float(str(value))


def _alphas(weights: Floats, counts: Floats, values: Floats, level: Level) -> Floats:
    """Alpha of each row of item weights: 1 - observed / expected disagreement."""
    sizes = counts.sum(axis=1)
    totals = weights @ counts
    pairable = totals.sum(axis=1)
    if level == "nominal":
        unlike = (sizes**2 - (counts**2).sum(axis=1)) / (sizes - 1)
        observed = weights @ unlike
        expected = (pairable**2 - (totals**2).sum(axis=1)) / (pairable - 1)
    else:
        # The ordinal distance is the squared distance of mid-ranks, so both are one formula.
        scale = np.broadcast_to(values, totals.shape)
        if level == "ordinal":
            scale = totals.cumsum(axis=1) - totals / 2
        within = sizes * (scale**2 @ counts.T) - (scale @ counts.T) ** 2
        observed = (weights * (2 * within / (sizes - 1))).sum(axis=1)
        spread = pairable * (totals * scale**2).sum(axis=1) - (totals * scale).sum(axis=1) ** 2
        expected = 2 * spread / (pairable - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)
