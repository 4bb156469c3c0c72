"""The verdict on the sealed cases: what it claims, and how often it is wrong."""

from __future__ import annotations

import random

import pytest

from bench.worlds.world import KINDS, World
from core.optimization.heldout import smallest_gain, start_is_best, verdict


def scores(values: list[float]) -> dict[str, float]:
    return {f"c{number:03}": value for number, value in enumerate(values)}


@pytest.mark.parametrize(
    ("start", "best", "expected"),
    [
        pytest.param([0.0] * 30 + [1.0] * 20, [1.0] * 15 + [0.0] * 15 + [1.0] * 20, "better",
                     id="fifteen of fifty repaired, none broken"),
        pytest.param([1.0] * 20, [0.0] * 12 + [1.0] * 8, "worse", id="twelve of twenty broken"),
        pytest.param([0.8] * 10, [0.8] * 8 + [1.0, 1.0], "not_shown",
                     id="two rows of ten moved by one point: 4.8 to 5.0 is no proof"),
        pytest.param([0.5] * 40, [0.5] * 40, "not_shown", id="nothing moved"),
        pytest.param([0.0] * 9, [1.0] * 9, "not_shown", id="nine cases are too few for any claim"),
    ],
)  # fmt: skip
def test_the_verdict_needs_interval_and_test(
    start: list[float], best: list[float], expected: str
) -> None:
    assert verdict(scores(start), scores(best)).verdict == expected


def test_cases_that_one_side_lacks_are_left_out_not_counted_as_zero() -> None:
    start, best = scores([0.0] * 20), scores([1.0] * 20)
    del best["c000"], best["c001"]
    found = verdict(start, best, errors=2)
    assert (found.n, found.wins, found.losses, found.errors) == (18, 18, 0, 2)
    assert found.difference == 1.0


def test_not_shown_says_how_many_cases_would_do() -> None:
    chance = random.Random(1)
    start = [chance.random() for _ in range(40)]
    found = verdict(scores(start), scores([min(1.0, one + chance.uniform(-0.3, 0.36))
                                           for one in start]))  # fmt: skip
    assert found.verdict == "not_shown"
    assert found.needed is not None and found.needed > 40
    worse = verdict(scores([0.5] * 20), scores([0.4, 0.6] * 10))
    assert worse.needed is None


def test_without_a_better_candidate_the_test_cases_stay_closed() -> None:
    found = start_is_best()
    assert (found.verdict, found.n, found.looks) == ("not_shown", 0, 0)


@pytest.mark.parametrize("cases", [20, 50, 100])
def test_two_equal_prompts_are_called_better_in_few_jobs(cases: int) -> None:
    chance, better, worse, rounds = random.Random(cases), 0, 0, 1_500
    for _ in range(rounds):
        rates = [chance.random() for _ in range(cases)]
        one, other = ([float(chance.random() < rate) for rate in rates] for _ in range(2))
        found = verdict(scores(one), scores(other))
        better += found.verdict == "better"
        worse += found.verdict == "worse"
    assert better <= 0.035 * rounds
    assert worse <= 0.035 * rounds


def test_the_interval_covers_the_true_difference_of_prompts_that_are_equal() -> None:
    # Stated rules change nothing in a null world, so the true difference is exactly zero.
    jobs, covered = 400, 0
    for seed in range(jobs):
        world = World(KINDS["null"], seed)
        start, best = ({case: world.judged(text, case, 0)[0] for case in world.cases(50, "test")}
                       for text in ("task R1", "task R1 R7"))  # fmt: skip
        found = verdict(start, best)
        assert found.low is not None and found.high is not None
        covered += found.low <= 0 <= found.high
    # 93 to 97 %, and two standard errors of so few jobs; `make bench-optimizer` takes thousands.
    assert 0.908 * jobs <= covered <= 0.987 * jobs


def test_a_true_gain_of_a_fifth_is_found_with_fifty_cases() -> None:
    chance, found, rounds = random.Random(7), 0, 400
    for _ in range(rounds):
        start, best = [], []
        for _case in range(50):
            luck = chance.random()
            # A deterministic target: what was right mostly stays right.
            start.append(float(luck < 0.5))
            best.append(float((luck if chance.random() < 0.8 else chance.random()) < 0.7))
        found += verdict(scores(start), scores(best)).verdict == "better"
    assert found >= 0.8 * rounds


def test_more_cases_show_smaller_gains() -> None:
    gains = [smallest_gain(cases) for cases in (20, 50, 200)]
    assert all(one is not None for one in gains)
    assert gains == sorted(gains, reverse=True)  # type: ignore[type-var]
    assert smallest_gain(1) is None
