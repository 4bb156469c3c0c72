"""One attempt on the wire: the SDK is asked once, and what happens gets a name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.engine import request as wire
from core.engine.clients import Clients
from core.engine.limits import Limits
from core.engine.live import LiveRun
from core.engine.outcome import Trouble, outcome_of, trouble_of
from core.engine.wall_clock import WallClock
from core.records.runs import Failure, Reply, Request, Usage

if TYPE_CHECKING:
    from google.genai import types
    from google.genai.models import AsyncModels


@dataclass(slots=True)
class Gathered:
    """A reply as it grows, chunk by chunk."""

    started: float
    clock: Callable[[], float]
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    safety: tuple[dict[str, Any], ...] = ()
    chunks: list[tuple[int, int]] = field(default_factory=list)
    served_model: str | None = None
    finish_reason: str | None = None
    block_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    model_status: dict[str, Any] | None = None
    first_token_ms: float | None = None

    def take(self, chunk: types.GenerateContentResponse) -> tuple[str, str]:
        """Add a chunk; returns its text and its thoughts."""
        text, thought = "", ""
        # Of several candidates the first is kept; their chunks come mixed.
        candidate = next((one for one in chunk.candidates or () if not one.index), None)
        if candidate is not None:
            for part in (candidate.content.parts or ()) if candidate.content else ():
                if part.text and part.thought:
                    thought += part.text
                elif part.text:
                    text += part.text
                if part.function_call is not None:
                    call = part.function_call
                    self.calls.append({"name": call.name, "args": call.args or {}})
            self._take_candidate(candidate)
        if chunk.model_version:
            self.served_model = chunk.model_version
        if chunk.usage_metadata is not None:
            self.usage = usage_of(chunk.usage_metadata)
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason is not None:
            self.block_reason = chunk.prompt_feedback.block_reason.value
        status = getattr(chunk, "model_status", None)
        if status is not None:
            self.model_status = status.model_dump(mode="json", exclude_none=True)
        self._note_time(text, thought)
        return text, thought

    def _take_candidate(self, candidate: types.Candidate) -> None:
        if candidate.finish_reason is not None:
            self.finish_reason = candidate.finish_reason.value
        if candidate.safety_ratings:
            self.safety = tuple(
                rating.model_dump(mode="json", exclude_none=True)
                for rating in candidate.safety_ratings
            )
        grounding = candidate.grounding_metadata
        if grounding is not None:
            self.queries = list(grounding.web_search_queries or ()) or self.queries
            self.sources = [
                {"title": piece.web.title or "", "uri": piece.web.uri or ""}
                for piece in grounding.grounding_chunks or ()
                if piece.web is not None
            ] or self.sources

    def _note_time(self, text: str, thought: str) -> None:
        elapsed_ms = (self.clock() - self.started) * 1000
        if self.first_token_ms is None and (text or thought or self.calls):
            self.first_token_ms = elapsed_ms
        if text:
            self.texts.append(text)
            self.chunks.append((round(elapsed_ms), len(text)))
        if thought:
            self.thoughts.append(thought)

    def reply(self, trouble: Trouble | None = None) -> Reply:
        """The reply as far as it came; with trouble its outcome, else what the model said."""
        text = "".join(self.texts)
        extras: dict[str, Any] = {
            "thoughts": "".join(self.thoughts),
            "function_calls": self.calls,
            "sources": self.sources,
            "search_queries": self.queries,
            "model_status": self.model_status,
        }
        if trouble is not None:
            outcome, failure = trouble.outcome, trouble.failure
        else:
            outcome, failure = outcome_of(  # type: ignore[assignment]
                self.finish_reason,
                has_content=bool(text or self.calls),
                block_reason=self.block_reason,
            )
        return Reply(
            outcome=outcome,
            text=text,
            served_model=self.served_model,
            finish_reason=self.finish_reason,
            extras={name: value for name, value in extras.items() if value},
            safety=self.safety,
            usage=self.usage,
            first_token_ms=self.first_token_ms,
            total_ms=(self.clock() - self.started) * 1000,
            chunks=tuple(self.chunks),
            failure=failure,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt ended. `trouble` is None when a reply was read whole."""

    reply: Reply
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request in the SDK's terms, and the SDK's door to send it through."""

    models: AsyncModels
    arguments: dict[str, Any]


class Sender:
    """Sends a request once."""

    def __init__(
        self,
        clients: Clients,
        blobs: wire.Blobs,
        limits: Limits,
        clock: Callable[[], float],
        wall_clock: WallClock,
    ) -> None:
        self._clients = clients
        self._blobs = blobs
        self._limits = limits
        self._clock = clock
        self._wall_clock = wall_clock

    def prepare(self, request: Request) -> Prepared:
        """Everything the SDK needs, made once for all attempts. Raises WorkbenchError."""
        client = self._clients.client(request.connection)
        return Prepared(
            client.aio.models,
            {
                "model": request.model,
                "contents": wire.contents(request, self._blobs),
                "config": wire.config(request),
            },
        )

    def not_sent(self) -> Reply:
        """The reply of a call that was stopped before it was sent."""
        return Reply("cancelled", failure=Failure("cancelled", "Stopped before it was sent."))

    async def send(self, live: LiveRun, prepared: Prepared, *, stream: bool) -> Sent:
        """One attempt. A cancelled task ends as the outcome `cancelled` with what came so far."""
        gathered = Gathered(self._clock(), self._clock)
        try:
            if stream:
                await self._stream(live, prepared, gathered)
            else:
                await self._once(live, prepared, gathered)
        except asyncio.CancelledError:
            trouble = Trouble(
                "cancelled", Failure("cancelled", "Stopped by the user."), "permanent", None
            )
        # Anything that the SDK or the network raises is an outcome; nothing may end the loop.
        except Exception as error:  # noqa: BLE001
            trouble = trouble_of(error)
        else:
            return Sent(gathered.reply(), None)
        return Sent(gathered.reply(trouble), trouble)

    async def _once(self, live: LiveRun, prepared: Prepared, gathered: Gathered) -> None:
        async with asyncio.timeout(self._limits.deadline_s):
            reply = await prepared.models.generate_content(**prepared.arguments)
        self._note_date(reply)
        live.add(*gathered.take(reply))

    async def _stream(self, live: LiveRun, prepared: Prepared, gathered: Gathered) -> None:
        async with asyncio.timeout(self._limits.first_byte_timeout_s):
            chunks = await prepared.models.generate_content_stream(**prepared.arguments)
        async with aclosing(self._timed(chunks)) as timed:  # type: ignore[type-var]
            async for chunk in timed:
                if not gathered.chunks and gathered.first_token_ms is None:
                    self._note_date(chunk)
                live.add(*gathered.take(chunk))
                live.first_token_ms = gathered.first_token_ms

    def _note_date(self, reply: types.GenerateContentResponse) -> None:
        http = reply.sdk_http_response
        self._wall_clock.note(http.headers if http is not None else None)

    async def _timed(self, chunks: Any) -> AsyncIterator[types.GenerateContentResponse]:
        """The chunks, with a limit on the silence before each."""
        wait = self._limits.first_byte_timeout_s
        try:
            while True:
                async with asyncio.timeout(wait):
                    try:
                        chunk = await anext(chunks)
                    except StopAsyncIteration:
                        return
                yield chunk
                wait = self._limits.idle_timeout_s
        finally:
            # Ends the request: the service must not go on writing for nobody.
            await chunks.aclose()


def usage_of(metadata: types.GenerateContentResponseUsageMetadata) -> Usage:
    """Tokens as the service counted them."""
    return Usage(
        input=metadata.prompt_token_count,
        output=metadata.candidates_token_count,
        thinking=metadata.thoughts_token_count,
        cached=metadata.cached_content_token_count,
        tool=metadata.tool_use_prompt_token_count,
    )
