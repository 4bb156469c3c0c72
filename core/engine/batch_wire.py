"""Batches on the wire: made, found, watched and cancelled through the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.engine import request as wire
from core.engine.batch_replies import ENDED, NOT_BEGUN, inlined, state_of
from core.engine.clients import Clients
from core.engine.outcome import Trouble, trouble_of
from core.errors import BatchProblem, InvalidInput
from core.records.batches import Asked, OpenBatch, OpenCall

if TYPE_CHECKING:
    from google.genai import types
    from google.genai.client import AsyncClient

SURFACES = frozenset(("gemini", "sandbox"))
MOST_BYTES = 15_000_000
"""Of one batch: the service takes inlined requests up to 20 MB, in all."""
TRIES = 4
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0


class NotTaken(Exception):
    """The service did not take it; `certain` False: perhaps it did, and only the reply is lost."""

    def __init__(self, trouble: Trouble, *, certain: bool) -> None:
        super().__init__(trouble.failure.message)
        self.trouble = trouble
        self.certain = certain


def refuse_surface(surface: str) -> None:
    """InvalidInput for a connection whose batches are not sent from here."""
    if surface not in SURFACES:
        raise InvalidInput(
            "The batch lane does not work with {surface}: batches of Agent Platform are read from "
            "Cloud Storage or BigQuery. Choose models of the Gemini API, or ask now.",
            surface=surface,
        )


def fitting(asked: Sequence[Asked]) -> Sequence[Asked]:
    """The first ones that are not too large together; one at least."""
    size = 0
    for number, one in enumerate(asked):
        size += wire.size_in_bytes(one.request)
        if number and size > MOST_BYTES:
            return asked[:number]
    return asked


class BatchWire:
    """The SDK's batches. Works on the engine's loop."""

    def __init__(self, clients: Clients, blobs: wire.Blobs) -> None:
        self._clients = clients
        self._blobs = blobs

    def client(self, surface: str) -> AsyncClient:
        """The SDK's client. InvalidInput or NotConfigured when there is none for batches."""
        refuse_surface(surface)
        return self._clients.client(surface).aio

    async def create(self, batch: OpenBatch, calls: Mapping[str, OpenCall]) -> str:
        """Send these requests under the batch's id; the service's name for it. NotTaken."""
        for number in range(1, TRIES + 1):
            try:
                return await self._create(batch, calls)
            # Anything that the SDK or the network raises has a name.
            except Exception as error:
                trouble = trouble_of(error)
                if trouble.billed is None:
                    raise NotTaken(trouble, certain=False) from error
                if trouble.retry == "permanent" or number == TRIES:
                    raise NotTaken(trouble, certain=True) from error
            await asyncio.sleep(trouble.failure.retry_after_s or 2.0 ** (number - 1))
        raise AssertionError("the last try returns or raises")

    async def _create(self, batch: OpenBatch, calls: Mapping[str, OpenCall]) -> str:
        from google.genai import types

        requests = [
            inlined(run_id, batch.model, wire.contents(call.request, self._blobs),
                    wire.config(call.request))
            for run_id, call in calls.items()
        ]  # fmt: skip
        job = await self.client(batch.connection).batches.create(
            model=batch.model,
            src=requests,
            config=types.CreateBatchJobConfig(display_name=batch.id),
        )
        return job.name or ""

    async def find(self, batch: OpenBatch) -> str | None:
        """The name of a batch that was taken under this one's id. BatchProblem."""
        try:
            async for job in await self.client(batch.connection).batches.list():
                if job.display_name == batch.id:
                    return job.name
        # As above.
        except Exception as error:
            raise _unreachable(trouble_of(error)) from error
        return None

    async def cancel(self, batch: OpenBatch) -> bool:
        """Cancel it; whether the service had begun to work on it. BatchProblem."""
        batches = self.client(batch.connection).batches
        try:
            begun = state_of(await batches.get(name=batch.name)) not in NOT_BEGUN
            await batches.cancel(name=batch.name)
        # As above.
        except Exception as error:
            raise _unreachable(trouble_of(error)) from error
        return begun

    async def ended(
        self, batch: OpenBatch, *, within_s: float | None = None
    ) -> types.BatchJob | None:
        """The batch once it has ended; None when the service does not know it, or not in time.

        What passes is waited out. BatchProblem when asking is refused.
        """
        waited = 0.0
        while within_s is None or waited < within_s:
            try:
                job = await self.client(batch.connection).batches.get(name=batch.name)
            # As above.
            except Exception as error:
                trouble = trouble_of(error)
                if trouble.failure.http_status == 404:
                    return None
                if trouble.failure.http_status is not None and trouble.retry == "permanent":
                    raise _unreachable(trouble) from error
            else:
                if state_of(job) in ENDED:
                    return job
            # A tenth of what it took so far.
            pause = min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, waited / 10))
            await asyncio.sleep(pause)
            waited += pause
        return None


def _unreachable(trouble: Trouble) -> BatchProblem:
    return BatchProblem(
        "The batch cannot be asked for ({problem}). Go on asks again.",
        problem=trouble.failure.message,
    )
