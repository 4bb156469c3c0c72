from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.ppi import ppi_mean
from core.evaluation.statistics import mean_interval, wilson


def drawn(seed: int, labels: int = 100, others: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(labels + others) < 0.7).astype(float)
    judge = np.where(rng.random(labels + others) < 0.85, truth, 1 - truth)
    return truth[:labels], judge


def test_the_estimate_follows_the_published_formulas() -> None:
    human, judge = drawn(1)
    n, more = 100, 400
    found = ppi_mean(human, judge[:n], judge[n:])
    weight = np.cov(human, judge[:n])[0, 1] / ((1 + n / more) * judge.var(ddof=1))
    rest = human - weight * judge[:n]
    error = (weight**2 * judge[n:].var(ddof=1) / more + rest.var(ddof=1) / n) ** 0.5
    assert found is not None
    assert found.weight == pytest.approx(weight)
    assert found.value == pytest.approx(weight * judge[n:].mean() + rest.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.9842169515 * error)  # t, 99 df
    assert found.gain == pytest.approx(human.var(ddof=1) / n / error**2)


def test_a_good_judge_makes_labels_go_further_than_a_coin_does() -> None:
    human, judge = drawn(2)
    coin = np.random.default_rng(3).integers(0, 2, judge.size).astype(float)
    good, none = ppi_mean(human, judge[:100], judge[100:]), ppi_mean(human, coin[:100], coin[100:])
    assert good is not None and none is not None
    assert good.gain > 1.3 > 1.1 > none.gain


def test_without_judge_scores_it_is_the_mean_of_the_labels() -> None:
    human, judge = drawn(4)
    found, plain = ppi_mean(human, judge[:100], []), mean_interval(human)
    assert found is not None and plain is not None
    assert (found.value, found.low, found.high) == pytest.approx(plain[:3])
    assert found.weight == 0


def test_labels_that_all_agree_are_no_certainty() -> None:
    found, guard = ppi_mean([1.0] * 20, [1.0] * 19 + [0.0], [1.0] * 200), wilson(20, 20)
    assert found is not None and guard is not None
    assert (found.low, found.high) == (guard.low, guard.high)


def test_one_label_is_not_enough() -> None:
    assert ppi_mean([1.0], [1.0], [1.0, 0.0]) is None
