"""A comparison in the browser: three columns that stream at once, each chunk from sent to painted.

The real app, a real Chromium, a comparison of three columns that is started with its button. Each
column is one stream of the Gemini-protocol server, which notes when it sent each chunk.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from bench.browser import chromium, fresh_page
from bench.comparison_view import COLUMNS, OPEN_MS, ROWS, large
from bench.gemini_server import MODEL
from bench.processes import GeminiServer, workbench
from bench.report import Row, median, percentile
from bench.screens import wait_until_warm
from bench.streaming import MEDIAN_MS, ORDINARY, STREAMS, seen, wait_until_painted
from core.records.comparisons import Candidate, ComparedInput
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from core.records.runs import CallContext
from core.samples import FILLED
from core.store import Store

MOST_APART = 2.0
START = ".st-key-compare-continue button"


def made_comparison(file: Path) -> str:
    """A comparison that is not run yet: three columns, one input."""
    store = Store.open(file)
    try:
        store.settings.put(FILLED, True)
        columns = [
            Candidate(
                key,
                f"Column {key}",
                PromptSpec(
                    system=f"Column {key}.",
                    turns=(Turn("user", (Part("Tell me everything about {topic}."),)),),
                    parameters=Parameters(max_output_tokens=1024),
                ),
                f"gemini:{MODEL}",
            )
            for key in "abc"
        ]
        row = ComparedInput("1", "everything", {"topic": "everything"})
        return store.comparisons.create("Streams", columns, [row], actor="bench").id
    finally:
        store.close()


def stream_once(
    page: Page, url: str, comparison_id: str, gemini: GeminiServer
) -> list[list[float]]:
    """For each stream, milliseconds from sent to painted of each chunk."""
    gemini.plan(**ORDINARY)
    page.goto(f"{url}/compare?comparison={comparison_id}")
    page.locator(START).first.click(delay=50)
    journal = wait_until_painted(page, gemini, ORDINARY)
    return [
        [(painted - sent) * 1000 for painted, sent in zip(times, stream["sent"], strict=True)]
        for times, stream in zip(seen(page), journal, strict=True)
    ]


def streaming_rows(gemini: GeminiServer, rounds: int) -> list[Row]:
    """The typical delay, and how far apart the columns are."""
    streams: list[list[list[float]]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            comparison_id = made_comparison(Path(name) / "workbench.duckdb")
            with (
                workbench(Path(name), gemini.url) as app,
                chromium() as browser,
                fresh_page(browser, STREAMS) as page,
            ):
                streams.append(stream_once(page, app.url, comparison_id, gemini))
    delays = [delay for once in streams for column in once for delay in column]
    apart = []
    for once in streams:
        lags = [median(column) for column in once]
        apart.append(max(lags) / min(lags))
    name = f"{STREAMS} columns streaming"
    rate = ORDINARY["chunks_per_second"]
    return [
        Row.at_most(f"{name}: sent to painted, median", median(delays), MEDIAN_MS,
                    note=f"{len(delays)} chunks, {rate}/s in each column"),
        Row(f"{name}: sent to painted, p99", percentile(delays, 0.99)),
        Row.at_most(f"{name}: slowest column / fastest", max(apart), MOST_APART, "×",
                    "by their median delay, worst round"),
    ]  # fmt: skip


def stored_grid(file: Path) -> str:
    """The large comparison in a store, every cell a run of its own."""
    comparison, cells = large()
    store = Store.open(file)
    try:
        store.settings.put(FILLED, True)
        made = store.comparisons.create("Large", comparison.candidates, comparison.inputs,
                                        actor="bench")  # fmt: skip
        settled = []
        for cell in cells:
            assert cell.run is not None
            context = CallContext("bench", "comparison", group_id=made.id, unit=str(cell.key))
            run_id = store.new_id()
            store.ledger.reserve_and_send(run_id, 1, cell.run.request, context, 0.0)
            settled.append(store.ledger.settle_run(run_id, 1, cell.run.reply, 0.001))
        settled[-1].result()
        return made.id
    finally:
        store.close()


def opening_rows(rounds: int) -> list[Row]:
    """From the address to the first answers of a large grid, in the app."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        stored_grid(Path(name) / "workbench.duckdb")
        with workbench(Path(name)) as app, chromium() as browser:
            wait_until_warm(app.url)
            for _ in range(rounds):
                with fresh_page(browser) as page:
                    page.goto(f"{app.url}/compare")
                    page.locator("[class*='st-key-compare-open'] button").wait_for()
                    page.wait_for_timeout(500)
                    started = time.perf_counter()
                    page.locator("[class*='st-key-compare-open'] button").click()
                    page.locator(".wb-cell .wb-text").first.wait_for()
                    took.append((time.perf_counter() - started) * 1000)
    measure = f"grid of {COLUMNS} x {ROWS} in the app: from the list to its answers"
    return [Row.at_most(measure, median(took), OPEN_MS, note=f"worst {max(took):.0f} ms")]
