from __future__ import annotations

import random
from itertools import combinations

import choix
import numpy as np
import pytest
from scipy import optimize

from core.evaluation.ranking import (
    CELLS_AT_ONCE,
    bradley_terry,
    components,
    count_wins,
    places,
    rank,
    resampled,
)
from core.records.evaluations import Battle, BattleResult


def battle(case: int, a: str, b: str, result: BattleResult | None) -> Battle:
    return Battle(f"case-{case}", a, b, result, "judge")


def tournament(seed: int, cases: int = 60, strengths=(0.9, 0.2, -0.2, -0.9)) -> list[Battle]:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    made = []
    for case in range(cases):
        for i, j in combinations(range(len(strengths)), 2):
            wins = rng.random() < 1 / (1 + np.exp(strengths[j] - strengths[i]))
            made.append(battle(case, f"c{i}", f"c{j}", "a" if wins else "b"))
    return made


def test_strengths_agree_with_choix() -> None:
    battles = tournament(1)
    found = rank(battles, seed=1, penalty=1e-8)
    pairs = [
        (int(one.a[1:]), int(one.b[1:])) if one.result == "a" else (int(one.b[1:]), int(one.a[1:]))
        for one in battles
    ]
    oracle = choix.ilsr_pairwise(4, pairs)
    assert found is not None
    ours = {one.candidate: one.strength for one in found.strengths}
    assert [ours[f"c{i}"] for i in range(4)] == pytest.approx(
        list(oracle - oracle.mean()), abs=1e-5
    )


def test_the_fit_is_the_top_of_the_penalised_likelihood() -> None:
    rng = np.random.default_rng(2)
    wins = rng.integers(0, 8, (5, 5)) * (1 - np.eye(5))

    def unlikely(t: np.ndarray) -> float:
        return float((wins * np.log1p(np.exp(t[None, :] - t[:, None]))).sum() + 0.05 * t @ t)

    oracle = optimize.minimize(unlikely, np.zeros(5), tol=1e-12).x
    assert bradley_terry(wins[None].copy(), penalty=0.1)[0] == pytest.approx(oracle, abs=1e-4)


def test_one_that_beats_all_has_a_finite_strength() -> None:
    battles = [battle(n, "best", other, "a") for n in range(200) for other in ("x", "y", "z")]
    found = rank(battles, seed=1)
    assert found is not None
    best = found.strengths[0]
    assert best.candidate == "best" and best.place == 1 and 0 < best.strength < 15
    assert [one.place for one in found.strengths[1:]] == [2, 2, 2]


def test_candidates_that_never_met_are_not_compared() -> None:
    battles = [
        *(battle(n, "a", "b", "a") for n in range(50)),
        *(battle(n, "c", "d", "a") for n in range(50)),
        *(battle(n, "c", "e", "a") for n in range(50)),
    ]
    found = rank(battles, seed=1)
    assert found is not None
    assert found.components == (("c", "d", "e"), ("a", "b"))
    assert [(one.candidate, one.component, one.place) for one in found.strengths] == [
        ("c", 0, 1), ("d", 0, 2), ("e", 0, 2), ("a", 1, 1), ("b", 1, 2),
    ]  # fmt: skip
    for part in (0, 1):
        own = [one.strength for one in found.strengths if one.component == part]
        assert sum(own) == pytest.approx(0, abs=1e-6)


def test_copies_of_a_candidate_are_tied() -> None:
    battles = tournament(3)
    copies = [battle(int(b.case_id[5:]), "c0", "copy", "tie") for b in battles[::6]]
    twins = [battle(int(b.case_id[5:]), "copy", b.b, b.result) for b in battles if b.a == "c0"]
    found = rank([*battles, *copies, *twins], seed=1)
    assert found is not None
    place = {one.candidate: one.place for one in found.strengths}
    strength = {one.candidate: one.strength for one in found.strengths}
    assert place["c0"] == place["copy"] == 1
    assert strength["c0"] == pytest.approx(strength["copy"], abs=1e-6)


def test_the_order_of_battles_and_sides_changes_nothing() -> None:
    battles = tournament(4)
    swapped = [
        battle(int(b.case_id[5:]), b.b, b.a, "b" if b.result == "a" else "a") for b in battles
    ]
    random.Random(5).shuffle(swapped)
    first, second = rank(battles, seed=1), rank(swapped, seed=1)
    assert first is not None and second is not None
    for one, two in zip(first.strengths, second.strengths, strict=True):
        assert one.candidate == two.candidate and one.place == two.place
        assert one[1:4] == pytest.approx(two[1:4], abs=1e-9)


def test_errors_are_counted_and_win_nothing() -> None:
    battles = tournament(5)
    broken = [battle(n, "c3", "c0", None) for n in range(40)]
    clean, dirty = rank(battles, seed=1), rank([*battles, *broken], seed=1)
    assert clean is not None and dirty is not None
    assert dirty.strengths == clean.strengths
    assert (clean.errors, dirty.errors) == (0, 40)


def test_without_results_there_is_no_ranking() -> None:
    assert rank([], seed=1) is None
    assert rank([battle(1, "a", "b", None)], seed=1) is None


def test_one_case_claims_nothing() -> None:
    found = rank([battle(1, "a", "b", "a")] * 50, seed=1)
    assert found is not None
    assert [one.place for one in found.strengths] == [1, 1]
    assert found.strengths[0].against_average()[1:] == (0.0, 1.0)


def test_cases_are_summed_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    battles = tournament(6, cases=50)
    whole = rank(battles, seed=1)
    monkeypatch.setattr("core.evaluation.ranking.CELLS_AT_ONCE", 7 * 16)
    pieces = rank(battles, seed=1)
    assert whole is not None and pieces is not None
    assert [s.strength for s in pieces.strengths] == pytest.approx(
        [s.strength for s in whole.strengths]
    )
    assert CELLS_AT_ONCE > 7 * 16


def test_each_round_draws_as_many_cases_as_there_are() -> None:
    drawn = resampled(40, rounds=10, seed=1)
    assert drawn.shape == (10, 40)
    assert (drawn.sum(axis=1) == 40).all()


def test_places_count_those_shown_better_also_through_others() -> None:
    better = np.zeros((4, 4), dtype=bool)
    better[0, 1] = better[1, 2] = True
    assert places(better) == [1, 2, 3, 1]


def test_the_largest_part_comes_first() -> None:
    wins = np.zeros((4, 4))
    wins[1, 2] = wins[2, 3] = 1
    assert components(wins).tolist() == [1, 0, 0, 0]


def test_ties_are_half_a_win_each() -> None:
    wins = count_wins([battle(1, "a", "b", "tie"), battle(2, "a", "b", "a")])
    assert wins.points.tolist() == [0.5, 1.0]
