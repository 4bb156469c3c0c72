"""Evaluations through the batch lane: the same figures for half the money, whatever happens."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.evaluation.words import progress_line
from core.records.datasets import Case
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.prompts import Parameters
from core.records.runs import Run, RunFilter
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    FLASH,
    OLD,
    candidates_of,
    cases_of,
    draft,
    finished,
    run,
    with_metrics,
)
from tests.waiting import until
from tests.wire import journal
from tests.workspace import settings_of


def sandbox(batch_s: float) -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, faults=True, batch_s=batch_s))
    yield process.base_url
    process.stop()


@pytest.fixture(scope="module")
def quick_url() -> Iterator[str]:
    yield from sandbox(0.2)


@pytest.fixture(scope="module")
def endless_url() -> Iterator[str]:
    yield from sandbox(3600.0)


def opened(url: str, folder: Path, **more: str) -> Iterator[Workbench]:
    bench = Workbench.open(settings_of(url, folder, **more))
    yield bench
    bench.close()


@pytest.fixture
def bench(quick_url: str, tmp_path: Path) -> Iterator[Workbench]:
    yield from opened(quick_url, tmp_path)


@pytest.fixture
def endless_bench(endless_url: str, tmp_path: Path) -> Iterator[Workbench]:
    yield from opened(endless_url, tmp_path)


def batched(bench: Workbench, cases: list[Case], **fields: Any) -> Evaluation:
    return replace(draft(bench, cases, **fields), engine="batch")


def limited(*models: str) -> dict[str, Any]:
    """Candidates with an output limit, so that little is reserved."""
    return {
        "candidates": tuple(
            replace(one, spec=replace(one.spec, parameters=Parameters(max_output_tokens=50)))
            for one in candidates_of(*models)
        )
    }


def runs_of(bench: Workbench, evaluation: Evaluation) -> list[Run]:
    wanted = RunFilter(group_id=evaluation.id)
    return [run for some in bench.store.runs.iterate(wanted) for run in some]


def scores_of(bench: Workbench, evaluation: Evaluation) -> list[tuple[Any, ...]]:
    lines = bench.store.scores.lines(evaluation.id)
    return sorted((one.case_id, one.candidate, one.signature, one.value or 0.0, one.status)
                  for one in lines)  # fmt: skip


def sent(url: str) -> list[str]:
    return [one["path"].rpartition(":")[2] for one in journal(url)]


def hurry(url: str) -> None:
    """Let what is under way come to its end."""
    urllib.request.urlopen(f"{url}/sandbox/batches:hurry", data=b"", timeout=5).close()


def sent_off(bench: Workbench, evaluation: Evaluation) -> None:
    """Wait until its batches are with the service."""
    count = len({one.model for one in evaluation.candidates})
    until(lambda: sum(bool(one.name) for one in bench.store.batches.open(evaluation.id)) == count)


def begin(bench: Workbench, asked: Evaluation) -> Evaluation:
    """Keep it, start it, wait until a batch is with the service."""
    kept = bench.evaluations.create(asked)
    bench.evaluations.start(kept.id, actor="ada")
    sent_off(bench, kept)
    return kept


def test_a_batch_gives_the_same_scores_at_half_the_cost(bench: Workbench, quick_url: str) -> None:
    metrics = ("label_accuracy", "exact_match", "coherence")
    single = run(bench, with_metrics(draft(bench, cases_of(8), repeats=2), *metrics))
    before = len(sent(quick_url))
    batch = run(bench, with_metrics(batched(bench, cases_of(8), repeats=2), *metrics))
    assert bench.evaluations.status(batch.id) == "done"
    assert scores_of(bench, batch) == scores_of(bench, single) != []
    paths = sent(quick_url)[before:]
    assert paths.count("batchGenerateContent") == 2
    assert paths.count("generateContent") == len(
        [one for one in runs_of(bench, batch) if one.context.purpose == "judge"]
    )

    def cost(evaluation: Evaluation) -> float:
        answers = bench.store.evaluations.answers(evaluation.id)
        return sum(one.cost_usd or 0.0 for one in answers)

    assert cost(batch) == pytest.approx(cost(single) / 2) != 0
    assert bench.store.batches.open() == []


def test_an_answer_of_a_batch_is_a_run_like_any_other(bench: Workbench) -> None:
    kept = run(bench, batched(bench, cases_of(3)))
    runs = runs_of(bench, kept)
    assert len(runs) == 6
    for one in runs:
        whole = bench.history.get(one.id)
        assert (whole.context.purpose, whole.context.job_id) == ("evaluation", kept.job_id)
        assert whole.reply.served_model == whole.request.model
        assert whole.reply.usage.input and whole.reply.usage.output
        assert whole.reply.total_ms is None
        assert set(whole.context.values) == {"ticket"}
    [first, *_] = bench.evaluations.results(kept.id).measured
    assert (first.p50_ms, first.errors) == (None, 0)


def test_the_estimate_is_half_and_knows_no_time(bench: Workbench) -> None:
    asked = draft(bench, cases_of(8))
    single = bench.evaluations.estimate(asked)
    batch = bench.evaluations.estimate(replace(asked, engine="batch"))
    assert single.cost_usd and batch.cost_usd == pytest.approx(single.cost_usd / 2)
    assert (batch.calls, batch.seconds) == (single.calls, 0.0)


def test_a_request_that_fails_is_an_error_and_alone_is_asked_again(
    bench: Workbench, quick_url: str
) -> None:
    cases = [*cases_of(9)]
    mark = "[[fault:unavailable times=1]]"
    fields = cases_of(10)[9].fields
    cases.append(Case("t0009", {**fields, "ticket": f"{fields['ticket']} {mark}"}))
    kept = run(bench, batched(bench, cases, candidates=candidates_of(FLASH)))
    found = bench.evaluations.results(kept.id)
    assert found.status == "incomplete"
    [accuracy] = [one for one in found.figures if one.metric == "label_accuracy"]
    assert (accuracy.answers, accuracy.errors) == (9, 1)
    [failed] = [one for one in bench.store.evaluations.answers(kept.id) if one.error]
    assert (failed.error, failed.cost_usd) == ("unavailable", None)
    before = len(runs_of(bench, kept))
    bench.evaluations.retry_failed(kept.id, actor="ada")
    assert finished(bench, kept.id) == "done"
    assert len(runs_of(bench, kept)) == before + 1


def test_a_row_without_a_value_keeps_nobody_from_the_batch(bench: Workbench) -> None:
    cases = [*cases_of(3), Case("empty", {"reference": "low"})]
    kept = run(bench, batched(bench, cases, candidates=candidates_of(FLASH)))
    found = {one.key.case_id: one.error for one in bench.store.evaluations.answers(kept.id)}
    assert found == {"t0000": "", "t0001": "", "t0002": "", "empty": "not_sent"}


def test_while_it_waits_the_worst_case_is_reserved_and_progress_says_since_when(
    endless_bench: Workbench,
) -> None:
    bench = endless_bench
    kept = begin(bench, batched(bench, cases_of(4), **limited(FLASH)))
    progress = bench.evaluations.progress(kept.id)
    assert (progress.status, progress.left_s) == ("running", None)
    assert progress.waiting_since is not None and "waiting for the batch" in progress_line(progress)
    job_id = bench.evaluations.get(kept.id).job_id
    assert job_id is not None
    assert len(bench.store.ledger.in_flight()) == 4
    assert bench.store.ledger.spent_by_job(job_id) > 0
    bench.evaluations.cancel(kept.id, actor="ada")
    until(lambda: not bench.store.batches.open())
    assert bench.store.ledger.in_flight() == []
    assert bench.store.ledger.spent_by_job(job_id) == 0
    assert {one.reply.outcome for one in runs_of(bench, kept)} == {"cancelled"}
    assert bench.evaluations.status(kept.id) == "cancelled"
    assert bench.evaluations.progress(kept.id).waiting_since is None


def test_a_cancelled_one_can_be_gone_on_with(endless_bench: Workbench, endless_url: str) -> None:
    bench = endless_bench
    kept = begin(bench, batched(bench, cases_of(4), **limited(FLASH)))
    bench.evaluations.cancel(kept.id, actor="ada")
    until(lambda: not bench.store.batches.open())
    bench.evaluations.resume(kept.id, actor="ada")
    sent_off(bench, kept)
    hurry(endless_url)
    assert finished(bench, kept.id) == "done"
    assert len(bench.store.evaluations.answers(kept.id)) == 4


def test_a_paused_one_keeps_its_batch_and_sends_no_other(
    endless_bench: Workbench, endless_url: str
) -> None:
    bench = endless_bench
    before = len(sent(endless_url))
    kept = begin(bench, batched(bench, cases_of(4), **limited(FLASH)))
    bench.evaluations.pause(kept.id, actor="ada")
    assert bench.evaluations.status(kept.id) == "paused"
    bench.evaluations.resume(kept.id, actor="ada")
    hurry(endless_url)
    assert finished(bench, kept.id) == "done"
    assert len(sent(endless_url)) == before + 1


def test_the_next_process_collects_an_open_batch_and_pays_nothing_twice(
    endless_url: str, tmp_path: Path
) -> None:
    before = len(sent(endless_url))
    bench = Workbench.open(settings_of(endless_url, tmp_path))
    kept = begin(bench, batched(bench, cases_of(6), **limited(FLASH, OLD)))
    bench.close()
    again = Workbench.open(settings_of(endless_url, tmp_path))
    assert again.interrupted.runs == 0
    again.jobs.resume_interrupted(actor="ada")
    hurry(endless_url)
    assert finished(again, kept.id) == "done"
    assert len(sent(endless_url)) == before + 2
    runs = runs_of(again, kept)
    assert len(runs) == 12 and {one.reply.outcome for one in runs} == {"ok"}
    assert again.store.batches.open() == []
    again.close()


def test_a_batch_whose_name_was_not_written_down_is_found_by_its_own(
    endless_url: str, tmp_path: Path
) -> None:
    before = len(sent(endless_url))
    bench = Workbench.open(settings_of(endless_url, tmp_path))
    kept = begin(bench, batched(bench, cases_of(3), **limited(FLASH)))
    [batch] = bench.store.batches.open()
    bench.store.batches.put(replace(batch, name=""))
    bench.close()
    again = Workbench.open(settings_of(endless_url, tmp_path))
    again.jobs.resume_interrupted(actor="ada")
    hurry(endless_url)
    assert finished(again, kept.id) == "done"
    assert len(sent(endless_url)) == before + 1
    again.close()


def test_a_batch_that_never_arrived_is_sent_with_the_same_rows(
    endless_url: str, tmp_path: Path, quick_url: str
) -> None:
    bench = Workbench.open(settings_of(endless_url, tmp_path))
    kept = begin(bench, batched(bench, cases_of(3), **limited(FLASH)))
    [batch] = bench.store.batches.open()
    bench.store.batches.put(replace(batch, name=""))
    bench.close()
    # Another server has never heard of it.
    again = Workbench.open(settings_of(quick_url, tmp_path))
    again.jobs.resume_interrupted(actor="ada")
    assert finished(again, kept.id) == "done"
    assert {one.id for one in runs_of(again, kept)} == set(batch.runs.values())
    again.close()


def test_a_lost_batch_may_have_been_paid_and_going_on_asks_again(
    endless_url: str, tmp_path: Path, quick_url: str
) -> None:
    bench = Workbench.open(settings_of(endless_url, tmp_path))
    kept = begin(bench, batched(bench, cases_of(3), **limited(FLASH)))
    bench.close()
    again = Workbench.open(settings_of(quick_url, tmp_path))
    again.jobs.resume_interrupted(actor="ada")
    assert finished(again, kept.id) == "failed"
    lost = runs_of(again, kept)
    assert {one.reply.outcome for one in lost} == {"unknown"}
    assert all(one.cost_usd for one in lost)
    again.evaluations.resume(kept.id, actor="ada")
    assert finished(again, kept.id) == "done"
    assert len(runs_of(again, kept)) == 6
    again.close()


def test_a_cap_splits_a_batch_and_is_never_exceeded(quick_url: str, tmp_path: Path) -> None:
    bench = Workbench.open(settings_of(quick_url, tmp_path))
    asked = batched(bench, cases_of(6), **limited(FLASH))
    one = run(bench, asked)
    job_id = one.job_id
    assert job_id is not None
    reserved = [attempt.reserved_usd for each in runs_of(bench, one)
                for attempt in bench.store.ledger.attempts(each.id)]  # fmt: skip
    bench.close()
    cap = sum(reserved) * 0.6
    (tmp_path / "admin.toml").write_text(f"[caps]\njob_usd = {cap:.9f}\n", "utf-8")
    capped = Workbench.open(settings_of(quick_url, tmp_path))
    assert capped.settings.caps.job_usd == pytest.approx(cap, abs=1e-8)
    before = len(sent(quick_url))
    kept = run(capped, batched(capped, cases_of(6, " again"), **limited(FLASH)))
    assert capped.evaluations.status(kept.id) == "done"
    assert len(sent(quick_url)) - before >= 2
    capped.close()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"candidates": candidates_of("platform:gemini-2.5-flash")}, "Cloud Storage"),
        ({"metrics": (MetricSpec("latency_ms"),)}, "nobody measures"),
    ],
)
def test_what_a_batch_cannot_do_is_said_before_it_starts(
    bench: Workbench, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        bench.evaluations.create(batched(bench, cases_of(2), **fields))
