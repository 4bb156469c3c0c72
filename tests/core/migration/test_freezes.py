"""Answers that are kept of a model: found by whoever asks the same, never paid for twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import InvalidInput, NotAllowed
from core.lifecycle.lint import fixed
from core.records.comparisons import Candidate
from core.records.datasets import CaseSlice, SplitRule
from core.records.freezes import FreezePlan
from core.records.model_migrations import MigrationPlan
from core.records.models import ModelRef
from core.workbench import Workbench
from tests.core.migration.test_migrations import ended
from tests.wire import calls

OLD_MODEL = ModelRef("sandbox", "sandbox-flash-1")


@pytest.fixture
def freeze(plan: MigrationPlan) -> FreezePlan:
    """The prompt in production, twice, on the cases whose number begins with 10."""
    return FreezePlan(
        plan.source_version_id, plan.dataset_version_id, 2, CaseSlice(search="受付10")
    )


def test_a_later_evaluation_takes_what_was_kept_and_pays_for_the_new_model_only(
    bench: Workbench, plan: MigrationPlan, freeze: FreezePlan
) -> None:
    url = str(bench.connections["sandbox"].base_url)
    before, estimate = calls(url), bench.freezes.estimate(freeze)
    kept = bench.freezes.start(freeze, actor="ada")
    ended(bench, kept.id)
    assert calls(url) - before == estimate.calls == 2 * estimate.cases > 0
    [old] = kept.candidates
    new = Candidate(
        "b",
        "moved",
        fixed(
            old.spec,
            bench.models.lint(
                old.spec,
                ModelRef("sandbox", "sandbox-flash-2"),
                now=kept.created_at,
                today=OLD_MODEL,
            ),
        ),
        "sandbox:sandbox-flash-2",
    )
    before = calls(url)
    later = bench.evaluations.create(
        replace(kept, title="both", candidates=(replace(old, key="a"), new))
    )
    bench.evaluations.start(later.id, actor="ada")
    ended(bench, later.id)
    assert bench.evaluations.status(later.id) == "done"
    assert calls(url) - before == estimate.calls
    answers = {one.candidate: one.answers for one in bench.store.evaluations.measured(later.id)}
    assert answers == {"a": estimate.calls, "b": estimate.calls}


def test_what_is_kept_of_a_model_is_listed_and_nothing_else_is(
    bench: Workbench, plan: MigrationPlan, freeze: FreezePlan
) -> None:
    assert bench.freezes.of_model(OLD_MODEL) == []
    first = bench.freezes.start(freeze, actor="ada")
    ended(bench, first.id)
    waiting = bench.freezes.create(replace(freeze, repeats=1), actor="ada")
    # Two candidates, and one that is no freeze: both were begun on the evaluations' own page.
    [old] = first.candidates
    bench.evaluations.create(replace(first, candidates=(old, replace(old, key="new"))))
    bench.evaluations.create(replace(first, candidates=(replace(old, key="c1"),)))
    cases = bench.freezes.estimate(freeze).cases
    found = bench.freezes.of_model(OLD_MODEL)
    assert [(one.evaluation.id, one.cases, one.answers, one.failed) for one in found] == [
        (waiting.id, 0, 0, 0), (first.id, cases, 2 * cases, 0),
    ]  # fmt: skip
    assert len(bench.freezes.of_model(OLD_MODEL, 1)) == 1
    assert bench.freezes.of_model(ModelRef("sandbox", "sandbox-flash-2")) == []
    bench.evaluations.delete(waiting.id, actor="ada")
    assert [one.evaluation.id for one in bench.freezes.of_model(OLD_MODEL)] == [first.id]


def test_what_a_migration_keeps_is_a_freeze_too(bench: Workbench, plan: MigrationPlan) -> None:
    flow = bench.migrations
    migration = flow.start(replace(plan, cases=CaseSlice(search="受付10")), actor="ada")
    evaluation = flow.freeze(migration.id, actor="ada")
    assert [one.evaluation.id for one in bench.freezes.of_model(OLD_MODEL)] == [evaluation.id]
    ended(bench, evaluation.id)


def test_the_sealed_test_split_stays_sealed(bench: Workbench, freeze: FreezePlan) -> None:
    dataset_id = bench.datasets.version(freeze.dataset_version_id).dataset_id
    bench.datasets.set_split(dataset_id, SplitRule(), actor="ada")
    open_cases = bench.freezes.estimate(replace(freeze, cases=CaseSlice())).cases
    assert open_cases == 120
    bench.datasets.seal(dataset_id, actor="ada")
    assert 0 < bench.freezes.estimate(replace(freeze, cases=CaseSlice())).cases < open_cases
    with pytest.raises(NotAllowed, match="sealed"):
        bench.freezes.start(replace(freeze, cases=CaseSlice(split="test")), actor="ada")
    assert bench.freezes.of_model(OLD_MODEL) == []


@pytest.mark.parametrize("repeats", [0, 21])
def test_too_few_or_too_many_repeats_are_refused_before_anything_is_kept(
    bench: Workbench, freeze: FreezePlan, repeats: int
) -> None:
    with pytest.raises(InvalidInput, match="Repeat 1 to"):
        bench.freezes.start(replace(freeze, repeats=repeats), actor="ada")
    assert bench.evaluations.list() == []
