"""The managed engine behind the same ledger: its files become templates and steps as they grow.

What it found is judged as everything else is: start and best on our own sealed test cases, through
our own calls. Its own scores are tuning scores.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk
from core.optimization.search import Found
from core.optimization.vapo_config import TARGET, managed_config, single_braces
from core.optimization.vapo_files import COMPOSITE, ReadTemplate, Run
from core.records.datasets import REFERENCE, Case
from core.records.metrics import MetricInfo
from core.records.optimizations import Optimization, StopReason

POLL_S = 15.0


class Job(Protocol):
    """A job at the far end (`core.platform.optimizer.ManagedJob`)."""

    @property
    def name(self) -> str:
        """Its resource name."""

    @property
    def state(self) -> str:
        """waiting, running, done, failed or cancelled."""

    @property
    def raw_state(self) -> str:
        """The service's own word."""

    @property
    def console(self) -> str:
        """Where the service shows it."""


class Far(Protocol):
    """The service (`core.platform.optimizer.ManagedOptimizer`); its calls block."""

    def launch(
        self, label: str, folder: str, config: Mapping[str, Any], rows: Sequence[Mapping[str, str]]
    ) -> Job:
        """Upload and launch, or find the job of that label."""

    def find(self, label: str) -> Job | None:
        """The newest job of that label."""

    def cancel(self, name: str) -> None:
        """Ask the service to stop it."""

    def poll(self, name: str) -> Job:
        """The job as it is now."""

    def read_runs(self, folder: str, mode: str) -> dict[str, Run]:
        """The files so far, by mode."""


def label_of(optimization: Optimization) -> str:
    """Names the job at the far end, so that it is found again."""
    return f"prompt-workbench-{optimization.id}"


def folder_of(optimization: Optimization) -> str:
    """Where its files lie."""
    base = str(optimization.draft.vapo.get("output_path") or "")
    return f"{base.rstrip('/')}/{label_of(optimization)}" if base else ""


def rows_of(cases: Sequence[Case]) -> list[dict[str, str]]:
    """Tuning cases as the service takes them; the test cases never leave."""
    return [
        {TARGET if name == REFERENCE else name: value for name, value in case.fields.items()}
        for case in cases
    ]


async def follow(
    optimization: Optimization,
    cases: Sequence[Case],
    infos: Sequence[MetricInfo],
    start: str,
    far: Far,
    desk: Desk,
    ended_problem: Callable[[Any, Mapping[str, Run]], Exception | None],
    poll_s: float = POLL_S,
    seen: Callable[[Job], None] = lambda job: None,
) -> Found:
    """Launch or find the job, tell what its files say, return the best. Raises what it ended by.

    `seen` is told of the job at every look.
    """
    draft, folder = optimization.draft, folder_of(optimization)
    config = managed_config(draft)
    job = await asyncio.to_thread(
        far.launch, label_of(optimization), folder, config, rows_of(cases)
    )
    seen(job)
    reading = Reading(desk, start, infos)
    await reading.begin()
    while True:
        job = await asyncio.to_thread(far.poll, job.name)
        seen(job)
        runs = await asyncio.to_thread(far.read_runs, folder, draft.mode)
        await reading.take(runs)
        if job.state in ("done", "failed", "cancelled"):
            break
        await desk.ask_whether_stopped()
        await asyncio.sleep(poll_s)
    problem = ended_problem(job, runs)
    if problem is not None:
        raise problem
    return await reading.found()


class Reading:
    """Turns growing files into events, each template once."""

    def __init__(self, desk: Desk, start: str, infos: Sequence[MetricInfo]) -> None:
        self._desk = desk
        self._infos = {info.name: info for info in infos}
        self._start = Tried(0, 0, start)
        self._best = self._start
        self._best_score = float("-inf")
        self._seen: dict[str, int] = {}
        self._count = 1

    async def begin(self) -> None:
        """Tell the start."""
        await self._desk.tell("candidate", **self._start.announced())

    async def take(self, runs: Mapping[str, Run]) -> None:
        """Tell what is new, mode by mode."""
        for mode, run in runs.items():
            new = run.templates[self._seen.get(mode, 0) :]
            self._seen[mode] = len(run.templates)
            for template in new:
                await self._one(mode, template)

    async def _one(self, mode: str, template: ReadTemplate) -> None:
        text = single_braces(template.prompt)
        tried = self._start
        if text != self._start.instruction:
            tried = Tried(self._count, template.step, text, (), 0, f"managed {mode}")
            self._count += 1
            await self._desk.tell("candidate", **tried.announced())
        score = self._score(template.metrics)
        better = score is not None and score > self._best_score
        if better and score is not None:
            self._best, self._best_score = tried, score
        await self._desk.tell(
            "race", step=template.step, state="best" if better else "lost", template=tried.number,
            score=score, low=None, high=None, scored=0, metrics=dict(template.metrics),
        )  # fmt: skip
        await self._desk.tell("step", step=template.step, best=self._best.number, of=mode)

    def _score(self, metrics: Mapping[str, float]) -> float | None:
        """The score as a share where our metric of that name knows its bounds."""
        if COMPOSITE in metrics:
            return metrics[COMPOSITE]
        for name, value in metrics.items():
            info = self._infos.get(name)
            if info is not None and info.low is not None and info.high is not None:
                return (value - info.low) / (info.high - info.low)
            return value
        return None

    async def found(self) -> Found:
        """The best of all."""
        stop: StopReason = "service"
        await self._desk.tell("stop", reason=stop, best=self._best.number)
        self._best.measured.setdefault(("", 0), Measured("", None))
        return Found(self._start, self._best, stop, 0.0)
