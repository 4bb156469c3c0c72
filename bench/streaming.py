"""Streaming in the browser: from chunk sent to chunk painted, and how fast a page re-attaches.

The real app, a real Chromium, three streams at once from a Gemini-protocol server that notes when
it sent each chunk. The delay includes the SDK, the engine, the page and the browser's frame.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from bench import screens
from bench.browser import chromium, clock_offset, fresh_page
from bench.flaky_proxy import flaky_proxy
from bench.processes import ROOT, GeminiServer, Served, gemini_server, workbench
from bench.report import Report, Row, arguments, median, percentile, publish

STREAMS = 3
ORDINARY = {"chunks": 120, "chunk_bytes": 60, "chunks_per_second": 20}
LONG = {"chunks": 280, "chunk_bytes": 100, "chunks_per_second": 40}  # 28 KB
INTERRUPT_AFTER_S = 2.0
OFFLINE_S = 2.0
MEDIAN_MS, P99_MS, REATTACH_MS = 100.0, 250.0, 500.0

Journal = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """What every scenario needs."""

    app: Served
    gemini: GeminiServer
    browser: Browser
    directory: Path


def seen(page: Page) -> list[list[float]]:
    """For each stream, when each chunk was painted, on our clock."""
    offset = clock_offset(page)
    notes: Mapping[str, list[float]] = page.evaluate("window.__bench.seen")
    return [[t / 1000 + offset for t in notes.get(str(n), [])] for n in range(STREAMS)]


def wait_until_painted(page: Page, gemini: GeminiServer, plan: Mapping[str, float]) -> Journal:
    """Wait for the last chunk of every stream to be painted; what the server sent."""
    page.wait_for_function(
        """([streams, chunks]) => Array.from({length: streams}).every((_, n) =>
             (window.__bench.seen[n] ?? []).filter(Boolean).length === chunks)""",
        arg=[STREAMS, plan["chunks"]],
        timeout=60_000,
    )
    return gemini.journal()


def lost_characters(stage: Stage, journal: Journal) -> int:
    """Characters by which the stored answers differ from what the server sent."""
    environ = {**os.environ, "WORKBENCH_DB": str(stage.directory / "workbench.duckdb")}
    printed = subprocess.run(
        [sys.executable, "-m", "core", "history", "--limit", str(STREAMS), "--json"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        check=True,
    ).stdout
    stored = {json.loads(line)["text"] for line in printed.decode().splitlines()}
    return sum(len(stream["text"]) for stream in journal if stream["text"] not in stored)


def stream_once(stage: Stage, plan: Mapping[str, float]) -> list[float]:
    """Milliseconds from sent to painted, of every chunk of three streams."""
    stage.gemini.plan(**plan)
    with fresh_page(stage.browser, STREAMS) as page:
        screens.start_streams(page, stage.app.url, STREAMS)
        journal = wait_until_painted(page, stage.gemini, plan)
        return [
            (painted - sent) * 1000
            for times, stream in zip(seen(page), journal, strict=True)
            for painted, sent in zip(times, stream["sent"], strict=True)
        ]


def reload(page: Page) -> float:
    """F5; when the new page's websocket was open."""
    page.reload(wait_until="commit")
    return opened(page, 1)


def leave_and_come_back(page: Page) -> float:
    """Go to History and press Back; when Back was pressed."""
    screens.go_to_history(page)
    page.evaluate("""window.addEventListener("popstate", () => window.__bench.forget())""")
    pressed = time.time()
    page.evaluate("history.back()")
    return pressed


def opened(page: Page, count: int) -> float:
    """When the page's websocket was opened for the `count`th time, on our clock."""
    page.wait_for_function("(n) => window.__bench.opened.length >= n", arg=count)
    milliseconds: float = page.evaluate("(n) => window.__bench.opened[n - 1]", count)
    return milliseconds / 1000 + clock_offset(page)


def reattach(stage: Stage, url: str, interrupt: Callable[[Page], float]) -> tuple[float, int]:
    """Milliseconds until all that had been sent was painted again, and characters lost."""
    stage.gemini.plan(**LONG)
    with fresh_page(stage.browser, STREAMS) as page:
        screens.start_streams(page, url, STREAMS)
        page.wait_for_function("() => (window.__bench.seen[0] ?? []).length > 0")
        time.sleep(INTERRUPT_AFTER_S)
        connected = interrupt(page)
        journal = wait_until_painted(page, stage.gemini, LONG)
        caught_up = 0.0
        for times, stream in zip(seen(page), journal, strict=True):
            sent_before = sum(sent <= connected for sent in stream["sent"])
            # The chunk after those shows that the text advances.
            advancing = min(sent_before, len(times) - 1)
            caught_up = max(caught_up, times[advancing] - connected)
    return caught_up * 1000, lost_characters(stage, journal)


def dropped(stage: Stage) -> tuple[float, int]:
    """The same after the connection was cut and the network away for two seconds."""
    with flaky_proxy(stage.app.port) as proxy:

        def interrupt(page: Page) -> float:
            proxy.drop()
            time.sleep(OFFLINE_S)
            proxy.restore()
            return opened(page, 2)

        return reattach(stage, f"http://127.0.0.1:{proxy.port}", interrupt)


def delay_rows(stage: Stage, name: str, plan: Mapping[str, float], rounds: int) -> list[Row]:
    """Median and 99th percentile over all chunks of some rounds."""
    stream_once(stage, plan)  # the first run of a process also imports the SDK
    before, delays = stage.app.cpu_seconds(), list[float]()
    began = time.time()
    for _ in range(rounds):
        delays += stream_once(stage, plan)
    load = (stage.app.cpu_seconds() - before) / (time.time() - began)
    note = f"{len(delays)} chunks, {plan['chunks_per_second']}/s in each of {STREAMS} streams"
    return [
        Row.at_most(f"{name}: sent to painted, median", median(delays), MEDIAN_MS, note=note),
        Row.at_most(f"{name}: sent to painted, p99", percentile(delays, 0.99), P99_MS),
        Row(f"{name}: processor of the app", 100 * load, "%"),
    ]


def reattach_rows(stage: Stage, rounds: int) -> list[Row]:
    """Re-attaching after F5, Back and a dropped connection, and what was lost."""
    scenarios: dict[str, Callable[[], tuple[float, int]]] = {
        "F5": lambda: reattach(stage, stage.app.url, reload),
        "Back": lambda: reattach(stage, stage.app.url, leave_and_come_back),
        "dropped connection": lambda: dropped(stage),
    }
    rows, lost = [], 0
    for name, scenario in scenarios.items():
        results = [scenario() for _ in range(rounds)]
        lost += sum(characters for _, characters in results)
        slowest = max(milliseconds for milliseconds, _ in results)
        typical = median([milliseconds for milliseconds, _ in results])
        note = f"worst of {rounds}: {slowest:.0f} ms; all that had been sent, and advancing"
        rows.append(Row.at_most(f"re-attached after {name}", typical, REATTACH_MS, note=note))
    rows.append(Row.at_most("lost of the answers", lost, 0, "characters", "store against server"))
    return rows


def main() -> int:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    options = parser.parse_args()
    rounds = 1 if options.quick else 3
    with (
        tempfile.TemporaryDirectory() as name,
        gemini_server() as gemini,
        workbench(Path(name), gemini.url) as app,
        chromium() as browser,
    ):
        stage = Stage(app, gemini, browser, Path(name))
        rows = delay_rows(stage, "ordinary answer", ORDINARY, rounds)
        rows += delay_rows(stage, "28 KB answer", LONG, rounds)
        rows += reattach_rows(stage, rounds)
    return publish(Report("streaming", "python -m bench streaming", rows), options.json)


if __name__ == "__main__":
    sys.exit(main())
