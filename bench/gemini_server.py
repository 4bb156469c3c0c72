"""A light server that speaks the Gemini protocol with a fixed plan, in a process of its own.

`python -m bench.gemini_server` prints one JSON line, `{"url": ...}`. A stream's chunks carry
running numbers (`‹2:17›` is chunk 17 of stream 2) and the server notes when it sent each, so that
a benchmark can ask `GET /journal`. `PUT /plan` changes the plan, `DELETE /journal` starts again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle
from typing import Any

from aiohttp import web

MODEL = "gemini-3.8-flash"
ANSWER = "A fixed answer. 決まった答えです。"
FILLER = (
    "The answer travels in small pieces, ",
    "回答は少しずつ届きます。",
    "and every piece has to be seen; ",
    "読みやすさも大切です。",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How every call is answered. A plain (not streamed) answer waits `latency_ms` only."""

    latency_ms: float = 50.0
    chunks: int = 100
    chunk_bytes: int = 60
    chunks_per_second: float = 20.0


@dataclass(slots=True)
class Stream:
    """What was sent, and when, in seconds since the epoch."""

    sent: list[float] = field(default_factory=list)
    text: str = ""
    finished: bool = False


def chunk_text(stream: int, index: int, size: int) -> str:
    """A marker and filler up to `size` bytes; a paragraph ends every twelve chunks."""
    text = f"‹{stream}:{index}›"
    for piece in cycle(FILLER[index % len(FILLER) :] + FILLER[: index % len(FILLER)]):
        if len((text + piece).encode()) > size:
            break
        text += piece
    return text + ("\n\n" if index % 12 == 11 else " ")


def reply(text: str, model: str, tokens: int, finish: str | None = None) -> dict[str, Any]:
    """One GenerateContentResponse."""
    candidate: dict[str, Any] = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "index": 0,
    }
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 12,
            "candidatesTokenCount": tokens,
            "totalTokenCount": 12 + tokens,
        },
        "modelVersion": model,
        "responseId": "bench",
    }


class Server:
    """The routes over one plan and one journal."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.streams: list[Stream] = []
        self._answer = reply(ANSWER, MODEL, 9, "STOP")

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/journal", self.journal)
        app.router.add_delete("/journal", self.forget)
        app.router.add_put("/plan", self.set_plan)
        app.router.add_get("/v1beta/models", self.models)
        app.router.add_post("/v1beta/models/{call}", self.call)
        app.router.add_post("/v1/models/{call}", self.call)
        return app

    async def journal(self, _: web.Request) -> web.Response:
        """Every stream since the last reset."""
        return web.json_response([asdict(stream) for stream in self.streams])

    async def forget(self, _: web.Request) -> web.Response:
        """Begin a new journal; the next stream is number 0."""
        self.streams = []
        return web.Response()

    async def set_plan(self, request: web.Request) -> web.Response:
        """Change the named fields of the plan."""
        self.plan = replace(self.plan, **await request.json())
        return web.Response()

    async def models(self, _: web.Request) -> web.Response:
        """One model."""
        model = {
            "name": f"models/{MODEL}",
            "inputTokenLimit": 1_000_000,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }
        return web.json_response({"models": [model]})

    async def call(self, request: web.Request) -> web.StreamResponse:
        """generateContent, streamGenerateContent or countTokens, told apart by the suffix."""
        model, _, method = request.match_info["call"].partition(":")
        await request.read()
        if method == "countTokens":
            return web.json_response({"totalTokens": 12})
        if method == "streamGenerateContent":
            return await self.stream(request, model)
        await asyncio.sleep(self.plan.latency_ms / 1000)
        return web.json_response(self._answer)

    async def stream(self, request: web.Request, model: str) -> web.StreamResponse:
        """Server-sent events on a fixed schedule, which a slow reader does not shift."""
        plan, number, stream = self.plan, len(self.streams), Stream()
        self.streams.append(stream)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        first = time.monotonic() + plan.latency_ms / 1000
        for index in range(plan.chunks):
            await asyncio.sleep(first + index / plan.chunks_per_second - time.monotonic())
            text = chunk_text(number, index, plan.chunk_bytes)
            finish = "STOP" if index == plan.chunks - 1 else None
            data = json.dumps(reply(text, model, 4 * (index + 1), finish), ensure_ascii=False)
            stream.sent.append(time.time())
            stream.text += text
            await response.write(f"data: {data}\n\n".encode())
        stream.finished = True
        await response.write_eof()
        return response


async def serve(port: int, plan: Plan) -> None:
    """Serve on loopback until the process is ended."""
    runner = web.AppRunner(Server(plan).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Read the plan from the command line and serve it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=Plan().latency_ms)
    options = parser.parse_args()
    asyncio.run(serve(options.port, Plan(latency_ms=options.latency_ms)))


if __name__ == "__main__":
    main()
