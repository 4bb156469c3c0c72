"""Comparisons: the wall time of a grid, against what its calls must take at that concurrency.

The server answers each call after 200 ms. The ideal is calls x latency / concurrency; since a
grid of 300 cells needs ten rounds of 32, no runner can stay below 1.07 of it. The SDK alone at
the same concurrency shows what the machine adds.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from google.genai import Client

from bench.comparison_page import opening_rows, streaming_rows
from bench.comparison_view import export_rows, grid_rows
from bench.engine import bare_client, clients_for, on_a_loop_of_its_own, request, settle
from bench.gemini_server import MODEL
from bench.processes import GeminiServer, gemini_server
from bench.report import Report, Row, arguments, median, publish
from core.comparison.comparisons import Comparisons
from core.comparison.run import KIND, ComparisonHandler
from core.config import Caps
from core.engine import Engine, Limits
from core.engine.request import config
from core.jobs import Jobs
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.prompts.authoring import Authoring
from core.records.comparisons import Candidate, ComparedInput
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from core.records.runs import CallContext
from core.store import Store

COLUMNS, ROWS = 6, 50
CONCURRENCY = 32
LATENCY_MS = 200.0
ROUNDS = 5
MOST_OF_IDEAL = 1.15


def candidates() -> list[Candidate]:
    """Versions of one prompt, so that all of them share one gate."""
    return [
        Candidate(
            "",
            f"Version {number}",
            PromptSpec(
                system=f"Answer in at most {number} sentences.",
                turns=(Turn("user", (Part("次の問い合わせに答えてください: {question}"),)),),
                parameters=Parameters(max_output_tokens=256),
            ),
            f"gemini:{MODEL}",
        )
        for number in range(1, COLUMNS + 1)
    ]


def inputs() -> list[ComparedInput]:
    """Questions of about 100 characters."""
    text = "ログインできません。 I cannot log in since the last update, what can I do? #{number}"
    return [
        ComparedInput("", f"{number}", {"question": text.format(number=number)})
        for number in range(ROWS)
    ]


def grid_seconds(url: str, file: Path) -> float:
    """From the start of the job until every cell is committed and the job is done."""
    store = Store.open(file)
    engine = Engine(
        clients=clients_for(url),
        ledger=store.ledger,
        blobs=store.blobs.get,
        prices=Catalogue(load_shipped()).price,
        limits=Limits(concurrency={"gemini": CONCURRENCY}),
    )
    engine.start()
    # The client, its imports and its connections are not what is measured.
    warm = [engine.submit(request(n), CallContext("bench")) for n in range(CONCURRENCY)]
    for run in warm:
        run.wait(30)
    keep_spec = Authoring(store).keep_spec
    handler = ComparisonHandler(store, engine, Caps(user_day_usd=1e6, job_usd=1e6), keep_spec)
    jobs = Jobs(store.jobs, engine, {KIND: handler})
    comparisons = Comparisons(store, jobs, engine.live)
    made = comparisons.create("grid", candidates(), inputs(), actor="bench")
    settle()
    started = time.perf_counter()
    job = comparisons.start(made.id, actor="bench")
    assert jobs.wait(job.id, 120)
    seconds = time.perf_counter() - started
    assert all(cell.answered for cell in comparisons.grid(made.id))
    engine.close()
    store.close()
    return seconds


def bare_seconds(url: str) -> float:
    """The same number of streams with the SDK alone, nothing kept: what this machine can do."""

    async def stream(client: Client, number: int, permits: asyncio.Semaphore) -> None:
        sent = request(number)
        async with permits:
            async for _ in await client.aio.models.generate_content_stream(
                model=MODEL, contents=sent.turns[0].text, config=config(sent)
            ):
                pass

    async def streams(client: Client, calls: int) -> float:
        permits = asyncio.Semaphore(CONCURRENCY)
        started = time.perf_counter()
        await asyncio.gather(*(stream(client, number, permits) for number in range(calls)))
        return time.perf_counter() - started

    async def work() -> float:
        client = bare_client(url)
        await streams(client, CONCURRENCY)
        settle()
        seconds = await streams(client, COLUMNS * ROWS)
        await client.aio.aclose()
        return seconds

    return on_a_loop_of_its_own(lambda: asyncio.run(work()))


def grid_wall_time(server: GeminiServer, rounds: int) -> list[Row]:
    """How long a grid of 6 x 50 takes at concurrency 32."""
    server.plan(latency_ms=LATENCY_MS, chunks=1, chunk_bytes=120)
    ideal = COLUMNS * ROWS * LATENCY_MS / 1000 / CONCURRENCY
    took: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        for number in range(rounds):
            bare.append(bare_seconds(server.url))
            took.append(grid_seconds(server.url, Path(directory) / f"{number}.duckdb"))
    name = f"grid of {COLUMNS} x {ROWS}, {CONCURRENCY} at once, server takes {LATENCY_MS:.0f} ms"
    of_ideal = [seconds / ideal for seconds in took]
    return [
        Row(f"{name}: bare SDK / ideal", median(bare) / ideal, "×", note=f"ideal {ideal:.3f} s"),
        Row.at_most(f"{name}: wall time / ideal", median(of_ideal), MOST_OF_IDEAL, "×",
                    f"rounds {', '.join(f'{one:.2f}' for one in of_ideal)}"),
    ]  # fmt: skip


def main() -> int:
    """Measure."""
    options = arguments(__doc__ or "").parse_args()
    os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
    with gemini_server() as server:
        rows = grid_wall_time(server, 2 if options.quick else ROUNDS)
        rows += streaming_rows(server, 1 if options.quick else 3)
    rows += opening_rows(1 if options.quick else 5)
    rows += export_rows(1 if options.quick else 5) + grid_rows(1 if options.quick else 5)
    report = Report("Comparisons", "python -m bench.comparison", rows)
    return publish(report, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
