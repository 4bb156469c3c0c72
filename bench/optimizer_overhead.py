"""What the optimizer's engine adds to the calls of a job: wall time and processor time.

    python -m bench.optimizer_overhead [--quick] [--json FILE]

A whole job (search, last look, verdict) runs on a workbench of its own over the sandbox, whose
models take 200 ms. While it runs, the call graph is recorded where the job asks: the desk. Calls
of one batch do not wait for each other, but those of one measurement do (the judge reads the
answer), and every call of a batch waits for all of the batch before, because what is asked next is
decided from those answers. So the critical path at 16 calls at once is the sum over batches of

    latency x max(longest chain of the batch, calls of the batch / 16, rounded up)

which no schedule of that graph can beat. Calls answered from the ledger are no part of it.
Processor time is that of the whole process per call, SDK, HTTP and database included; what is left
without these is measured by `python -m bench.optimizer`.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.report import Report, Row, arguments, median, publish
from core.config import Settings
from core.optimization import run
from core.optimization.desk import AT_ONCE, Desk, Settled
from core.records.datasets import Case
from core.records.metrics import MetricSpec
from core.records.optimizations import OptimizationDraft, WeightedMetric
from core.records.prompts import Part, PromptSpec, Turn
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench

LATENCY_MS = 200.0
CALLS = 500
ROWS = 120
MODEL = "sandbox:sandbox-flash-2"
KINDS = {
    "urgent": ("service down", "data lost", "security incident"),
    "high": ("wrong charge", "deadline tomorrow", "work blocked"),
    "normal": ("change settings", "hard to use", "how to print"),
    "low": ("lovely charts", "dark theme wish", "thank you"),
}


@dataclass(slots=True)
class CallGraph:
    """The calls that were really made: how many by batch, and by piece of work in it."""

    chains: dict[int, Counter[int]] = field(default_factory=dict)

    def note(self, batch: int, work: int) -> None:
        """A call of a piece of work."""
        self.chains.setdefault(batch, Counter())[work] += 1

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(sum(works.values()) for works in self.chains.values())

    def critical_path(self, latency: float, at_once: int) -> float:
        """Seconds that no schedule of these calls can beat."""
        rounds = (
            max(max(works.values()), math.ceil(sum(works.values()) / at_once))
            for works in self.chains.values()
        )
        return latency * sum(rounds)


_place: ContextVar[tuple[int, int]] = ContextVar("place")


@contextmanager
def recorded() -> Iterator[CallGraph]:
    """Jobs that are run meanwhile note their calls."""
    graph = CallGraph()

    class RecordingDesk(Desk):
        batches = 0

        async def batch(self, works: Sequence[Callable[[], Awaitable[Any]]], worst: int) -> Any:
            self.batches += 1
            number = self.batches

            def placed(work: Callable[[], Awaitable[Any]], place: int) -> Callable[[], Any]:
                async def do() -> Any:
                    _place.set((number, place))
                    return await work()

                return do

            return await super().batch([placed(one, n) for n, one in enumerate(works)], worst)

        async def once(
            self, role: str, content: object, make: Callable[[], Awaitable[Settled]]
        ) -> Mapping[str, Any]:
            async def made() -> Settled:
                settled = await make()
                for _ in range(settled.calls):
                    graph.note(*_place.get())
                return settled

            return await super().once(role, content, made)

    with patch.object(run, "Desk", RecordingDesk):
        yield graph


def cases(count: int) -> list[Case]:
    """Tickets; every fifth has another label than its words say, so that there is no end to it."""
    made = []
    for number in range(count):
        label = list(KINDS)[number % 4]
        words = KINDS[label][number // 4 % 3]
        told = list(KINDS)[(number + 1) % 4] if number % 5 == 0 else label
        fields = {"text": f"Note {number}: {words} at desk {number * 7}", "reference": told}
        made.append(Case(f"t{number:03}", fields))
    return made


def draft(version_id: str, calls: int) -> OptimizationDraft:
    """Instructions and examples, up to the cap of calls."""
    spec = PromptSpec(
        system="Classify as one of: urgent, high, normal, low. Answer with the label only.",
        turns=(Turn("user", (Part("Ticket: {text}"),)),),
    )
    return OptimizationDraft(
        "bench", spec, version_id, MODEL, (WeightedMetric(MetricSpec("label_accuracy")),),
        mode="instruction_and_demo", steps=100, demo_candidates=100, candidates_per_step=2,
        max_calls=calls, max_usd=1e6,
    )  # fmt: skip


@contextmanager
def workbench(url: str) -> Iterator[Workbench]:
    """A database of its own, no caps in money."""
    with tempfile.TemporaryDirectory() as directory:
        plain = Settings.from_environment({
            "WORKBENCH_DB": str(Path(directory) / "w.duckdb"),
            "WORKBENCH_PERSON": "bench",
            "WORKBENCH_SANDBOX_URL": url,
        })  # fmt: skip
        caps = replace(plain.caps, user_day_usd=1e6, job_usd=1e6)
        bench = Workbench.open(replace(plain, caps=caps))
        try:
            yield bench
        finally:
            bench.close()


@dataclass(frozen=True, slots=True)
class Measured:
    """One job."""

    calls: int
    seconds: float
    critical: float
    cpu_ms: float
    stop: str


def others_cpu() -> float:
    """Processor seconds of the process without this thread, which only waits."""
    return time.process_time() - time.thread_time()


def job(bench: Workbench, version_id: str, calls: int) -> Measured:
    """Run it to its verdict."""
    kept = bench.optimizations.create(draft(version_id, calls), actor="bench")
    with recorded() as graph:
        started, cpu = datetime.now(UTC), others_cpu()
        bench.optimizations.start(kept.id, actor="bench")
        while bench.optimizations.status(kept.id) == "running":
            # Rarely: whoever looks takes processor time from what is measured.
            time.sleep(0.5)
        used = others_cpu() - cpu
    result = bench.optimizations.result(kept.id)
    seconds = (bench.store.optimizations.events(kept.id)[-1].created_at - started).total_seconds()
    assert result.status == "done", result.status
    assert result.ledger.calls == graph.calls
    critical = graph.critical_path(LATENCY_MS / 1000, AT_ONCE)
    return Measured(
        graph.calls, seconds, critical, 1000 * used / graph.calls, str(result.ledger.stop)
    )


def main() -> int:
    """Measure; the exit code says whether both bounds were kept."""
    options = arguments(__doc__ or "").parse_args()
    os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
    calls, rounds = (120, 1) if options.quick else (CALLS, 3)
    sandbox = SandboxProcess.start(SandboxSettings(latency_ms=LATENCY_MS))
    try:
        with workbench(sandbox.base_url) as bench:
            version = bench.datasets.create("tickets", cases(ROWS), actor="bench", source="bench")
            job(bench, version.id, 40)  # imports, connections
            found = [job(bench, version.id, calls) for _ in range(rounds)]
    finally:
        sandbox.stop()
    ratios = [one.seconds / one.critical for one in found]
    made = median([one.calls for one in found])
    name = f"job of {made:.0f} calls, {LATENCY_MS:.0f} ms, {AT_ONCE} at once"
    stops = ", ".join(sorted({one.stop for one in found}))
    rows = [
        Row(f"{name}: critical path", median([one.critical for one in found]), "s", note=stops),
        Row(f"{name}: from start to verdict", median([one.seconds for one in found]), "s"),
        Row.at_most(f"{name}: ratio", median(ratios), 1.3, "×",
                    f"rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"),
        Row.at_most(f"{name}: CPU per call", median([one.cpu_ms for one in found]), 5,
                    note="the whole process: SDK, HTTP and database too"),
    ]  # fmt: skip
    return publish(Report("Optimizer's overhead", "python -m bench.optimizer_overhead", rows),
                   options.json)  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
