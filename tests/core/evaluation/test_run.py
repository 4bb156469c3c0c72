"""Evaluations as jobs on the real engine, the real sandbox and a real file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.config import Settings
from core.records.datasets import Case
from core.records.evaluations import AnswerKey
from core.records.metrics import MetricSpec
from core.records.runs import RunFilter
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    FLASH,
    OLD,
    PROMPT,
    candidates_of,
    cases_of,
    draft,
    finished,
    run,
    with_metrics,
)
from tests.waiting import until
from tests.wire import calls


def answers(bench: Workbench, evaluation_id: str) -> dict[AnswerKey, str]:
    return {
        one.key: one.text or one.error for one in bench.store.evaluations.answers(evaluation_id)
    }


def test_every_case_is_answered_by_every_candidate_and_scored(
    bench: Workbench, sandbox_url: str
) -> None:
    before = calls(sandbox_url)
    kept = run(bench, draft(bench, cases_of(8), repeats=2))
    assert bench.evaluations.status(kept.id) == "done"
    assert calls(sandbox_url) - before == 8 * 2 * 2
    found = answers(bench, kept.id)
    assert len(found) == 32
    assert {text for key, text in found.items() if key.case_id == "t0000"} == {"urgent"}
    lines = bench.store.scores.lines(kept.id)
    assert len(lines) == 64 and all(line.status == "ok" for line in lines)


def test_what_it_cost_counts_answers_and_verdicts_and_nothing_reserved(bench: Workbench) -> None:
    kept = run(bench, with_metrics(draft(bench, cases_of(4)), "exact_match", "coherence"))
    runs = [run for some in bench.store.runs.iterate(RunFilter(group_id=kept.id)) for run in some]
    assert {one.context.purpose for one in runs} == {"evaluation", "judge"}
    spent = sum(one.cost_usd or 0.0 for one in runs)
    assert bench.evaluations.progress(kept.id).spent_usd == pytest.approx(spent)
    assert 0 < spent < 0.05


def test_runs_say_what_they_were_for(bench: Workbench) -> None:
    kept = run(bench, draft(bench, cases_of(2)))
    runs = bench.history.page(RunFilter(group_id=kept.id)).items
    assert len(runs) == 4
    whole = bench.history.get(runs[0].id)
    assert whole.context.purpose == "evaluation"
    assert whole.context.job_id == kept.job_id
    assert set(whole.context.values) == {"ticket"}
    assert bench.history.open_in_editor(whole.id).values == whole.context.values


def test_judged_and_paired_metrics_are_scored_with_their_judge(bench: Workbench) -> None:
    kept = run(bench, with_metrics(draft(bench, cases_of(4)), "coherence", "pairwise_text_quality"))
    scores = bench.store.scores.of_cases(kept.id, [case.id for case in cases_of(4)])
    assert {one.metric for one in scores} == {"coherence"}
    assert {(one.judge_requested, one.judge_served) for one in scores} == {
        (FLASH, FLASH.partition(":")[2])
    }
    battles = bench.store.evaluations.battles(kept.id)
    assert len(battles) == 4
    assert all(one.result in ("a", "b", "tie") for one in battles)


def test_equal_answers_to_a_case_are_judged_once(bench: Workbench, sandbox_url: str) -> None:
    asked = draft(bench, cases_of(3), candidates=candidates_of(FLASH, FLASH, FLASH))
    before = calls(sandbox_url)
    kept = run(bench, with_metrics(asked, "coherence"))
    assert calls(sandbox_url) - before == 9 + 3
    assert len(bench.store.scores.lines(kept.id)) == 9


def test_other_metrics_ask_for_no_answer_again(bench: Workbench, sandbox_url: str) -> None:
    kept = run(bench, draft(bench, cases_of(6)))
    before = calls(sandbox_url)
    bench.evaluations.rescore(
        kept.id, [MetricSpec("label_accuracy"), MetricSpec("rouge_l")], actor="bob"
    )
    finished(bench, kept.id)
    assert calls(sandbox_url) == before
    names = {one.metric for one in bench.evaluations.results(kept.id).figures}
    assert names == {"label_accuracy", "rouge_l"}
    bench.evaluations.rescore(kept.id, [MetricSpec("fluency")], actor="bob", judge=OLD)
    finished(bench, kept.id)
    assert calls(sandbox_url) - before <= 12
    assert bench.evaluations.results(kept.id).status == "done"


def broken(case: Case, mark: str) -> Case:
    return replace(case, fields={**case.fields, "ticket": f"{case.fields['ticket']} {mark}"})


def test_what_failed_is_an_error_never_a_zero_and_alone_is_asked_again(
    bench: Workbench, sandbox_url: str
) -> None:
    cases = [*cases_of(9), broken(cases_of(10)[9], "[[fault:forbidden times=1]]")]
    kept = run(bench, draft(bench, cases, candidates=candidates_of(FLASH)))
    found = bench.evaluations.results(kept.id)
    assert found.status == "incomplete"
    [accuracy] = [one for one in found.figures if one.metric == "label_accuracy"]
    assert (accuracy.answers, accuracy.errors) == (9, 1)
    assert accuracy.interval is not None and accuracy.interval.value == 1.0
    before = calls(sandbox_url)
    bench.evaluations.retry_failed(kept.id, actor="ada")
    finished(bench, kept.id)
    assert calls(sandbox_url) - before == 1
    assert bench.evaluations.results(kept.id).status == "done"


def test_a_row_without_a_value_is_an_error_of_its_own(bench: Workbench) -> None:
    cases = [*cases_of(3), Case("empty", {"reference": "low"})]
    kept = run(bench, draft(bench, cases, candidates=candidates_of(FLASH)))
    found = {one.key.case_id: one for one in bench.store.evaluations.answers(kept.id)}
    assert found["empty"].error == "not_sent"
    assert "{ticket}" in found["empty"].problem
    assert found["t0000"].error == ""


def test_a_reached_cap_stops_the_job_and_it_can_go_on(settings: Settings) -> None:
    tight = replace(settings, caps=replace(settings.caps, job_usd=1e-9))
    bench = Workbench.open(tight)
    asked = draft(bench, cases_of(4))
    kept = bench.evaluations.create(asked)
    bench.evaluations.start(kept.id, actor="ada")
    finished(bench, kept.id)
    progress = bench.evaluations.progress(kept.id)
    assert progress.status == "failed"
    assert "cap" in progress.events[-1].text
    bench.close()

    bench = Workbench.open(settings)
    bench.evaluations.resume(kept.id, actor="ada")
    assert finished(bench, kept.id) == "done"
    assert len(answers(bench, kept.id)) == 8
    bench.close()


def test_a_reached_cap_stops_judging_too(settings: Settings) -> None:
    bench = Workbench.open(settings)
    kept = run(bench, draft(bench, cases_of(4)))
    bench.close()
    bench = Workbench.open(replace(settings, caps=replace(settings.caps, user_day_usd=1e-9)))
    bench.evaluations.rescore(kept.id, [MetricSpec("coherence")], actor="ada")
    finished(bench, kept.id)
    assert bench.evaluations.status(kept.id) == "failed"
    signatures = {signature for _key, signature in bench.store.scores.keys(kept.id)}
    assert not [one for one in signatures if one.startswith("coherence")]
    bench.close()


def test_pause_and_resume_ask_nothing_twice(bench: Workbench, sandbox_url: str) -> None:
    before = calls(sandbox_url)
    kept = bench.evaluations.create(draft(bench, cases_of(200)))
    bench.evaluations.start(kept.id, actor="ada")
    until(lambda: bench.evaluations.progress(kept.id).job.done > 20)  # type: ignore[union-attr]
    bench.evaluations.pause(kept.id, actor="ada")
    assert bench.evaluations.status(kept.id) in ("paused", "done")
    bench.evaluations.resume(kept.id, actor="ada")
    assert finished(bench, kept.id) == "done"
    assert calls(sandbox_url) - before == 400
    assert len(answers(bench, kept.id)) == 400


def test_cancelled_keeps_what_there_is_and_can_be_gone_on_with(bench: Workbench) -> None:
    kept = bench.evaluations.create(draft(bench, cases_of(400)))
    bench.evaluations.start(kept.id, actor="ada")
    until(lambda: bench.evaluations.progress(kept.id).job.done > 20)  # type: ignore[union-attr]
    bench.evaluations.cancel(kept.id, actor="ada")
    assert bench.evaluations.status(kept.id) == "cancelled"
    there = answers(bench, kept.id)
    assert 0 < len(there) < 800
    bench.evaluations.resume(kept.id, actor="ada")
    assert finished(bench, kept.id) == "done"
    assert there.items() <= answers(bench, kept.id).items()


@pytest.mark.parametrize("reuse", [True, False], ids=["reused", "asked again"])
def test_answers_of_another_evaluation_are_reused_when_wanted(
    bench: Workbench, sandbox_url: str, reuse: bool
) -> None:
    first = draft(bench, cases_of(5))
    run(bench, first)
    before = calls(sandbox_url)
    kept = run(bench, replace(first, reuse=reuse))
    assert calls(sandbox_url) - before == (0 if reuse else 10)
    assert len(bench.store.scores.lines(kept.id)) == 20
    other: Any = replace(first, reuse=reuse, candidates=candidates_of(FLASH, text=PROMPT + "!"))
    run(bench, other)
    assert calls(sandbox_url) - before == (5 if reuse else 15)


def test_the_time_to_the_first_token_is_measured_only_where_it_is_wanted(bench: Workbench) -> None:
    kept = run(bench, with_metrics(draft(bench, cases_of(2)), "first_token_ms"))
    assert all(line.status == "ok" for line in bench.store.scores.lines(kept.id))
    kept = run(bench, with_metrics(draft(bench, cases_of(2)), "latency_ms"))
    found = bench.store.evaluations.answers(kept.id)
    assert all(one.first_token_ms is None and one.total_ms for one in found)
