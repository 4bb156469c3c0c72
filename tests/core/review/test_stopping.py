from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from core.review.stopping import ERROR, _capital, _mirrored, advice
from tests.core.review.conftest import OWNER, Scene

TRIALS = 600


def shuffled(values: Sequence[float], rng: random.Random) -> list[float]:
    return rng.sample(values, len(values))


@pytest.mark.parametrize("ties", [0.0, 0.4])
@pytest.mark.parametrize("items", [30, 200])
def test_where_nobody_leads_a_leader_is_rarely_named(items: int, ties: float) -> None:
    # The hardest case: exactly as many for one as for the other. Looking after every item.
    rng = random.Random(items)
    half = int(items * (1 - ties) / 2)
    population = [1.0] * half + [0.0] * half + [0.5] * (items - 2 * half)
    wrong = 0
    for _ in range(TRIALS):
        points = shuffled(population, rng)
        most = max(_capital(points, items), _capital(_mirrored(points), items))
        wrong += most >= 2 / ERROR
    # Three standard errors above 5 % of 600 are 46.
    assert wrong <= 46


def test_the_wrong_leader_is_rarely_named() -> None:
    rng = random.Random(3)
    population = [1.0] * 104 + [0.0] * 96
    wrong = sum(
        _capital(_mirrored(shuffled(population, rng)), 200) >= 2 / ERROR for _ in range(TRIALS)
    )
    assert wrong <= 27  # 2.5 % and three standard errors


@pytest.mark.parametrize(("share", "at_most"), [(0.8, 60), (0.7, 140)])
def test_a_clear_lead_ends_a_round_early(share: float, at_most: int) -> None:
    rng = random.Random(4)
    population = [1.0] * int(400 * share) + [0.0] * (400 - int(400 * share))
    ends = []
    for _ in range(40):
        points = shuffled(population, rng)
        ends.append(next(n for n in range(1, 401) if advice(points[:n], 400).can_stop))
    assert sorted(ends)[20] <= at_most


@pytest.mark.parametrize(
    ("points", "total", "can_stop", "certain"),
    [
        pytest.param([], 10, False, False, id="nothing yet"),
        pytest.param([1.0] * 5, 10, False, False, id="the other half could make it even"),
        pytest.param([1.0] * 6, 10, True, True, id="the rest cannot change it"),
        pytest.param([0.0] * 6, 10, True, True, id="on the other side, too"),
        pytest.param([0.5] * 9, 10, False, False, id="ties lead nowhere"),
        pytest.param([0.5] * 9 + [1.0], 10, True, True, id="one decides"),
        pytest.param([1.0, 0.0], 2, False, False, id="a draw in the end"),
    ],
)
def test_examples(points: list[float], total: int, can_stop: bool, certain: bool) -> None:
    found = advice(points, total)
    assert (found.can_stop, found.certain) == (can_stop, certain)


def test_reviewers_are_told_that_they_can_stop_but_not_who_leads(scene: Scene) -> None:
    round_ = scene.round(60)
    person = scene.guest(round_, "Ann")
    scene.prefer_new(round_, person, 3)
    early = scene.reviews.progress(round_.id, person).stop
    assert early is not None and not early.can_stop
    scene.prefer_new(round_, person, 20)
    late = scene.reviews.progress(round_.id, person).stop
    assert late is not None and late.can_stop and not late.certain
    assert (late.reviewed, late.total, late.error) == (23, 60, ERROR)
    scene.reviews.close(round_.id, OWNER)


def test_single_answers_of_one_competitor_have_no_result_to_flip(scene: Scene) -> None:
    round_ = scene.round(10, kind="single")
    assert scene.reviews.progress(round_.id, OWNER).stop is None
