"""The DuckDB file: opened once, locked down, one cursor per thread."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from core.errors import (
    InvalidInput,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreTooNew,
    WorkbenchError,
)

MEMORY = ":memory:"
NO_EXTENSIONS: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""Given with the opening itself: a file of SQLite would make DuckDB ask the network there."""

LONGEST_LOG = 32 * 2**20
"""Bytes of write-ahead log that are folded into the file; opening again replays at most so many."""
LOST = (duckdb.FatalException, duckdb.ConnectionException)
"""DuckDB gave the database up, or another thread is opening it again because of that."""

ROOM = 8 * 2**20
_UNSTORABLE = re.compile("[\ud800-\udfff]")


class Database:
    """One connection to one file. Statements run on the calling thread's own cursor."""

    def __init__(self, path: Path | None, *, memory_limit: str = "1GB") -> None:
        """Open `path`, or a database in memory for None. Raises StoreError."""
        self.path = path.absolute() if path else None
        self._log = self.path.with_name(self.path.name + ".wal") if self.path else None
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._own = _Own()
        self._opening = 0
        self._closed = False
        self._connection = self._open()

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(
                str(self.path) if self.path else MEMORY, config=NO_EXTENSIONS
            )
        except (duckdb.Error, OSError) as error:
            raise opening_error(error, self.path) from error
        try:
            self._lock_down(connection)
        except duckdb.InvalidInputException as error:
            # DuckDB gave us the database that this very process has open, settings locked.
            connection.close()
            raise locked(self.path) from error
        return connection

    def _lock_down(self, connection: duckdb.DuckDBPyConnection) -> None:
        """SQL can read no other file, load no extension and change none of this."""
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = ?", [self._memory_limit])
        # When a checkpoint fails inside a commit, nobody knows whether that was committed; so
        # they are made between commits, by `checkpoint_if_due`.
        connection.execute("set checkpoint_threshold = '1TB'")
        if self.path is not None:
            connection.execute("set allowed_directories = ?", [[str(self.path.parent)]])
            connection.execute("set temp_directory = ?", [str(self.path.parent / "spill")])
            connection.execute("set max_temp_directory_size = '2GB'")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The calling thread's cursor."""
        own = self._own
        if own.cursor is None or own.opening != self._opening:
            with self._lock:
                own.opening = self._opening
                own.appenders = {}
                own.cursor = self._connection.cursor()
        return own.cursor

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises StoreError, or InvalidInput for text that is none."""
        return self._fetched(sql, values, lambda cursor: cursor.fetchall())

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def columns(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The columns of a query as numpy arrays: the way for millions of rows.

        A column with a null would come as a masked array; let the query put a value in its place.
        """
        return self._fetched(sql, values, lambda cursor: list(cursor.fetchnumpy().values()))

    def _fetched(
        self,
        sql: str,
        values: Sequence[Any],
        fetch: Callable[[duckdb.DuckDBPyConnection], list[Any]],
    ) -> list[Any]:
        try:
            try:
                return fetch(self.cursor().execute(sql, list(values)))
            except LOST as error:
                self.reopen(error)
                return fetch(self.cursor().execute(sql, list(values)))
        except duckdb.Error as error:
            raise store_error(error) from error

    def append(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert whole rows by position, as one statement: the cheapest way for few and many.

        Runs on the calling thread's cursor, so within its transaction if one is open. Raises
        duckdb.Error and leaves the transaction to the caller.
        """
        cursor = self.cursor()
        appender = self._own.appenders.get(table)
        if appender is None:
            appender = self._own.appenders[table] = cursor.appender(table)
        try:
            appender.append_rows(rows)
            appender.flush()
        except duckdb.Error:
            # It would send the rows that it took with the next ones.
            appender.clear()
            raise

    def reopen(self, cause: duckdb.Error) -> None:
        """Open the file again after a fatal error. Raises StoreError when that fails.

        When the disk fills up while DuckDB folds its log into the file, it gives the database
        up until it is opened anew; what was committed is in the log.
        """
        failed = self._own.opening
        with self._lock:
            if self._opening != failed:
                return
            if self.path is None or self._closed:
                raise store_error(cause) from cause
            self._connection.close()
            self._connection = self._open()
            self._opening += 1

    def checkpoint_if_due(self) -> None:
        """Fold the log into the file when it is long and the disk has room for it."""
        length = self._log_length()
        if length > LONGEST_LOG and room_for(self.path, length):
            self.checkpoint()

    def checkpoint(self) -> bool:
        """Fold the log into the file; False when it stays as it is for now."""
        try:
            self.cursor().execute("checkpoint")
        except duckdb.FatalException as error:
            self.reopen(error)
            return False
        except duckdb.Error:
            # Somebody reads or writes right now. The log stays, and the next time comes.
            return False
        return True

    def _log_length(self) -> int:
        if self._log is None:
            return 0
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        """Fold the log into the file if there is room, close it; every cursor is dead after."""
        if room_for(self.path, self._log_length()):
            self.checkpoint()
        self._closed = True
        self._connection.close()


class _Own(threading.local):
    """What each thread has for itself."""

    def __init__(self) -> None:
        self.cursor: duckdb.DuckDBPyConnection | None = None
        self.opening = 0
        self.appenders: dict[str, Any] = {}


def locked(path: Path | None) -> StoreLocked:
    """Somebody else has the file."""
    return StoreLocked(
        "{path} is in use by another process. Close the other Prompt Workbench, or set "
        "WORKBENCH_DB to another file.",
        path=path,
    )


def opening_error(error: duckdb.Error | OSError, path: Path | None) -> StoreError:
    """Say in plain words why a file cannot be opened."""
    text = str(error)
    if "set lock on file" in text or "already open" in text:
        return locked(path)
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


def store_error(error: duckdb.Error) -> WorkbenchError:
    """The same for a statement on an open file."""
    text = str(error)
    if "cannot encode str as UTF-8" in text:
        return InvalidInput(
            "The text holds half of a character (a lone surrogate) and cannot be stored. Delete "
            "what stands at the broken place and type it again."
        )
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


def room_for(path: Path | None, log: int) -> bool:
    """Whether a checkpoint of so long a log will find room; a failed one closes the database."""
    return path is None or shutil.disk_usage(path.parent).free > 2 * log + ROOM


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
    try:
        text.encode()
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("\ufffd", text)
    return text
