"""Optimizations as jobs on the real engine, the real sandbox and a real file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from core.config import Settings
from core.datasets.datasets import OPENING
from core.errors import InvalidInput, NotAllowed
from core.optimization.vapo_files import TEMPLATES, read_run
from core.platform.optimizer import ManagedJob
from core.prompts.starters import load_starters
from core.records.datasets import Case, CaseSlice, DatasetVersion
from core.records.metrics import MetricSpec
from core.records.optimizations import Feedback, WeightedMetric
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import RunFilter
from core.workbench import Workbench
from tests.core.optimization.optimizing import BARE, FLASH, draft, finished, run, triage
from tests.waiting import until
from tests.wire import journal


def test_the_bare_triage_instruction_gets_better_and_the_sealed_cases_say_so(
    bench: Workbench, inquiries: DatasetVersion, sandbox_url: str
) -> None:
    before = len(journal(sandbox_url))
    kept = run(bench, draft(inquiries.id))
    found = bench.optimizations.result(kept.id)
    assert found.status == "done"
    verdict = found.verdict
    assert verdict is not None and verdict.verdict == "better"
    assert verdict.n == 144 and verdict.low is not None and verdict.low > 0
    assert found.best is not None and found.best.number > 0
    # The tuning score is another number than the one on the test cases.
    assert found.best.score != verdict.best_score
    assert 0 < len(journal(sandbox_url)) - before <= 600
    # The start keeps its variables and comes first in what is sent now.
    assert found.spec.system.startswith(BARE)
    assert found.spec.turns == triage().turns


def test_a_comment_alone_can_be_what_helps(bench: Workbench, inquiries: DatasetVersion) -> None:
    reviews = bench.datasets.find("product-reviews-ja")
    start = PromptSpec(
        system="タスク:\n以下のレビューを簡単にいうと?",
        turns=(Turn("user", (Part("レビュー: {レビュー}"),)),),
    )
    judged = (WeightedMetric(MetricSpec("summarization_quality")),)
    kept = run(
        bench,
        draft(reviews.id, spec=start, metrics=judged, steps=1, max_calls=500,
              feedback=(Feedback("1文で要約してください"),)),
    )  # fmt: skip
    found = bench.optimizations.result(kept.id)
    assert found.status == "done" and found.best is not None
    first = found.ledger.templates[1]
    assert "1文で要約してください" in first.instruction and "入力" not in first.instruction
    assert found.verdict is not None and found.verdict.verdict in ("better", "not_shown")


def test_the_sealed_cases_are_opened_once_and_only_at_the_end(
    bench: Workbench, inquiries: DatasetVersion
) -> None:
    with pytest.raises(NotAllowed):
        bench.datasets.cases(inquiries.id, CaseSlice(split="test"))
    kept = run(bench, draft(inquiries.id, steps=1))
    uses = bench.datasets.uses(inquiries.dataset_id)
    opened = [one for one in uses if one.kind == OPENING]
    assert [one.subject_id for one in opened] == [kept.id]
    bench.optimizations.test_rows(kept.id)
    assert len([one for one in bench.datasets.uses(inquiries.dataset_id)
                if one.kind == OPENING]) == 1  # fmt: skip
    again = bench.optimizations.drafts.check(draft(inquiries.id))
    assert {one.name: one.values for one in again}["looks"] == {"looks": 1}
    # No test case is in anything that an optimizer was shown.
    inputs = [row.case_id for row in bench.optimizations.test_rows(kept.id)]
    cases = bench.datasets.cases(inquiries.id, CaseSlice(split="test"), final=True, purpose=kept.id)
    texts = [case.fields["問い合わせ"] for case in cases]
    assert len(inputs) == len(texts)
    tuned = {case.fields["問い合わせ"] for case in bench.datasets.cases(inquiries.id)}
    asked = bench.history.page(RunFilter(group_id=kept.id, purpose="optimizer"), limit=100).items
    shown = "".join(bench.history.get(one.id).request.turns[0].text for one in asked)
    assert asked
    assert not [text for text in texts if text not in tuned and text in shown]


def test_what_got_worse_is_listed_with_both_answers(
    bench: Workbench, inquiries: DatasetVersion
) -> None:
    kept = run(bench, draft(inquiries.id, steps=2))
    verdict = bench.optimizations.result(kept.id).verdict
    worse = bench.optimizations.worse(kept.id)
    assert verdict is not None and len(worse) == verdict.losses
    assert all(row.start_score == 1 and row.best_score == 0 for row in worse)
    assert all(row.start_response and row.best_response and all(row.run_ids) for row in worse)
    rows = bench.optimizations.rows(kept.id, 0)
    start = bench.optimizations.result(kept.id).start
    assert start is not None and start.score is not None
    of_start = [row.score for row in rows if row.repeat == 0]
    assert len(of_start) >= 16 and None not in of_start


def test_nothing_is_applied_until_somebody_does_and_the_message_names_the_job(
    bench: Workbench, inquiries: DatasetVersion
) -> None:
    saved = bench.authoring.save_new("triage", triage(), actor="ada")
    kept = run(
        bench,
        draft(inquiries.id, steps=1, prompt_id=saved.version.prompt_id,
              version_id=saved.version.id),
    )  # fmt: skip
    assert len(bench.store.prompts.versions(saved.version.prompt_id)) == 1
    version = bench.optimizations.apply(kept.id, actor="bob")
    assert version.number == 2 and version.parent_id == saved.version.id
    assert kept.id in version.message and "better" in version.message
    assert version.spec.system == bench.optimizations.result(kept.id).spec.system
    assert bench.optimizations.get(kept.id).applied_version_id == version.id


def test_examples_are_the_models_own_good_answers(
    bench: Workbench, inquiries: DatasetVersion
) -> None:
    kept = run(bench, draft(inquiries.id, mode="demonstration", demo_candidates=4, max_calls=700))
    found = bench.optimizations.result(kept.id)
    tried = [one for one in found.ledger.templates if one.origin == "examples"]
    assert len(tried) == 4
    right = {row.case_id: row.response for row in bench.optimizations.rows(kept.id, 0)
             if row.score == 1}  # fmt: skip
    for template in tried:
        assert len(template.demonstrations) == 3
        assert all(right[one.case_id] == one.output for one in template.demonstrations)


def test_pause_leaves_off_at_once_and_resume_asks_nothing_twice(
    settings: Settings, sandbox_url: str
) -> None:
    bench = Workbench.open(settings)
    version = bench.datasets.create("small", cases(60), actor="ada", source="test")
    kept = bench.optimizations.create(draft(version.id, spec=plain()), actor="ada")
    before = len(journal(sandbox_url))
    bench.optimizations.start(kept.id, actor="ada")
    until(lambda: bench.optimizations.progress(kept.id).calls > 20)
    bench.optimizations.pause(kept.id, actor="ada")
    until(lambda: not bench.jobs.busy(bench.optimizations.get(kept.id).job_id or ""))
    asked = len(journal(sandbox_url)) - before
    paused = bench.optimizations.progress(kept.id)
    assert paused.status == "paused" and paused.calls == asked
    bench.close()

    bench = Workbench.open(settings)
    bench.optimizations.resume(kept.id, actor="ada")
    finished(bench, kept.id)
    done = bench.optimizations.progress(kept.id)
    assert done.status == "done"
    assert len(journal(sandbox_url)) - before == done.calls
    bench.close()


def test_finishing_early_takes_the_look_at_the_test_cases(bench: Workbench) -> None:
    version = bench.datasets.create("small", cases(60), actor="ada", source="test")
    kept = bench.optimizations.create(draft(version.id, spec=plain()), actor="ada")
    bench.optimizations.finish(kept.id)
    bench.optimizations.start(kept.id, actor="ada")
    finished(bench, kept.id)
    found = bench.optimizations.result(kept.id)
    assert (found.status, found.ledger.stop) == ("done", "user_stop")
    assert found.verdict is not None and found.verdict.reason == "start_is_best"


@pytest.mark.parametrize("most", [1e-6, 0.5])
def test_the_money_cap_is_kept_by_reservation(settings: Settings, most: float) -> None:
    bench = Workbench.open(settings)
    version = bench.datasets.create("small", cases(60), actor="ada", source="test")
    kept = run(bench, draft(version.id, spec=plain(), max_usd=most))
    found = bench.optimizations.progress(kept.id)
    assert found.status == "done"
    assert found.spent_usd <= most
    if most < 0.1:
        assert found.ledger.stop == "budget_usd" and found.calls == 0
    bench.close()


def test_a_full_day_stops_the_job_without_a_verdict_and_it_goes_on_later(
    settings: Settings,
) -> None:
    bench = Workbench.open(replace(settings, caps=replace(settings.caps, user_day_usd=1e-6)))
    version = bench.datasets.create("small", cases(60), actor="ada", source="test")
    kept = run(bench, draft(version.id, spec=plain(), steps=1))
    stopped = bench.optimizations.progress(kept.id)
    assert stopped.status == "failed" and stopped.ledger.stop is None
    assert "limit" in stopped.events[-1].text
    bench.close()
    bench = Workbench.open(settings)
    bench.optimizations.resume(kept.id, actor="ada")
    finished(bench, kept.id)
    assert bench.optimizations.status(kept.id) == "done"
    bench.close()


def test_a_failing_service_stops_the_job_with_its_reason_and_pollutes_no_score(
    bench: Workbench,
) -> None:
    broken = [
        replace(case, fields={**case.fields, "text": case.fields["text"] + " [[fault:prompt_blocked "
                              "times=1]]"}) if number % 2 else case
        for number, case in enumerate(cases(60))
    ]  # fmt: skip
    version = bench.datasets.create("broken", broken, actor="ada", source="test")
    kept = run(bench, draft(version.id, spec=plain(), steps=1))
    stopped = bench.optimizations.progress(kept.id)
    assert stopped.status == "paused"
    assert "calls failed at once" in stopped.events[-1].text
    assert stopped.ledger.headroom is None
    assert all(one.score is None for one in stopped.ledger.templates)
    for _ in range(40):
        # The fault of a case passes when it is asked again.
        bench.optimizations.resume(kept.id, actor="ada")
        finished(bench, kept.id)
        if bench.optimizations.status(kept.id) == "done":
            break
    assert bench.optimizations.status(kept.id) == "done"


# -- the managed engine --


class Far:
    """A managed service that has just ended, with these templates."""

    def __init__(self, prompts: list[tuple[str, float]]) -> None:
        lines = [
            {"step": step, "prompt": prompt, "metrics": {"label_accuracy/mean": score}}
            for step, (prompt, score) in enumerate(prompts)
        ]
        self.runs = {"instruction": read_run({TEMPLATES: json.dumps(lines)})}
        self.state, self.cancelled = "done", False
        self.rows: list[Any] = []

    def launch(self, label: str, folder: str, config: Any, rows: Any) -> ManagedJob:
        self.rows = list(rows)
        return self.poll(label)

    def find(self, label: str) -> ManagedJob:
        return self.poll(label)

    def poll(self, name: str) -> ManagedJob:
        return ManagedJob(name, self.state, "JOB_STATE", "", "")  # type: ignore[arg-type]

    def cancel(self, name: str) -> None:
        self.cancelled = True

    def read_runs(self, folder: str, mode: str) -> Any:
        return self.runs


def far_end(bench: Workbench, far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.handlers["optimization"], "_far", lambda _optimization: far)


def test_what_the_managed_engine_finds_takes_our_own_look_at_the_sealed_cases(
    bench: Workbench, inquiries: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    better = (
        triage().system
        + "\n"
        + next(one.spec.system for one in load_starters() if one.name == "triage-ja")
    )
    far = Far([(BARE, 0.2), (better, 0.9)])
    far_end(bench, far, monkeypatch)
    kept = run(bench, draft(inquiries.id, engine="managed", vapo={"output_path": "gs://b/o"}))
    found = bench.optimizations.result(kept.id)
    assert found.status == "done" and found.ledger.stop == "service"
    assert found.best is not None and found.best.instruction == better
    assert found.verdict is not None and found.verdict.n == 144
    # Its own score is a tuning score and stands beside the verdict.
    assert found.best.score == 0.9 != found.verdict.best_score
    # No sealed case left the house.
    opened = bench.datasets.cases(
        inquiries.id, CaseSlice(split="test"), final=True, purpose=kept.id
    )
    tuned = {case.fields["問い合わせ"] for case in bench.datasets.cases(inquiries.id)}
    secret = {case.fields["問い合わせ"] for case in opened} - tuned
    assert far.rows and not secret & {row["問い合わせ"] for row in far.rows}


def test_a_managed_job_that_left_nothing_has_failed_in_words(
    bench: Workbench, inquiries: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    far_end(bench, Far([]), monkeypatch)
    kept = run(bench, draft(inquiries.id, engine="managed"))
    progress = bench.optimizations.progress(kept.id)
    assert progress.status == "failed"
    assert "Use the local engine" in progress.events[-1].text


def test_cancelling_stops_the_managed_job_too(
    bench: Workbench, inquiries: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Far([(BARE, 0.2)])
    far.state = "running"
    far_end(bench, far, monkeypatch)
    kept = bench.optimizations.create(draft(inquiries.id, engine="managed"), actor="ada")
    bench.optimizations.start(kept.id, actor="ada")
    until(lambda: bench.optimizations.ledger(kept.id).templates)
    bench.optimizations.cancel(kept.id, actor="ada")
    assert far.cancelled
    assert bench.optimizations.status(kept.id) == "cancelled"


# -- before starting --


def cases(count: int) -> list[Case]:
    """Tickets of four kinds, each with words of its own."""
    kinds = {"urgent": "service down data lost", "high": "wrong charge on the invoice",
             "normal": "how do I change settings", "low": "thanks, lovely charts"}  # fmt: skip
    made = []
    for number in range(count):
        label = list(kinds)[number % 4]
        fields = {"text": f"{kinds[label]} number {number}", "reference": label}
        made.append(Case(f"t{number:03}", fields))
    return made


def plain() -> PromptSpec:
    return PromptSpec(
        system="Classify as one of: urgent, high, normal, low. Answer with the label only.",
        turns=(Turn("user", (Part("Ticket: {text}"),)),),
    )


@pytest.mark.parametrize(
    ("fields", "level", "name"),
    [
        pytest.param({}, "ok", "columns", id="every variable has a column"),
        pytest.param({"spec": triage()}, "error", "draft", id="a missing column is named"),
        pytest.param({"frozen": {"rule": "not in there"}}, "error", "frozen", id="no such part"),
        pytest.param({"frozen": {"my-part": "Classify"}}, "error", "frozen", id="no name"),
        pytest.param({"frozen": {"text": "Classify"}}, "error", "frozen", id="named as a column"),
        pytest.param({"metrics": (WeightedMetric(MetricSpec("latency_ms")),)}, "error", "metric",
                     id="a metric without bounds"),
        pytest.param({"metrics": (WeightedMetric(MetricSpec("nonsense")),)}, "error", "draft",
                     id="an unknown metric"),
        pytest.param({"metrics": (WeightedMetric(MetricSpec("exact_match"), 0.5),)}, "warning",
                     "weights", id="weights that do not add up"),
        pytest.param({"metrics": (WeightedMetric(MetricSpec("pairwise_coherence")),)}, "error",
                     "metric", id="a metric of pairs"),
        pytest.param({"max_characters": 60}, "error", "length", id="longer than allowed"),
        pytest.param({"max_calls": 3}, "error", "draft", id="too few calls"),
    ],
)  # fmt: skip
def test_the_data_is_checked_in_words_before_anything_is_spent(
    bench: Workbench, sandbox_url: str, fields: dict[str, Any], level: str, name: str
) -> None:
    before = len(journal(sandbox_url))
    version = bench.datasets.create("small", cases(60), actor="ada", source="test")
    asked = draft(version.id, **{"spec": plain(), **fields})
    found = {one.name: one for one in bench.optimizations.drafts.check(asked)}
    assert found[name].level == level
    assert found[name].template.format(**found[name].values)
    if level == "error":
        with pytest.raises(InvalidInput):
            bench.optimizations.create(asked, actor="ada")
        assert bench.optimizations.list() == []
    assert len(journal(sandbox_url)) == before


def test_twelve_cases_are_too_few_for_a_claim_and_that_is_said(bench: Workbench) -> None:
    version = bench.datasets.create("tiny", cases(12), actor="ada", source="test")
    asked = draft(version.id, spec=plain(), data_limit=12, steps=1)
    [size] = [one for one in bench.optimizations.drafts.check(asked) if one.name == "size"]
    assert size.level == "warning" and "too few" in size.template
    found = bench.optimizations.result(run(bench, asked).id)
    assert found.verdict is not None and found.verdict.verdict == "not_shown"
    assert found.verdict.reason in ("too_few", "start_is_best")


def test_the_estimate_stays_below_the_caps_and_tells_the_smallest_gain(
    bench: Workbench, inquiries: DatasetVersion
) -> None:
    found = bench.optimizations.drafts.estimate(
        draft(inquiries.id, metrics=(WeightedMetric(MetricSpec("coherence")),), max_calls=2_000)
    )
    assert 0 < found.calls <= 2_000
    assert found.judge_calls == found.target_calls
    assert found.smallest_gain is not None and 0.05 < found.smallest_gain < 0.2
    assert found.cost_usd is not None and found.cost_usd <= 5


# -- one-shot --


def test_one_call_rewrites_an_instruction_from_comments_and_lists_the_changes(
    bench: Workbench,
) -> None:
    found = bench.rewriting.once(
        plain(),
        [
            Feedback("Answer in lower case."),
            Feedback("A refund is high.", "I want a refund for May", "low", "high"),
        ],
        model=FLASH,
        actor="ada",
    )
    assert found.rejected is None and found.simulated
    assert "Answer in lower case." in found.spec.system
    assert "I want a refund for May" in found.spec.system
    assert any("Answer in lower case." in change for change in found.changes)
    assert found.spec.turns == plain().turns
    assert bench.store.prompts.list(deleted=False) == []
