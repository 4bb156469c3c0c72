"""Parts of the optimize page: the tree's places, the table, the form, the verdict in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.optimization.ledger import read_ledger
from core.records.metrics import MetricSpec
from core.records.optimizations import OptimizationEvent, Template, Verdict, WeightedMetric
from core.workbench import Workbench
from pages.ui.optimize import steps as optimize_steps
from pages.ui.optimize import tree as optimize_tree
from pages.ui.optimize import words as optimize_words
from tests.pages.conftest import Open
from tests.pages.test_optimize import PAGE, draft


def test_in_the_tree_no_two_prompts_share_a_place() -> None:
    parents = (None, 0, 0, 2, 2, 3, 3, 3, 1)
    found = optimize_tree.places(
        [Template(number, 1, "x", parent=parent) for number, parent in enumerate(parents)]
    )
    assert len(set(found.values())) == len(parents)
    assert [found[number].generation for number in (0, 2, 4, 7, 8)] == [0, 1, 2, 3, 2]
    # Siblings stand below each other, a parent beside them.
    assert found[5].line < found[6].line < found[7].line < found[4].line
    assert found[3].line == found[6].line


def test_a_long_lineage_and_a_broken_one_can_be_drawn() -> None:
    long = [Template(n, n, "x", parent=n - 1 if n else None) for n in range(3_000)]
    assert optimize_tree.places(long)[2_999] == (2_999, 0.0)
    broken = [Template(0, 0, "x"), Template(1, 1, "x", parent=9), Template(2, 1, "x", parent=2)]
    assert len(set(optimize_tree.places(broken).values())) == 3


def test_no_cell_of_the_table_is_empty() -> None:
    told = [("candidate", {"template": 0, "step": 0, "instruction": "x", "parent": None,
                           "origin": "start", "demonstrations": []}),
            ("rejected", {"step": 1, "parent": 0, "instruction": "y", "reason": "duplicate",
                          "detail": "", "calls": 7})]  # fmt: skip
    now = datetime(2026, 11, 26, tzinfo=UTC)
    ledger = read_ledger([OptimizationEvent(number, kind, {"calls": 0, "cost_usd": 0.0, **data}, now)
                          for number, (kind, data) in enumerate(told)])  # type: ignore[arg-type]  # fmt: skip
    frame = optimize_steps.rows(ledger)
    assert not frame.isna().any().any()
    assert list(frame["calls"]) == [0, 7]


def test_a_copy_that_only_a_judge_scores_gets_no_metric_besides(
    open_page: Open, bench: Workbench
) -> None:
    metrics = (WeightedMetric(MetricSpec("summarization_quality")),)
    kept = bench.optimizations.create(draft(bench, metrics=metrics), actor="tester")
    at = open_page(PAGE, view="new", copy=kept.id)
    assert not at.exception
    at.button(key="optimize.keep").click().run()
    assert not at.exception
    made = bench.optimizations.list()[0].draft
    assert made.metrics[0].metric.name == "summarization_quality" and len(made.metrics) == 1


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(Verdict("better", 0.2, 0.1, 0.3, 50, 14, 32, 4), "unlikely to be luck",
                     id="better"),
        pytest.param(Verdict("worse", -0.2, -0.3, -0.1, 50, 4, 32, 14), "Keep the start",
                     id="worse"),
        pytest.param(Verdict("not_shown", 0.05, -0.1, 0.2, 50, 8, 36, 6, needed=900),
                     "about 900 test cases would be needed", id="more cases"),
        pytest.param(Verdict("not_shown", -0.05, -0.2, 0.1, 50), "Nothing points to a gain",
                     id="no gain"),
        pytest.param(Verdict("not_shown", 0.2, 0.01, 0.4, 24, needed=40),
                     "the exact test does not exclude luck", id="interval and test disagree"),
        pytest.param(Verdict("not_shown", None, None, None, 0, reason="start_is_best"),
                     "the test cases stayed closed", id="never looked"),
        pytest.param(Verdict("not_shown", 0.5, None, None, 4, reason="too_few"), "too few",
                     id="too few"),
        pytest.param(Verdict("not_shown", None, None, None, 0, reason="too_few", errors=9),
                     "no test case could be scored", id="all errors"),
    ],
)  # fmt: skip
def test_a_verdict_says_what_it_claims(found: Verdict, words: str) -> None:
    said = optimize_words.verdict_words(found)
    assert words in said
    assert ("unlikely to be luck" in said) == (found.verdict != "not_shown")
