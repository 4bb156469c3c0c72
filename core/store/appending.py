"""Rows that are only ever added: those that many callers hand in together are one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.store.database import Database
from core.store.writer import Cursor


class Appending:
    """A bulk write of whole rows into one table. An item is a list of rows."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def is_one_statement(self, items: Sequence[Any]) -> bool:
        """Always: all rows are appended at once."""
        return True

    def apply(self, cursor: Cursor, items: Sequence[Any]) -> Sequence[Any]:
        """Append the rows of all items."""
        self._database.append(self._table, [row for rows in items for row in rows])
        return [None] * len(items)

    def settled(self, committed: bool) -> None:
        """Nothing was counted."""
