"""The audit log: who did what, when. Append-only, each entry chained to the one before it.

An entry's hash is over its content and the hash before it, so that a row that was changed or
taken out of the file is noticed by `broken`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from core.records.review import AuditEntry
from core.store.database import storable, to_aware
from core.store.handle import Handle
from core.store.writer import Cursor

_AT_ONCE = 1_000
_COLUMNS = "number, created_at, who, action, subject, detail, allowed, sha256"


class Audit:
    """Entries by number, from 1."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def add(
        self, who: str, action: str, subject: str = "", detail: str = "", *, allowed: bool = True
    ) -> Future[None]:
        """Append an entry; the future is resolved once it is committed."""
        now = self._handle.now()
        said = [storable(text) for text in (who, action, subject, detail)]

        def work(cursor: Cursor) -> None:
            # On the writer's thread, so that no two entries follow the same one.
            last = cursor.execute(
                "select number, sha256 from audit order by number desc limit 1"
            ).fetchone()
            number, before = last or (0, "")
            values = [number + 1, now, *said, allowed]
            cursor.execute(
                "insert into audit values (?, ?, ?, ?, ?, ?, ?, ?)",
                [*values, _hash(before, values)],
            )

        return self._handle.writer.submit(work)

    def page(self, limit: int = 100, before: int | None = None) -> Sequence[AuditEntry]:
        """Newest first; `before` is a number to go on from."""
        rows = self._handle.rows(
            f"select {_COLUMNS} from audit where number < coalesce(?, 9223372036854775807) "
            "order by number desc limit ?",
            [before, limit],
        )
        return [_entry(row) for row in rows]

    def iterate(self) -> Iterator[AuditEntry]:
        """All of them, oldest first."""
        done = 0
        while rows := self._handle.rows(
            f"select {_COLUMNS} from audit where number > ? order by number limit ?",
            [done, _AT_ONCE],
        ):
            yield from map(_entry, rows)
            done = rows[-1][0]

    def broken(self) -> int | None:
        """The number of the first entry that is not as it was written, or None."""
        before, expected = "", 1
        for one in self.iterate():
            at = one.at.replace(tzinfo=None)
            values = [one.number, at, one.who, one.action, one.subject, one.detail, one.allowed]
            if one.number != expected or one.sha256 != _hash(before, values):
                return expected
            before, expected = one.sha256, expected + 1
        return None


def _hash(before: str, values: Sequence[Any]) -> str:
    said = [one.isoformat() if isinstance(one, datetime) else one for one in values]
    text = json.dumps([before, *said], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    number, at, *rest = row
    return AuditEntry(number, to_aware(at), *rest)
