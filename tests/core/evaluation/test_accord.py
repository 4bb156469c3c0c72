"""The verdict, the interval beside it and the words of both never contradict each other."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from core.evaluation.multiplicity import holm_levels
from core.evaluation.results import Contrast, adjusted, compared
from core.evaluation.sentences import sentences
from core.evaluation.statistics import ALPHA, mcnemar, score_test, tango
from core.records.metrics import MetricInfo

PASS = MetricInfo("exact", "exact|1")
RATING = MetricInfo("coherence", "coherence|1", scale="rating", low=1, high=5)
COST = MetricInfo("cost", "cost|1", "lower", "number", 0, None)


def tables(better: int, worse: int, cases: int) -> tuple[np.ndarray, np.ndarray]:
    """Passes and fails of two candidates that so many cases tell apart."""
    before, after = np.ones(cases), np.ones(cases)
    before[:better] = 0
    after[better : better + worse] = 0
    return before, after


def decided(*counts: tuple[int, int, int]) -> list[Contrast]:
    """A family of comparisons, from cases that got better and worse among how many."""
    family = [compared("a", "b", PASS, *tables(*one), incomplete=False) for one in counts]
    return adjusted(family)


def agree(found: Contrast, info: MetricInfo = PASS) -> None:
    """Fails when anything of a comparison says another thing than the rest."""
    if found.low is None or found.high is None:
        assert found.verdict not in ("better", "worse")
        return
    assert found.p_adjusted is not None and found.difference is not None
    claimed = found.verdict in ("better", "worse")
    assert claimed is (not found.low <= 0 <= found.high)
    assert claimed is (found.p_adjusted < ALPHA)
    assert found.low <= found.difference <= found.high
    said = sentences(found, "A", "B", info.scale)[0].words(str)
    assert ("unlikely to be luck" in said) is claimed
    written = re.search(r"%: (\S+) to (\S+?)(?: points)?\)", said)
    assert written is not None
    low, high = (float(one) for one in written.groups())
    assert claimed is (not low <= 0 <= high), said


@pytest.mark.parametrize("cases", [2, 3, 7, 10, 20, 50, 200])
def test_over_a_grid_of_tables_sentence_and_interval_say_the_same(cases: int) -> None:
    for better in range(min(cases, 26) + 1):
        for worse in range(min(cases - better, 26) + 1):
            (found,) = decided((better, worse, cases))
            agree(found)
            if cases > 1:
                # What decides is McNemar's exact test; the interval never rejects less.
                assert (found.verdict in ("better", "worse")) is (
                    better + worse > 0 and mcnemar(better, worse).exact < ALPHA
                )


def test_an_interval_that_leaves_out_zero_alone_reaches_to_it_without_a_claim() -> None:
    low, high = tango(5, 0, 50)
    assert low > 0 and mcnemar(5, 0).exact > ALPHA
    (found,) = decided((5, 0, 50))
    assert (found.verdict, found.low, found.high) == ("not_shown", 0.0, pytest.approx(high))


@pytest.mark.parametrize("size", [2, 3, 5, 8])
def test_families_of_any_size_agree_with_holm(size: int) -> None:
    rng = np.random.default_rng(size)
    for _family in range(3):
        changed = rng.integers(0, 31, (size, 2)).tolist()
        family = decided(
            *((up, down, up + down + int(rng.integers(2, 100))) for up, down in changed)
        )
        p_values = [
            max(mcnemar(one.better, one.worse).exact, score_test(one.better, one.worse))
            for one in family
        ]
        oracle = multipletests(p_values, method="holm")[1]
        for one, p_value in zip(family, oracle, strict=True):
            agree(one)
            assert one.p_adjusted == pytest.approx(p_value)


def test_the_interval_is_of_the_level_at_which_holm_decides() -> None:
    found = decided((31, 9, 50), (24, 6, 50), (8, 7, 50))
    assert [one.confidence for one in found] == pytest.approx([1 - 0.05 / 3, 1 - 0.05 / 2, 0.95])
    for one, counts in zip(found, ((31, 9), (24, 6), (8, 7)), strict=True):
        assert (one.low, one.high) == pytest.approx(tango(*counts, 50, one.confidence))
    said = sentences(found[0], "A", "B", "share")[0].words(str)
    assert "(98.3 %: " in said


@pytest.mark.parametrize(
    "p_values",
    [
        [0.04],
        [0.01, 0.04, 0.03, 0.2],
        [0.02, 0.03],
        [0.3, 0.001, 0.02, 0.9, 0.011],
        [0.001] * 5,
        [],
    ],
    ids=str,
)
def test_who_is_below_holms_level_is_who_holm_rejects(p_values: list[float]) -> None:
    below = [p < level for p, level in zip(p_values, holm_levels(p_values, ALPHA), strict=True)]
    rejected = multipletests(p_values, ALPHA, method="holm")[0].tolist() if p_values else []
    assert below == rejected


@pytest.mark.parametrize("info", [RATING, COST], ids=lambda one: one.name)
def test_ratings_and_costs_agree_too(info: MetricInfo) -> None:
    rng = np.random.default_rng(20)
    for cases, shift, spread in itertools.product((2, 3, 6, 15, 40), (0, 0.2, 1), (0, 0.3, 2)):
        family = []
        for _one in range(3):
            before = rng.uniform(2, 3, cases)
            after = before + shift + spread * rng.choice([-1, 0, 0, 1], cases)
            family.append(compared("a", "b", info, before, after, incomplete=False))
        for found in adjusted(family):
            agree(found, info)


def test_one_far_case_makes_no_claim_beside_an_interval_with_zero() -> None:
    # Flipping signs rejects this, t does not: nobody may be told both.
    before, after = np.zeros(6), np.array([0.1, 0.1, 0.1, 0.1, 0.1, 4.0])
    assert stats.permutation_test((after,), np.mean, permutation_type="samples").pvalue < 0.05
    (found,) = adjusted([compared("a", "b", RATING, before, after, incomplete=False)])
    agree(found, RATING)
    assert found.verdict == "not_shown"


@pytest.mark.parametrize(("better", "worse"), [(4, 0), (5, 1), (31, 9), (3, 14), (40, 38)])
def test_the_score_test_is_the_level_at_which_tangos_interval_reaches_zero(
    better: int, worse: int
) -> None:
    p_value = score_test(better, worse)
    oracle = stats.chi2.sf((better - worse) ** 2 / (better + worse), 1)
    assert p_value == pytest.approx(oracle)
    low, high = tango(better, worse, 100, 1 - p_value)
    assert min(abs(low), abs(high)) < 1e-6
