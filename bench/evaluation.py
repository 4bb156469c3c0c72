"""Evaluations: a job's wall time against the ideal, and the page of its results.

The ideal is calls x latency / concurrency: a server that takes 200 ms, 64 calls at once. The page
is measured as Streamlit runs it, without the browser: a cold open, then filters.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from streamlit.testing.v1 import AppTest

from bench.engine import settle
from bench.processes import ROOT, gemini_server
from bench.report import Report, Row, arguments, median, publish
from core.config import Settings
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation, Response, ScoredResponse
from core.records.metrics import MetricSpec, Score
from core.records.prompts import Part, PromptSpec, Turn
from core.samples import FILLED
from core.workbench import Workbench, close_current, current

ROWS = 2_000
SHOWN = 10_000
AT_ONCE = 64
LATENCY_MS = 200.0
MODEL = "gemini:gemini-3.8-flash"
METRICS = ("exact_match", "chrf")
LABELS = ("urgent", "high", "normal", "low")


def environment(directory: Path, url: str) -> dict[str, str]:
    """A database of its own, and a Gemini connection that leads to the server."""
    return {
        "WORKBENCH_DB": str(directory / "w.duckdb"),
        "WORKBENCH_PERSON": "bench",
        "WORKBENCH_SANDBOX_URL": "http://127.0.0.1:9",
        "GEMINI_API_KEY": "local",
        "GOOGLE_GEMINI_BASE_URL": url,
    }


@contextmanager
def workbench(url: str) -> Iterator[Workbench]:
    """A workbench without caps that could end the run, 64 calls at once."""
    with tempfile.TemporaryDirectory() as directory:
        plain = Settings.from_environment(environment(Path(directory), url))
        caps = replace(plain.caps, user_day_usd=1e6, job_usd=1e6)
        bench = Workbench.open(
            replace(plain, caps=caps, concurrency={**plain.concurrency, "gemini": AT_ONCE})
        )
        try:
            yield bench
        finally:
            bench.close()


def cases(count: int) -> list[Case]:
    """Tickets with a reference."""
    return [
        Case(f"t{n:05}", {"ticket": f"Ticket {n}: 画面が表示されません。 The screen is blank.",
                          "reference": LABELS[n % 4], "area": f"area {n % 7}"})
        for n in range(count)
    ]  # fmt: skip


def draft(bench: Workbench, count: int) -> Evaluation:
    """Two prompts on one model."""
    version = bench.datasets.create("tickets", cases(count), actor="bench", source="bench")
    candidates = tuple(
        Candidate(key, key, PromptSpec(turns=(Turn("user", (Part(f"{key}: {{ticket}}"),)),)), MODEL)
        for key in ("one", "two")
    )
    metrics = tuple(MetricSpec(name) for name in METRICS)
    return Evaluation("", "bench", version.id, candidates, metrics, 1, datetime.now(UTC), "bench")


def job_seconds(url: str, count: int) -> float:
    """From the start of the job to its end, every answer and score committed."""
    with workbench(url) as bench:
        warm = bench.evaluations.create(draft_of(bench, "warm", 32))
        assert bench.jobs.wait(bench.evaluations.start(warm.id, actor="bench").id, 120)
        kept = bench.evaluations.create(draft(bench, count))
        settle()
        started = time.perf_counter()
        job = bench.evaluations.start(kept.id, actor="bench")
        assert bench.jobs.wait(job.id, 120)
        seconds = time.perf_counter() - started
        assert bench.evaluations.status(kept.id) == "done"
        assert len(bench.store.scores.lines(kept.id)) == 2 * count * len(METRICS)
        return seconds


def draft_of(bench: Workbench, name: str, count: int) -> Evaluation:
    """The same on another dataset, so that nothing is measured while it is imported."""
    version = bench.datasets.create(name, cases(count), actor="bench", source="bench")
    one = PromptSpec(turns=(Turn("user", (Part("warm: {ticket}"),)),))
    metrics = tuple(MetricSpec(name) for name in METRICS)
    candidates = (Candidate("warm", "warm", one, MODEL),)
    return Evaluation("", name, version.id, candidates, metrics, 1, datetime.now(UTC), "bench")


def filled(bench: Workbench, count: int) -> str:
    """An evaluation that is done, made without calls: answers and scores as a job leaves them."""
    kept = bench.evaluations.create(draft(bench, count))
    found = bench.evaluations.table(kept.id)
    names = {info.name: signature for signature, info in found.infos.items()}
    scores: list[ScoredResponse] = []
    for number, case in enumerate(found.cases):
        for candidate in ("one", "two"):
            answer = Response(case.id, candidate, 0, None, "", total_ms=200.0, cost_usd=0.001)
            bench.store.evaluations.record(kept.id, answer)
            right = (number * 7 + len(candidate) * 3 + (candidate == "two")) % 10 < 7
            for name, value in (("exact_match", float(right)), ("chrf", (number % 97) / 97)):
                score = Score(value, reason="" if value else "label low instead of high")
                scores.append(
                    ScoredResponse(kept.id, case.id, candidate, 0, name, names[name], score)
                )
    bench.store.scores.record(scores).result()
    job = bench.store.jobs.create("evaluation", "tickets", {}, [], "bench")
    bench.store.jobs.set_state(job.id, "done", "Done", "bench")
    bench.store.evaluations.change(kept.id, job_id=job.id, actor="bench")
    return kept.id


def filters(signature: str) -> Mapping[str, Mapping[str, str]]:
    """One of each kind, as the address has it."""
    return {
        "rows that got worse": {"metric": signature, "show": "worse"},
        "a text in Japanese": {"q": "画面"},
        "a slice": {"column": "area", "value": "area 3"},
        "a range of scores": {"metric": signature, "min": "0.5", "max": "1"},
    }


def opened(evaluation_id: str, query: Mapping[str, str]) -> float:
    """Milliseconds of one run of the page, as a browser that follows a link makes it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.run()
    at.query_params.update({"evaluation": evaluation_id, **query})
    page = at.switch_page("pages/improve/evaluate.py")
    started = time.perf_counter()
    page.run()
    seconds = time.perf_counter() - started
    assert not at.exception, at.exception
    assert len(at.dataframe) == 2
    return seconds * 1000


def page_rows(count: int, rounds: int) -> list[Row]:
    """The page of so many cases: opened with nothing in memory, then with other filters."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(environment(Path(directory), "http://127.0.0.1:9"))
        bench = current()
        try:
            bench.store.settings.put(FILLED, True)
            evaluation_id = filled(bench, count)
            signature = next(iter(bench.evaluations.table(evaluation_id).infos))
            opened(evaluation_id, {})  # imports
            cold = []
            for _ in range(rounds):
                bench._evaluations = None
                cold.append(opened(evaluation_id, {}))
            name = f"page of {count:,} cases x 2"
            rows = [Row.at_most(f"{name}: opened cold", median(cold), 1_000)]
            for words, query in filters(signature).items():
                times = [opened(evaluation_id, query) for _ in range(rounds)]
                rows.append(Row.at_most(f"{name}: filtered by {words}", median(times), 300))
            return rows
        finally:
            close_current()


def main() -> int:
    """Measure both."""
    options = arguments(__doc__ or "").parse_args()
    os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
    count, rounds = (400, 1) if options.quick else (ROWS, 3)
    ideal = 2 * count * LATENCY_MS / 1000 / AT_ONCE
    with gemini_server() as server:
        server.plan(latency_ms=LATENCY_MS, chunks=1, chunk_bytes=120)
        taken = [job_seconds(server.url, count) for _ in range(rounds)]
    ratios = [seconds / ideal for seconds in taken]
    name = f"{count:,} rows x 2, {AT_ONCE} at once, server takes {LATENCY_MS:.0f} ms"
    rows = [
        Row(f"{name}: ideal", ideal, "s"),
        Row(f"{name}: evaluation", median(taken), "s"),
        Row.at_most(f"{name}: ratio", median(ratios), 1.15, "×",
                    f"rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"),
        *page_rows(SHOWN, max(rounds, 3)),
    ]  # fmt: skip
    return publish(Report("Evaluations", "python -m bench.evaluation", rows), options.json)


if __name__ == "__main__":
    raise SystemExit(main())
