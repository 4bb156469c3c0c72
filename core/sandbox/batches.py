"""Batch jobs in the Gemini API's form: requests sent together, results some time later.

They are kept in memory: a sandbox that ends forgets them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from core.sandbox import wire
from core.sandbox.faults import ERRORS, error_body

PATH = "/{version:v1|v1beta|v1beta1}/batches"
Answerer = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""One request to a model: `{"response": …}` or `{"error": {"code", "message"}}`."""


def now() -> str:
    """The time as the Gemini API writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Batch:
    """A batch job as it stands."""

    name: str
    model: str
    display_name: str
    requests: list[dict[str, Any]]
    created: str = field(default_factory=now)
    state: str = "PENDING"
    ended: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)

    def operation(self) -> dict[str, Any]:
        """The job as the API's operation; results only once it has ended."""
        failed = sum("error" in one for one in self.results)
        counts = {
            "requestCount": len(self.requests),
            "successfulRequestCount": len(self.results) - failed,
            "failedRequestCount": failed,
            "pendingRequestCount": len(self.requests) - len(self.results),
        }
        metadata: dict[str, Any] = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": self.name,
            "model": f"models/{self.model}",
            "displayName": self.display_name,
            "createTime": self.created,
            "updateTime": self.ended or now(),
            "batchStats": {name: str(count) for name, count in counts.items()},
            "state": f"BATCH_STATE_{self.state}",
        }
        operation: dict[str, Any] = {"name": self.name, "metadata": metadata}
        if self.ended:
            metadata["endTime"] = self.ended
            operation["done"] = True
        if self.state == "SUCCEEDED":
            output = {"inlinedResponses": {"inlinedResponses": self.results}}
            metadata["output"] = operation["response"] = output
        return operation

    def end(self, state: str) -> None:
        """Nothing changes any more."""
        self.state, self.ended = state, now()


class Batches:
    """The batch jobs of a sandbox."""

    def __init__(self, answer: Answerer, delay_s: float) -> None:
        self._answer = answer
        self._delay_s = delay_s
        self._known: dict[str, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hurried = asyncio.Event()

    def add_routes(self, app: web.Application, *, faults: bool) -> None:
        """Everything but the making, which is a method of a model."""
        if faults:
            app.router.add_post("/sandbox/batches:hurry", self.hurry)
        app.router.add_get(PATH, self.list)
        app.router.add_get(f"{PATH}/{{call}}", self.get)
        app.router.add_post(f"{PATH}/{{call}}", self.cancel)

    def create(self, model: str, body: Mapping[str, Any]) -> web.Response:
        """`models/M:batchGenerateContent` with inlined requests."""
        batch = body.get("batch") or {}
        source = wire.get(batch, "inputConfig") or {}
        requests = (source.get("requests") or {}).get("requests")
        if not requests or not all(isinstance(one.get("request"), dict) for one in requests):
            text = "The batch has no inlined requests; the sandbox reads no files."
            return web.json_response(error_body(400, "INVALID_ARGUMENT", text), status=400)
        made = Batch(
            f"batches/{secrets.token_hex(12)}", model, str(wire.get(batch, "displayName") or ""),
            requests,
        )  # fmt: skip
        self._known[made.name] = made
        task = asyncio.create_task(self._work(made, self._hurried))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.json_response(made.operation())

    async def hurry(self, request: web.Request) -> web.Response:
        """Whatever is under way has its results now, for tests that would only wait."""
        self._hurried.set()
        self._hurried = asyncio.Event()
        return web.json_response({})

    async def _work(self, batch: Batch, hurried: asyncio.Event) -> None:
        await self._pause(hurried)
        if batch.ended:
            return
        batch.state = "RUNNING"
        await self._pause(hurried)
        for one in batch.requests:
            if batch.ended:
                return
            result = await self._answer(batch.model, one["request"])
            batch.results.append({**result, "metadata": one.get("metadata") or {}})
        if not batch.ended:
            batch.end("SUCCEEDED")

    async def _pause(self, hurried: asyncio.Event) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(hurried.wait(), self._delay_s / 2)

    async def list(self, request: web.Request) -> web.Response:
        """Every job, the newest first."""
        every = [one.operation() for one in reversed(self._known.values())]
        return web.json_response({"operations": every})

    async def get(self, request: web.Request) -> web.Response:
        """One job."""
        found = self._known.get(f"batches/{request.match_info['call']}")
        return web.json_response(found.operation()) if found else _missing()

    async def cancel(self, request: web.Request) -> web.Response:
        """`batches/B:cancel`; one that has ended stays as it is."""
        name, _, method = request.match_info["call"].partition(":")
        found = self._known.get(f"batches/{name}")
        if found is None or method != "cancel":
            return _missing()
        if not found.ended:
            found.end("CANCELLED")
        return web.json_response({})


def _missing() -> web.Response:
    status, word, _ = ERRORS["not_found"]
    text = "Requested entity was not found."
    return web.json_response(error_body(status, word, text), status=status)
