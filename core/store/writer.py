"""The one thread that writes.

DuckDB commits cost milliseconds and concurrent updates of a row fail, so every write goes through
one queue: what has gathered while the last commit ran is committed together. Callers get a future
that is resolved after the commit. One bad write does not spoil its neighbours: the group is
rolled back and each is done again alone.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import duckdb

from core.errors import StoreError, WorkbenchError
from core.store.database import LOST, Database, store_error

T = TypeVar("T")
MOST_IN_A_GROUP = 256
GATHER_S = 0.004

Cursor = duckdb.DuckDBPyConnection


class Bulk(Protocol):
    """Writes of one kind that are cheaper together."""

    def is_one_statement(self, items: Sequence[Any]) -> bool:
        """Whether `apply` writes with one statement, which is a transaction by itself."""

    def apply(self, cursor: Cursor, items: Sequence[Any]) -> Sequence[Any]:
        """Write them; one result per item, a WorkbenchError to refuse it."""

    def settled(self, committed: bool) -> None:
        """The transaction is over; keep or forget what `apply` counted."""


@dataclass(slots=True)
class _Write:
    future: Future[Any]
    work: Callable[[Cursor], Any] | None = None
    bulk: Bulk | None = None
    item: Any = None


class _Stop:
    """The last thing in the queue."""


class Writer:
    """Groups writes of all threads into commits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Write | _Stop] = queue.SimpleQueue()
        self._closed = False
        # Nothing may be queued behind the stop: its future would never be resolved.
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Cursor], T]) -> Future[T]:
        """Run `work` inside a transaction; the future holds its result once committed."""
        return self._put(_Write(Future(), work=work))

    def run(self, work: Callable[[Cursor], T]) -> T:
        """`submit` and wait. Raises what `work` raises, or StoreError."""
        return self.submit(work).result()

    def add(self, bulk: Bulk, item: Any) -> Future[Any]:
        """Hand one item to a bulk write; the future holds its result once committed."""
        return self._put(_Write(Future(), bulk=bulk, item=item))

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(_Stop())
        self._thread.join()

    def _put(self, write: _Write) -> Future[Any]:
        # Running futures cannot be cancelled: a write that was asked for is done.
        write.future.set_running_or_notify_cancel()
        with self._door:
            if self._closed:
                raise StoreError("The database is closed; start the workbench again.")
            self._queue.put(write)
        return write.future

    def _work(self) -> None:
        stopping = crowded = False
        while not stopping:
            first = self._queue.get()
            if crowded:
                # Many write at once: wait for more of them, since a commit costs about the same
                # for one as for thirty. Somebody alone never waits.
                time.sleep(GATHER_S)
            group, stopping = self._gather(first)
            crowded = len(group) > 1
            if group:
                self._commit(group)
                self._keep_log_short()

    def _keep_log_short(self) -> None:
        try:
            self._database.checkpoint_if_due()
        except (WorkbenchError, OSError):
            # The thread must live on; the next write meets the same trouble and its caller hears.
            return

    def _gather(self, first: _Write | _Stop) -> tuple[list[_Write], bool]:
        """What is queued, up to a limit; and whether the stop was among it."""
        group: list[_Write] = []
        one = first
        while isinstance(one, _Write):
            group.append(one)
            if len(group) == MOST_IN_A_GROUP:
                return group, False
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Write]) -> None:
        """One transaction for all; when it fails, one for each."""
        bulks = list({id(w.bulk): w.bulk for w in group if w.bulk is not None}.values())
        try:
            results = self._transact(group, bulks)
        # Whatever it was, the callers must hear of it and the thread must live on.
        except BaseException as error:  # noqa: BLE001
            for bulk in bulks:
                bulk.settled(committed=False)
            self._roll_back()
            if isinstance(error, LOST):
                self._start_anew(group, error)
            elif len(group) > 1:
                for write in group:
                    self._commit([write])
            else:
                group[0].future.set_exception(
                    store_error(error) if isinstance(error, duckdb.Error) else error
                )
            return
        for bulk in bulks:
            bulk.settled(committed=True)
        for write, result in results:
            if isinstance(result, WorkbenchError):
                write.future.set_exception(result)
            else:
                write.future.set_result(result)

    def _transact(self, group: list[_Write], bulks: list[Bulk]) -> list[tuple[_Write, Any]]:
        cursor = self._database.cursor()
        results: list[tuple[_Write, Any]] = []
        works = [(write, write.work) for write in group if write.work is not None]
        shares = [(bulk, [write for write in group if write.bulk is bulk]) for bulk in bulks]
        whole = (
            bool(works)
            or len(shares) > 1
            or not all(
                bulk.is_one_statement([write.item for write in mine]) for bulk, mine in shares
            )
        )
        if whole:
            cursor.execute("begin")
        for bulk, mine in shares:
            answers = bulk.apply(cursor, [write.item for write in mine])
            results += zip(mine, answers, strict=True)
        results += [(write, work(cursor)) for write, work in works]
        if whole:
            cursor.execute("commit")
        return results

    def _start_anew(self, group: list[_Write], error: duckdb.Error) -> None:
        """DuckDB gave the file up; nothing is repeated, as it may have been committed."""
        try:
            self._database.reopen(error)
            told: WorkbenchError = store_error(error)
        except WorkbenchError as problem:
            told = problem
        for write in group:
            write.future.set_exception(told)

    def _roll_back(self) -> None:
        try:
            self._database.cursor().execute("rollback")
        except duckdb.Error:
            # Nothing was open: `begin` itself failed, or DuckDB has rolled back already.
            return
