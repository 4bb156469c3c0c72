"""Cases that belong together: figures, comparisons and places on cluster-robust errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from core.errors import InvalidInput
from core.evaluation import results, statistics
from core.evaluation.clusters import Clusters, by_column, count, numbered
from core.evaluation.pairwise import all_pairs, clustered_pairs, standing
from core.records.evaluations import ScoreLine
from core.records.metrics import MetricInfo

PASS = MetricInfo("exact", "exact|1")
RATING = MetricInfo("coherence", "coherence|1", scale="rating", low=1, high=5)


def robust(values: np.ndarray, clusters: Clusters) -> tuple[float, float, float, float]:
    """Mean, bounds and p-value by statsmodels: cov_type cluster with the factor of CR1."""
    fitted = OLS(values, np.ones(values.size)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    groups = count(clusters)
    error = float(fitted.bse[0]) * (groups / (groups - 1)) ** 0.5
    half = stats.t.ppf(0.975, groups - 1) * error
    mean = float(fitted.params[0])
    return mean, mean - half, mean + half, 2 * stats.t.sf(abs(mean) / error, groups - 1)


def documents(seed: int, groups: int = 12, cases: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Clusters, and ratings that move with them."""
    rng = np.random.default_rng(seed)
    names = rng.integers(0, groups, cases)
    return names, 3 + rng.normal(0, 0.7, groups)[names] + rng.normal(0, 0.5, cases)


def test_cases_with_one_value_share_a_number_and_others_stand_alone() -> None:
    found = numbered(["a", None, "b", "a", "", "b"])
    assert found is not None and count(found) == 4
    assert found[0] == found[3] and found[2] == found[5]
    assert len({*found[[0, 1, 2, 4]].tolist()}) == 4


@pytest.mark.parametrize("values", [[], ["a", "b"], [None, None], ["", "a", None]], ids=str)
def test_where_nothing_is_shared_there_are_no_clusters(values: list[str | None]) -> None:
    assert numbered(values) is None


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no column doc\. It has: id, text"):
        by_column("doc", ["id", "text"], [])
    assert by_column("", ["id"], [{"id": "1"}]) is None


def grid(**columns: np.ndarray) -> results.Grid:
    """A value for each candidate and case."""
    cases = [f"c{number}" for number in range(len(next(iter(columns.values()))))]
    lines = [
        ScoreLine(case, name, info.signature, float(value), "ok")
        for info in (PASS, RATING)
        for name, column in columns.items()
        for case, value in zip(cases, column, strict=True)
    ]
    return results.grid(cases, lines, [])


def test_the_mean_of_an_evaluation_is_that_of_statsmodels() -> None:
    clusters, values = documents(1)
    (found,) = results.figures(grid(a=values), ["a"], {RATING.signature: RATING}, clusters)
    assert found.interval is not None and found.interval.n == 90
    mean, low, high, _p = robust(values, clusters)
    assert found.interval[:3] == pytest.approx((mean, low, high), rel=1e-12)
    plain = statistics.mean_interval(values)
    assert plain is not None and plain.high - plain.low < high - low


def test_a_comparison_is_that_of_statsmodels() -> None:
    clusters, before = documents(2, groups=30)
    _same, change = documents(3, groups=30)
    after = before + (change - 2.9) / 4
    (found,) = results.contrasts(
        grid(a=before, b=after), ["a", "b"], {RATING.signature: RATING}, {}, clusters
    )
    mean, low, high, p_value = robust(after - before, clusters)
    assert (found.difference, found.p_value) == pytest.approx((mean, p_value), rel=1e-9)
    assert found.n == 90
    if p_value < 0.05:
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


def test_few_clusters_claim_no_more_than_flipping_their_signs() -> None:
    # Three cases of 360, each in another of five documents: t on five clusters calls that sure.
    clusters = np.repeat(np.arange(5), 72)
    before, after = np.ones(360), np.ones(360)
    after[[0, 72, 144]] = 0
    found = statistics.paired_difference(before, after, clusters)
    assert found is not None
    sums = statistics.cluster_sums(after - before, clusters)
    oracle = stats.permutation_test(
        (sums[sums != 0],), np.sum, permutation_type="samples", n_resamples=2**16
    )
    assert found.p_value == pytest.approx(oracle.pvalue) == 0.25
    many = statistics.paired_difference(np.zeros(50), np.ones(50), np.repeat(range(5), 10))
    assert many is not None and many.p_value == 2 / 2**5


def test_passes_in_clusters_have_the_interval_of_their_effective_number() -> None:
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(15), 6)
    passed = (rng.random(90) < rng.beta(2, 1, 15)[clusters]).astype(float)
    (found,) = results.figures(grid(a=passed), ["a"], {PASS.signature: PASS}, clusters)
    mean, low, high, _p = robust(passed, clusters)
    # Korn and Graubard: the trials at which a rate varies as much, then Wilson as ever.
    error = (high - low) / 2 / stats.t.ppf(0.975, 14)
    trials = mean * (1 - mean) / error**2 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 14)) ** 2
    wanted = statistics.wilson(mean * trials, trials)
    assert wanted is not None and found.interval is not None
    assert found.interval[:3] == pytest.approx(wanted[:3], rel=1e-9)
    plain = statistics.pass_rate(passed)
    assert plain is not None and trials < 90
    assert found.interval.high - found.interval.low > plain.high - plain.low


def test_passes_that_never_fail_count_as_so_many_clusters() -> None:
    clusters = np.repeat(np.arange(8), 10)
    assert statistics.pass_rate(np.ones(80), clusters) == (*statistics.wilson(8, 8)[:3], 80)  # type: ignore[index]


def test_one_cluster_has_a_rate_and_no_interval() -> None:
    assert statistics.pass_rate([1, 1, 0], np.zeros(3)) == (2 / 3, -np.inf, np.inf, 3)


def test_all_pairs_are_those_of_statsmodels_with_gaps_in_the_table() -> None:
    rng = np.random.default_rng(5)
    clusters, base = documents(6, groups=30)
    values = base[:, None] + rng.normal(0, 0.4, (90, 4)) + [0, 0.1, 0.3, 0.3]
    values[rng.random((90, 4)) < 0.1] = np.nan
    found = clustered_pairs(values, clusters)
    for one in range(4):
        for other in range(one + 1, 4):
            gaps = values[:, other] - values[:, one]
            both = ~np.isnan(gaps)
            mean, _low, _high, p_value = robust(gaps[both], clusters[both])
            assert found.difference[one, other] == pytest.approx(mean, rel=1e-9)
            assert found.difference[other, one] == pytest.approx(-mean, rel=1e-9)
            assert found.p_value[one, other] == pytest.approx(p_value, rel=1e-9)
            assert found.p_value[other, one] == found.p_value[one, other]
            assert found.shared[one, other] == both.sum()


def test_clusters_of_one_case_each_are_plain_pairs() -> None:
    _names, base = documents(7)
    values = base[:, None] + np.random.default_rng(8).normal(0, 0.5, (90, 3))
    plain, clustered = all_pairs(values), clustered_pairs(values, np.arange(90))
    above = np.triu_indices(3, k=1)
    assert clustered.p_value[above] == pytest.approx(plain.p_value[above], rel=1e-9)


def test_a_lead_that_one_document_makes_is_no_place_of_its_own() -> None:
    clusters = np.repeat(np.arange(4), 15)
    gain = np.repeat([1.0, 0.0, 0.0, 0.0], 15)
    values = np.column_stack([np.zeros(60), gain])
    everybody = np.ones(2, dtype=bool)
    assert standing(values, everybody) == [2, 1]
    assert standing(values, everybody, clusters) == [1, 1]
    # Nor one that five documents make, whose signs fall alike by chance in one of sixteen draws.
    five = np.repeat(np.arange(5), 12)
    steady = np.column_stack([np.zeros(60), np.random.default_rng(9).uniform(0.9, 1.1, 60)])
    assert standing(steady, everybody, five) == [1, 1]
    assert standing(steady, everybody, np.repeat(np.arange(10), 6)) == [2, 1]
