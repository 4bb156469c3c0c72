"""The DuckDB file: opened once, locked down, one cursor per thread."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from core.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreTooNew

MEMORY = ":memory:"
_UNSTORABLE = re.compile("[\ud800-\udfff]")


class Database:
    """One connection to one file. Reads run on the calling thread's own cursor."""

    def __init__(self, path: Path | None, *, memory_limit: str = "1GB") -> None:
        """Open `path`, or a database in memory for None. Raises StoreError."""
        self.path = path
        try:
            self._connection = duckdb.connect(str(path) if path else MEMORY)
        except duckdb.Error as error:
            raise opening_error(error, path) from error
        self._local = threading.local()
        self._lock_down(memory_limit)

    def _lock_down(self, memory_limit: str) -> None:
        """SQL can read no other file, load no extension and change none of this."""
        cursor = self._connection
        cursor.execute("set autoinstall_known_extensions = false")
        cursor.execute("set autoload_known_extensions = false")
        cursor.execute("set memory_limit = ?", [memory_limit])
        if self.path is not None:
            cursor.execute("set allowed_directories = ?", [[str(self.path.parent)]])
            cursor.execute("set temp_directory = ?", [str(self.path.parent / "spill")])
            cursor.execute("set max_temp_directory_size = '2GB'")
        cursor.execute("set enable_external_access = false")
        cursor.execute("set lock_configuration = true")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The calling thread's cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises StoreError."""
        try:
            return self.cursor().execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            raise store_error(error) from error

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def checkpoint(self) -> None:
        """Fold the log into the file, as far as running readers allow."""
        try:
            self.cursor().execute("checkpoint")
        except duckdb.TransactionException:
            # Somebody reads right now; DuckDB folds the log in by itself later.
            return

    def close(self) -> None:
        """Close the file; every cursor is dead after this."""
        self._connection.close()


def opening_error(error: duckdb.Error, path: Path | None) -> StoreError:
    """Say in plain words why a file cannot be opened."""
    text = str(error)
    if "lock" in text.lower():
        return StoreLocked(
            "{path} is in use by another process. Close the other Prompt Workbench, or set "
            "WORKBENCH_DB to another file.",
            path=path,
        )
    if "newer" in text.lower() or "version number" in text:
        return StoreTooNew(
            "{path} was written by a newer release. Update Prompt Workbench, or set "
            "WORKBENCH_DB to another file.",
            path=path,
        )
    if "permission" in text.lower() or "read-only" in text.lower():
        return StoreError(
            "{path} cannot be written: permission denied. Give yourself write permission on the "
            "file and its folder.",
            path=path,
        )
    if is_disk_full(text):
        return StoreFull("There is no room left on the disk of {path}. Free some space.", path=path)
    return StoreDamaged(
        "{path} cannot be read as a workbench database ({problem}). Move it and its .wal file "
        "aside, put the newest backup from the folder backups in its place, and start again.",
        path=path,
        problem=text.splitlines()[0][:200],
    )


def store_error(error: duckdb.Error) -> StoreError:
    """The same for a statement on an open file."""
    text = str(error)
    if is_disk_full(text):
        return StoreFull(
            "There is no room left on the disk; nothing was written. Free some space and repeat."
        )
    return StoreError(
        "The database refused ({problem}). Repeat; if it stays, run `python -m core doctor`.",
        problem=text.splitlines()[0][:300],
    )


def is_disk_full(text: str) -> bool:
    """Whether DuckDB's message tells of a full disk or an exceeded quota."""
    return any(
        part in text
        for part in ("No space left", "Disk quota", "File too large", "max_temp_directory_size")
    )


def to_naive(moment: datetime) -> datetime:
    """Aware to naive UTC, the only form that is stored.

    DuckDB turns an aware datetime into the session's local time on its way into a TIMESTAMP
    column, without a word.
    """
    return moment.astimezone(UTC).replace(tzinfo=None)


def to_aware(moment: datetime) -> datetime:
    """What `to_naive` stored."""
    return moment.replace(tzinfo=UTC)


def storable(text: str) -> str:
    """Model output with lone surrogates replaced: UTF-8 has no form for them."""
    if text.isascii():
        return text
    return _UNSTORABLE.sub("\ufffd", text)
