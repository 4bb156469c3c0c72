"""Everybody against everybody on shared cases, as a few matrix products. Pure.

A table of 100 candidates and 20,000 cases has 4,950 pairs; one by one they would take minutes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, stdtr

from core.evaluation.clusters import Clusters
from core.evaluation.multiplicity import holm
from core.evaluation.ranking import places
from core.evaluation.statistics import ALPHA, MOST_FLIPS, ROUNDING, is_pass_or_fail, sign_flip

Floats = npt.NDArray[np.float64]
MOST_EXACT = 2**24
"""Counts up to here are whole numbers in single precision."""


class Pairs(NamedTuple):
    """`[i, j]`: j minus i on the `shared` cases of both; nan where there are none.

    `p_value` is two-sided and not adjusted: McNemar's exact test for pass/fail, else paired t.
    """

    difference: Floats
    p_value: Floats
    shared: Floats


def clustered_pairs(values: Floats, clusters: Clusters) -> Pairs:
    """The same of cases (rows) that belong together: t on cluster-robust errors (CR1), and all
    patterns of signs of the clusters where those are few."""
    names, place = np.unique(clusters, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(names.size))
    values = values[order]
    size = values.shape[1]
    size_of_values = float(np.nanmax(np.abs(values), initial=0.0))
    pairs = Pairs(*(np.full((size, size), fill) for fill in (np.nan, 1.0, 0.0)))
    for first in range(size - 1):
        gaps = values[:, first + 1 :] - values[:, [first]]
        known = ~np.isnan(gaps)
        shared = known.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = np.where(known, gaps, 0.0).sum(axis=0) / shared
            sums = np.add.reduceat(np.where(known, gaps - difference, 0.0), starts)
            groups = (np.add.reduceat(known, starts) > 0).sum(axis=0)
            error = np.sqrt((sums**2).sum(axis=0) * groups / (groups - 1)) / shared
            p_value = 2 * stdtr(groups - 1, -np.abs(difference) / error)
        # Clusters that all say the same have no spread, which is no certainty: flipping signs at
        # random would say it as often.
        same = np.nan_to_num(error) <= ROUNDING * size_of_values
        p_value = np.where(same, 2.0 ** (1.0 - np.minimum(groups, 1_000)), p_value)
        p_value = np.where(np.abs(difference) <= ROUNDING * size_of_values, 1.0, p_value)
        p_value = np.where(groups > 1, p_value, 1.0)
        # With few clusters t claims too much; flipping their signs does not.
        together = np.add.reduceat(np.where(known, gaps, 0.0), starts)
        few = np.count_nonzero(together, axis=0) <= MOST_FLIPS
        for column in np.flatnonzero(few & (p_value < ALPHA)).tolist():
            p_value[column] = max(p_value[column], sign_flip(together[:, column]))
        for matrix, upper, sign in ((pairs.difference, difference, -1), (pairs.p_value, p_value, 1),
                                    (pairs.shared, shared, 1)):  # fmt: skip
            matrix[first, first + 1 :] = upper
            matrix[first + 1 :, first] = sign * upper
    return pairs


def all_pairs(values: Floats) -> Pairs:
    """Of a table of cases (rows) and candidates (columns), nan where there is no value."""
    known = ~np.isnan(values)
    found = values[known]
    binary = is_pass_or_fail(found)
    # Sums of squares are of small numbers when the common level is taken off; counts stay exact,
    # also in half the precision, which is twice as fast.
    level = 0.0 if binary or not found.size else float(found.mean())
    exact = binary and len(values) < MOST_EXACT
    kind: type[np.floating] = np.float32 if exact else np.float64
    filled: npt.NDArray[np.floating] = np.where(known, values - level, 0.0).astype(kind)
    product = _square(filled)
    squared = None if binary else filled**2
    squares = np.zeros(1)
    if known.all():
        shared = np.full(product.shape, float(len(values)))
        second = np.broadcast_to(filled.sum(axis=0, dtype=np.float64), product.shape)
        if squared is not None:
            squares = np.broadcast_to(squared.sum(axis=0, dtype=np.float64), product.shape)
    else:
        there = known.astype(kind)
        shared, second = _square(there), (there.T @ filled).astype(np.float64)
        if squared is not None:
            squares = (there.T @ squared).astype(np.float64)
    first = second.T
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (second - first) / shared
        if binary:
            p_value = _mcnemar(second - product, first - product)
        else:
            p_value = _paired_t(difference, squares + squares.T - 2 * product, shared)
    return Pairs(difference, np.where(shared > 0, p_value, 1.0), shared)


def _square(values: npt.NDArray[np.floating]) -> Floats:
    return (values.T @ values).astype(np.float64)


def _mcnemar(better: Floats, worse: Floats) -> Floats:
    fewer, changed = np.minimum(better, worse), better + worse
    tail = bdtr(fewer, np.maximum(changed, 1).astype(np.int64), 0.5)
    return np.where(changed > 0, np.minimum(1.0, 2 * tail), 1.0)


def _paired_t(difference: Floats, squares: Floats, shared: Floats) -> Floats:
    variance = np.maximum(squares - shared * difference**2, 0.0) / (shared - 1)
    statistic = np.abs(difference) / np.sqrt(variance / shared)
    p_value = np.where(difference == 0, 1.0, 2 * stdtr(shared - 1, -statistic))
    # Few cases that all say the same have no spread, which is no certainty: flipping signs at
    # random would say it as often.
    least = np.minimum(1.0, 2.0 ** (1 - np.minimum(shared, 1_000)))
    return np.where(shared > 1, np.maximum(np.nan_to_num(p_value, nan=1.0), least), 1.0)


def standing(
    values: Floats, eligible: npt.NDArray[np.bool_], clusters: Clusters | None = None
) -> list[int | None]:
    """The place of each candidate (more is better); equal places are ties.

    1 + how many are shown to be better, Holm-adjusted over all pairs. None for who may not
    compete, or has no value.
    """
    size = values.shape[1]
    competing = eligible & ~np.isnan(values).all(axis=0)
    chosen = np.flatnonzero(competing)
    some = values[:, chosen]
    found = all_pairs(some) if clusters is None else clustered_pairs(some, clusters)
    upper = np.triu_indices(len(chosen), k=1)
    adjusted = np.ones((len(chosen), len(chosen)))
    adjusted[upper] = holm(found.p_value[upper].tolist())
    adjusted = np.minimum(adjusted, adjusted.T)
    better = (adjusted < ALPHA) & (found.difference.T > 0)
    result: list[int | None] = [None] * size
    for place, number in zip(chosen.tolist(), places(better), strict=True):
        result[place] = number
    return result
