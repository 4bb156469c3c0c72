"""The one thread that writes.

DuckDB commits cost milliseconds and concurrent updates of a row fail, so every write goes through
one queue: what has gathered while the last commit ran is committed together. Callers get a future
that is resolved after the commit. One bad write does not spoil its neighbours: the group is
rolled back and each is done again alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import duckdb

from core.errors import StoreError, WorkbenchError
from core.store.database import Database, store_error

T = TypeVar("T")
MOST_IN_A_GROUP = 256

Cursor = duckdb.DuckDBPyConnection


class Bulk(Protocol):
    """Writes of one kind that are cheaper together."""

    def apply(self, cursor: Cursor, items: Sequence[Any]) -> list[WorkbenchError | None]:
        """Write them inside the open transaction; one result per item, an error to refuse it."""

    def settled(self, committed: bool) -> None:
        """The transaction is over; keep or forget what `apply` counted."""


@dataclass(slots=True)
class _Write:
    future: Future[Any]
    work: Callable[[Cursor], Any] | None = None
    bulk: Bulk | None = None
    item: Any = None


@dataclass(slots=True)
class _Stop:
    future: Future[None] = field(default_factory=Future)


class Writer:
    """Groups writes of all threads into commits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Write | _Stop] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Cursor], T]) -> Future[T]:
        """Run `work` inside a transaction; the future holds its result once committed."""
        return self._put(_Write(Future(), work=work))

    def run(self, work: Callable[[Cursor], T]) -> T:
        """`submit` and wait. Raises what `work` raises, or StoreError."""
        return self.submit(work).result()

    def add(self, bulk: Bulk, item: Any) -> Future[None]:
        """Hand one item to a bulk write."""
        return self._put(_Write(Future(), bulk=bulk, item=item))

    def close(self) -> None:
        """Finish what is queued, then stop."""
        if not self._closed:
            self._closed = True
            stop = _Stop()
            self._queue.put(stop)
            stop.future.result()
            self._thread.join()

    def _put(self, write: _Write) -> Future[Any]:
        if self._closed:
            raise StoreError("The database is closed; start the workbench again.")
        # Running futures cannot be cancelled: a write that was asked for is done.
        write.future.set_running_or_notify_cancel()
        self._queue.put(write)
        return write.future

    def _work(self) -> None:
        cursor = self._database.cursor()
        while True:
            first = self._queue.get()
            group: list[_Write] = []
            stop = first if isinstance(first, _Stop) else None
            if isinstance(first, _Write):
                group.append(first)
                stop = self._gather(group)
            if group:
                self._commit(cursor, group)
            if stop is not None:
                stop.future.set_result(None)
                return

    def _gather(self, group: list[_Write]) -> _Stop | None:
        while len(group) < MOST_IN_A_GROUP:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                return None
            if isinstance(more, _Stop):
                return more
            group.append(more)
        return None

    def _commit(self, cursor: Cursor, group: list[_Write]) -> None:
        bulks = list({id(w.bulk): w.bulk for w in group if w.bulk is not None}.values())
        results: list[tuple[_Write, Any, BaseException | None]] = []
        try:
            cursor.execute("begin")
            for bulk in bulks:
                mine = [write for write in group if write.bulk is bulk]
                answers = bulk.apply(cursor, [write.item for write in mine])
                results += [(w, None, e) for w, e in zip(mine, answers, strict=True)]
            results += [(w, w.work(cursor), None) for w in group if w.work is not None]
            cursor.execute("commit")
        # Whatever it was, the callers must hear of it and the thread must live on.
        except BaseException as error:  # noqa: BLE001
            self._roll_back(cursor)
            for bulk in bulks:
                bulk.settled(committed=False)
            if len(group) > 1:
                for write in group:
                    self._commit(cursor, [write])
            else:
                group[0].future.set_exception(
                    store_error(error) if isinstance(error, duckdb.Error) else error
                )
            return
        for bulk in bulks:
            bulk.settled(committed=True)
        for write, value, refusal in results:
            if refusal is None:
                write.future.set_result(value)
            else:
                write.future.set_exception(refusal)

    def _roll_back(self, cursor: Cursor) -> None:
        try:
            cursor.execute("rollback")
        except duckdb.Error:
            # Nothing was open: `begin` itself failed, or DuckDB has rolled back already.
            return
