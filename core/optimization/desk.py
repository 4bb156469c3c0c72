"""The ledger of an optimization: what was asked is never asked again, and no cap is passed.

The search is an ordinary function. To go on after a kill it is simply run again: every call that
was settled is answered from the journal, every event that was told is not told twice, so it takes
the way it would have taken. For that its decisions rest on settled calls alone, in a fixed order;
what comes from outside (somebody stops it, the money is gone) is journaled as such.

Calls are made in batches. A batch that mostly fails decides nothing: its errors are forgotten, so
that they are asked for again, and the job stops with the reason.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from core.errors import OverBudget, ServiceTrouble
from core.records.messages import N_
from core.records.optimizations import EventKind, StopReason

T = TypeVar("T")
AT_ONCE = 16
MOST_FAILED = 0.3
"""Share of a batch that may fail; more stops the job."""
FAILED_AT_LEAST = 3
STOP = "stop"


@dataclass(frozen=True, slots=True)
class Settled:
    """A call or several that belong together: JSON data, how many calls, what they cost."""

    data: Mapping[str, Any]
    calls: int = 1
    cost_usd: float = 0.0
    error: str = ""


class Journal(Protocol):
    """Where calls and events are kept (`core.store.optimizations`).

    Writes are committed in the order in which they were asked for. So nobody needs to wait for one
    before the next call: when that is on record as sent, everything before it is on record too.
    """

    async def load(self) -> Mapping[str, Mapping[str, Any]]:
        """Everything that was recorded, by key."""

    async def events(self) -> int:
        """How many events there are."""

    def record(self, key: str, role: str, data: Mapping[str, Any]) -> Awaitable[None]:
        """Commit what was settled; done when it is."""

    def tell(self, number: int, kind: EventKind, data: Mapping[str, Any]) -> Awaitable[None]:
        """Commit an event; done when it is."""


class Stopped(Exception):  # it is the end of a search, not an error
    """The search may not begin this batch."""

    def __init__(self, reason: StopReason) -> None:
        self.reason: StopReason = reason
        super().__init__(reason)


class _Paused(Exception):  # never leaves the desk
    """The job is paused in the middle of a batch."""


async def never() -> StopReason | None:
    """Nobody stops it."""
    return None


class Desk:
    """Where a search asks. Works on one event loop."""

    def __init__(
        self,
        journal: Journal,
        *,
        max_calls: int,
        max_usd: float | None = None,
        at_once: int = AT_ONCE,
        purse: str | None = None,
        interrupted: Callable[[], Awaitable[StopReason | None]] = never,
    ) -> None:
        """`interrupted` is asked before each batch and while one lasts; it raises CancelledError
        to pause: calls under way end, no other begins. `purse` is the job's own cap: to reach it
        ends the search, to reach another stops the job."""
        self._journal = journal
        self._most = at_once
        self._begun = 0
        self._paused = False
        self._interrupted = interrupted
        self._purse = purse
        self._at_once = asyncio.Semaphore(at_once)
        self._known: dict[str, Mapping[str, Any]] = {}
        self._flights: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._told = 0
        self._number = 0
        self._batch = 0
        self._used: dict[str, None] = {}
        self._counted: set[str] = set()
        self._failed: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._out = 0
        self._one_back = asyncio.Condition()
        self._writing: list[asyncio.Future[None]] = []
        self.max_calls = max_calls
        self.max_usd = max_usd
        self.kept_back_calls = 0
        self.kept_back_usd = 0.0
        self.calls = 0
        self.cost_usd = 0.0

    async def open(self) -> None:
        """Read what there is."""
        self._known = dict(await self._journal.load())
        self._told = await self._journal.events()

    async def tell(self, kind: EventKind, **data: Any) -> None:
        """Put an event into the ledger, unless a run before this one did."""
        number, self._number = self._number, self._number + 1
        if number >= self._told:
            whole = {**data, "calls": self.calls, "cost_usd": round(self.cost_usd, 9)}
            self._write(self._journal.tell(number, kind, whole))

    def _write(self, writing: Awaitable[None]) -> None:
        """Go on while it is written. Raises what hindered an earlier write."""
        self._writing.append(asyncio.ensure_future(writing))
        self._raise_what_failed()

    def _raise_what_failed(self) -> None:
        done = [one for one in self._writing if one.done()]
        self._writing = [one for one in self._writing if not one.done()]
        errors = [one.exception() for one in done if not one.cancelled()]
        for error in filter(None, errors):
            raise error

    async def written(self) -> None:
        """Wait until all that was told is committed. Raises what hindered it."""
        if self._writing:
            # Not gathered: a cancelled job must not lose sight of what is being written.
            await asyncio.wait(self._writing)
        self._raise_what_failed()

    async def close(self) -> None:
        """Wait for what is being written: whoever goes on with the job is to find it."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    # -- batches --

    def has_room(self, calls: int) -> bool:
        """Whether so many calls, at worst, fit beside what is kept back."""
        return self.calls + calls <= self.max_calls - self.kept_back_calls

    @contextmanager
    def keeping_back(self, share: float) -> Iterator[None]:
        """Keep this share of what is left for later."""
        before = self.kept_back_calls, self.kept_back_usd
        self.kept_back_calls += int(share * max(0, self.max_calls - before[0] - self.calls))
        if self.max_usd is not None:
            self.kept_back_usd += share * max(0.0, self.max_usd - before[1] - self.cost_usd)
        try:
            yield
        finally:
            self.kept_back_calls, self.kept_back_usd = before

    def has_means(self, calls: int) -> bool:
        """Whether so many calls surely fit into the money, judging by what calls cost so far."""
        if self.max_usd is None:
            return True
        if not self.calls:
            return False
        expected = self.cost_usd * calls / self.calls
        return self.cost_usd + 3 * expected <= self.max_usd - self.kept_back_usd

    async def batch(self, works: Sequence[Callable[[], Awaitable[T]]], worst_calls: int) -> list[T]:
        """Do all at once; results in the order of `works`. Raises Stopped, ServiceTrouble."""
        self._batch += 1
        await self._may_begin(worst_calls)
        self._used, self._failed = {}, {}
        self._begun, self._paused = 0, False
        tasks = [asyncio.ensure_future(self._one(work)) for work in works]
        try:
            done = await asyncio.gather(*tasks)
        except _Paused:
            await asyncio.wait(tasks)
            raise asyncio.CancelledError from None
        except OverBudget as error:
            await _end(tasks)
            if error.values.get("scope") != self._purse:
                # A person's day is full, or a price is unknown: that may pass, so nothing is final.
                raise
            raise self._stop("budget_usd") from None
        except BaseException:
            # Also when cancelled: no task may go on spending for a round that has ended.
            await _end(tasks)
            await self.close()
            raise
        self._accept_errors(len(works))
        await self.written()
        for key in sorted(self._used.keys() - self._counted):
            self._counted.add(key)
            self.calls += int(self._known[key].get("calls", 0))
            self.cost_usd += float(self._known[key].get("cost_usd", 0.0))
        return list(done)

    async def _one(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._at_once:
            await self._leave_when_paused()
            return await work()

    async def _leave_when_paused(self) -> None:
        """A long batch is no reason to keep whoever pauses the job waiting."""
        self._begun += 1
        if self._begun > self._most and self._begun % self._most == 1:
            try:
                await self._interrupted()
            except asyncio.CancelledError:
                self._paused = True
        if self._paused:
            raise _Paused

    async def ask_whether_stopped(self) -> None:
        """For work that makes no calls here: leave when the job is paused. Raises Stopped."""
        reason = await self._interrupted()
        if reason is not None:
            raise Stopped(reason)

    async def _may_begin(self, worst_calls: int) -> None:
        stop = self._known.get(f"{STOP}:{self._batch}")
        if stop is not None:
            raise Stopped(stop["reason"])
        reason = await self._interrupted()
        if reason is not None:
            raise self._stop(reason)
        if not self.has_room(worst_calls):
            raise Stopped("budget_calls")
        if self.max_usd is not None and self.calls:
            expected = self.cost_usd * worst_calls / self.calls
            if self.cost_usd + expected > self.max_usd - self.kept_back_usd:
                raise Stopped("budget_usd")

    def _stop(self, reason: StopReason) -> Stopped:
        """Keep that the search ended here for a reason that no journaled call shows."""
        key = f"{STOP}:{self._batch}"
        self._record(key, STOP, {"reason": reason})
        return Stopped(reason)

    def _accept_errors(self, works: int) -> None:
        failed = len(self._failed)
        if failed >= min(FAILED_AT_LEAST, works) and failed > MOST_FAILED * works:
            _role, data = next(iter(self._failed.values()))
            raise ServiceTrouble(
                N_("{failed} of {works} calls failed at once ({problem}). Nothing was decided from "
                   "them. Go on when the service answers again."),
                failed=failed, works=works, problem=data["error"],
            )  # fmt: skip
        for key in sorted(self._failed):
            self._record(key, *self._failed[key])

    # -- single calls --

    async def once(
        self, role: str, content: object, make: Callable[[], Awaitable[Settled]]
    ) -> Mapping[str, Any]:
        """What the journal has for this content, or what `make` settles now."""
        key = name_of(role, content)
        self._used[key] = None
        if key in self._known:
            return self._known[key]
        if key in self._failed:
            return self._failed[key][1]
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._settle(key, role, make))
            self._flights[key] = flight
            flight.add_done_callback(lambda _done: self._flights.pop(key, None))
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            flight.cancel()
            raise

    async def _settle(
        self, key: str, role: str, make: Callable[[], Awaitable[Settled]]
    ) -> Mapping[str, Any]:
        settled = await self._within_budget(make)
        data = {**settled.data, "calls": settled.calls, "cost_usd": settled.cost_usd}
        if settled.error:
            data["error"] = settled.error
            self._failed[key] = (role, data)
            return data
        self._record(key, role, data)
        return data

    async def _within_budget(self, make: Callable[[], Awaitable[Settled]]) -> Settled:
        """Make the call. When reservations of others fill the cap, wait for one to be settled."""
        while True:
            out = self._out
            self._out += 1
            try:
                return await make()
            except OverBudget:
                if not out:
                    raise
            finally:
                self._out -= 1
                async with self._one_back:
                    self._one_back.notify_all()
            async with self._one_back:
                await self._one_back.wait_for(lambda before=out: self._out < before)  # type: ignore[misc]

    def _record(self, key: str, role: str, data: Mapping[str, Any]) -> None:
        self._write(self._journal.record(key, role, data))
        self._known[key] = data


def name_of(role: str, content: object) -> str:
    """SHA-256 of a role and what it is asked."""
    text = json.dumps([role, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def _end(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class MemoryJournal:
    """A journal that is gone with the process, for simulations and tests."""

    def __init__(self) -> None:
        self.calls: dict[str, Mapping[str, Any]] = {}
        self.told: list[tuple[EventKind, Mapping[str, Any]]] = []

    async def load(self) -> Mapping[str, Mapping[str, Any]]:
        """Everything that was recorded, by key."""
        return self.calls

    async def events(self) -> int:
        """How many events there are."""
        return len(self.told)

    async def record(self, key: str, role: str, data: Mapping[str, Any]) -> None:
        """Keep what was settled."""
        self.calls[key] = cast("Mapping[str, Any]", json.loads(json.dumps(data)))

    async def tell(self, number: int, kind: EventKind, data: Mapping[str, Any]) -> None:
        """Keep an event."""
        self.told.append((kind, cast("Mapping[str, Any]", json.loads(json.dumps(data)))))
