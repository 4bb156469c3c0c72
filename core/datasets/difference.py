"""What changed between two versions, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.records.datasets import Case


class FieldChange(NamedTuple):
    """A column of a case; None is a text that is not there."""

    column: str
    before: str | None
    after: str | None


class CaseChange(NamedTuple):
    """A case that both versions have, with what differs."""

    id: str
    fields: Sequence[FieldChange]


class DatasetDifference(NamedTuple):
    """Cases matched by id; the order of rows says nothing."""

    added: Sequence[Case]
    removed: Sequence[Case]
    changed: Sequence[CaseChange]
    unchanged: int


def difference(before: Sequence[Case], after: Sequence[Case]) -> DatasetDifference:
    """What one would do to the first to get the second."""
    old = {case.id: case for case in before}
    new = {case.id: case for case in after}
    changed = [
        CaseChange(case.id, fields)
        for case in after
        if case.id in old and (fields := _fields(old[case.id], case))
    ]
    return DatasetDifference(
        [case for case in after if case.id not in old],
        [case for case in before if case.id not in new],
        changed,
        sum(case.id in old for case in after) - len(changed),
    )


def _fields(before: Case, after: Case) -> list[FieldChange]:
    columns = dict.fromkeys((*before.fields, *after.fields))
    changes = [
        FieldChange(column, before.fields.get(column), after.fields.get(column))
        for column in columns
        if before.fields.get(column) != after.fields.get(column)
    ]
    if before.split != after.split:
        changes.append(FieldChange("split", before.split, after.split))
    return changes
