"""How often an interval covers the truth: worlds whose truth is known, drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from core.evaluation import ppi, ranking, statistics
from core.evaluation.agreement import krippendorff_alpha
from core.evaluation.pairwise import standing
from core.evaluation.results import adjusted, compared
from core.records.evaluations import Battle
from core.records.metrics import MetricInfo

Rng = np.random.Generator
Bounds = tuple[float, float]
World = Callable[[Rng], tuple[Bounds, float]]
"""One draw: the interval that was computed, and what it should cover."""


def coverage(world: World, draws: int, seed: int) -> float:
    """Share of draws whose interval covers the truth."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _draw in range(draws):
        (low, high), truth = world(rng)
        hits += low <= truth <= high
    return hits / draws


def bounds(found: object) -> Bounds:
    """The interval of a result."""
    return found.low, found.high  # type: ignore[attr-defined]


def wilson(cases: int, lowest: float, highest: float) -> World:
    """Rates of a range: with counts, the coverage of one single rate goes up and down."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        rate = float(rng.uniform(lowest, highest))
        return bounds(statistics.wilson(int(rng.binomial(cases, rate)), cases)), rate

    return world


def repeated_passes(cases: int, repeats: int, a: float, b: float) -> World:
    """Cases differ in difficulty (a beta distribution); each is answered several times."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        shares = rng.binomial(repeats, rng.beta(a, b, cases)) / repeats
        return bounds(statistics.pass_rate(shares)), a / (a + b)

    return world


def shares(cases: int) -> World:
    """Parts of a whole, between 0 and 1 and rarely at either."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        return bounds(statistics.pass_rate(rng.beta(2, 3, cases))), 0.4

    return world


def ratings(cases: int) -> World:
    """Steps 1-5, most of them high."""
    steps, shares = np.arange(1, 6), np.array([0.05, 0.1, 0.15, 0.3, 0.4])

    def world(rng: Rng) -> tuple[Bounds, float]:
        drawn = rng.choice(steps, cases, p=shares).astype(float)
        return bounds(statistics.mean_interval(drawn)), float(steps @ shares)

    return world


def documents(groups: int, most: int) -> World:
    """Cases cut from documents of unequal length, whose values move together."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        sizes = rng.integers(1, most + 1, groups)
        names = np.repeat(np.arange(groups), sizes)
        values = 0.5 + rng.normal(0, 0.2, groups)[names] + rng.normal(0, 0.2, names.size)
        return bounds(statistics.mean_interval(values, names)), 0.5

    return world


def passes_in_documents(groups: int, most: int) -> World:
    """Documents are hard or easy for all cases cut from them."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        sizes = rng.integers(1, most + 1, groups)
        names = np.repeat(np.arange(groups), sizes)
        passed = rng.random(names.size) < rng.beta(3, 1.5, groups)[names]
        return bounds(statistics.pass_rate(passed, names)), 3 / 4.5

    return world


def paired_in_documents(groups: int, most: int) -> World:
    """Two candidates on cases of the same documents, which the second likes or does not."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        sizes = rng.integers(1, most + 1, groups)
        names = np.repeat(np.arange(groups), sizes)
        change = 0.3 + rng.normal(0, 0.5, groups)[names] + rng.normal(0, 0.5, names.size)
        before = rng.normal(3, 1, names.size)
        return bounds(statistics.paired_difference(before, before + change, names)), 0.3

    return world


def shown_passes(cases: int, better: float, worse: float) -> World:
    """The interval as it stands beside the verdict: to zero unless the exact test rejects it."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        wins, losses, _same = rng.multinomial(cases, [better, worse, 1 - better - worse])
        before, after = np.ones(cases), np.ones(cases)
        before[:wins] = 0
        after[wins : wins + losses] = 0
        family = [compared("a", "b", MetricInfo("m", "m"), before, after, incomplete=False)]
        return bounds(adjusted(family)[0]), better - worse

    return world


def skewed(cases: int) -> World:
    """Costs: a few answers cost many times what the others do."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        return bounds(statistics.mean_interval(rng.gamma(1.0, 1.0, cases))), 1.0

    return world


def paired_passes(cases: int, better: float, worse: float) -> World:
    def world(rng: Rng) -> tuple[Bounds, float]:
        wins, losses, _same = rng.multinomial(cases, [better, worse, 1 - better - worse])
        return statistics.tango(int(wins), int(losses), cases), better - worse

    return world


def paired_ratings(cases: int) -> World:
    """The same cases rated for two candidates, the second better by a third of a step."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        before = rng.choice(np.arange(1, 6), cases).astype(float)
        change = rng.choice([-1.0, 0.0, 1.0, 2.0], cases, p=[0.15, 0.5, 0.25, 0.1])
        return bounds(statistics.paired_difference(before, before + change)), 0.3

    return world


def paired_parts(cases: int, noise: float) -> World:
    """Two prompts of equal worth, scored by the share of one to three rules that each answer
    meets, as a noisy judge sees it: what an optimizer compares where nothing was gained."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        rules, rate = rng.integers(1, 4, cases), rng.uniform(0.2, 0.5)
        one, other = (np.clip(rng.binomial(rules, rate) / rules + rng.normal(0, noise, cases), 0, 1)
                      for _ in range(2))  # fmt: skip
        return bounds(statistics.paired_difference(one, other, limits=(0.0, 1.0))), 0.0

    return world


def seldom_other(cases: int, most: float) -> World:
    """Ratings 1-5 of two candidates that nearly always agree: often no case differs at all."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        rare, step = float(rng.uniform(0.005, most)), float(rng.choice([-2.0, -1.0, 1.0]))
        before = np.full(cases, 3.0)
        change = np.where(rng.random(cases) < rare, step, 0.0)
        found = statistics.paired_difference(before, before + change, limits=(1.0, 5.0))
        return bounds(found), rare * step

    return world


def nearly_all_better(cases: int, most: float) -> World:
    """One step better nearly always: often in every case, which is no proof of always."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        rare = float(rng.uniform(0.005, most))
        before = np.full(cases, 3.0)
        change = np.where(rng.random(cases) < rare, 0.0, 1.0)
        found = statistics.paired_difference(before, before + change, limits=(1.0, 5.0))
        return bounds(found), 1 - rare

    return world


def nearly_always_five(cases: int, most: float) -> World:
    """Ratings that are nearly always the best one."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        rare = float(rng.uniform(0.005, most))
        drawn = np.where(rng.random(cases) < rare, 4.0, 5.0)
        return bounds(statistics.mean_interval(drawn, limits=(1.0, 5.0))), 5 - rare

    return world


def judged(labels: int, others: int, sensitivity: float, specificity: float) -> World:
    """People pass 70 %; the judge sees that with errors."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        truth = rng.random(labels + others) < 0.7
        luck = rng.random(labels + others)
        judge = np.where(truth, luck < sensitivity, luck >= specificity).astype(float)
        found = ppi.ppi_mean(truth[:labels].astype(float), judge[:labels], judge[labels:])
        return bounds(found), 0.7

    return world


def raters(items: int) -> World:
    """Three raters, each right with 80 %, else anything of three labels; a few gaps."""

    def drawn(rng: Rng, count: int) -> list[list[int | None]]:
        truth = rng.integers(0, 3, count)
        given = np.where(
            rng.random((count, 3)) < 0.8, truth[:, None], rng.integers(0, 3, (count, 3))
        )
        gaps = rng.random((count, 3)) < 0.1
        return [
            [None if gap else int(value) for value, gap in zip(row, missing, strict=True)]
            for row, missing in zip(given, gaps, strict=True)
        ]

    def world(rng: Rng) -> tuple[Bounds, float]:
        found = krippendorff_alpha(drawn(rng, items), "nominal", int(rng.integers(2**32)), 400)
        # Two raters agree beyond chance when both are right: 0.8 squared.
        return bounds(found), 0.64

    return world


TRUE_STRENGTHS = np.array([-0.6, -0.2, 0.0, 0.2, 0.6])


def tournament(rng: Rng, cases: int, strengths: np.ndarray) -> list[Battle]:
    """Every pair on every case, once; ties at one in ten."""
    battles = []
    for case in range(cases):
        for i, j in combinations(range(len(strengths)), 2):
            chance = 1 / (1 + np.exp(strengths[j] - strengths[i]))
            result = "tie" if rng.random() < 0.1 else "a" if rng.random() < chance else "b"
            battles.append(Battle(str(case), f"c{i}", f"c{j}", result, "judge"))
    return battles


def strengths(cases: int, candidate: int) -> World:
    """The best-fitting strengths when one battle in ten is a tie whatever the strengths are."""
    chance = 1 / (1 + np.exp(TRUE_STRENGTHS[None, :] - TRUE_STRENGTHS[:, None]))
    expected = 1e6 * (0.9 * chance + 0.05) * (1 - np.eye(len(TRUE_STRENGTHS)))
    truth = float(ranking.bradley_terry(expected[None])[0][candidate])

    def world(rng: Rng) -> tuple[Bounds, float]:
        found = ranking.rank(tournament(rng, cases, TRUE_STRENGTHS), int(rng.integers(2**32)), 400)
        one = next(s for s in found.strengths if s.candidate == f"c{candidate}")
        return bounds(one), truth

    return world


def false_places(cases: int, candidates: int) -> World:
    """Equal candidates: the "interval" covers when everybody shares the first place."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        found = ranking.rank(
            tournament(rng, cases, np.zeros(candidates)), int(rng.integers(2**32)), 400
        )
        return (1.0, 1.0), float(max(one.place for one in found.strengths))

    return world


def false_standing(cases: int, candidates: int) -> World:
    """Equal pass rates on cases that are hard or easy for everybody: nobody has a place apart."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        hard = rng.beta(2, 1, cases)[:, None]
        values = (rng.random((cases, candidates)) < hard).astype(float)
        found = standing(values, np.ones(candidates, dtype=bool))
        return (1.0, 1.0), float(max(place or 0 for place in found))

    return world


def false_claims(cases: int) -> World:
    """Equal pass rates: the "interval" covers when McNemar's exact test claims nothing."""

    def world(rng: Rng) -> tuple[Bounds, float]:
        wins, losses, _same = rng.multinomial(cases, [0.15, 0.15, 0.7])
        return (0.0, 0.0), float(statistics.mcnemar(int(wins), int(losses)).exact <= 0.05)

    return world
