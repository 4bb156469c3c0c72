"""The engine with its ledger and history against a bare google-genai loop.

The same requests at the same concurrency on the same local server, in alternating rounds. The
bare loop is what a user of the SDK would write: one client, one semaphore, nothing kept.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from google.genai import Client
from google.genai.types import HttpOptions

from bench.gemini_server import MODEL
from bench.processes import GeminiServer, gemini_server
from bench.report import Report, Row, arguments, median, publish
from core.config import Secrets
from core.engine import Clients, Engine, Limits
from core.engine.request import config
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.records.budget import Cap
from core.records.models import Connection
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import CallContext, Request, RunFilter
from core.store import Store

CALLS = 2_000
AT_ONCE = 64
ROUNDS = 3
BOUNDS = ((200.0, 1.10), (50.0, 1.40))
TEXT = (
    "次の問い合わせを分類してください: ログインできません。 Please classify this ticket. #{number}"
)


def request(number: int) -> Request:
    """The request that both send."""
    return Request(
        connection="gemini",
        model=MODEL,
        turns=(Turn("user", (Part(TEXT.format(number=number)),)),),
        system="Answer with one label: urgent, high, normal, low.",
        parameters=Parameters(max_output_tokens=256),
    )


async def bare(client: Client, calls: int) -> float:
    """Seconds that the SDK alone takes."""
    models = client.aio.models
    chosen = config(request(0))
    permits = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with permits:
            reply = await models.generate_content(
                model=MODEL, contents=TEXT.format(number=number), config=chosen
            )
            assert reply.text

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(calls):
            group.create_task(one(number))
    return time.perf_counter() - started


def through_engine(url: str, directory: Path, calls: int, turn: int) -> float:
    """Seconds through the engine, until every call is committed."""
    store = Store.open(directory / f"{turn}.duckdb")
    engine = Engine(
        clients=clients_for(url),
        ledger=store.ledger,
        blobs=store.blobs.get,
        prices=Catalogue(load_shipped()).price,
        limits=Limits(concurrency={"gemini": AT_ONCE}),
    )
    engine.start()
    # The client and its imports are not what is compared.
    engine.submit(request(0), context(), stream=False).wait(30)
    settle()
    caps = (Cap("user_day", "bench", 1e6),)
    started = time.perf_counter()
    running = [
        engine.submit(request(number), context(), caps=caps, stream=False)
        for number in range(calls)
    ]
    for run in running:
        assert run.wait(120) and run.outcome == "ok", run.reply
    seconds = time.perf_counter() - started
    engine.close()
    assert store.runs.count(RunFilter(), 1_000_000) == calls + 1
    store.close()
    return seconds


def context() -> CallContext:
    """A job's call, so that no permit is kept free for a person."""
    return CallContext("bench", foreground=False)


def bare_client(url: str) -> Client:
    """The SDK's client of the local server, as it makes itself."""
    return Client(vertexai=False, api_key="local", http_options=HttpOptions(base_url=url))


def clients_for(url: str) -> Clients:
    """The engine's client of the local server."""
    return Clients({"gemini": Connection("gemini", True, base_url=url)}, Secrets("local"))


def settle() -> None:
    """As the server does: nothing that start-up made is collected again."""
    gc.collect()
    gc.freeze()


def on_a_loop_of_its_own(work: Callable[[], float]) -> float:
    """Run in a fresh thread, as the engine's loop has one too."""
    result: list[float] = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    return result[0]


def rounds(server: GeminiServer, latency: float, calls: int, count: int) -> list[Row]:
    """Alternate the two and compare round by round."""
    server.plan(latency_ms=latency, chunks=1, chunk_bytes=120)
    alone: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        for turn in range(count):

            def one_bare() -> float:
                async def work() -> float:
                    client = bare_client(server.url)
                    await bare(client, AT_ONCE)
                    settle()
                    seconds = await bare(client, calls)
                    await client.aio.aclose()
                    return seconds

                return asyncio.run(work())

            alone.append(on_a_loop_of_its_own(one_bare))
            ours.append(through_engine(server.url, Path(directory), calls, turn))
    ratios = [mine / theirs for mine, theirs in zip(ours, alone, strict=True)]
    bound = dict(BOUNDS)[latency]
    name = f"{calls:,} calls, {AT_ONCE} at once, server takes {latency:.0f} ms"
    return [
        Row(f"{name}: bare SDK", median(alone), "s"),
        Row(f"{name}: engine with ledger and history", median(ours), "s"),
        Row.at_most(f"{name}: ratio", median(ratios), bound, "×",
                    f"rounds {', '.join(f'{r:.2f}' for r in ratios)}"),
    ]  # fmt: skip


def main() -> int:
    """Measure both latencies."""
    options = arguments(__doc__ or "").parse_args()
    os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
    calls, count = (400, 1) if options.quick else (CALLS, ROUNDS)
    with gemini_server() as server:
        rows = [row for latency, _bound in BOUNDS for row in rounds(server, latency, calls, count)]
    report = Report("Engine against a bare google-genai loop", "python -m bench.engine", rows)
    return publish(report, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
