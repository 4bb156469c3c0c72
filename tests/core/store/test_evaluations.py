"""Evaluations in the store: what was kept comes back equal, in this file and after opening it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import NotFound
from core.records.comparisons import Candidate
from core.records.datasets import CaseSlice
from core.records.evaluations import AnswerKey, Battle, Evaluation, Response
from core.records.metrics import MetricSpec
from core.records.prompts import Parameters
from core.records.runs import Reply, Usage
from core.store import Store
from tests.core.store.conftest import Clock, settle, text_request, text_spec

DATASET = "01900000-0000-7000-8000-000000000001"


def draft(clock: Clock, **fields: Any) -> Evaluation:
    spec = text_spec(
        "Classify {text}", parameters=Parameters(temperature=0.5, stop_sequences=("x",))
    )
    values: dict[str, Any] = {
        "title": "Triage",
        "dataset_version_id": DATASET,
        "candidates": (
            Candidate("a", "First", spec, "sandbox:sandbox-flash-1"),
            Candidate("b", "二番", spec, "sandbox:sandbox-flash-2", DATASET, DATASET),
        ),
        "metrics": (MetricSpec("exact_match"), MetricSpec("rouge_l", {"language": "ja"})),
        "repeats": 2,
        "cases": CaseSlice({"priority": "high"}, "返品", "train", "mine"),
        "judge": "sandbox:sandbox-pro-2",
        **fields,
    }
    return Evaluation(id="", created_at=clock(), created_by="ada", **values)


def test_what_was_kept_comes_back_equal(store: Store, clock: Clock) -> None:
    asked = draft(clock, language="ja", reuse=True, final=True)
    kept = store.evaluations.create(asked)
    assert replace(kept, id="") == asked
    assert store.evaluations.get(kept.id) == kept
    assert store.evaluations.list() == [kept]


@pytest.mark.parametrize("id_", ["nobody", "", DATASET])
def test_an_unknown_evaluation_is_not_found(store: Store, id_: str) -> None:
    with pytest.raises(NotFound):
        store.evaluations.get(id_)


def test_changes_are_appended_and_the_newest_of_each_holds(store: Store, clock: Clock) -> None:
    kept = store.evaluations.create(draft(clock))
    store.evaluations.change(kept.id, actor="bob", metrics=[MetricSpec("bleu")], title="T2")
    store.evaluations.change(kept.id, actor="bob", job_id=DATASET)
    now = store.evaluations.get(kept.id)
    assert now.metrics == (MetricSpec("bleu"),)
    assert (now.title, now.job_id, now.judge) == ("T2", DATASET, kept.judge)


def test_a_deleted_one_leaves_the_list_and_can_still_be_read(store: Store, clock: Clock) -> None:
    kept = store.evaluations.create(draft(clock))
    store.evaluations.change(kept.id, actor="bob", deleted=True)
    assert store.evaluations.list() == []
    assert store.evaluations.get(kept.id).deleted_at == clock()
    store.evaluations.change(kept.id, actor="bob", deleted=False)
    assert store.evaluations.get(kept.id).deleted_at is None


def answer(case: str, candidate: str = "a", **fields: Any) -> Response:
    return Response(case, candidate, fields.pop("repeat", 0), fields.pop("run_id", None),
                    fields.pop("text", ""), **fields)  # fmt: skip


def test_an_answer_finds_its_text_in_its_run(store: Store, clock: Clock) -> None:
    kept = store.evaluations.create(draft(clock))
    run_id = settle(store, reply=Reply("ok", "high 高い", usage=Usage(5, 3)))
    given = answer("c1", run_id=run_id, text="high 高い", request_sha256="r", sample_sha256="s",
                   total_ms=12.5, cost_usd=0.1, output_tokens=3,
                   function_calls=({"name": "f", "args": {"x": 1}},))  # fmt: skip
    failed = answer("c2", "b", error="rate_limited", problem="busy")
    store.evaluations.record(kept.id, given).result()
    store.evaluations.record(kept.id, failed).result()
    assert sorted(store.evaluations.answers(kept.id), key=lambda one: one.key) == [given, failed]
    assert store.evaluations.answers(kept.id, ["c1"]) == [given]
    assert store.evaluations.answers(kept.id, ["c1"], texts=False) == [replace(given, text="")]
    assert store.evaluations.keys(kept.id) == {
        AnswerKey("c1", "a", 0): "",
        AnswerKey("c2", "b", 0): "rate_limited",
    }


def test_what_failed_can_be_forgotten_and_the_rest_stays(store: Store, clock: Clock) -> None:
    kept = store.evaluations.create(draft(clock))
    store.evaluations.record(kept.id, answer("c1")).result()
    store.evaluations.record(kept.id, answer("c2", error="unknown")).result()
    judged = Battle("c1", "a", "b", "a", "j", True, "because", "m", "m|1", "j-001", ("first",))
    store.evaluations.record_battles(kept.id, [judged, replace(judged, result=None)]).result()
    store.evaluations.forget_failed(kept.id)
    assert list(store.evaluations.keys(kept.id)) == [AnswerKey("c1", "a", 0)]
    assert store.evaluations.battles(kept.id) == [judged]


def test_the_same_request_is_found_again_with_its_repeat(store: Store, clock: Clock) -> None:
    kept = store.evaluations.create(draft(clock))
    run_id = settle(store, text_request("q"), Reply("ok", "yes"))
    given = answer("c1", run_id=run_id, text="yes", request_sha256="r1", repeat=1)
    store.evaluations.record(kept.id, given).result()
    store.evaluations.record(kept.id, answer("c2", request_sha256="r2", error="unknown")).result()
    assert store.evaluations.same_requests(["r1", "r2", "r3"]) == {("r1", 1): given}


def test_typical_calls_are_those_of_the_model(store: Store) -> None:
    settle(store, text_request(model="m"), Reply("ok", "x", usage=Usage(1, 10, 2), total_ms=100.0))
    settle(store, text_request(model="m"), Reply("ok", "x", usage=Usage(1, 20), total_ms=200.0))
    store.ledger.fold()
    assert store.evaluations.typical("sandbox", "m").output_tokens == 16
    assert store.evaluations.typical("sandbox", "m").total_ms == 150
    assert store.evaluations.typical("sandbox", "other").total_ms is None


def test_all_of_it_is_there_when_the_file_is_opened_again(tmp_path: Path, clock: Clock) -> None:
    store = Store.open(tmp_path / "w.duckdb", now=clock)
    kept = store.evaluations.create(draft(clock))
    store.evaluations.record(kept.id, answer("c1", error="unknown")).result()
    store.close()
    store = Store.open(tmp_path / "w.duckdb")
    assert store.evaluations.get(kept.id) == kept
    assert len(store.evaluations.answers(kept.id)) == 1
    store.close()
