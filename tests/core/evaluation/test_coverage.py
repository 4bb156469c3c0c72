"""Nominal 95 % intervals cover 93 to 97 %: a short look each time, a long one with `make soak`.

python -m tests.core.evaluation.test_coverage      prints the table of docs/statistics.md
"""

from __future__ import annotations

import pytest

from tests.core.evaluation import coverage
from tests.core.evaluation.coverage import World

# Name, world, draws of the short look, draws of the long one.
WORLDS: tuple[tuple[str, World, int, int], ...] = (
    ("Wilson, 50 cases, rates 70-90 %", coverage.wilson(50, 0.7, 0.9), 2_000, 40_000),
    ("Wilson, 30 cases, rates 85-99 %", coverage.wilson(30, 0.85, 0.99), 2_000, 40_000),
    ("Wilson, 200 cases, rates 90-98 %", coverage.wilson(200, 0.9, 0.98), 2_000, 40_000),
    ("pass rate, 60 cases x 3 answers", coverage.repeated_passes(60, 3, 4, 1.5), 2_000, 40_000),
    ("pass rate, 30 cases x 5 answers", coverage.repeated_passes(30, 5, 4, 1), 2_000, 40_000),
    ("mean of shares such as ROUGE, 40 cases", coverage.shares(40), 2_000, 40_000),
    ("mean rating 1-5, 30 cases, t", coverage.ratings(30), 2_000, 40_000),
    ("mean of cases in 30 documents, CR1", coverage.documents(30, 8), 2_000, 40_000),
    ("mean of cases in 12 documents, CR1", coverage.documents(12, 8), 2_000, 40_000),
    ("pass rate of cases in 30 documents", coverage.passes_in_documents(30, 8), 1_000, 40_000),
    ("paired ratings in 20 documents, CR1", coverage.paired_in_documents(20, 8), 500, 20_000),
    ("mean cost, 50 cases, very skewed, t", coverage.skewed(50), 2_000, 40_000),
    ("paired pass rates, 50 cases, Tango", coverage.paired_passes(50, 0.2, 0.1), 2_000, 40_000),
    ("paired pass rates, 200 cases, Tango", coverage.paired_passes(200, 0.08, 0.04), 2_000, 40_000),
    ("the same beside its verdict, 50 cases", coverage.shown_passes(50, 0.2, 0.1), 300, 10_000),
    ("paired ratings, 40 cases, t", coverage.paired_ratings(40), 300, 10_000),
    (
        "equal prompts, shares of 1-3 rules, 50 cases, t",
        coverage.paired_parts(50, 0.15),
        2_000,
        40_000,
    ),
    (
        "equal prompts, shares of 1-3 rules, 20 cases, t",
        coverage.paired_parts(20, 0.15),
        2_000,
        40_000,
    ),
    ("PPI++, judge 90/75, 30 + 470", coverage.judged(30, 470, 0.9, 0.75), 1_000, 40_000),
    ("PPI++, judge 90/75, 60 + 440", coverage.judged(60, 440, 0.9, 0.75), 1_000, 40_000),
    ("PPI++, judge 75/55, 100 + 400", coverage.judged(100, 400, 0.75, 0.55), 1_000, 40_000),
    ("Krippendorff's alpha, 60 items", coverage.raters(60), 200, 5_000),
    ("Bradley-Terry, strongest of 5, 20 cases", coverage.strengths(20, 4), 100, 5_000),
    ("Bradley-Terry, strongest of 5, 60 cases", coverage.strengths(60, 4), 100, 5_000),
    ("Bradley-Terry, middle of 5, 60 cases", coverage.strengths(60, 2), 100, 5_000),
)
CLAIMS: tuple[tuple[str, World, int, int], ...] = (
    ("5 equal candidates, 12 cases, share a place", coverage.false_places(12, 5), 100, 5_000),
    ("5 equal candidates, 60 cases, share a place", coverage.false_places(60, 5), 100, 5_000),
    ("6 equal pass rates, 80 cases, share a place", coverage.false_standing(80, 6), 500, 20_000),
    (
        "equal pass rates, 80 cases: zero is shown",
        coverage.shown_passes(80, 0.15, 0.15),
        300,
        10_000,
    ),
    ("equal pass rates: McNemar claims nothing", coverage.false_claims(80), 2_000, 40_000),
)
# Without a spread in most draws, the interval may only be too wide.
UNVARYING: tuple[tuple[str, World, int, int], ...] = (
    ("ratings of which 0.5-8 % differ, 20 cases", coverage.seldom_other(20, 0.08), 2_000, 40_000),
    ("ratings of which 0.5-5 % differ, 40 cases", coverage.seldom_other(40, 0.05), 2_000, 40_000),
    ("better in 92-99.5 % of 20 cases", coverage.nearly_all_better(20, 0.08), 2_000, 40_000),
    ("best rating in 92-99.5 % of 20 cases", coverage.nearly_always_five(20, 0.08), 2_000, 40_000),
)
SHORT = [pytest.param(world, draws, id=name) for name, world, draws, _ in WORLDS]
LONG = [pytest.param(world, draws, id=name) for name, world, _, draws in WORLDS]


def slack(draws: int) -> float:
    """Four standard errors of a coverage of 95 %."""
    return 4 * (0.95 * 0.05 / draws) ** 0.5


@pytest.mark.parametrize(("world", "draws"), SHORT)
def test_intervals_cover_what_they_say(world: World, draws: int) -> None:
    covered = coverage.coverage(world, draws, seed=20261125)
    assert 0.93 - slack(draws) <= covered <= 0.97 + slack(draws)


@pytest.mark.parametrize(
    ("world", "draws"), [pytest.param(world, draws, id=name) for name, world, draws, _ in UNVARYING]
)
def test_equal_differences_are_no_certainty(world: World, draws: int) -> None:
    assert coverage.coverage(world, draws, seed=20261125) >= 0.93


@pytest.mark.parametrize(
    ("world", "draws"), [pytest.param(world, draws, id=name) for name, world, draws, _ in CLAIMS]
)
def test_equal_candidates_are_rarely_called_different(world: World, draws: int) -> None:
    assert coverage.coverage(world, draws, seed=20261125) >= 0.95 - slack(draws)


@pytest.mark.soak
@pytest.mark.parametrize(("world", "draws"), LONG)
def test_intervals_cover_what_they_say_over_many_draws(world: World, draws: int) -> None:
    assert 0.93 <= coverage.coverage(world, draws, seed=7) <= 0.97


@pytest.mark.soak
@pytest.mark.parametrize(
    ("world", "draws"), [pytest.param(world, draws, id=name) for name, world, _, draws in CLAIMS]
)
def test_equal_candidates_are_rarely_called_different_over_many_draws(
    world: World, draws: int
) -> None:
    assert coverage.coverage(world, draws, seed=7) >= 0.95 - slack(draws)


if __name__ == "__main__":
    for name, world, _, draws in (*WORLDS, *UNVARYING, *CLAIMS):
        print(f"| {name} | {coverage.coverage(world, draws, seed=7):.1%} | {draws:,} |", flush=True)
