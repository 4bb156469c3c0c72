"""Long work: planned once into units, run on the engine's loop, resumable by unit.

A job is a row, its units are rows, and a unit's result is committed as it ends; so every tab and
the command line see the same progress, and a killed process goes on where it stopped. A unit that
was under way when the process died is run again; what it may have paid the first time is in the
ledger as an `unknown` run.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import InvalidInput, ServiceTrouble, WorkbenchError
from core.records.jobs import Job, JobEvent, Unit, UnitResult

AT_ONCE = 16
"""Units of one job under way at a time, for a kind of job that has no reason for another number."""


class Handler(Protocol):
    """What a kind of job does."""

    @property
    def at_once(self) -> int:
        """Units of one job under way at a time; the engine's gates slow down further."""

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        """All units. Called once; equal definitions give equal keys."""

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        """Do one unit. A failed unit is a result; raise only what must stop the whole job."""


class JobStore(Protocol):
    """The part of the store that jobs need (`core.store.jobs`)."""

    def create(
        self,
        kind: str,
        title: str,
        definition: Mapping[str, Any],
        units: Sequence[Unit],
        actor: str,
    ) -> Job:
        """Write the job and its plan in one transaction, in state `running`."""

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""

    def latest(self, limit: int = 50) -> Sequence[Job]:
        """Newest first."""

    def running(self) -> Sequence[Job]:
        """Jobs whose state is `running`: after a start, those of the dead process."""

    def open_units(self, job_id: str) -> Sequence[Unit]:
        """Units without a result, in order."""

    def results(self, job_id: str) -> Sequence[UnitResult]:
        """Results so far, in the order of their units."""

    def record(self, job_id: str, result: UnitResult) -> Future[None]:
        """Commit a unit's result; the first one of a key stays."""

    def set_state(
        self, job_id: str, state: str, text: str, actor: str, values: Mapping[str, str] = ...
    ) -> None:
        """Append a change of state with its line in the log: a template and its values."""

    def events(self, job_id: str) -> Sequence[JobEvent]:
        """The log, oldest first."""


class Loop(Protocol):
    """Where coroutines run: the engine."""

    def spawn(self, work: Any) -> Future[None]:
        """Schedule a coroutine on the engine's loop from any thread."""


class _Waiting:
    """The units still to do. Units that wait for the same thing share a `lane` in their payload.

    The next one is of the lane with the fewest under way, so that a lane that hangs never takes
    more than its share while the others have work.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self._lanes: dict[str, deque[Unit]] = {}
        for unit in units:
            self._lanes.setdefault(_lane(unit), deque()).append(unit)
        self._under_way: Counter[str] = Counter()

    def take(self) -> Unit | None:
        """The next unit, under way from now on; None when there is none."""
        lane = min(
            (lane for lane, units in self._lanes.items() if units),
            key=lambda lane: (self._under_way[lane], self._lanes[lane][0].number),
            default=None,
        )
        if lane is None:
            return None
        self._under_way[lane] += 1
        return self._lanes[lane].popleft()

    def ended(self, unit: Unit) -> None:
        """It is no longer under way."""
        self._under_way[_lane(unit)] -= 1


def _lane(unit: Unit) -> str:
    return str(unit.payload.get("lane", ""))


@dataclass(slots=True)
class _Active:
    """A job that this process is working on."""

    future: Future[None]
    stopping: threading.Event = field(default_factory=threading.Event)


async def _ended(before: _Active) -> None:
    """Resumed while the units under way at the pause still end: they must not run twice.

    Whoever cancels the resumed job wants those to stop as well.
    """
    try:
        await asyncio.wait([asyncio.wrap_future(before.future)])
    except asyncio.CancelledError:
        before.future.cancel()
        raise


class Jobs:
    """Starts, pauses, resumes and cancels jobs. Thread-safe."""

    def __init__(self, store: JobStore, loop: Loop, handlers: Mapping[str, Handler]) -> None:
        self._store = store
        self._loop = loop
        self._handlers = handlers
        self._active: dict[str, _Active] = {}
        self._lock = threading.Lock()

    # -- reading -------------------------------------------------------------------------

    def get(self, job_id: str) -> Job:
        """The job with its progress. Raises NotFound."""
        return self._store.get(job_id)

    def latest(self, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        return self._store.latest(limit)

    def busy(self, job_id: str) -> bool:
        """Whether this process works on it now; False for an id that is no job."""
        with self._lock:
            return job_id in self._active

    def wait(self, job_id: str, timeout: float) -> bool:
        """Wait until this process no longer works on it; False when it still does."""
        with self._lock:
            active = self._active.get(job_id)
        if active is not None:
            wait([active.future], timeout)
        return not self.busy(job_id)

    def results(self, job_id: str) -> Sequence[UnitResult]:
        """What the units came to so far, in their order."""
        return self._store.results(job_id)

    def events(self, job_id: str) -> Sequence[JobEvent]:
        """The log, oldest first."""
        return self._store.events(job_id)

    # -- acting --------------------------------------------------------------------------

    def start(self, kind: str, title: str, definition: Mapping[str, Any], *, actor: str) -> Job:
        """Plan a job and begin. Raises InvalidInput for a kind that nobody handles."""
        units = self._handler(kind).plan(definition)
        job = self._store.create(kind, title, definition, units, actor)
        self._work_on(job)
        return job

    def begin(self, kind: str, title: str, definition: Mapping[str, Any], *, actor: str) -> Job:
        """The same, unless a job of this definition is running: then that one goes on."""
        running = self.take_up(kind, definition, actor=actor)
        return running or self.start(kind, title, definition, actor=actor)

    def take_up(self, kind: str, definition: Mapping[str, Any], *, actor: str) -> Job | None:
        """A job of this definition that is running, gone on with; None when there is none.

        Whoever began it may have died before it wrote down which job it was.
        """
        wanted = dict(definition)
        for job in self._store.running():
            if job.kind == kind and dict(job.definition) == wanted:
                self.resume(job.id, actor=actor)
                return job
        return None

    def pause(self, job_id: str, *, actor: str) -> None:
        """Begin no further unit; what is under way ends."""
        if self.get(job_id).state == "running":
            self._store.set_state(job_id, "paused", "Paused", actor)
            with self._lock:
                if job_id in self._active:
                    self._active[job_id].stopping.set()

    def resume(self, job_id: str, *, actor: str) -> None:
        """Go on with the units that have no result; also of a job that a dead process left."""
        job = self.get(job_id)
        if job.state in ("paused", "cancelled", "failed"):
            self._store.set_state(job_id, "running", "Resumed", actor)
            self._work_on(self.get(job_id))
        elif job.state == "running" and not self.busy(job_id):
            self._take_over(job, actor)

    def cancel(self, job_id: str, *, actor: str) -> None:
        """Stop at once; calls in flight are cancelled."""
        if self.get(job_id).state in ("running", "paused"):
            self._store.set_state(job_id, "cancelled", "Cancelled", actor)
            with self._lock:
                active = self._active.get(job_id)
            if active is not None:
                active.stopping.set()
                active.future.cancel()

    def resume_interrupted(self, *, actor: str) -> Sequence[Job]:
        """On start: go on with every job that a dead process left running."""
        jobs = self._store.running()
        for job in jobs:
            self._take_over(job, actor)
        return jobs

    def _take_over(self, job: Job, actor: str) -> None:
        self._store.set_state(job.id, "running", "Resumed after the process ended", actor)
        self._work_on(job)

    def close(self) -> None:
        """Stop working; jobs stay `running` in the store and go on at the next start."""
        with self._lock:
            active = list(self._active.values())
        for one in active:
            one.stopping.set()
            one.future.cancel()

    # -- working -------------------------------------------------------------------------

    def _handler(self, kind: str) -> Handler:
        try:
            return self._handlers[kind]
        except KeyError:
            raise InvalidInput(
                "Nothing here can do a job of kind {kind}; known: {known}.",
                kind=kind,
                known=", ".join(sorted(self._handlers)),
            ) from None

    def _work_on(self, job: Job) -> None:
        stopping = threading.Event()
        with self._lock:
            before = self._active.get(job.id)
            future = self._loop.spawn(self._drive(job, stopping, before))
            self._active[job.id] = _Active(future, stopping)

    async def _drive(self, job: Job, stopping: threading.Event, before: _Active | None) -> None:
        """Work through the open units, several at a time, and write how it ended."""
        try:
            if before is not None:
                await _ended(before)
            waiting = _Waiting(await asyncio.to_thread(self._store.open_units, job.id))
            async with asyncio.TaskGroup() as group:
                for _ in range(self._handler(job.kind).at_once):
                    group.create_task(self._work(job, waiting, stopping))
        except* WorkbenchError as errors:
            first = errors.exceptions[0]
            while isinstance(first, ExceptionGroup):
                first = first.exceptions[0]
            state = "paused" if isinstance(first, ServiceTrouble) else "failed"
            await self._end(job, state, first.template, first.values)
        else:
            if not stopping.is_set():
                await self._end(job, "done", "Done")
        finally:
            with self._lock:
                active = self._active.get(job.id)
                if active is not None and active.stopping is stopping:
                    del self._active[job.id]

    async def _work(self, job: Job, waiting: _Waiting, stopping: threading.Event) -> None:
        handler = self._handler(job.kind)
        while not stopping.is_set() and (unit := waiting.take()) is not None:
            result = await handler.run(unit, job)
            await asyncio.wrap_future(self._store.record(job.id, result))
            waiting.ended(unit)

    async def _end(
        self, job: Job, state: str, text: str, values: Mapping[str, object] | None = None
    ) -> None:
        filled = {name: str(value) for name, value in (values or {}).items()}
        await asyncio.to_thread(self._store.set_state, job.id, state, text, job.created_by, filled)
