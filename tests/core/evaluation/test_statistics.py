from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from core.evaluation import multiplicity, power, statistics


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("passed", "cases"), [(0, 1), (1, 1), (0, 40), (40, 40), (31, 50), (7, 9)])
def test_wilson_agrees_with_statsmodels(passed: int, cases: int, confidence: float) -> None:
    found = statistics.wilson(passed, cases, confidence)
    assert found is not None
    low, high = proportion_confint(passed, cases, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert (found.value, found.n) == (passed / cases, cases)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_stays_in_range(counts: tuple[int, int]) -> None:
    found = statistics.wilson(*counts)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_data_is_none_and_never_zero() -> None:
    assert statistics.wilson(0, 0) is None
    assert statistics.pass_rate([]) is None
    assert statistics.mean_interval([]) is None
    assert statistics.paired_difference([], []) is None
    assert power.detectable_difference(1) is None


def test_one_answer_per_case_is_plain_wilson() -> None:
    assert statistics.pass_rate([1.0, 0.0, 1.0, 1.0]) == statistics.wilson(3, 4)


def test_answers_that_always_agree_are_worth_no_more_than_one() -> None:
    once = statistics.pass_rate([1.0, 0.0] * 20)
    varying = statistics.pass_rate([2 / 3, 1 / 3] * 20)
    assert once is not None and varying is not None
    assert varying.high - varying.low < once.high - once.low
    assert varying.n == once.n == 40


def test_the_mean_agrees_with_scipys_t_interval() -> None:
    values = np.random.default_rng(3).normal(4, 2, 25)
    found = statistics.mean_interval(values)
    assert found is not None
    expected = stats.t.interval(0.95, 24, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_one_case_has_a_mean_and_no_interval() -> None:
    assert statistics.mean_interval([3.5]) == (3.5, -np.inf, np.inf, 1)


def test_clustered_errors_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(5)
    groups = rng.integers(0, 12, 80)
    values = rng.normal(0, 1, 12)[groups] + rng.normal(0, 1, 80)
    fitted = OLS(values, np.ones(80)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    error, freedom = statistics.standard_error(values, groups.tolist())
    count = len(set(groups.tolist()))
    assert error == pytest.approx(float(fitted.bse[0]) * (count / (count - 1)) ** 0.5, rel=1e-12)
    assert freedom == count - 1


def test_every_case_its_own_cluster_is_the_plain_error() -> None:
    values = np.random.default_rng(6).normal(0, 1, 30)
    assert statistics.standard_error(values, range(30)) == pytest.approx(
        statistics.standard_error(values, None)
    )


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (5, 5), (31, 9), (3, 14), (60, 40)])
def test_mcnemar_agrees_with_statsmodels(better: int, worse: int) -> None:
    found = statistics.mcnemar(better, worse)
    oracle = statsmodels_mcnemar([[9, better], [worse, 9]], exact=True).pvalue
    assert found.exact == pytest.approx(oracle if better + worse else 1.0, abs=1e-12)
    assert found.mid_p <= found.exact


def tango_by_likelihood(better: int, worse: int, cases: int) -> tuple[float, float]:
    """The differences that the score test keeps, the nuisance share found by maximising."""

    def statistic(difference: float) -> float:
        low, high = max(0.0, -difference), (1 - difference) / 2

        def unlikely(share: float) -> float:
            cells = [share + difference, share, 1 - difference - 2 * share]
            return -sum(
                n * np.log(max(p, 1e-300))
                for n, p in zip((better, worse, cases - better - worse), cells, strict=True)
            )

        share = optimize.minimize_scalar(unlikely, bounds=(low, high), method="bounded",
                                         options={"xatol": 1e-12}).x  # fmt: skip
        variance = (2 * share + difference - difference**2) / cases
        return float(((better - worse) / cases - difference) / variance**0.5)

    observed, z = (better - worse) / cases, stats.norm.ppf(0.975)
    return (
        optimize.brentq(lambda d: statistic(d) - z, -0.9999, observed - 1e-9),
        optimize.brentq(lambda d: statistic(d) + z, observed + 1e-9, 0.9999),
    )


@pytest.mark.parametrize(
    ("better", "worse", "cases"), [(31, 9, 50), (9, 31, 50), (12, 11, 200), (5, 1, 40), (3, 0, 30)]
)
def test_tangos_interval_keeps_what_the_score_test_keeps(
    better: int, worse: int, cases: int
) -> None:
    found = statistics.tango(better, worse, cases)
    assert found == pytest.approx(tango_by_likelihood(better, worse, cases), abs=1e-5)


@given(st.integers(1, 120), st.data())
def test_tangos_interval_mirrors_and_holds_the_difference(cases: int, data: st.DataObject) -> None:
    better = data.draw(st.integers(0, cases))
    worse = data.draw(st.integers(0, cases - better))
    low, high = statistics.tango(better, worse, cases)
    assert -1 <= low <= (better - worse) / cases <= high <= 1
    assert statistics.tango(worse, better, cases) == pytest.approx((-high, -low), abs=1e-9)


def test_pass_and_fail_are_compared_by_the_cases_that_changed() -> None:
    before = [1.0] * 9 + [0.0] * 31 + [1.0] * 10
    after = [0.0] * 9 + [1.0] * 31 + [1.0] * 10
    found = statistics.paired_difference(before, after)
    assert found is not None
    assert (found.wins, found.ties, found.losses, found.n) == (31, 10, 9, 50)
    assert found.difference == pytest.approx(22 / 50)
    assert found.p_value == pytest.approx(stats.binomtest(9, 40).pvalue)
    assert found.method == "tango" and found.excludes_zero


def test_ratings_are_compared_by_their_differences() -> None:
    rng = np.random.default_rng(8)
    before, after = rng.normal(3, 1, 60), rng.normal(3.4, 1, 60)
    found = statistics.paired_difference(before, after)
    oracle = stats.ttest_rel(after, before)
    assert found is not None and found.method == "t"
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(oracle.confidence_interval()), rel=1e-9)


def test_few_differences_are_tested_by_flipping_all_their_signs() -> None:
    gaps = np.array([0.5, 1.5, -0.25, 2.0, 1.0, 0.75])
    oracle = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=10**4)
    assert statistics.sign_flip(gaps) == pytest.approx(oracle.pvalue)
    by_hand = [abs(np.dot(gaps, signs)) >= gaps.sum() for signs in product((-1, 1), repeat=6)]
    assert statistics.sign_flip(gaps) == pytest.approx(np.mean(by_hand))


def test_cases_of_one_document_count_less() -> None:
    after = np.repeat([0.4, -0.3, 0.5, 0.2, 0.1], 10)
    alone = statistics.paired_difference(np.zeros(50), after)
    together = statistics.paired_difference(np.zeros(50), after, np.repeat(range(5), 10).tolist())
    assert alone is not None and together is not None
    assert alone.excludes_zero and not together.excludes_zero


@pytest.mark.parametrize("gap", [1.0, -1.0, 0.0])
def test_equal_differences_have_the_width_that_unseen_cases_could_give(gap: float) -> None:
    before = np.full(30, 3.0)
    found = statistics.paired_difference(before, before + gap, limits=(1.0, 5.0))
    assert found is not None
    # The most others that 30 cases hide with 5 %: Clopper and Pearson's one-sided bound.
    others = stats.beta.ppf(0.95, 1, 30)
    wanted = ((1 - others) * gap - 4 * others, (1 - others) * gap + 4 * others)
    assert (found.low, found.high) == pytest.approx(wanted)
    assert found.low < gap < found.high
    assert found.p_value == (1.0 if gap == 0 else pytest.approx(2.0**-29))


@pytest.mark.parametrize("size", [1e-7, 1.0, 1e6])
def test_differences_that_only_rounding_tells_apart_are_equal(size: float) -> None:
    before = np.linspace(0.1, 0.9, 25) * size
    found = statistics.paired_difference(before, before + 0.3 * size)
    assert found is not None and (found.low, found.high) == (-np.inf, np.inf)
    assert not found.excludes_zero and 0 < found.p_value < 0.05


def test_equal_values_have_no_interval_where_values_have_no_end() -> None:
    assert statistics.mean_interval([7.0] * 40) == (7.0, -np.inf, np.inf, 40)
    found = statistics.mean_interval([5.0] * 40, limits=(1.0, 5.0))
    assert found is not None and 4.6 < found.low < 5.0 and found.high == 5.0


def test_equal_documents_count_as_so_many_documents() -> None:
    names = np.repeat(range(4), 10).tolist()
    found = statistics.paired_difference(np.zeros(40), np.ones(40), names, limits=(0.0, 1.0))
    assert found is not None and not found.excludes_zero
    assert found.p_value == 0.125


def test_uneven_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="1 before and 2 after"):
        statistics.paired_difference([1.0], [1.0, 0.0])


@pytest.mark.parametrize(
    ("adjust", "method"),
    [(multiplicity.holm, "holm"), (multiplicity.benjamini_hochberg, "fdr_bh")],
)
@pytest.mark.parametrize(
    "p_values", [[0.04], [0.01, 0.04, 0.03, 0.2], [0.5, 0.9, 1.0], [0.001] * 5, [0.02, 0.02, 0.9]]
)
def test_adjusted_p_values_agree_with_statsmodels(adjust, method: str, p_values) -> None:  # type: ignore[no-untyped-def]
    assert adjust(p_values) == pytest.approx(list(multipletests(p_values, method=method)[1]))
    assert adjust([]) == []


@pytest.mark.parametrize("cases", [5, 20, 50, 400])
def test_the_detectable_difference_agrees_with_statsmodels(cases: int) -> None:
    oracle = TTestPower().solve_power(nobs=cases, alpha=0.05, power=0.8)
    assert power.detectable_difference(cases, sd=1.0) == pytest.approx(oracle, rel=1e-4)


@pytest.mark.parametrize("difference", [0.05, 0.1, 0.3])
def test_the_cases_needed_agree_with_statsmodels(difference: float) -> None:
    oracle = TTestPower().solve_power(effect_size=difference / 0.5, alpha=0.05, power=0.8)
    assert power.cases_needed(difference) == int(np.ceil(oracle))


def test_no_number_of_cases_shows_a_difference_of_zero() -> None:
    assert power.cases_needed(0.0) is None
    assert power.cases_needed(0.1, sd=float("inf")) is None
    assert power.cases_needed(1e-9) is None


def test_few_clusters_make_no_interval_wider_than_the_scale() -> None:
    found = statistics.paired_difference([0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0], ["a", "a", "b", "b"],
                              limits=(0.0, 1.0))  # fmt: skip
    assert found is not None
    assert (found.low, found.high) == (-1.0, 1.0)
    # What it would take is told by the error of the clusters, not of the cases.
    assert found.spread > found.sd


def test_values_beyond_their_scale_keep_their_mean_within_the_interval() -> None:
    found = statistics.mean_interval([1.1, 1.2, 1.4], limits=(0.0, 1.0))
    assert found is not None and found.low < found.value <= found.high
