"""Memos: append-only revisions; the newest one is the memo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.records.memos import Memo, SubjectKind
from core.store.database import to_aware
from core.store.handle import Handle, refuse_bad_id, searchable

_COLUMNS = "id, subject_kind, subject_id, body, created_at, created_by"


class Memos:
    """Notes on prompts, versions, runs and comparisons."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def write(self, kind: SubjectKind, subject_id: str, text: str, *, actor: str) -> Memo:
        """Make `text` the memo; an empty text takes it off. The text before is kept."""
        refuse_bad_id(subject_id)
        memo_id, now = self._handle.new_id(), self._handle.now()
        self._handle.execute(
            "insert into memos values (?, ?, ?, ?, ?, ?, ?)",
            [memo_id, kind, subject_id, text, searchable(text), now, actor],
        )
        return Memo(memo_id, kind, subject_id, text, to_aware(now), actor)

    def current(self, kind: SubjectKind, subject_id: str) -> Memo | None:
        """The newest revision, also when its text is empty; None when there never was one."""
        found = self.history(kind, subject_id)
        return found[0] if found else None

    def history(self, kind: SubjectKind, subject_id: str) -> Sequence[Memo]:
        """Every revision, newest first."""
        rows = self._handle.rows(
            f"select {_COLUMNS} from memos where subject_kind = ? "
            "and subject_id = try_cast(? as uuid) order by id desc",
            [kind, subject_id],
        )
        return [_memo(row) for row in rows]

    def search(self, text: str, limit: int = 50) -> Sequence[Memo]:
        """Memos as they are now that contain the text, newest first."""
        rows = self._handle.rows(
            f"""
            select {_COLUMNS} from memos
            where contains(search, ?) and id in (
                select max(id) from memos group by subject_kind, subject_id
            )
            order by id desc limit ?
            """,
            [searchable(text), limit],
        )
        return [_memo(row) for row in rows]


def _memo(row: tuple[Any, ...]) -> Memo:
    id_, kind, subject_id, body, created_at, created_by = row
    return Memo(str(id_), kind, str(subject_id), body, to_aware(created_at), created_by)
