"""The engine: one loop in one thread, and every model call of the workbench on it.

A call goes: admitted -> caps checked and row committed -> permit -> one attempt on the wire ->
settled. Only what is transient is tried again, and nothing once a part of the answer was handed
out.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from core.engine.checks import Check, Checks
from core.engine.clients import Clients
from core.engine.ledger import CallLedger, settled_cost
from core.engine.limits import Limits
from core.engine.live import LiveRun, LiveRuns
from core.engine.outcome import Trouble
from core.engine.pacing import Gate, Gates, GateState
from core.engine.request import Blobs
from core.engine.reservation import reservation
from core.engine.sender import Sender
from core.engine.wall_clock import WallClock
from core.errors import StoreError, WorkbenchError
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.identity import Identities
from core.records.models import ListedModel
from core.records.runs import CallContext, Failure, Reply, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that another one follows, after a wait."""

    number: int
    reply: Reply
    cost: float | None
    wait_s: float


class Prices(Protocol):
    """The dated price table."""

    def __call__(self, surface: str, model: str, at: datetime, /) -> Price | None:
        """The price of a model at a moment, or None when nobody knows it."""


def utc_now() -> datetime:
    """The clock unless another is passed in."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)
def _price_row(price: Price) -> Mapping[str, Any]:
    # Cached: a job settles thousands of calls at one price.
    return asdict(price)


class Engine:
    """Makes model calls. `submit` and the checks may be called from any thread."""

    def __init__(
        self,
        *,
        clients: Clients,
        ledger: CallLedger,
        blobs: Blobs,
        prices: Prices,
        limits: Limits | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
        ids: Identities | None = None,
    ) -> None:
        self._clients = clients
        self._limits = limits or Limits()
        self._ledger = ledger
        self._prices = prices
        self._now = now
        self._clock = clock
        self._chance = chance or random.Random()
        self._ids = ids or Identities()
        self.wall_clock = WallClock(now)
        self._sender = Sender(clients, blobs, self._limits, clock, self.wall_clock)
        self._gates = Gates(self._limits.ceiling, clock)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        # A daemon: a hung call must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self.live = LiveRuns()
        self._checks = Checks(clients, blobs, self.run)

    # -- life --

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()

    def stop_calls(self) -> None:
        """Cancel what runs and take no further call; returns at once."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon_threadsafe(self._cancel_all)

    def close(self, timeout: float = 5.0) -> None:
        """Cancel what runs, wait until it is settled, stop the loop."""
        self._closing = True
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._end(timeout), self._loop).result(timeout + 5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._loop.close()

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _end(self, timeout: float) -> None:
        tasks = self._cancel_all()
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
        await self._clients.close()
        await self._loop.shutdown_default_executor()

    def _cancel_all(self) -> list[asyncio.Task[Any]]:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        return tasks

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop, from any thread; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], timeout: float) -> T:
        """Run a coroutine on the loop and wait. Raises TimeoutError."""
        future = self.spawn(work)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    # -- calling --

    def submit(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = True,
    ) -> LiveRun:
        """Begin a call and return at once. StoreError when the workbench is being closed."""
        if self._closing:
            raise StoreError("The database is closed; start the workbench again.")
        live = LiveRun(self._ids.new(), request, context)
        self.live.add(live)
        self._loop.call_soon_threadsafe(self._begin, live, caps, stream)
        return live

    async def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> LiveRun:
        """Make a call from a coroutine on this loop; returns when it is committed."""
        live = LiveRun(self._ids.new(), request, context)
        self.live.add(live)
        task = self._begin(live, caps, stream)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        return live

    def check(self, surface: str) -> Check:
        """List the models of a connection, and say what is wrong when that fails."""
        return self._checks.check(surface)

    def list_models(self, surface: str) -> list[ListedModel]:
        """The models that the far end lists."""
        return self._checks.models(surface)

    def count_tokens(self, request: Request) -> int:
        """Input tokens as the service counts them. InvalidInput when it cannot."""
        return self._checks.count_tokens(request)

    def embed(self, surface: str, model: str, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text."""
        return self._checks.embed(surface, model, texts)

    def gates(self) -> list[GateState]:
        """The gates as they are, for showing."""
        return self._gates.states()

    def _begin(self, live: LiveRun, caps: tuple[Cap, ...], stream: bool) -> asyncio.Task[None]:
        task = self._loop.create_task(self._call(live, caps, stream))

        def cancel() -> None:
            self._loop.call_soon_threadsafe(task.cancel)

        live.canceller = cancel
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _call(self, live: LiveRun, caps: tuple[Cap, ...], stream: bool) -> None:
        """One logical call to its end; whatever happens, the LiveRun is finished."""
        try:
            await self._attempts(live, caps, stream)
        except WorkbenchError as error:
            live.finish(None, error)
        except asyncio.CancelledError:
            # Cancelled before anything was sent: there is nothing to keep.
            live.finish(None)
        except BaseException as error:
            live.finish(None, WorkbenchError("The call failed ({problem}).", problem=error))
            raise
        finally:
            self.live.ended(live)

    async def _attempts(self, live: LiveRun, caps: tuple[Cap, ...], stream: bool) -> None:
        request = live.request
        gate = self._gates.of(request.connection, request.model)
        prepared = self._sender.prepare(request)
        price = self._prices(request.connection, request.model, self._now())
        reserved = reservation(request, price, caps, self._limits.output_tokens)
        deadline = self._clock() + self._limits.deadline_s
        failed: Failed | None = None
        for number in range(1, self._limits.attempts + 1):
            live.attempt = number
            try:
                await self._wait_for_turn(live, gate, failed)
                if not await self._reserve(live, gate, reserved, caps):
                    return
            except (WorkbenchError, asyncio.CancelledError) as reason:
                if failed is None:
                    raise
                await self._give_up(live, failed, reason)
                return
            sent_at = self._clock()
            try:
                live.change("sent")
                sent = await self._sender.send(live, prepared, stream=stream)
                if sent.trouble is None:
                    gate.succeeded()
                else:
                    gate.failed(sent.trouble, sent_at=sent_at)
            finally:
                gate.release()
            cost = settled_cost(sent, price, reserved)
            wait = self._next_wait(live, sent.trouble, number, deadline)
            if wait is None:
                await self._end_run(live, number, sent.reply, cost, price)
                return
            failed = Failed(number, sent.reply, cost, wait)

    async def _wait_for_turn(self, live: LiveRun, gate: Gate, failed: Failed | None) -> None:
        """Settle the attempt before, if there was one, and wait; returns admitted by the gate."""
        if failed is not None:
            await asyncio.wrap_future(
                self._ledger.settle_attempt(live.run_id, failed.number, failed.reply, failed.cost)
            )
            live.change("waiting", failed.reply.failure.message if failed.reply.failure else "")
            await asyncio.sleep(failed.wait_s)
        live.change("waiting", gate.cause if gate.closed_for() else "")
        await gate.admit(foreground=live.context.foreground)

    async def _reserve(
        self, live: LiveRun, gate: Gate, reserved: float, caps: tuple[Cap, ...]
    ) -> bool:
        """Commit that the attempt is about to be sent, and wait for the permit.

        False when it was stopped meanwhile. Whatever hinders it leaves the gate.
        """
        try:
            if gate.broken is not None and not live.context.foreground:
                raise WorkbenchError(
                    "Not sent: an earlier call failed in a way that repeats ({problem}).",
                    problem=gate.broken.failure.message,
                )
            committed = self._ledger.reserve_and_send(
                live.run_id, live.attempt, live.request, live.context, reserved, caps
            )
            stopped = await self._to_the_end(asyncio.wrap_future(committed))
        except BaseException:
            # Also when the call is cancelled: a place that stays taken would never come back.
            gate.leave()
            raise
        if stopped:
            gate.leave()
        else:
            try:
                await gate.enter(foreground=live.context.foreground)
            except asyncio.CancelledError:
                stopped = True
        if stopped:
            # Between the row and the wire: the row is there, nothing was sent.
            await self._end_run(live, live.attempt, self._sender.not_sent(), None, None)
        return not stopped

    async def _give_up(self, live: LiveRun, failed: Failed, reason: BaseException) -> None:
        """End a call that waited for another attempt: stopped, or as its last attempt did."""
        reply = failed.reply
        if isinstance(reason, asyncio.CancelledError):
            stopped = Failure("cancelled", "Stopped while it waited for another try.")
            reply = replace(reply, outcome="cancelled", failure=stopped)
        await self._end_run(live, failed.number, reply, failed.cost, None)

    async def _end_run(
        self,
        live: LiveRun,
        number: int,
        reply: Reply,
        cost: float | None,
        price: Price | None,
    ) -> None:
        """Commit the last attempt and the run; stopping it now comes too late."""
        live.cost_usd = cost
        row = _price_row(price) if price else None
        future = self._ledger.settle_run(live.run_id, number, reply, cost, row)
        await self._to_the_end(asyncio.wrap_future(future))
        live.finish(reply)

    async def _to_the_end(self, committing: asyncio.Future[None]) -> bool:
        """Wait for a commit, however often the call is stopped. True when it was."""
        stopped = False
        while not committing.done():
            try:
                await asyncio.shield(committing)
            except asyncio.CancelledError:
                stopped = True
        committing.result()
        return stopped

    def _next_wait(
        self, live: LiveRun, trouble: Trouble | None, number: int, deadline: float
    ) -> float | None:
        """Seconds before the next attempt, or None when there is none.

        After a `retryDelay` the gate does the waiting; else full jitter: uniform between nothing
        and a doubling bound.
        """
        if trouble is None or trouble.retry == "permanent" or live.text or live.thoughts:
            return None
        if number >= self._limits.attempts:
            return None
        told = trouble.failure.retry_after_s
        wait = told or 0.0
        if told is None:
            bound = min(self._limits.longest_backoff_s, 2.0 ** (number - 1))
            wait = self._chance.uniform(0, bound)
        if self._clock() + wait > deadline:
            return None
        # Spread what the closed gate holds back, so that not all come at once.
        return wait if told is None else self._chance.uniform(0, 0.1)
