"""Optimizations in the store: drafts come back whole, calls and events are only ever added."""

from __future__ import annotations

import pytest

from core.errors import NotFound
from core.records.datasets import CaseSlice
from core.records.metrics import MetricSpec
from core.records.optimizations import Feedback, OptimizationDraft, WeightedMetric
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from core.store import Store


def draft(store: Store) -> OptimizationDraft:
    return OptimizationDraft(
        title="分類",
        spec=PromptSpec("Sort {q}", (Turn("user", (Part("{q}"),)),), Parameters(temperature=0.0)),
        dataset_version_id=store.new_id(),
        target_model="sandbox:m",
        metrics=(WeightedMetric(MetricSpec("coherence", {"judge": "sandbox:j"}), 0.5),),
        prompt_id=store.new_id(),
        mode="instruction_and_demo",
        frozen={"rule": "never"},
        feedback=(Feedback("kinder", "in", "out", "better", (("kind?", False),)),),
        cases=CaseSlice(equals={"language": "ja"}),
        vapo={"eval_qps": 3.0},
    )


def test_a_draft_comes_back_whole(store: Store) -> None:
    kept = store.optimizations.create(draft(store), actor="ada")
    again = store.optimizations.get(kept.id)
    assert again == kept
    assert again.draft.feedback[0].rubrics == (("kind?", False),)
    assert again.draft.metrics[0] == WeightedMetric(
        MetricSpec("coherence", {"judge": "sandbox:j"}), 0.5
    )
    assert (again.title, again.created_by, again.job_id) == ("分類", "ada", None)


def test_what_changes_is_appended_and_the_newest_holds(store: Store) -> None:
    kept = store.optimizations.create(draft(store), actor="ada")
    job = store.new_id()
    store.optimizations.change(kept.id, actor="ada", title="A", memo="m")
    store.optimizations.change(kept.id, actor="bob", title="B", job_id=job)
    found = store.optimizations.get(kept.id)
    assert (found.title, found.draft.memo, found.job_id) == ("B", "m", job)
    store.optimizations.change(kept.id, actor="bob", deleted=True)
    assert store.optimizations.list() == []
    store.optimizations.change(kept.id, actor="bob", deleted=False)
    assert [one.id for one in store.optimizations.list()] == [kept.id]


def test_calls_and_events_are_read_back_in_order(store: Store) -> None:
    kept = store.optimizations.create(draft(store), actor="ada")
    other = store.optimizations.create(draft(store), actor="ada")
    store.optimizations.record_call(kept.id, "k1", "target", {"text": "答え", "calls": 1}).result()
    store.optimizations.record_call(kept.id, "k2", "judge", {"calls": 2}).result()
    for number in (1, 0, 2):
        store.optimizations.record_event(kept.id, number, "step", {"n": number}).result()
    assert store.optimizations.calls(kept.id)["k1"]["text"] == "答え"
    assert list(store.optimizations.calls(kept.id, "judge")) == ["k2"]
    assert store.optimizations.settled_calls(kept.id)[0] == 3
    assert [one.data["n"] for one in store.optimizations.events(kept.id)] == [0, 1, 2]
    assert [one.number for one in store.optimizations.events(kept.id, since=2)] == [2]
    assert store.optimizations.count_events(kept.id) == 3
    assert not store.optimizations.calls(other.id) and not store.optimizations.events(other.id)


def test_only_looks_at_test_cases_are_counted(store: Store) -> None:
    looked, not_looked = (store.optimizations.create(draft(store), actor="ada") for _ in range(2))
    store.optimizations.record_event(looked.id, 0, "verdict", {"reason": ""}).result()
    store.optimizations.record_event(
        not_looked.id, 0, "verdict", {"reason": "start_is_best"}
    ).result()
    versions = [looked.draft.dataset_version_id, not_looked.draft.dataset_version_id]
    assert store.optimizations.looked_at_test(versions) == [looked.id]


def test_an_unknown_id_is_not_found(store: Store) -> None:
    for wrong in (store.new_id(), "nonsense"):
        with pytest.raises(NotFound):
            store.optimizations.get(wrong)
