"""Strengths from battles: Bradley-Terry, its bootstrap by case, and places that are no luck. Pure.

P(i beats j) = 1 / (1 + exp(t_j - t_i)); a tie is half a win for each. A small L2 penalty keeps
strengths finite where somebody has won always; whoever is not connected by battles is never
compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from core.records.evaluations import Battle

Floats = npt.NDArray[np.float64]
Claims = npt.NDArray[np.bool_]

PENALTY = 0.1
ROUNDS = 1_000
CLOSE_ENOUGH = 1e-8
MOST_STEPS = 100
LONGEST_STEP = 2.0
NO_SPREAD = 1e-9
CELLS_AT_ONCE = 4_000_000
POINTS = {"a": 1.0, "tie": 0.5, "b": 0.0}


class Strength(NamedTuple):
    """`strength` is in log-odds, 0 for the average of its component.

    Two candidates with the same `place` are not shown to differ. Intervals are infinite when
    there is one case only.
    """

    candidate: str
    strength: float
    low: float
    high: float
    place: int
    component: int
    battles: int
    points: float

    def against_average(self) -> tuple[float, float, float]:
        """Chance (0..1) to win against the average candidate, with its interval."""
        value, low, high = (
            float(chance) for chance in sigmoid(np.array([self.strength, self.low, self.high]))
        )
        return value, low, high


class Ranking(NamedTuple):
    """The strongest first within each component; `errors` are battles without a result."""

    strengths: tuple[Strength, ...]
    components: tuple[tuple[str, ...], ...]
    cases: int
    battles: int
    errors: int


class Wins(NamedTuple):
    """Battles as numbers: who (rows of `sides`), in which case, with how many points for a."""

    names: tuple[str, ...]
    cases: int
    sides: npt.NDArray[np.int64]
    case: npt.NDArray[np.int64]
    points: Floats
    errors: int


def rank(
    battles: Sequence[Battle],
    seed: int,
    rounds: int = ROUNDS,
    penalty: float = PENALTY,
    confidence: float = 0.95,
) -> Ranking | None:
    """Strengths with intervals and places; None without a single result.

    Cases are drawn with all their battles, since those stand and fall together. The order of
    battles changes nothing. Places come from simultaneous intervals of all differences, so that
    the chance of one false claim anywhere is kept.
    """
    wins = count_wins(battles)
    if not wins.points.size:
        return None
    size = len(wins.names)
    whole, met = _summed(wins, np.ones((1, wins.cases)))
    strengths = bradley_terry(whole, penalty)[0]
    parts = components(whole[0])
    fitted: Floats | None = None
    if wins.cases > 1:
        drawn = resampled(wins.cases + 1, rounds, seed)
        totals, _met = _summed(wins, drawn[:, :-1])
        # One more case in the urn, in which everything went the other way: who has won always so
        # far may lose the next time, which resampling alone would never see (the rule of three).
        totals += drawn[:, -1, None, None] * (whole[0].T / np.maximum(met, 1))
        fitted = bradley_terry(totals, penalty, start=strengths)
    low, high = _bounds(strengths, fitted, wins.cases, confidence)
    apart = parts[:, None] != parts[None, :]
    place = places(shown_better(strengths, fitted, wins.cases, confidence) & ~apart)
    played = (whole[0] + whole[0].T).sum(axis=1)
    rated = [
        Strength(
            wins.names[i],
            float(strengths[i]),
            float(low[i]),
            float(high[i]),
            place[i],
            int(parts[i]),
            round(float(played[i])),
            float(whole[0][i].sum()),
        )
        for i in range(size)
    ]
    rated.sort(key=lambda one: (one.component, one.place, -one.strength, one.candidate))
    names = np.asarray(wins.names, dtype=object)
    return Ranking(
        tuple(rated),
        tuple(tuple(names[parts == part]) for part in range(int(parts.max()) + 1)),
        wins.cases,
        int(wins.points.size),
        wins.errors,
    )


def count_wins(battles: Sequence[Battle]) -> Wins:
    """Names and cases as sorted numbers; battles without a result only count as errors."""
    # Sorted, so that the draws of a seed fall on the same cases whatever the order of the rows.
    decided = [one for one in battles if one.result is not None]
    names = sorted({one.a for one in battles} | {one.b for one in battles})
    cases = sorted({one.case_id for one in decided})
    name_at = {name: number for number, name in enumerate(names)}
    case_at = {name: number for number, name in enumerate(cases)}
    sides = np.array(
        [[name_at[one.a] for one in decided], [name_at[one.b] for one in decided]], dtype=np.int64
    )
    case = np.array([case_at[one.case_id] for one in decided], dtype=np.int64)
    points = np.array([POINTS[one.result or "tie"] for one in decided])
    return Wins(tuple(names), len(cases), sides, case, points, len(battles) - len(decided))


def resampled(cases: int, rounds: int, seed: int) -> Floats:
    """How often each case is drawn in each round, cases drawn with replacement."""
    drawn = np.random.default_rng(seed).integers(0, cases, (rounds, cases))
    drawn += np.arange(rounds)[:, None] * cases
    counts = np.bincount(drawn.ravel(), minlength=rounds * cases)
    return counts.reshape(rounds, cases).astype(np.float64)


def _summed(wins: Wins, weights: Floats) -> tuple[Floats, Floats]:
    """The win matrix of each row of case weights: `[r, i, j]` are points of i against j.

    With it in how many cases each pair met.
    """
    size = len(wins.names)
    total, met = np.zeros((len(weights), size * size)), np.zeros(size * size)
    order = np.argsort(wins.case, kind="stable")
    case, points = wins.case[order], wins.points[order]
    first, second = wins.sides[:, order]
    step = max(1, CELLS_AT_ONCE // (size * size))
    for start in range(0, wins.cases, step):
        end = min(start + step, wins.cases)
        here = slice(*np.searchsorted(case, [start, end]))
        row = (case[here] - start) * size * size
        cells = (end - start) * size * size
        at, back = row + first[here] * size + second[here], row + second[here] * size + first[here]
        block = np.bincount(at, points[here], cells) + np.bincount(back, 1 - points[here], cells)
        block = block.reshape(end - start, -1)
        total += weights[:, start:end] @ block
        met += (block > 0).sum(axis=0)
    pairs = met.reshape(size, size)
    return total.reshape(len(weights), size, size), np.maximum(pairs, pairs.T)


def bradley_terry(wins: Floats, penalty: float = PENALTY, start: Floats | None = None) -> Floats:
    """Strengths (log-odds, mean 0) that fit each of a stack of win matrices, by Newton's method."""
    rounds, size, _size = wins.shape
    games = wins + wins.transpose(0, 2, 1)
    games[:, np.arange(size), np.arange(size)] = 0
    won = (wins * (1 - np.eye(size))).sum(axis=2)
    strengths = np.zeros((rounds, size)) if start is None else np.tile(start, (rounds, 1))
    enough = CLOSE_ENOUGH * max(1.0, float(games.max(initial=0.0)))
    for _step in range(MOST_STEPS):
        chance = sigmoid(strengths[:, :, None] - strengths[:, None, :])
        slope = won - (games * chance).sum(axis=2) - penalty * strengths
        if float(np.abs(slope).max()) < enough:
            break
        bend = games * chance * (1 - chance)
        curve = -bend
        curve[:, np.arange(size), np.arange(size)] = bend.sum(axis=2) + penalty
        move = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        # Far from the top a whole Newton step may overshoot; the function is concave, so
        # shorter steps always arrive.
        longest = np.abs(move).max(axis=1, keepdims=True)
        strengths = strengths + move * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, 1e-300))
    centred: Floats = strengths - strengths.mean(axis=1, keepdims=True)
    return centred


def _bounds(
    strengths: Floats, fitted: Floats | None, cases: int, confidence: float
) -> tuple[Floats, Floats]:
    """Percentiles of the resampled strengths, set wider for few cases (Hesterberg 2015)."""
    if fitted is None:
        return np.full_like(strengths, -np.inf), np.full_like(strengths, np.inf)
    tail = float(ndtr(-_for_few(float(ndtri(0.5 + confidence / 2)), cases)))
    low, high = np.quantile(fitted, [tail, 1 - tail], axis=0)
    return low, high


def _for_few(deviations: float, cases: int) -> float:
    """As far out in Student's distribution as `deviations` are in the normal one.

    The spread comes from the same few cases, and resampling makes it a little too small.
    """
    stretch = math.sqrt(cases / (cases - 1))
    return -float(stdtrit(cases - 1, ndtr(-deviations))) * stretch


def shown_better(strengths: Floats, fitted: Floats | None, cases: int, confidence: float) -> Claims:
    """`[i, j]`: i is stronger than j by more than luck makes the largest of all differences."""
    gaps = strengths[:, None] - strengths[None, :]
    if fitted is None:
        return np.zeros(gaps.shape, dtype=bool)
    drawn = fitted[:, :, None] - fitted[:, None, :]
    spread = drawn.std(axis=0, ddof=1)
    # Nobody differs from oneself; elsewhere no spread would mean certainty, which there is not.
    spread[spread < NO_SPREAD] = np.inf
    largest = np.abs((drawn - gaps) / spread).max(axis=(1, 2))
    claims: Claims = gaps / spread > _for_few(float(np.quantile(largest, confidence)), cases)
    return claims


def places(better: Claims) -> list[int]:
    """1 + how many are shown better, directly or through others; equal places are ties."""
    closed = better.copy()
    for middle in range(len(closed)):
        closed |= closed[:, middle, None] & closed[None, middle, :]
    np.fill_diagonal(closed, False)
    return [1 + int(count) for count in closed.sum(axis=0)]


def components(wins: Floats) -> npt.NDArray[np.int64]:
    """The number of the connected part of each candidate; the largest part is 0."""
    size = len(wins)
    met = ((wins + wins.T) > 0) | np.eye(size, dtype=bool)
    for middle in range(size):
        met |= met[:, middle, None] & met[None, middle, :]
    smallest = met.argmax(axis=1)
    parts, counts = np.unique(smallest, return_counts=True)
    order = sorted(range(len(parts)), key=lambda i: (-counts[i], parts[i]))
    number = {int(parts[i]): place for place, i in enumerate(order)}
    return np.array([number[int(one)] for one in smallest], dtype=np.int64)


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1 + np.tanh(values / 2))
