"""The datasets of the workbench: making versions of rows, handing out cases, keeping the seal."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.datasets.content import content_of, with_ids
from core.datasets.difference import DatasetDifference, difference
from core.datasets.export import EXPORTS, ExportFormat
from core.datasets.reading import Preview, ReadAs, read_file
from core.datasets.splits import counts, selected
from core.errors import InvalidInput, NotAllowed, NotFound
from core.records.datasets import (
    ALL_CASES,
    Case,
    CaseSlice,
    Dataset,
    DatasetLine,
    DatasetUse,
    DatasetVersion,
    Split,
    SplitRule,
)
from core.store import Store

if TYPE_CHECKING:
    from core.datasets.checks import Profile

OPENING = "opening"
"""Kind of the use that is recorded when a sealed test split is handed out."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some of the cases that a slice selects, and how many it selects in all."""

    cases: Sequence[Case]
    total: int


class Datasets:
    """What pages and evaluations do with datasets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # A version is made from the newest one; two at a time would lose each other's rows.
        self._making = threading.Lock()

    # -- reading files --

    def preview(self, data: bytes, name: str, how: ReadAs = ReadAs()) -> Preview:  # noqa: B008
        """How a file is understood, before anything is kept. Raises InvalidInput."""
        return read_file(data, name, how)

    # -- making versions --

    def create(
        self,
        name: str,
        cases: Sequence[Case],
        *,
        actor: str,
        source: str,
        message: str = "",
        columns: Sequence[str] = (),
        split: SplitRule | None = None,
    ) -> DatasetVersion:
        """A new dataset with these cases as version 1. InvalidInput for a taken name or bad id."""
        return self._store.datasets.create(
            checked_name(name),
            content_of(cases, columns),
            actor=actor,
            source=source,
            message=message,
            split=split,
        )

    def replace_cases(
        self,
        dataset_id: str,
        cases: Sequence[Case],
        *,
        actor: str,
        source: str,
        message: str = "",
        columns: Sequence[str] = (),
    ) -> DatasetVersion:
        """A version with exactly these cases; the one that has them already, if there is one."""
        return self._store.datasets.add_version(
            dataset_id, content_of(cases, columns), actor=actor, source=source, message=message
        )

    def add_cases(
        self, dataset_id: str, cases: Sequence[Case], *, actor: str, source: str, message: str = ""
    ) -> DatasetVersion:
        """A version with these cases after those of the newest one; same ids are replaced."""
        with self._making:
            newest = self.newest(dataset_id)
            merged = {case.id: case for case in self._all(newest)}
            merged |= {case.id: case for case in cases}
            return self.replace_cases(
                dataset_id,
                list(merged.values()),
                actor=actor,
                source=source,
                message=message,
                columns=newest.columns,
            )

    def add_by_hand(
        self, dataset_id: str, fields: Mapping[str, str], *, actor: str, message: str = ""
    ) -> DatasetVersion:
        """A version with one more case, its id made from its content."""
        return self.add_cases(
            dataset_id, with_ids([fields]), actor=actor, source="edit", message=message
        )

    def remove_cases(
        self, dataset_id: str, ids: Iterable[str], *, actor: str, message: str = ""
    ) -> DatasetVersion:
        """A version without these cases. The versions before keep them."""
        gone = set(ids)
        with self._making:
            newest = self.newest(dataset_id)
            kept = [case for case in self._all(newest) if case.id not in gone]
            return self.replace_cases(
                dataset_id, kept, actor=actor, source="edit", message=message,
                columns=newest.columns,
            )  # fmt: skip

    def _all(self, version: DatasetVersion) -> list[Case]:
        keys = self._store.datasets.keys(version, ALL_CASES)
        return list(self._store.datasets.at(version, [position for position, _ in keys]))

    # -- finding --

    def get(self, dataset_id: str) -> Dataset:
        """The dataset, also a deleted one. NotFound when there is none."""
        return self._store.datasets.get(dataset_id)

    def versions(self, dataset_id: str) -> Sequence[DatasetVersion]:
        """Every version, newest first."""
        return self._store.datasets.versions(dataset_id)

    def version(self, version_id: str) -> DatasetVersion:
        """The version. NotFound when there is none."""
        return self._store.datasets.version(version_id)

    def newest(self, dataset_id: str) -> DatasetVersion:
        """The newest version. NotFound when there is no such dataset."""
        versions = self.versions(dataset_id)
        if not versions:
            raise NotFound(
                "There is no dataset {id}. It may be in another database.", id=dataset_id
            )
        return versions[0]

    def find(self, reference: str) -> DatasetVersion:
        """The version named `name@3`, or the newest one of `name`. NotFound says what there is."""
        name, _, number = reference.rpartition("@")
        exact = self._store.datasets.named(reference)
        if exact is not None:
            return self.newest(exact.id)
        dataset = self._store.datasets.named(name) if number.isdecimal() else None
        if dataset is not None:
            versions = self.versions(dataset.id)
            for version in versions:
                if version.number == int(number):
                    return version
            raise NotFound("{name} has no version {number}. The newest is {newest}.", name=name,
                           number=number, newest=versions[0].number)  # fmt: skip
        raise NotFound(
            "There is no dataset {reference}. There are: {names}.",
            reference=reference,
            names=", ".join(line.dataset.name for line in self.list()[:20]) or "-",
        )

    # -- cases --

    def cases(
        self,
        version_id: str,
        which: CaseSlice = ALL_CASES,
        *,
        final: bool = False,
        actor: str = "",
        purpose: str = "",
    ) -> Sequence[Case]:
        """The cases that the slice selects, each with its side of the split.

        Those of a sealed test split are left out, and asking for that split alone is NotAllowed,
        unless `final`; then it is recorded that `actor` opened it for `purpose`, once for each.
        """
        version = self.version(version_id)
        chosen = self._chosen(version, which, final=final)
        sealed = version.split is not None and version.split.sealed
        if final and sealed and any(side == "test" for _, side in chosen):
            self._record_opening(version, actor, purpose)
        return self._with_sides(version, chosen)

    def page(
        self, version_id: str, which: CaseSlice = ALL_CASES, *, offset: int = 0, limit: int = 50
    ) -> CasePage:
        """Some of the cases to look at, without those of a sealed test split."""
        version = self.version(version_id)
        chosen = self._chosen(version, which, final=False)
        return CasePage(self._with_sides(version, chosen[offset : offset + limit]), len(chosen))

    def count(self, version_id: str, which: CaseSlice = ALL_CASES, *, final: bool = False) -> int:
        """How many cases `cases` would hand out; opens nothing."""
        return len(self._chosen(self.version(version_id), which, final=final))

    def split_counts(self, version_id: str) -> Mapping[Split, int]:
        """How many cases each side of the split has, the sealed one included."""
        version = self.version(version_id)
        keys = self._store.datasets.keys(version, ALL_CASES)
        chosen = selected(keys, version.split, ALL_CASES, open_test=True)
        return counts(side for _, side in chosen)

    def _chosen(
        self, version: DatasetVersion, which: CaseSlice, *, final: bool
    ) -> list[tuple[int, Split | None]]:
        self._refuse_deleted(version)
        sealed = version.split is not None and version.split.sealed
        if sealed and which.split == "test" and not final:
            raise NotAllowed(
                "The test split is sealed. It is opened by a final evaluation only, and that is "
                "recorded. Choose train or validation."
            )
        keys = self._store.datasets.keys(version, which)
        return selected(keys, version.split, which, open_test=final)

    def _with_sides(
        self, version: DatasetVersion, chosen: Sequence[tuple[int, Split | None]]
    ) -> Sequence[Case]:
        cases = self._store.datasets.at(version, [position for position, _ in chosen])
        return [replace(case, split=side) for case, (_, side) in zip(cases, chosen, strict=True)]

    def _refuse_deleted(self, version: DatasetVersion) -> None:
        dataset = self.get(version.dataset_id)
        if dataset.deleted_at is not None:
            raise NotFound(
                "The rows of dataset {name} were deleted and cannot be brought back.",
                name=dataset.name,
            )

    # -- looking --

    def profile(self, version_id: str) -> Profile:
        """What is in the version; the cases of a sealed test split are not looked at."""
        # numpy takes a while to import, and only this needs it.
        from core.datasets.checks import profile

        return profile(self.cases(version_id), self.version(version_id).columns)

    def difference(self, before_id: str, after_id: str) -> DatasetDifference:
        """What changed between two versions, without the cases of a sealed test split."""
        return difference(self.cases(before_id), self.cases(after_id))

    def export(self, version_id: str, format: ExportFormat, which: CaseSlice = ALL_CASES) -> bytes:
        """The cases as a file, without those of a sealed test split."""
        return EXPORTS[format](self.cases(version_id, which), self.version(version_id).columns)

    # -- splits, slices, lineage --

    def set_split(self, dataset_id: str, rule: SplitRule, *, actor: str) -> None:
        """Divide every version by this rule. InvalidInput when the split is sealed already."""
        self._store.datasets.set_split(self.get(dataset_id).id, rule, actor=actor)

    def seal(self, dataset_id: str, *, actor: str) -> None:
        """Seal the test split for good. InvalidInput when there is no split to seal."""
        rule = self.newest(dataset_id).split
        if rule is None:
            raise InvalidInput("Divide the dataset first; then its test split can be sealed.")
        if not rule.sealed:
            self.set_split(dataset_id, replace(rule, sealed=True), actor=actor)

    def save_slice(self, dataset_id: str, which: CaseSlice, *, actor: str) -> None:
        """Keep a slice under its name. InvalidInput when it has none."""
        self._store.datasets.save_slice(
            dataset_id, replace(which, name=checked_name(which.name)), actor=actor
        )

    def delete_slice(self, dataset_id: str, name: str, *, actor: str) -> None:
        """Forget a saved slice."""
        self._store.datasets.delete_slice(dataset_id, name, actor=actor)

    def slices(self, dataset_id: str) -> Sequence[CaseSlice]:
        """The saved slices by name."""
        return self._store.datasets.slices(dataset_id)

    def record_use(
        self, version_id: str, kind: str, subject_id: str, title: str, *, actor: str
    ) -> None:
        """Keep that a record, for example an evaluation, is made from this version."""
        self._store.datasets.record_use(
            self.version(version_id), kind, subject_id, title=title, actor=actor
        )

    def uses(self, dataset_id: str) -> Sequence[DatasetUse]:
        """What was made from any version, and who opened the sealed test split; newest first."""
        return self._store.datasets.uses(dataset_id)

    def _record_opening(self, version: DatasetVersion, actor: str, purpose: str) -> None:
        # A job that goes on after a pause reads its cases again: that is the same opening.
        for use in self.uses(version.dataset_id):
            if (use.kind, use.version_id, use.subject_id) == (OPENING, version.id, purpose):
                return
        self._store.datasets.record_use(version, OPENING, purpose, opened_test=True, actor=actor)

    # -- names and the end --

    def rename(self, dataset_id: str, name: str, *, actor: str) -> None:
        """Give it another name. InvalidInput when the name is taken."""
        self._store.datasets.rename(dataset_id, checked_name(name), actor=actor)

    def keep_until(self, dataset_id: str, until: datetime | None, *, actor: str) -> None:
        """Delete it by itself at that time; None keeps it."""
        self._store.datasets.keep(dataset_id, until, actor=actor)

    def delete(self, dataset_id: str, *, actor: str) -> None:
        """Remove the rows of every version for good. Evaluations keep the scores they made."""
        self._store.datasets.delete(dataset_id, actor=actor)

    def delete_expired(self, now: datetime, *, actor: str) -> Sequence[Dataset]:
        """Delete what was to be kept until a time that has passed."""
        due = [
            line.dataset
            for line in self.list()
            if line.dataset.keep_until is not None and line.dataset.keep_until <= now
        ]
        for dataset in due:
            self.delete(dataset.id, actor=actor)
        return due

    def list(self) -> Sequence[DatasetLine]:
        """Datasets that are not deleted, the last changed first."""
        return self._store.datasets.list()


def checked_name(name: str) -> str:
    """The name without white space around it. InvalidInput when nothing is left of it."""
    stripped = name.strip()
    if not stripped or len(stripped) > 100:
        raise InvalidInput("Give it a name of 1 to 100 characters.")
    return stripped
