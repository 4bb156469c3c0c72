"""Datasets: names, immutable versions and their cases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from core.errors import InvalidInput, NotFound
from core.records.datasets import (
    Case,
    CaseSlice,
    Content,
    Dataset,
    DatasetLine,
    DatasetVersion,
    SplitRule,
)
from core.store.database import to_aware, to_naive
from core.store.dataset_notes import DatasetNotes
from core.store.erasure import bare, delete_and_rewrite, overwrite_free_blocks, padded
from core.store.handle import Handle, searchable
from core.store.writer import Cursor

_CURRENT = """
    select d.id, coalesce(c.name, d.name) as name, d.created_at, d.created_by,
           case when c.deleted then c.deleted_at end as deleted_at, c.retention
    from datasets d
    left join (
        select dataset_id,
               arg_max(name, id) as name,
               arg_max(deleted, id) as deleted,
               arg_max(created_at, id) filter (where deleted is not null) as deleted_at,
               arg_max(retention, id) as retention
        from dataset_changes group by dataset_id
    ) c on c.dataset_id = d.id
"""
_VERSIONS = """
    select v.id, v.dataset_id, v.number, v.sha256, v.columns, v.cases, v.source, v.message,
           v.created_at, v.created_by, s.rule
    from dataset_versions v
    left join (
        select dataset_id,
               arg_max({'seed': seed, 'train': train, 'validation': validation, 'test': test,
                        'sealed': sealed}, id) as rule
        from dataset_splits group by dataset_id
    ) s on s.dataset_id = v.dataset_id
"""
FOREVER = "forever"
_AT_ONCE = 5_000
"""Cases per read when a whole version is read."""


class StoredDatasets(DatasetNotes):
    """What `core.datasets` needs kept. A deleted dataset keeps its name, never its rows."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self._handle = handle

    # -- writing --

    def create(
        self,
        name: str,
        content: Content,
        *,
        actor: str,
        source: str,
        message: str = "",
        split: SplitRule | None = None,
    ) -> DatasetVersion:
        """Make a dataset with its version 1. InvalidInput when the name is taken."""
        dataset_id, now = self._handle.new_id(), self._handle.now()

        def work(cursor: Cursor) -> str:
            _refuse_taken(cursor, name, dataset_id)
            cursor.execute(
                "insert into datasets values (?, ?, ?, ?)", [dataset_id, name, now, actor]
            )
            if split is not None:
                self._write_split(cursor, dataset_id, split, actor)
            return self._insert(cursor, dataset_id, content, source, message, actor)

        return self.version(self._handle.write(work))

    def add_version(
        self, dataset_id: str, content: Content, *, actor: str, source: str, message: str = ""
    ) -> DatasetVersion:
        """Number it after the newest; the version that has the same content, if there is one."""
        if self.get(dataset_id).deleted_at is not None:
            raise InvalidInput("The dataset was deleted. Import the rows as a new dataset.")

        def work(cursor: Cursor) -> str:
            same = cursor.execute(
                "select id from dataset_versions where dataset_id = ? and sha256 = ?",
                [dataset_id, content.sha256],
            ).fetchone()
            if same:
                return str(same[0])
            return self._insert(cursor, dataset_id, content, source, message, actor)

        return self.version(self._handle.write(work))

    def _insert(
        self,
        cursor: Cursor,
        dataset_id: str,
        content: Content,
        source: str,
        message: str,
        actor: str,
    ) -> str:
        version_id = self._handle.new_id()
        cursor.execute(
            """
            insert into dataset_versions
            select ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?
            from dataset_versions where dataset_id = ?
            """,
            [version_id, dataset_id, content.sha256,
             json.dumps(content.columns, ensure_ascii=False), len(content.cases), source, message,
             self._handle.now(), actor, dataset_id],
        )  # fmt: skip
        columns = content.columns
        self._handle.database.append(
            "dataset_cases",
            [
                (
                    version_id,
                    position,
                    padded(case.id),
                    case.split,
                    [padded(case.fields[c]) if c in case.fields else None for c in columns],
                    padded(searchable("\n".join((case.id, *case.fields.values())))),
                )
                for position, case in enumerate(content.cases)
            ],
        )
        return version_id

    def rename(self, dataset_id: str, name: str, *, actor: str) -> None:
        """Give it another name. InvalidInput when the name is taken."""
        self.get(dataset_id)

        def work(cursor: Cursor) -> None:
            _refuse_taken(cursor, name, dataset_id)
            self._change(cursor, actor, dataset_id, name=name)

        self._handle.write(work)

    def keep(self, dataset_id: str, until: datetime | None, *, actor: str) -> None:
        """Let it be deleted when that time comes; None keeps it until somebody deletes it."""
        self.get(dataset_id)
        text = FOREVER if until is None else to_naive(until).isoformat()
        self._handle.write(lambda c: self._change(c, actor, dataset_id, retention=text))

    def delete(self, dataset_id: str, *, actor: str) -> None:
        """Remove the cases and slices of every version from the file, for good."""
        self.get(dataset_id)

        def work(cursor: Cursor) -> None:
            self._change(cursor, actor, dataset_id, deleted=True)
            delete_and_rewrite(
                cursor,
                "dataset_cases",
                "version_id in (select id from dataset_versions where dataset_id = ?)",
                [dataset_id],
            )
            delete_and_rewrite(cursor, "dataset_slices", "dataset_id = ?", [dataset_id])

        self._handle.write(work)
        overwrite_free_blocks(self._handle)

    def _change(
        self,
        cursor: Cursor,
        actor: str,
        dataset_id: str,
        *,
        name: str | None = None,
        deleted: bool | None = None,
        retention: str | None = None,
    ) -> None:
        now = self._handle.now()
        cursor.execute(
            "insert into dataset_changes values (?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), dataset_id, name, deleted, retention, now, actor],
        )

    # -- datasets and versions --

    def get(self, dataset_id: str) -> Dataset:
        """The dataset, also a deleted one. NotFound when there is none."""
        row = self._handle.row(f"{_CURRENT} where d.id = try_cast(? as uuid)", [dataset_id])
        if row is None:
            raise NotFound(
                "There is no dataset {id}. It may be in another database.", id=dataset_id
            )
        return _dataset(row)

    def named(self, name: str) -> Dataset | None:
        """The dataset of that name that is not deleted."""
        row = self._handle.row(
            f"select * from ({_CURRENT}) where name = ? and deleted_at is null", [name]
        )
        return _dataset(row) if row else None

    def versions(self, dataset_id: str) -> Sequence[DatasetVersion]:
        """Every version, newest first."""
        rows = self._handle.rows(
            f"{_VERSIONS} where v.dataset_id = try_cast(? as uuid) order by number desc",
            [dataset_id],
        )
        return [_version(row) for row in rows]

    def version(self, version_id: str) -> DatasetVersion:
        """The version, also of a deleted dataset. NotFound when there is none."""
        row = self._handle.row(f"{_VERSIONS} where v.id = try_cast(? as uuid)", [version_id])
        if row is None:
            raise NotFound(
                "There is no dataset version {id}. It may be in another database.", id=version_id
            )
        return _version(row)

    # -- cases --

    def keys(self, version: DatasetVersion, which: CaseSlice) -> Sequence[tuple[int, Case]]:
        """Position and case, without its fields, of what the slice selects; splits apart."""
        wheres = ["version_id = ?"]
        values: list[Any] = [version.id]
        for column, value in which.equals.items():
            if column not in version.columns:
                return []
            wheres.append("cells[?] = ?")
            values += [version.columns.index(column) + 1, padded(value)]
        if which.search:
            wheres.append("contains(search, ?)")
            values.append(searchable(which.search))
        rows = self._handle.rows(
            "select position, case_id, split from dataset_cases "
            f"where {' and '.join(wheres)} order by position",
            values,
        )
        return [(position, Case(bare(id_), split=split)) for position, id_, split in rows]

    def at(self, version: DatasetVersion, positions: Sequence[int]) -> Iterator[Case]:
        """The cases at these places, in the order of the version."""
        for start in range(0, len(positions), _AT_ONCE):
            rows = self._handle.rows(
                "select case_id, split, cells from dataset_cases where version_id = ? "
                "and position in (select unnest(?::integer[])) order by position",
                [version.id, list(positions[start : start + _AT_ONCE])],
            )
            for id_, split, cells in rows:
                yield Case(
                    bare(id_),
                    {
                        column: bare(cell)
                        for column, cell in zip(version.columns, cells, strict=True)
                        if cell is not None
                    },
                    split,
                )

    def list(self) -> Sequence[DatasetLine]:
        """Datasets that are not deleted, the one with the newest version first."""
        versions: dict[str, list[DatasetVersion]] = {}
        for row in self._handle.rows(f"{_VERSIONS} order by v.id desc"):
            versions.setdefault(str(row[1]), []).append(_version(row))
        datasets = {
            str(row[0]): _dataset(row)
            for row in self._handle.rows(f"select * from ({_CURRENT}) where deleted_at is null")
        }
        return [
            DatasetLine(datasets[dataset_id], mine[0], len(mine))
            for dataset_id, mine in versions.items()
            if dataset_id in datasets
        ]


def _refuse_taken(cursor: Cursor, name: str, dataset_id: str) -> None:
    taken = cursor.execute(
        f"select 1 from ({_CURRENT}) where name = ? and deleted_at is null and id <> ?",
        [name, dataset_id],
    ).fetchone()
    if taken:
        raise InvalidInput(
            "There is already a dataset named {name}. Choose another name.", name=name
        )


def _dataset(row: tuple[Any, ...]) -> Dataset:
    id_, name, at, by, deleted_at, retention = row
    until = None if retention in (None, FOREVER) else datetime.fromisoformat(retention)
    return Dataset(
        str(id_), name, to_aware(at), by,
        to_aware(deleted_at) if deleted_at else None,
        to_aware(until) if until else None,
    )  # fmt: skip


def _version(row: tuple[Any, ...]) -> DatasetVersion:
    id_, dataset_id, number, sha256, columns, cases, source, message, at, by, rule = row
    split = None
    if rule is not None:
        shares = (rule["train"], rule["validation"], rule["test"])
        split = SplitRule(rule["seed"], shares, rule["sealed"])
    return DatasetVersion(
        str(id_), str(dataset_id), number, sha256, tuple(json.loads(columns)), cases,
        source, message, to_aware(at), by, split,
    )  # fmt: skip
