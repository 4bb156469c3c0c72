from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.evaluation.pairwise import all_pairs, standing
from core.evaluation.statistics import mcnemar


def table(seed: int, *, binary: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.random((60, 5)) < 0.6 if binary else rng.normal(1000, 3, (60, 5))
    found = values.astype(float)
    found[rng.random((60, 5)) < 0.1] = np.nan
    return found


@pytest.mark.parametrize("binary", [True, False])
def test_every_pair_agrees_with_the_test_done_alone(binary: bool) -> None:
    values = table(1, binary=binary)
    found = all_pairs(values)
    for i in range(5):
        for j in range(5):
            both = ~np.isnan(values[:, i]) & ~np.isnan(values[:, j])
            first, second = values[both, i], values[both, j]
            assert found.shared[i, j] == both.sum()
            assert found.difference[i, j] == pytest.approx((second - first).mean(), abs=1e-9)
            if i == j:
                continue
            if binary:
                expected = mcnemar(int((second > first).sum()), int((second < first).sum())).exact
            else:
                expected = stats.ttest_rel(second, first).pvalue
            assert found.p_value[i, j] == pytest.approx(expected, rel=1e-6)


def test_few_cases_that_all_agree_are_no_proof() -> None:
    values = np.array([[1.5, 2.5]] * 4)
    assert standing(values, np.array([True, True])) == [1, 1]
    assert standing(np.array([[1.5, 2.5]] * 9), np.array([True, True])) == [2, 1]


def test_pairs_without_shared_cases_are_not_compared() -> None:
    values = np.full((40, 2), np.nan)
    values[:20, 0], values[20:, 1] = 0.0, 1.0
    assert standing(values, np.array([True, True])) == [1, 1]


def test_who_may_not_compete_has_no_place() -> None:
    values = np.column_stack([np.zeros(30), np.ones(30), np.full(30, np.nan)])
    assert standing(values, np.array([True, False, True])) == [1, None, None]


def test_nobody_is_a_table_too() -> None:
    assert standing(np.empty((0, 0)), np.empty(0, dtype=bool)) == []
