"""Comparisons: the wall time of a grid, against what its calls must take at that concurrency.

The server answers each call after 200 ms. The ideal is calls x latency / concurrency; since a
grid of 300 cells needs ten rounds of 32, no runner can stay below 1.07 of it.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.comparison_page import opening_rows, streaming_rows
from bench.comparison_view import export_rows, grid_rows
from bench.engine import clients_for, request, settle
from bench.gemini_server import MODEL
from bench.processes import GeminiServer, gemini_server
from bench.report import Report, Row, arguments, median, publish
from core.comparison.comparisons import Comparisons
from core.comparison.run import KIND, ComparisonHandler
from core.config import Caps
from core.engine import Engine, Limits
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
        # One permit beyond the limit is for calls that a person waits for, as these are.
        limits=Limits(concurrency={"gemini": CONCURRENCY - 1}),
    )
    engine.start()
    # The client, its imports and its connections are not what is measured.
    warm = [engine.submit(request(n), CallContext("bench"), stream=True) for n in range(32)]
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
    while jobs.busy(job.id):
        time.sleep(0.002)
    seconds = time.perf_counter() - started
    assert all(cell.answered for cell in comparisons.grid(made.id))
    engine.close()
    store.close()
    return seconds


def grid_wall_time(server: GeminiServer, rounds: int) -> list[Row]:
    """How long a grid of 6 x 50 takes at concurrency 32."""
    server.plan(latency_ms=LATENCY_MS, chunks=1, chunk_bytes=120)
    ideal = COLUMNS * ROWS * LATENCY_MS / 1000 / CONCURRENCY
    with tempfile.TemporaryDirectory() as directory:
        took = [grid_seconds(server.url, Path(directory) / f"{n}.duckdb") for n in range(rounds)]
    name = f"grid of {COLUMNS} x {ROWS}, {CONCURRENCY} at once, server takes {LATENCY_MS:.0f} ms"
    return [
        Row(f"{name}: wall time", median(took), "s", note=f"ideal {ideal:.3f} s"),
        Row.at_most(f"{name}: wall time / ideal", median(took) / ideal, MOST_OF_IDEAL, "×",
                    f"rounds {', '.join(f'{one / ideal:.2f}' for one in took)}"),
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
