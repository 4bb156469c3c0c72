"""Datasets in the store: versions that never change, rows that are really gone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound
from core.records.datasets import ALL_CASES, Case, CaseSlice, Content, DatasetVersion, SplitRule
from core.store import Store


def content(cases: Sequence[Case], sha256: str = "a") -> Content:
    columns = tuple(dict.fromkeys(column for case in cases for column in case.fields))
    return Content(cases, columns, sha256)


TWO = [
    Case("1", {"text": "ログインできない", "reference": "高"}),
    Case("2", {"text": "Thank you", "extra": ""}, split="test"),
]


def make(store: Store, cases: Sequence[Case] = TWO, name: str = "triage") -> DatasetVersion:
    return store.datasets.create(name, content(cases), actor="ada", source="a.csv", message="m")


def read(store: Store, version: DatasetVersion, which: CaseSlice = ALL_CASES) -> list[Case]:
    keys = store.datasets.keys(version, which)
    return list(store.datasets.at(version, [position for position, _ in keys]))


def test_cases_come_back_as_they_went_in(store: Store) -> None:
    version = make(store)
    assert (version.number, version.rows, version.columns) == (
        1, 2, ("text", "reference", "extra"),
    )  # fmt: skip
    assert (version.source, version.message, version.created_by) == ("a.csv", "m", "ada")
    assert read(store, version) == TWO
    assert read(store, version)[1].reference is None, "absent is not empty"


def test_the_same_content_is_the_same_version(store: Store) -> None:
    first = make(store)
    again = store.datasets.add_version(first.dataset_id, content(TWO), actor="bo", source="b")
    other = store.datasets.add_version(
        first.dataset_id, content(TWO[:1], "b"), actor="bo", source="b"
    )
    assert again == first
    assert [v.number for v in store.datasets.versions(first.dataset_id)] == [2, 1]
    assert read(store, first) == TWO, "an older version stays as it is"
    assert read(store, other) == TWO[:1]


@pytest.mark.parametrize(
    ("which", "ids"),
    [
        (ALL_CASES, ["1", "2"]),
        (CaseSlice(equals={"reference": "高"}), ["1"]),
        (CaseSlice(equals={"extra": ""}), ["2"]),
        (CaseSlice(equals={"no such": "高"}), []),
        (CaseSlice(search="ＴＨＡＮＫ"), ["2"]),
        (CaseSlice(search="ログイン", equals={"reference": "低"}), []),
    ],
)
def test_slices(store: Store, which: CaseSlice, ids: list[str]) -> None:
    version = make(store)
    assert [case.id for case in read(store, version, which)] == ids


def test_names_are_taken_until_deleted(store: Store) -> None:
    first = make(store)
    with pytest.raises(InvalidInput, match="already a dataset named triage"):
        make(store)
    other = make(store, name="other")
    with pytest.raises(InvalidInput):
        store.datasets.rename(other.dataset_id, "triage", actor="ada")
    store.datasets.delete(first.dataset_id, actor="ada")
    store.datasets.rename(other.dataset_id, "triage", actor="ada")
    named = store.datasets.named("triage")
    assert named is not None and named.id == other.dataset_id


def test_the_list_has_the_last_changed_first(store: Store) -> None:
    first, second = make(store, name="one"), make(store, name="two")
    store.datasets.add_version(first.dataset_id, content(TWO[:1], "b"), actor="bo", source="b")
    lines = store.datasets.list()
    assert [(x.dataset.name, x.latest.number, x.versions) for x in lines] == [
        ("one", 2, 2), ("two", 1, 1),
    ]  # fmt: skip
    store.datasets.delete(second.dataset_id, actor="ada")
    assert [line.dataset.name for line in store.datasets.list()] == ["one"]


@pytest.mark.parametrize("reopened", [False, True])
def test_deleting_leaves_no_row_in_the_file(tmp_path: Path, reopened: bool) -> None:
    store = Store.open(tmp_path / "w.duckdb")
    chance = random.Random(1)
    # Texts that do not compress lie in the file as they are, and can be looked for.
    cases = [
        Case(str(n), {"text": f"SECRET{n:05}{chance.randbytes(1500).hex()}"}) for n in range(300)
    ]
    version = make(store, cases)
    store.datasets.save_slice(version.dataset_id, CaseSlice(search="SECRET", name="s"), actor="a")
    kept = make(store, name="kept")
    if reopened:
        store.close()
        store = Store.open(tmp_path / "w.duckdb")
    store.datasets.delete(version.dataset_id, actor="ada")
    assert store.datasets.get(version.dataset_id).deleted_at is not None
    assert read(store, store.datasets.version(version.id)) == []
    assert not store.datasets.slices(version.dataset_id)
    with pytest.raises(InvalidInput, match="was deleted"):
        store.datasets.add_version(version.dataset_id, content(TWO, "b"), actor="a", source="b")
    assert read(store, kept) == TWO
    assert read(store, make(store, name="later")) == TWO
    store.close()
    # Backups are the keeper's own; there is none here.
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if b"SECRET" in path.read_bytes().upper()] == []


def test_the_split_belongs_to_the_dataset_and_a_seal_holds(store: Store) -> None:
    version = make(store)
    assert version.split is None
    rule = SplitRule(7, (0.5, 0.25, 0.25))
    store.datasets.set_split(version.dataset_id, rule, actor="ada")
    sealed = SplitRule(7, (0.5, 0.25, 0.25), sealed=True)
    store.datasets.set_split(version.dataset_id, sealed, actor="ada")
    with pytest.raises(InvalidInput, match="sealed"):
        store.datasets.set_split(version.dataset_id, rule, actor="ada")
    later = store.datasets.add_version(
        version.dataset_id, content(TWO[:1], "b"), actor="bo", source="b"
    )
    assert store.datasets.version(version.id).split == later.split == sealed


def test_slices_are_kept_by_name(store: Store) -> None:
    id_ = make(store).dataset_id
    store.datasets.save_slice(id_, CaseSlice({"month": "5"}, "", None, "May"), actor="ada")
    newer = CaseSlice({"month": "2026-05"}, "x", "test", "May")
    store.datasets.save_slice(id_, newer, actor="ada")
    store.datasets.save_slice(id_, CaseSlice(name="all"), actor="ada")
    assert store.datasets.slices(id_) == [newer, CaseSlice(name="all")]
    store.datasets.delete_slice(id_, "May", actor="ada")
    assert store.datasets.slices(id_) == [CaseSlice(name="all")]


def test_uses_are_kept_newest_first(store: Store) -> None:
    version = make(store)
    store.datasets.record_use(version, "evaluation", "e1", title="First", actor="ada")
    store.datasets.record_use(version, "opening", "e2", opened_test=True, actor="bo")
    uses = store.datasets.uses(version.dataset_id)
    assert [(u.kind, u.subject_id, u.title, u.opened_test, u.created_by) for u in uses] == [
        ("opening", "e2", "", True, "bo"), ("evaluation", "e1", "First", False, "ada"),
    ]  # fmt: skip


def test_retention(store: Store) -> None:
    id_ = make(store).dataset_id
    until = store.datasets.get(id_).created_at + timedelta(days=30)
    store.datasets.keep(id_, until, actor="ada")
    assert store.datasets.get(id_).keep_until == until
    store.datasets.keep(id_, None, actor="ada")
    assert store.datasets.get(id_).keep_until is None


@pytest.mark.parametrize("id_", ["nonsense", "018f3b1e-7c00-7000-8000-000000000000"])
def test_an_unknown_id_is_not_found(store: Store, id_: str) -> None:
    with pytest.raises(NotFound):
        store.datasets.get(id_)
    with pytest.raises(NotFound):
        store.datasets.version(id_)
    assert store.datasets.versions(id_) == []
