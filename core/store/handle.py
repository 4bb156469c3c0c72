"""What every noun of the store holds: the database, the writer, the clock and the ids."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from core.errors import InvalidInput
from core.records.identity import Identities
from core.store.database import Database, to_naive
from core.store.writer import Cursor, Writer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Handle:
    """Shared by the nouns of one store."""

    database: Database
    writer: Writer
    clock: Callable[[], datetime]
    ids: Identities

    def new_id(self) -> str:
        """A fresh, time-ordered id."""
        return self.ids.new()

    def now(self) -> datetime:
        """The time to store: naive UTC."""
        return to_naive(self.clock())

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.database.rows(sql, values)

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        return self.database.row(sql, values)

    def write(self, work: Callable[[Cursor], T]) -> T:
        """Run `work` in the writer's transaction and wait for the commit."""
        return self.writer.run(work)

    def execute(self, sql: str, values: Sequence[Any]) -> None:
        """One statement, committed on return."""

        def work(cursor: Cursor) -> None:
            cursor.execute(sql, list(values))

        self.writer.run(work)


def searchable(text: str) -> str:
    """How text is stored for searching, and how a search is made to match it."""
    return unicodedata.normalize("NFKC", text).casefold()


def refuse_bad_id(text: str | None) -> None:
    """InvalidInput unless it is a UUID or None: a column of ids takes nothing else."""
    if text is not None:
        try:
            UUID(text)
        except ValueError:
            raise InvalidInput("{id} is not an id. Take it from the list.", id=text) from None
