"""Questions are made, mended and made final before an evaluation is scored by them."""

from __future__ import annotations

import pytest

from core.errors import InvalidInput, NotFound
from core.records.metrics import MetricSpec
from core.records.runs import RunFilter
from core.workbench import Workbench
from tests.core.evaluation.evaluating import cases_of, draft, finished


def test_reviewed_questions_are_those_that_are_asked(bench: Workbench) -> None:
    kept = bench.evaluations.create(
        draft(bench, cases_of(3), metrics=(MetricSpec("general_quality"),))
    )
    review = bench.question_review
    (metric,) = review.metrics(kept.id)
    signature = metric.info.signature
    assert [one.asked for one in review.cases(kept.id, signature)] == [None] * 3

    done = review.prepare(kept.id, signature, actor="ada", most=2)
    assert (done.made, done.problems) == (2, ())
    first, second, third = review.cases(kept.id, signature)
    assert third.asked is None
    assert first.asked is not None
    assert second.asked is not None
    assert "Ticket:" in first.case.fields["prompt"], "the task is told as it will be asked"

    review.edit(first.asked, ["Is the response at most 9 characters long?"], actor="bob")
    with pytest.raises(InvalidInput):
        review.edit(second.asked, [" "], actor="bob")
    assert review.freeze(kept.id, signature, actor="bob") == 2
    assert review.freeze(kept.id, signature, actor="bob") == 0
    made_before = bench.store.runs.count(RunFilter(purpose="judge"))

    bench.evaluations.start(kept.id, actor="ada")
    assert finished(bench, kept.id) == "done"
    scores = bench.store.scores.of_cases(kept.id, [first.case.id])
    assert {tuple(one["text"] for one in line.score.details["questions"]) for line in scores} == {
        ("Is the response at most 9 characters long?",)
    }
    assert {line.score.value for line in scores} == {1.0}
    # One set is made for the third case; equal answers to a case are judged once.
    calls = bench.store.runs.count(RunFilter(purpose="judge")) - made_before
    assert 1 + 3 <= calls <= 1 + 6


def test_a_judge_that_cannot_be_asked_is_a_problem_and_no_questions(bench: Workbench) -> None:
    asked = draft(bench, cases_of(2), metrics=(MetricSpec("general_quality"),),
                  judge="sandbox:no-such-model")  # fmt: skip
    kept = bench.evaluations.create(asked)
    (metric,) = bench.question_review.metrics(kept.id)
    done = bench.question_review.prepare(kept.id, metric.info.signature, actor="ada")
    assert done.made == 0
    assert "no-such-model" in done.problems[0]


def test_only_adaptive_metrics_have_questions(bench: Workbench) -> None:
    kept = bench.evaluations.create(draft(bench, cases_of(1), metrics=(MetricSpec("coherence"),)))
    assert bench.question_review.metrics(kept.id) == []
    with pytest.raises(NotFound):
        bench.question_review.cases(kept.id, "coherence")
