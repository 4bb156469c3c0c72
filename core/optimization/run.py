"""Optimizations as a kind of job: one unit, whose progress is the ledger.

The unit is the whole search and the one look at the test cases. A killed, paused or failed job
runs it again from its journal, so it goes on exactly where it was (`core.optimization.desk`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from core.evaluation.judge import Judge
from core.optimization import gepa_engine, heldout, managed
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, Stopped
from core.optimization.managed import Far
from core.optimization.materials import Prepared, Sources
from core.optimization.roles import EngineRoles
from core.optimization.search import Found, Search
from core.optimization.vapo_files import Run
from core.prompts.repeat import Calls, Limits
from core.records.budget import Cap
from core.records.datasets import Case
from core.records.jobs import Job, Unit, UnitResult
from core.records.optimizations import EventKind, Optimization, StopReason, Verdict
from core.records.prompts import PromptSpec
from core.records.runs import CallContext
from core.store.optimizations import StoredOptimizations

KIND = "optimization"
PURPOSE = "optimization"
TOGETHER = 16
"""Test cases that are asked together when the money may end among them."""


class JobStates(Protocol):
    """The state of jobs (`core.store.jobs`)."""

    def state(self, job_id: str) -> str:
        """The job's state."""


class StoreJournal:
    """The journal of one optimization in the store."""

    def __init__(self, kept: StoredOptimizations, optimization_id: str) -> None:
        self._kept = kept
        self._id = optimization_id

    async def load(self) -> Mapping[str, Mapping[str, Any]]:
        """Everything that was recorded, by key."""
        return await asyncio.to_thread(self._kept.calls, self._id)

    async def events(self) -> int:
        """How many events there are."""
        return await asyncio.to_thread(self._kept.count_events, self._id)

    def record(self, key: str, role: str, data: Mapping[str, Any]) -> Awaitable[None]:
        """Commit what was settled; done when it is."""
        return asyncio.wrap_future(self._kept.record_call(self._id, key, role, data))

    def tell(self, number: int, kind: EventKind, data: Mapping[str, Any]) -> Awaitable[None]:
        """Commit an event; done when it is."""
        return asyncio.wrap_future(self._kept.record_event(self._id, number, kind, data))


class OptimizationHandler:
    """The local engine as a kind of job."""

    at_once = 1

    def __init__(
        self,
        *,
        kept: StoredOptimizations,
        sources: Sources,
        states: JobStates,
        calls: Calls,
        judge: Callable[[Calls], Judge],
        keep_spec: Callable[[PromptSpec], str],
        limits: Limits,
        looks: Callable[[Optimization], int],
        far: Callable[[Optimization], Far],
        ended_problem: Callable[[Any, Mapping[str, Run]], Exception | None],
        poll_s: float = managed.POLL_S,
    ) -> None:
        self._kept = kept
        self._sources = sources
        self._states = states
        self._calls = calls
        self._judge = judge
        self._keep_spec = keep_spec
        self._limits = limits
        self._looks = looks
        self._far = far
        self._ended_problem = ended_problem
        self._poll_s = poll_s
        self._seen: dict[str, managed.Job] = {}
        self._stopping: set[str] = set()

    def stop_searching(self, optimization_id: str) -> None:
        """End the search at its next batch, and take the look at the test cases."""
        self._stopping.add(optimization_id)

    def far_job(self, optimization_id: str) -> managed.Job | None:
        """The managed job as this process saw it last; None when it never looked."""
        return self._seen.get(optimization_id)

    def cancel_far(self, optimization: Optimization) -> None:
        """Stop the managed job behind an optimization, if it has one; blocks."""
        if optimization.draft.engine == "managed" and optimization.job_id is not None:
            service = self._far(optimization)
            job = service.find(managed.label_of(optimization))
            if job is not None and job.state in ("waiting", "running"):
                service.cancel(job.name)

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        """One unit."""
        name = hashlib.sha256(str(definition["optimization_id"]).encode()).hexdigest()
        return [Unit(name, 0)]

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        """Search, look once at the test cases, tell the verdict."""
        optimization = await asyncio.to_thread(self._kept.get, job.definition["optimization_id"])
        prepared = await asyncio.to_thread(self._sources.prepare, optimization)
        desk = Desk(
            StoreJournal(self._kept, optimization.id),
            max_calls=optimization.draft.max_calls,
            max_usd=self._most_usd(optimization),
            purse=job.id,
            interrupted=lambda: self._interrupted(optimization.id, job.id),
        )
        await desk.open()
        try:
            verdict = await self._work(optimization, prepared, desk, job)
            await desk.tell("verdict", **asdict(verdict))
            await desk.written()
        finally:
            await desk.close()
        self._stopping.discard(optimization.id)
        return UnitResult(unit.key, "ok", {"verdict": verdict.verdict})

    async def _work(
        self, optimization: Optimization, prepared: Prepared, desk: Desk, job: Job
    ) -> Verdict:
        roles = self._roles(optimization, prepared, desk, job)
        draft = optimization.draft
        tested = prepared.most_tested
        desk.kept_back_calls = 2 * tested * draft.repeats * roles.worst_calls
        if desk.max_usd is not None:
            # By calls: what a call of the final look costs is known only once calls were made.
            desk.kept_back_usd = desk.max_usd * min(0.5, desk.kept_back_calls / draft.max_calls)
        await desk.tell(
            "plan", tuning_cases=len(prepared.task.cases), test_cases=prepared.test_cases,
            tested=tested, max_calls=draft.max_calls, kept_back=desk.kept_back_calls,
            worst_calls=roles.worst_calls,
        )  # fmt: skip
        found = await self._found(optimization, prepared, roles, desk)
        if found.best is found.start:
            return heldout.start_is_best()
        desk.kept_back_calls, desk.kept_back_usd = 0, 0.0
        cases = (await asyncio.to_thread(self._sources.test_cases, optimization))[:tested]
        material = replace(prepared.material, cases={case.id: case for case in cases})
        final = self._roles(optimization, replace(prepared, material=material), desk, job)
        looks = await asyncio.to_thread(self._looks, optimization)
        return await final_look(found, cases, final, desk, draft.repeats, looks)

    async def _found(
        self, optimization: Optimization, prepared: Prepared, roles: EngineRoles, desk: Desk
    ) -> Found:
        """Let the chosen engine search."""
        if optimization.draft.engine == "managed":
            cases = list(prepared.material.cases.values())
            infos = list(prepared.material.metrics.infos.values())
            return await managed.follow(
                optimization, cases, infos, prepared.task.start, self._far(optimization), desk,
                self._ended_problem, self._poll_s,
                lambda job: self._seen.update({optimization.id: job}),
            )  # fmt: skip
        if optimization.draft.engine == "gepa":
            return await gepa_engine.search(prepared.task, roles, desk)
        return await Search(prepared.task, roles, desk).run()

    def _roles(
        self, optimization: Optimization, prepared: Prepared, desk: Desk, job: Job
    ) -> EngineRoles:
        context = CallContext(
            actor=job.created_by,
            purpose=PURPOSE,
            prompt_id=optimization.draft.prompt_id,
            group_id=optimization.id,
            job_id=job.id,
            foreground=False,
        )
        caps = (
            Cap("user_day", job.created_by, self._limits.user_day_usd),
            Cap("job", job.id, self._most_usd(optimization)),
        )
        return EngineRoles(
            prepared.material, desk, self._calls, self._judge, context, caps, self._keep_spec
        )

    def _most_usd(self, optimization: Optimization) -> float:
        return min(optimization.draft.max_usd, self._limits.job_usd)

    async def _interrupted(self, optimization_id: str, job_id: str) -> StopReason | None:
        """Asked before each batch: leave when the job is paused, or end the search."""
        if await asyncio.to_thread(self._states.state, job_id) != "running":
            raise asyncio.CancelledError
        return "user_stop" if optimization_id in self._stopping else None


async def final_look(
    found: Found,
    cases: Sequence[Case],
    roles: EngineRoles,
    desk: Desk,
    repeats: int,
    looks: int,
) -> Verdict:
    """Start and best on the same test cases, once. When the money ends, on those that were paid."""
    start, best = (replace(one, measured={}, left_out=frozenset()) for one in
                   (found.start, found.best))  # fmt: skip
    try:
        rest = list(cases)
        while rest:
            calls = 2 * len(rest) * repeats * roles.worst_calls
            together = len(rest) if desk.has_means(calls) else TOGETHER
            await _test(rest[:together], (start, best), roles, desk, repeats)
            rest = rest[together:]
    except Stopped as stopped:
        await desk.tell("stop", reason=stopped.reason, final=True, best=best.number)
    errors = sum(one.score is None for tried in (start, best) for one in tried.measured.values())
    return heldout.verdict(start.values, best.values, errors=errors, looks=looks)


async def _test(
    cases: Sequence[Case],
    both: tuple[Tried, Tried],
    roles: EngineRoles,
    desk: Desk,
    repeats: int,
) -> None:
    wanted = [(tried, case.id, repeat) for case in cases for repeat in range(repeats)
              for tried in both]  # fmt: skip
    done: list[Measured] = await desk.batch(
        [lambda one=one: roles.measure(*one) for one in wanted],  # type: ignore[misc]
        len(wanted) * roles.worst_calls,
    )
    for (tried, case_id, repeat), measured in zip(wanted, done, strict=True):
        tried.measured[case_id, repeat] = measured


def definition(optimization_id: str) -> dict[str, Any]:
    """The job as plain JSON."""
    return {"optimization_id": optimization_id}
