"""What is said about a dataset: how it is split, its saved slices, who used it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.errors import InvalidInput
from core.records.datasets import CaseSlice, DatasetUse, DatasetVersion, SplitRule
from core.store.database import to_aware
from core.store.handle import Handle, refuse_bad_id
from core.store.writer import Cursor


class DatasetNotes:
    """Appended rows; the newest one of a kind holds."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    # -- split --

    def set_split(self, dataset_id: str, rule: SplitRule, *, actor: str) -> None:
        """Divide every version by this rule. InvalidInput when the split is sealed already."""

        def work(cursor: Cursor) -> None:
            sealed = cursor.execute(
                "select arg_max(sealed, id) from dataset_splits where dataset_id = ?", [dataset_id]
            ).fetchone()
            if sealed and sealed[0]:
                raise InvalidInput(
                    "The test split is sealed, so the split cannot be changed: cases that were "
                    "seen would become test cases. Import the rows as a new dataset."
                )
            self._write_split(cursor, dataset_id, rule, actor)

        self._handle.write(work)

    def _write_split(self, cursor: Cursor, dataset_id: str, rule: SplitRule, actor: str) -> None:
        cursor.execute(
            "insert into dataset_splits values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), dataset_id, rule.seed, *rule.shares, rule.sealed,
             self._handle.now(), actor],
        )  # fmt: skip

    # -- slices --

    def save_slice(self, dataset_id: str, which: CaseSlice, *, actor: str) -> None:
        """Keep it under its name, in place of the one before."""
        body = {"equals": dict(which.equals), "search": which.search, "split": which.split}
        self._write_slice(dataset_id, which.name, json.dumps(body, ensure_ascii=False), actor)

    def delete_slice(self, dataset_id: str, name: str, *, actor: str) -> None:
        """Forget the slice of that name."""
        self._write_slice(dataset_id, name, None, actor)

    def _write_slice(self, dataset_id: str, name: str, body: str | None, actor: str) -> None:
        refuse_bad_id(dataset_id)
        self._handle.execute(
            "insert into dataset_slices values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), dataset_id, name, body, self._handle.now(), actor],
        )

    def slices(self, dataset_id: str) -> Sequence[CaseSlice]:
        """The saved slices by name."""
        rows = self._handle.rows(
            """
            select name, body from (
                select name, arg_max_null(body, id) as body from dataset_slices
                where dataset_id = try_cast(? as uuid) group by name
            ) where body is not null order by name
            """,
            [dataset_id],
        )
        return [CaseSlice(name=name, **json.loads(body)) for name, body in rows]

    # -- uses --

    def record_use(
        self,
        version: DatasetVersion,
        kind: str,
        subject_id: str,
        *,
        actor: str,
        title: str = "",
        opened_test: bool = False,
    ) -> None:
        """Keep that something read a version."""
        self._handle.execute(
            "insert into dataset_uses values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), version.dataset_id, version.id, kind, subject_id, title,
             opened_test, self._handle.now(), actor],
        )  # fmt: skip

    def uses(self, dataset_id: str) -> Sequence[DatasetUse]:
        """What read any version of it, newest first."""
        rows = self._handle.rows(
            "select version_id, kind, subject_id, title, opened_test, created_at, created_by "
            "from dataset_uses where dataset_id = try_cast(? as uuid) order by id desc",
            [dataset_id],
        )
        return [
            DatasetUse(str(version_id), kind, subject_id, title, opened, to_aware(at), by)
            for version_id, kind, subject_id, title, opened, at, by in rows
        ]
