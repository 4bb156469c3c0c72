"""The service: versions, cases, the seal, names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.datasets.content import content_of, with_ids
from core.datasets.datasets import Datasets
from core.datasets.splits import rule_of
from core.errors import InvalidInput, NotAllowed, NotFound
from core.records.datasets import Case, CaseSlice, DatasetVersion, SplitRule

HUNDRED = [Case(f"c{n}", {"text": f"text {n}", "month": str(n % 4)}) for n in range(100)]


def make(
    datasets: Datasets,
    cases: list[Case] = HUNDRED,
    name: str = "triage",
    split: SplitRule | None = None,
) -> DatasetVersion:
    return datasets.create(name, cases, actor="ada", source="a.csv", split=split)


# -- content --


def test_the_order_of_rows_says_nothing() -> None:
    assert content_of(HUNDRED).sha256 == content_of(HUNDRED[::-1]).sha256


@pytest.mark.parametrize(
    "other",
    [
        Case("b", {"x": "1"}),
        Case("a", {"x": "2"}),
        Case("a", {"y": "1"}),
        Case("a", {"x": "1", "y": ""}),
        Case("a", {"x": "1"}, split="test"),
    ],
)
def test_any_other_content_has_another_hash(other: Case) -> None:
    assert content_of([other]).sha256 != content_of([Case("a", {"x": "1"})]).sha256


def test_columns_keep_the_order_that_is_asked_for() -> None:
    cases = [Case("1", {"a": "", "b": ""}), Case("2", {"c": ""})]
    assert content_of(cases, ["c", "unused", "b"]).columns == ("c", "b", "a")


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([], "no row"),
        ([Case("")], "cannot be used"),
        ([Case("x" * 201)], "cannot be used"),
        ([Case("a"), Case("b"), Case("a")], "more than once: a"),
    ],
)
def test_ids_that_cannot_be_used_are_named(cases: list[Case], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        content_of(cases)


def test_ids_from_content_do_not_depend_on_the_file() -> None:
    rows = [{"x": "1"}, {"x": "2"}, {"x": "1"}]
    first, second, third = (case.id for case in with_ids(rows))
    assert third == f"{first}-2"
    assert [case.id for case in with_ids(rows[1:])] == [second, first]


# -- versions --


def test_adding_makes_a_version_after_the_newest(datasets: Datasets) -> None:
    first = make(datasets)
    second = datasets.add_cases(
        first.dataset_id, [Case("new", {"reference": "高"}), Case("c0", {"text": "changed"})],
        actor="bo", source="history",
    )  # fmt: skip
    assert (second.number, second.rows, second.columns) == (2, 101, ("text", "month", "reference"))
    cases = {case.id: case for case in datasets.cases(second.id)}
    assert cases["new"].reference == "高"
    assert cases["c0"].fields == {"text": "changed"}
    assert len(datasets.cases(first.id)) == 100
    assert datasets.add_cases(first.dataset_id, [], actor="bo", source="x") == second


def test_removing_makes_a_version_too(datasets: Datasets) -> None:
    first = make(datasets)
    second = datasets.remove_cases(first.dataset_id, ["c0", "c1", "unknown"], actor="bo")
    assert second.rows == 98
    with pytest.raises(InvalidInput, match="no row"):
        datasets.remove_cases(first.dataset_id, [case.id for case in HUNDRED], actor="bo")


@pytest.mark.parametrize(
    ("reference", "number"), [("triage", 2), ("triage@1", 1), ("triage@2", 2), ("a@b", 1)]
)
def test_a_version_is_found_by_name_and_number(
    datasets: Datasets, reference: str, number: int
) -> None:
    make(datasets, name="a@b")
    first = make(datasets)
    datasets.add_cases(first.dataset_id, [Case("new")], actor="bo", source="x")
    assert datasets.find(reference).number == number


@pytest.mark.parametrize("reference", ["", "nothing", "triage@x"])
def test_what_is_not_there_is_said_with_what_is(datasets: Datasets, reference: str) -> None:
    make(datasets)
    with pytest.raises(NotFound, match="There are: triage"):
        datasets.find(reference)


def test_a_version_that_is_not_there_is_said_with_the_newest(datasets: Datasets) -> None:
    make(datasets)
    with pytest.raises(NotFound, match=r"triage has no version 9\. The newest is 1\."):
        datasets.find("triage@9")


# -- cases and the seal --


def test_pages_follow_the_order_of_the_rows(datasets: Datasets) -> None:
    version = make(datasets)
    page = datasets.page(version.id, CaseSlice(equals={"month": "1"}), offset=5, limit=3)
    assert ([case.id for case in page.cases], page.total) == (["c21", "c25", "c29"], 25)


def test_each_case_has_its_side_and_keeps_it_in_later_versions(datasets: Datasets) -> None:
    version = make(datasets, split=rule_of((0.5, 0.2, 0.3), seed=3))
    before = {case.id: case.split for case in datasets.cases(version.id)}
    counted = datasets.split_counts(version.id)
    assert sum(counted.values()) == 100
    assert all(count > 5 for count in counted.values())
    later = datasets.add_cases(
        version.dataset_id, [Case("n", {}, split="train")], actor="a", source="b"
    )
    after = {case.id: case.split for case in datasets.cases(later.id)}
    assert after == {**before, "n": "train"}
    assert len(datasets.cases(version.id, CaseSlice(split="test"))) == counted["test"]


def test_a_sealed_test_split_is_given_to_a_final_evaluation_only(datasets: Datasets) -> None:
    version = make(datasets, split=rule_of((0.4, 0.2, 0.4), seed=1))
    test = {case.id for case in datasets.cases(version.id, CaseSlice(split="test"))}
    datasets.seal(version.dataset_id, actor="ada")
    assert test.isdisjoint(case.id for case in datasets.cases(version.id))
    assert datasets.page(version.id).total == datasets.count(version.id) == 100 - len(test)
    with pytest.raises(NotAllowed, match="sealed"):
        datasets.cases(version.id, CaseSlice(split="test"))
    assert not datasets.uses(version.dataset_id)
    for _ in range(2):
        opened = datasets.cases(
            version.id, CaseSlice(split="test"), final=True, actor="bo", purpose="e1"
        )
        assert {case.id for case in opened} == test
    assert datasets.count(version.id, final=True) == 100
    (use,) = datasets.uses(version.dataset_id)
    assert (use.kind, use.subject_id, use.opened_test, use.created_by) == (
        "opening", "e1", True, "bo",
    )  # fmt: skip


def test_a_seal_holds_for_later_versions_and_cannot_be_broken(datasets: Datasets) -> None:
    version = make(datasets)
    with pytest.raises(InvalidInput, match="Divide"):
        datasets.seal(version.dataset_id, actor="ada")
    datasets.set_split(version.dataset_id, rule_of((0.4, 0.2, 0.4)), actor="ada")
    datasets.seal(version.dataset_id, actor="ada")
    datasets.seal(version.dataset_id, actor="ada")
    with pytest.raises(InvalidInput, match="sealed"):
        datasets.set_split(version.dataset_id, rule_of((1, 0, 0)), actor="ada")
    later = datasets.add_cases(version.dataset_id, [Case("new")], actor="a", source="b")
    with pytest.raises(NotAllowed):
        datasets.cases(later.id, CaseSlice(split="test"))
    assert later.rows == 101, "the sealed cases are still there"


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.2, 0), (0.3, 0.3, 0.3)])
def test_shares_must_add_up(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidInput, match="add up"):
        rule_of(shares)


# -- the end --


def test_deleted_rows_cannot_be_read(datasets: Datasets) -> None:
    version = make(datasets)
    datasets.delete(version.dataset_id, actor="ada")
    with pytest.raises(NotFound, match="triage were deleted"):
        datasets.cases(version.id)
    assert not datasets.list()


def test_what_was_to_be_kept_until_now_is_deleted(datasets: Datasets) -> None:
    now = datetime.now(UTC)
    old, new, kept = (make(datasets, name=name) for name in ("old", "new", "kept"))
    datasets.keep_until(old.dataset_id, now - timedelta(days=1), actor="ada")
    datasets.keep_until(new.dataset_id, now + timedelta(days=1), actor="ada")
    assert [one.name for one in datasets.delete_expired(now, actor="retention")] == ["old"]
    assert {line.dataset.id for line in datasets.list()} == {new.dataset_id, kept.dataset_id}


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_is_needed(datasets: Datasets, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        make(datasets, name=name)
