"""The counts of the front page leave out what is deleted and count what was taken back."""

from __future__ import annotations

from core.datasets.datasets import Datasets
from core.records.comparisons import Candidate, ComparedInput
from core.records.datasets import Case
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.records.overview import Overview
from core.store import Store
from tests.core.store.conftest import Clock, text_spec
from tests.core.store.test_evaluations import DATASET, draft
from tests.core.store.test_optimizations import draft as optimization


def test_an_empty_file_has_nothing(store: Store) -> None:
    assert store.overview.now() == Overview(0, 0, 0, 0, 0, 0, 0, 0)


def test_a_deleted_comparison_comes_back(store: Store) -> None:
    columns = [Candidate(key, key, text_spec(), "sandbox:sandbox-flash-2") for key in ("a", "b")]
    rows = [ComparedInput(key, key) for key in ("i1", "i2")]
    made, other = (
        store.comparisons.create(title, columns, rows, actor="ada") for title in ("x", "y")
    )
    assert store.overview.now().comparisons == 2
    store.comparisons.delete(made.id, actor="ada")
    assert store.overview.now().comparisons == 1
    store.comparisons.rename(made.id, "still gone", actor="ada")
    assert store.overview.now().comparisons == 1
    store.comparisons.restore(made.id, actor="ada")
    store.comparisons.delete(other.id, actor="ada")
    assert store.overview.now().comparisons == 1


def test_a_deleted_optimization_comes_back(store: Store) -> None:
    made = store.optimizations.create(optimization(store), actor="ada")
    assert store.overview.now().optimizations == 1
    store.optimizations.change(made.id, deleted=True, actor="ada")
    store.optimizations.change(made.id, title="still gone", actor="ada")
    assert store.overview.now().optimizations == 0
    store.optimizations.change(made.id, deleted=False, actor="ada")
    assert store.overview.now().optimizations == 1


def test_cases_are_those_of_the_newest_versions(store: Store) -> None:
    datasets = Datasets(store)
    first = datasets.create("one", [Case("1", {"q": "a"})], actor="ada", source="test")
    datasets.add_cases(first.dataset_id, [Case("2", {"q": "b"})], actor="ada", source="test")
    gone = datasets.create("two", [Case("1", {"q": "a"})], actor="ada", source="test")
    assert (store.overview.now().datasets, store.overview.now().cases) == (2, 3)
    datasets.delete(gone.dataset_id, actor="ada")
    assert (store.overview.now().datasets, store.overview.now().cases) == (1, 2)


def test_a_deleted_evaluation_comes_back(store: Store, clock: Clock) -> None:
    made = store.evaluations.create(draft(clock))
    store.evaluations.change(made.id, deleted=True, actor="ada")
    assert store.overview.now().evaluations == 0
    store.evaluations.change(made.id, deleted=False, actor="ada")
    store.evaluations.change(made.id, title="again", actor="ada")
    assert store.overview.now().evaluations == 1


def test_a_signature_counts_until_it_is_taken_back(store: Store) -> None:
    plan = MigrationPlan(
        prompt_id=DATASET, source_version_id=DATASET, source_model="a", target_model="b",
        dataset_version_id=DATASET, metrics=(MetricSpec("exact_match"),),
    )  # fmt: skip
    flow = store.model_migrations
    made, other = flow.create(plan, actor="ada"), flow.create(plan, actor="ada")
    flow.append(made, "decision", {"choice": "switch", "name": "Ada"}, actor="ada")
    assert (store.overview.now().migrations, store.overview.now().signed) == (2, 1)
    flow.append(made, "undo", {}, actor="ada")
    flow.append(other, "deleted", {"deleted": True}, actor="ada")
    assert (store.overview.now().migrations, store.overview.now().signed) == (1, 0)
    flow.append(other, "deleted", {"deleted": False}, actor="ada")
    assert store.overview.now().migrations == 2
