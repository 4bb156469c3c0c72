"""The batch lane: requests sent together at half the price, results hours later.

As with single calls every request is a committed row, with the most it can cost, before it is on
the wire. The batch itself is written down before it is sent, under a name of its own that the
service gets too: so a process that died at any moment finds it again, and sends nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.engine import request as wire
from core.engine.batch_needs import BatchLedger, KeptBatches, Taken
from core.engine.batch_replies import LOST, failed, sent_of, state_of
from core.engine.batch_wire import BatchWire, NotTaken, fitting
from core.engine.clients import Clients
from core.engine.ledger import settled_cost
from core.engine.limits import Limits
from core.engine.reservation import reservation
from core.engine.sender import Sent
from core.errors import BatchProblem, NotFound, WorkbenchError
from core.lifecycle.pricing import batch_price
from core.records.batches import Answered, Asked, OpenBatch
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.identity import Identities

if TYPE_CHECKING:
    pass

STOPPING_S = 30


class Batches:
    """Sends batches and collects them. Works on the engine's loop."""

    def __init__(
        self,
        *,
        clients: Clients,
        ledger: BatchLedger,
        kept: KeptBatches,
        blobs: wire.Blobs,
        prices: Callable[[str, str, datetime], Price | None],
        now: Callable[[], datetime],
        limits: Limits | None = None,
        ids: Identities | None = None,
    ) -> None:
        self._wire = BatchWire(clients, blobs)
        self._ledger = ledger
        self._kept = kept
        self._prices = prices
        self._now = now
        self._limits = limits or Limits()
        self._ids = ids or Identities()
        self._turns: dict[str, asyncio.Lock] = {}

    async def open(self, owner: str) -> Sequence[OpenBatch]:
        """The batches of an owner that are not collected."""
        return await asyncio.to_thread(self._kept.open, owner)

    async def close(self, batch: OpenBatch) -> None:
        """Its answers are kept."""
        await asyncio.to_thread(self._kept.remove, batch.id)

    async def send(self, owner: str, asked: Sequence[Asked], caps: tuple[Cap, ...]) -> Taken:
        """Send requests to one model as a batch; those that a cap forbids stay out of it, as do
        those at the end that make it too large.

        Raises BatchProblem when the service does not take it, or nobody knows whether it did;
        then whoever asks again finds it. Being stopped waits until one of that is certain.
        """
        begun = asyncio.Event()
        task = asyncio.create_task(self._send_in_turn(owner, asked, caps, begun))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not begun.is_set():
                task.cancel()
            await asyncio.wait([task])
            raise

    async def results(self, batch: OpenBatch) -> Sequence[Answered]:
        """Wait for the batch to end; every request's answer, committed. BatchProblem as above."""
        if not batch.name:
            batch = await self._found_again(batch)
        job = await self._wire.ended(batch)
        return await self._settle(batch, job, begun=True)

    async def stop(self, owner: str) -> None:
        """Cancel an owner's batches and settle their calls; one that was quicker is left."""
        async with self._turn(owner):
            await self._stop(owner)

    def _turn(self, owner: str) -> asyncio.Lock:
        """Of an owner's batches one is sent or stopped at a time."""
        return self._turns.setdefault(owner, asyncio.Lock())

    # -- sending --

    async def _send_in_turn(
        self, owner: str, asked: Sequence[Asked], caps: tuple[Cap, ...], begun: asyncio.Event
    ) -> Taken:
        async with self._turn(owner):
            begun.set()
            return await self._send(owner, asked, caps)

    async def _send(self, owner: str, asked: Sequence[Asked], caps: tuple[Cap, ...]) -> Taken:
        first = asked[0].request
        self._wire.client(first.connection)
        asked = fitting(asked)
        now = self._now()
        price = self._price(first.connection, first.model, now)
        rows = {one.key: self._ids.new() for one in asked}
        refused: dict[str, WorkbenchError] = {}
        committing = [
            (one, self._ledger.reserve_and_send(
                rows[one.key], 1, one.request, one.context,
                reservation(one.request, price, caps, self._limits.output_tokens), caps))
            for one in asked
        ]  # fmt: skip
        for one, future in committing:
            try:
                await asyncio.wrap_future(future)
            except WorkbenchError as error:
                refused[one.key] = error
                del rows[one.key]
        if not rows:
            return Taken(None, refused)
        batch = OpenBatch(self._ids.new(), owner, first.connection, first.model, rows, now)
        await asyncio.to_thread(self._kept.put, batch)
        return Taken(await self._create(batch), refused)

    async def _create(self, batch: OpenBatch) -> OpenBatch:
        calls = self._ledger.open_calls(list(batch.runs.values()))
        try:
            named = replace(batch, name=await self._wire.create(batch, calls))
        except NotTaken as problem:
            if problem.certain:
                await self._settle_all(batch, {run: failed(problem.trouble) for run in calls})
                await self.close(batch)
            raise BatchProblem(
                "The batch was not taken ({problem}). Go on sends it again.", problem=problem
            ) from problem
        await asyncio.to_thread(self._kept.put, named)
        return named

    async def _found_again(self, batch: OpenBatch) -> OpenBatch:
        """A batch of which nobody knows whether it was taken: look, and send it if it was not."""
        name = await self._wire.find(batch)
        if name is None:
            return await self._create(batch)
        found = replace(batch, name=name)
        await asyncio.to_thread(self._kept.put, found)
        return found

    # -- collecting --

    async def _settle(self, batch: OpenBatch, job: Any, *, begun: bool) -> Sequence[Answered]:
        run_ids = list(batch.runs.values())
        if job is None:
            ended: Mapping[str, Sent] = {run_id: failed(LOST) for run_id in run_ids}
        else:
            ended = sent_of(job, run_ids, begun=begun)
        again = job is None or state_of(job) == "JOB_STATE_CANCELLED"
        costs = await self._settle_all(batch, ended)
        return [
            Answered(key, run_id, ended[run_id].reply, costs[run_id],
                     again=again and ended[run_id].trouble is not None)
            for key, run_id in batch.runs.items()
        ]  # fmt: skip

    async def _settle_all(
        self, batch: OpenBatch, ended: Mapping[str, Sent]
    ) -> Mapping[str, float | None]:
        """Commit every run that is not committed yet, for the price on the day of sending."""
        price = self._price(batch.connection, batch.model, batch.sent_at)
        row = asdict(price) if price else None
        calls = self._ledger.open_calls(list(ended))
        costs: dict[str, float | None] = {}
        committing: list[Future[None]] = []
        for run_id, sent in ended.items():
            reserved = calls[run_id].reserved_usd if run_id in calls else 0.0
            costs[run_id] = settled_cost(sent, price, reserved)
            if run_id in calls:
                committing.append(
                    self._ledger.settle_run(run_id, 1, sent.reply, costs[run_id], row)
                )
        for future in committing:
            try:
                await asyncio.wrap_future(future)
            except NotFound:
                # Settled in the meantime, by whoever stopped the batch.
                continue
        return costs

    async def _stop(self, owner: str) -> None:
        for batch in await self.open(owner):
            if not batch.name:
                continue
            try:
                begun = await self._wire.cancel(batch)
                job = await self._wire.ended(batch, within_s=STOPPING_S)
            except BatchProblem:
                # It is still written down, and found by whoever goes on.
                continue
            if job is not None:
                answered = await self._settle(batch, job, begun=begun)
                if all(one.again for one in answered):
                    await self.close(batch)

    # -- prices --

    def _price(self, surface: str, model: str, at: datetime) -> Price | None:
        price = self._prices(surface, model, at)
        return batch_price(price) if price else None
