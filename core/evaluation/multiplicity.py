"""Many comparisons at once: p-values adjusted so that luck has no more chances than one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given (Holm 1979).

    Keeps the chance of even one false claim at the level; for comparisons that are decided on.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=np.float64)[order] * (count - np.arange(count))
    return _in_place(np.minimum(np.maximum.accumulate(steps), 1.0), order)


def holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """The level at which Holm's procedure decides on each, in the order given.

    The smallest of m p-values is compared with alpha / m, the next one with alpha / (m - 1) and so
    on; from the first that fails on, all are held to the level that one failed at. Whoever is
    below their level is claimed, and an interval of confidence 1 - level says the same.
    """
    count = len(p_values)
    levels = [alpha] * count
    level, failed = alpha, False
    for step, place in enumerate(np.argsort(p_values, kind="stable").tolist()):
        if not failed:
            level = alpha / (count - step)
            failed = not p_values[place] < level
        levels[place] = level
    return levels


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given (Benjamini and Hochberg 1995).

    Keeps the share of false claims among all claims; for looking around, such as in slices.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=np.float64)[order] * count / (np.arange(count) + 1)
    return _in_place(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def _in_place(adjusted: np.ndarray, order: np.ndarray) -> list[float]:
    placed = np.empty(len(adjusted))
    placed[order] = adjusted
    return [float(p) for p in placed]
