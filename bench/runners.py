"""Evaluation runners side by side: the same rows, prompts, metric and server.

    make .tools/runners.stamp && python -m bench.runners [--rows N] [--json FILE]

The server takes 20 ms, so what is measured is the runner. promptfoo and Inspect AI run through
their own libraries, each at the concurrency at which it is fastest here (tried on fewer rows) and
with everything that it keeps or displays switched off; ours commits every answer and score. For
all of them the clock runs from rows in memory to the last score, in a process that has done a
small evaluation before.
The bound is on our time divided by theirs, in the same round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.evaluation import AT_ONCE, MODEL, workbench
from bench.gemini_server import ANSWER
from bench.processes import ROOT, GeminiServer, gemini_server
from bench.report import Report, Row, arguments, median, publish
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.prompts import Part, PromptSpec, Turn
from core.workbench import Workbench

ROWS = 2_000
TRIED_ROWS = 200
LATENCY_MS = 20.0
MOST_OF_THEIRS = 0.5
LIMIT_S = 900.0
PROMPTS = ("one: {ticket}", "two: {ticket}")
TRIED = (32, 64, 128)
TOOLS = ROOT / ".tools"
RIVALS = ROOT / "bench" / "rivals"
INSTALL = "not installed: `make .tools/runners.stamp`"
METRIC = "exact_match"


@dataclass(frozen=True, slots=True)
class Rival:
    """Another runner: what must be there, and how it is started."""

    name: str
    needs: Path
    command: tuple[str, ...]
    environ: Mapping[str, str]


RUNNERS = (
    Rival(
        "promptfoo",
        TOOLS / "promptfoo/node_modules/promptfoo/package.json",
        (
            str(TOOLS / "promptfoo/node_modules/.bin/node"),
            "--no-warnings",
            str(RIVALS / "promptfoo.mjs"),
            str(TOOLS / "promptfoo"),
        ),
        {
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
            "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
            "LOG_LEVEL": "error",
        },
    ),
    Rival(
        "Inspect AI",
        TOOLS / "inspect/inspect_ai/__init__.py",
        (sys.executable, str(RIVALS / "inspect_tasks.py")),
        {"PYTHONPATH": str(TOOLS / "inspect")},
    ),
)


@dataclass(frozen=True, slots=True)
class Took:
    """One evaluation by another runner."""

    version: str
    seconds: float


def rows_of(count: int) -> list[dict[str, str]]:
    """Tickets; every fourth has the server's answer as its reference, so that all must agree."""
    return [
        {"ticket": f"Ticket {n}: 画面が表示されません。 The screen is blank.",
         "reference": ANSWER if n % 4 == 0 else "low"}
        for n in range(count)
    ]  # fmt: skip


def right(count: int) -> int:
    """Answers that equal their reference."""
    return len(PROMPTS) * len(range(0, count, 4))


# -- ours --


def our_seconds(url: str, count: int) -> float:
    """From the start of the job to its end, every answer and score committed."""
    with workbench(url) as bench:
        run(bench, "warm", 32)
        started = time.perf_counter()
        kept = run(bench, "tickets", count)
        seconds = time.perf_counter() - started
        lines = bench.store.scores.lines(kept)
        if len(lines) != 2 * count or sum(one.value or 0 for one in lines) != right(count):
            raise RuntimeError(f"{len(lines)} scores instead of {2 * count}, or wrong ones")
        return seconds


def run(bench: Workbench, name: str, count: int) -> str:
    """Import, evaluate and wait; the evaluation's id."""
    cases = [Case(f"t{n:05}", row) for n, row in enumerate(rows_of(count))]
    version = bench.datasets.create(name, cases, actor="bench", source="bench")
    candidates = tuple(
        Candidate(f"c{n}", text, PromptSpec(turns=(Turn("user", (Part(text),)),)), MODEL)
        for n, text in enumerate(PROMPTS)
    )
    kept = bench.evaluations.create(
        Evaluation("", name, version.id, candidates, (MetricSpec(METRIC),), 1,
                   datetime.now(UTC), "bench")
    )  # fmt: skip
    bench.jobs.wait(bench.evaluations.start(kept.id, actor="bench").id, 600)
    if bench.evaluations.status(kept.id) != "done":
        raise RuntimeError(f"our evaluation ended as {bench.evaluations.status(kept.id)}")
    return kept.id


# -- theirs --


def their_run(rival: Rival, url: str, count: int, at_once: int) -> Took:
    """One evaluation in a process of its own. Raises RuntimeError when it is not all there."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Path(directory) / "settings.json"
        told = {"url": url, "model": MODEL.partition(":")[2], "rows": rows_of(count)}
        settings.write_text(json.dumps({**told, "prompts": PROMPTS, "at_once": at_once}), "utf-8")
        environ = {**os.environ, "PROMPTFOO_CONFIG_DIR": directory, **rival.environ}
        done = subprocess.run(
            [*rival.command, str(settings)],
            env=environ, cwd=directory, capture_output=True, text=True, timeout=LIMIT_S,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or f"ended with {done.returncode}")[-300:])
    found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    if (found["answers"], found["passed"]) != (2 * count, right(count)):
        raise RuntimeError(f"{found['answers']} answers, {found['passed']} passed: not all")
    return Took(found["version"], found["seconds"])


def fastest(rival: Rival, url: str, count: int) -> tuple[int, str]:
    """The concurrency at which it is fastest here, and what was tried, in words."""
    took = {at_once: their_run(rival, url, count, at_once).seconds for at_once in TRIED}
    best = min(took, key=lambda at_once: took[at_once])
    tried = ", ".join(f"{at_once}: {seconds:.1f} s" for at_once, seconds in took.items())
    return best, f"{best} at once, the best of {tried} on {count} rows"


# -- both --


def measured(server: GeminiServer, count: int, tried: int, rounds: int) -> list[Row]:
    """Every runner in every round."""
    rows: list[Row] = []
    settings: dict[str, tuple[int, str]] = {}
    for rival in RUNNERS:
        if not rival.needs.is_file():
            rows.append(Row(f"ours / {rival.name}", 0, "×", MOST_OF_THEIRS, False, INSTALL))
            continue
        try:
            settings[rival.name] = fastest(rival, server.url, tried)
        except (RuntimeError, OSError, ValueError, subprocess.TimeoutExpired) as error:
            rows.append(Row(f"ours / {rival.name}", 0, "×", MOST_OF_THEIRS, False, f"{error}"))
    ours: list[float] = []
    present = [rival for rival in RUNNERS if rival.name in settings]
    theirs: dict[str, list[Took]] = {rival.name: [] for rival in present}
    for _round in range(rounds):
        ours.append(our_seconds(server.url, count))
        for rival in present:
            at_once, _words = settings[rival.name]
            theirs[rival.name].append(their_run(rival, server.url, count, at_once))
    rows.insert(0, Row("ours", median(ours), "s", note=f"{AT_ONCE} at once, everything committed"))
    for name, (_at_once, words) in settings.items():
        rows += compared(name, ours, theirs[name], words)
    return rows


def compared(name: str, ours: Sequence[float], took: Sequence[Took], words: str) -> list[Row]:
    """Their time, and ours in shares of it."""
    seconds = [one.seconds for one in took]
    ratios = [mine / its for mine, its in zip(ours, seconds, strict=True)]
    note = f"rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
    return [
        Row(f"{name} {took[0].version}", median(seconds), "s", note=words),
        Row.at_most(f"ours / {name}", median(ratios), MOST_OF_THEIRS, "×", note),
    ]


def main() -> int:
    """All of them on one server."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, help=f"instead of {ROWS:,}")
    options = parser.parse_args()
    os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
    count = options.rows or (200 if options.quick else ROWS)
    with gemini_server() as server:
        server.plan(latency_ms=LATENCY_MS, chunks=1, chunk_bytes=120)
        rows = measured(server, count, min(count, TRIED_ROWS), 1 if options.quick else 3)
    title = f"Evaluation runners: {count:,} rows x {len(PROMPTS)}, server takes {LATENCY_MS:.0f} ms"
    return publish(Report(title, "python -m bench.runners", rows), options.json)


if __name__ == "__main__":
    raise SystemExit(main())
