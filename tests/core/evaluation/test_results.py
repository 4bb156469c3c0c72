"""Figures, comparisons and rows from scores; errors are a third outcome."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation import results, row_choice
from core.evaluation.results import RowFilter
from core.records.evaluations import Battle, ScoreLine
from core.records.metrics import MetricInfo

PASS = MetricInfo("exact", "exact|1")
RATING = MetricInfo("coherence", "coherence|1", scale="rating", low=1, high=5)
LATENCY = MetricInfo("latency", "latency|1", "lower", "number", 0, None)
VERBOSITY = MetricInfo("verbosity", "verbosity|1", "zero", "rating", -2, 2)


def lines(info: MetricInfo, **values: list[Any]) -> list[ScoreLine]:
    """Scores of candidates, case by case; None is an error, "-" not applicable."""
    found = []
    for candidate, given_ in values.items():
        for number, value in enumerate(given_):
            status = "error" if value is None else "not_applicable" if value == "-" else "ok"
            number_or_none = None if status != "ok" else float(value)
            found.append(
                ScoreLine(f"c{number}", candidate, info.signature, number_or_none, status)  # type: ignore[arg-type]
            )
    return found


def table(info: MetricInfo, battles: list[Battle] | None = None, **values: list[Any]) -> Any:
    count = max((len(one) for one in values.values()), default=0)
    cases = [f"c{number}" for number in range(count)]
    return results.grid(cases, lines(info, **values), battles or [])


def figure(info: MetricInfo, values: list[Any]) -> Any:
    [found] = results.figures(table(info, a=values), ["a"], {info.signature: info})
    return found


@pytest.mark.parametrize(
    ("values", "value", "answers", "errors", "inapplicable", "incomplete"),
    [
        pytest.param([1, 0, 1, 1], 0.75, 4, 0, 0, False, id="plain"),
        pytest.param([1, None, 1, 1], 1.0, 3, 1, 0, True, id="an error is no zero"),
        pytest.param([1] * 98 + [None] * 2, 1.0, 98, 2, 0, False, id="two per cent are borne"),
        pytest.param([1] * 97 + [None] * 3, 1.0, 97, 3, 0, True, id="three are not"),
        pytest.param([1, "-", "-"], 1.0, 1, 0, 2, False, id="not applicable is no error"),
        pytest.param([None, None], None, 0, 2, 0, True, id="no data is not zero"),
    ],
)
def test_a_figure_counts_answers_errors_and_the_rest_apart(
    values: list[Any], value: float | None, answers: int, errors: int, inapplicable: int,
    incomplete: bool,
) -> None:  # fmt: skip
    found = figure(PASS, values)
    assert (found.interval.value if found.interval else None) == value
    assert (found.answers, found.errors, found.inapplicable) == (answers, errors, inapplicable)
    assert found.incomplete is incomplete


def test_repeats_of_a_case_are_one_case() -> None:
    scores = lines(PASS, a=[1, 1]) + lines(PASS, a=[0, 1])
    found = results.figures(results.grid(["c0", "c1"], scores, []), ["a"], {"exact|1": PASS})
    assert found[0].interval is not None
    assert (found[0].interval.value, found[0].interval.n, found[0].answers) == (0.75, 2, 4)


def contrast(info: MetricInfo, a: list[Any], b: list[Any]) -> Any:
    [found] = results.contrasts(table(info, a=a, b=b), ["a", "b"], {info.signature: info}, {})
    return found


@pytest.mark.parametrize(
    ("info", "a", "b", "verdict"),
    [
        pytest.param(PASS, [0] * 20, [1] * 20, "better", id="higher is better"),
        pytest.param(LATENCY, [9, 8, 9, 8] * 5, [3, 2, 2, 3] * 5, "better", id="lower is better"),
        pytest.param(LATENCY, [3, 2, 2, 3] * 5, [9, 8, 9, 8] * 5, "worse", id="higher is worse"),
        pytest.param(VERBOSITY, [-2, -1] * 10, [0, 0] * 10, "better", id="nearer to zero"),
        pytest.param(VERBOSITY, [0, 0] * 10, [2, -2] * 10, "worse", id="far on both sides"),
        pytest.param(PASS, [0, 1, 0, 1] * 5, [1, 0, 1, 0] * 5, "not_shown", id="as often each"),
        pytest.param(RATING, [3] * 40, [4] * 40, "better", id="each one step up, and many"),
        pytest.param(RATING, [3] * 10, [4] * 10, "not_shown", id="each one step up, but few"),
        pytest.param(LATENCY, [9] * 40, [8] * 40, "not_shown", id="equal, and no end known"),
        pytest.param(PASS, [1, 1], [None, 1], "incomplete", id="errors forbid a winner"),
        pytest.param(PASS, [1], [0], "not_enough_data", id="one case"),
        pytest.param(PASS, ["-"], [1], "not_enough_data", id="no shared case"),
    ],
)
def test_a_verdict_follows_the_direction_and_needs_evidence(
    info: MetricInfo, a: list[Any], b: list[Any], verdict: str
) -> None:
    assert contrast(info, a, b).verdict == verdict


def test_better_and_worse_are_counted_by_what_is_better() -> None:
    found = contrast(LATENCY, [5, 5, 5], [3, 9, 5])
    assert (found.better, found.worse, found.same, found.n) == (1, 1, 1, 3)
    assert found.difference == pytest.approx((3 + 9 + 5) / 3 - 5)


def test_only_cases_that_both_have_are_compared() -> None:
    found = contrast(RATING, [1, 2, "-"], ["-", 5, 5])
    assert (found.n, found.difference) == (1, 3)


def test_many_pairs_are_adjusted_together() -> None:
    # Seven against one: alone p = 0.016, among six pairs not.
    a, b = [0] * 12, [1] * 7 + [0] * 5
    alone = contrast(PASS, a, b)
    assert alone.verdict == "better"
    grid = table(PASS, a=a, b=b, c=a, d=a)
    several = results.contrasts(grid, ["a", "b", "c", "d"], {"exact|1": PASS}, {})
    first = next(one for one in several if (one.a, one.b) == ("a", "b"))
    assert first.p_adjusted > alone.p_value  # type: ignore[operator]
    assert first.verdict == "not_shown"


def battle(case: str, result: Any) -> Battle:
    return Battle(case, "a", "b", result, "j", metric="pair", signature="pair|1")


@pytest.mark.parametrize(
    ("outcomes", "difference", "verdict"),
    [
        pytest.param(["b"] * 12, 1.0, "better", id="b always"),
        pytest.param(["a"] * 12, -1.0, "worse", id="a always"),
        pytest.param(["tie"] * 12, 0.0, "not_shown", id="ties"),
        pytest.param(["b", None], 1.0, "incomplete", id="an error is no win"),
    ],
)
def test_pairs_count_for_the_second(outcomes: list[Any], difference: float, verdict: str) -> None:
    cases = [f"c{number}" for number in range(len(outcomes))]
    grid = results.grid(cases, [], [battle(c, r) for c, r in zip(cases, outcomes, strict=True)])
    [found] = results.contrasts(grid, ["a", "b"], {}, {"pair|1": "pair"})
    assert (found.difference, found.verdict) == (difference, verdict)
    assert found.errors == outcomes.count(None)


@given(
    st.lists(st.sampled_from([0, 1, None, "-"]), min_size=2, max_size=30),
    st.lists(st.sampled_from([0, 1, None, "-"]), min_size=2, max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_order_of_scores_changes_nothing(a: list[Any], b: list[Any], chance: Any) -> None:
    cases = [f"c{number}" for number in range(30)]
    scores = lines(PASS, a=a, b=b)
    mixed = scores[:]
    chance.shuffle(mixed)
    found = [
        results.contrasts(results.grid(cases, one, []), ["a", "b"], {"exact|1": PASS}, {})
        for one in (scores, mixed)
    ]
    assert found[0] == found[1]


@given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=40), st.integers(0, 20))
def test_errors_never_change_a_value(values: list[int], errors: int) -> None:
    alone, among = figure(PASS, values), figure(PASS, [*values, *[None] * errors])
    assert alone.interval == among.interval


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        pytest.param({}, [0, 1, 2, 3, 4], id="all"),
        pytest.param({"show": "better"}, [1], id="better"),
        pytest.param({"show": "worse"}, [2], id="worse"),
        pytest.param({"show": "same"}, [0], id="same"),
        pytest.param({"show": "errors"}, [3], id="errors"),
        pytest.param({"minimum": 1.0}, [0, 2, 4], id="from a score"),
        pytest.param({"maximum": 0.0}, [1], id="to a score"),
        pytest.param({"search": "x2"}, [2], id="search"),
        pytest.param({"column": "n", "value": "1"}, [1, 3], id="a column"),
        pytest.param({"signature": "?", "show": "better"}, [], id="an unknown metric"),
    ],
)
def test_rows_that_a_filter_selects(wanted: dict[str, Any], places: list[int]) -> None:
    grid = table(PASS, a=[1, 0, 1, None, 1], b=[1, 1, 0, 1, "-"])
    fields = [{"n": str(number % 2)} for number in range(5)]
    choice = RowFilter(**{"signature": "exact|1", "a": "a", "b": "b", **wanted})
    texts = [f"x{number}" for number in range(5)]
    assert row_choice.rows(grid, choice, PASS, fields, texts) == places


@pytest.mark.parametrize(
    ("info", "values", "places"),
    [
        pytest.param(PASS, [1, 0, None], [1, 2], id="failed and errors"),
        pytest.param(RATING, [5, 2, 3], [1], id="below the middle"),
        pytest.param(LATENCY, [1, 2, 9], [2], id="slower than most"),
        pytest.param(VERBOSITY, [0, 2, -2], [1, 2], id="far from zero"),
    ],
)
def test_what_counts_as_failing(info: MetricInfo, values: list[Any], places: list[int]) -> None:
    grid = table(info, a=values)
    assert row_choice.failing(grid, info, info.signature, "a") == places
