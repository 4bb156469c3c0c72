"""Running a comparison as a job: a unit is a cell.

The run of a cell names it (`group_id` is the comparison, `unit` the cell), so the grid is read
from the runs themselves: there is no moment at which an answer is paid for and not in the grid.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.comparison import plan
from core.errors import OverBudget, WorkbenchError
from core.prompts.rendering import render_request
from core.prompts.repeat import Calls, Limits, LiveCall
from core.prompts.template import variables_of
from core.records.budget import Cap
from core.records.comparisons import ANSWERED, Candidate, CellKey, CellProblem, ComparedInput
from core.records.jobs import Job, Unit, UnitResult, UnitStatus
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.records.runs import CallContext, Outcome, Request

if TYPE_CHECKING:
    from core.store import Store

KIND = "comparison"
PURPOSE = "comparison"
KEPT_JOBS = 8


def definition(comparison_id: str, cells: Sequence[CellKey] | None = None) -> dict[str, Any]:
    """The job as plain JSON; without `cells` all of them."""
    chosen = None if cells is None else [str(cell) for cell in cells]
    return {"comparison_id": comparison_id, "cells": chosen}


class _Patience:
    """Waits for money that only lies reserved for other cells.

    A call reserves the most it can cost, so calls under way together soon hold a whole cap,
    though they will cost a fraction of it. A cell that is refused then comes again when another
    has ended; it is refused for good when no other cell of the job is under way. Only the
    engine's loop touches this.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._ended = asyncio.Event()
        self._spent: set[str] = set()

    async def call(self, column: str, make: Callable[[], Awaitable[LiveCall]]) -> LiveCall:
        """Make the call, again if need be."""
        while True:
            self._under_way += 1
            try:
                live = await make()
            finally:
                self._under_way -= 1
                self._ended.set()
            if not isinstance(live.error, OverBudget) or column in self._spent:
                return live
            if not self._under_way:
                self._spent.add(column)
                return live
            self._ended.clear()
            await self._ended.wait()


@dataclass(frozen=True, slots=True)
class _Grid:
    """A comparison made ready for its calls.

    `specs` finds the unsaved prompt of a candidate, by its key and whether an ad-hoc input was
    added to it. `finished` are runs that this job made before its process ended.
    """

    candidates: Mapping[str, Candidate]
    inputs: Mapping[str, ComparedInput]
    specs: Mapping[tuple[str, bool], str]
    finished: Mapping[str, tuple[str, Outcome]]
    patience: _Patience = field(default_factory=_Patience)


class ComparisonHandler:
    """Each unit is one cell; a cell that fails is a result, and the others go on."""

    # More than a gate lets through, so that one call is committed while another is on the wire.
    at_once = 64

    def __init__(
        self, store: Store, calls: Calls, limits: Limits, keep_spec: Callable[[PromptSpec], str]
    ) -> None:
        """`keep_spec` keeps an unsaved prompt, so that its runs can be opened in the editor."""
        self._store = store
        self._calls = calls
        self._limits = limits
        self._keep_spec = keep_spec
        self._grids: dict[str, _Grid] = {}
        self._loading = threading.Lock()

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        """The cells that are named, or all."""
        if definition["cells"] is not None:
            return plan.units(CellKey.parse(text) for text in definition["cells"])
        comparison = self._store.comparisons.get(definition["comparison_id"])
        return plan.units(plan.cell_keys(comparison))

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        """Answer one cell, unless this job did so before its process ended."""
        grid = self._grids.get(job.id)
        if grid is None:
            grid = await asyncio.to_thread(self._load, job)
        if unit.key in grid.finished:
            return _result(unit, *grid.finished[unit.key])
        try:
            request, context = _call(grid, unit, job)
        except WorkbenchError as error:
            return await self._refused(unit, job, error)
        caps = (
            Cap("user_day", context.actor, self._limits.user_day_usd),
            Cap("job", job.id, self._limits.job_usd),
        )
        try:
            live = await grid.patience.call(
                CellKey.parse(unit.key).candidate_key,
                lambda: self._calls.generate(request, context, caps=caps, stream=True),
            )
        except asyncio.CancelledError:
            # The answer may just have come; should the job go on, it must look again.
            self._grids.pop(job.id, None)
            raise
        if live.reply is not None:
            return _result(unit, live.run_id, live.reply.outcome)
        if isinstance(live.error, WorkbenchError):
            return await self._refused(unit, job, live.error)
        stopped = WorkbenchError("Stopped before it was sent. Run this cell again.")
        return await self._refused(unit, job, stopped)

    async def _refused(self, unit: Unit, job: Job, error: WorkbenchError) -> UnitResult:
        values = {name: str(value) for name, value in error.values.items()}
        problem = CellProblem(error.code, error.template, values)
        committed = self._store.comparisons.add_problem(
            job.definition["comparison_id"], CellKey.parse(unit.key), problem
        )
        await asyncio.wrap_future(committed)
        return UnitResult(unit.key, "failed", {"problem": str(error)})

    def _load(self, job: Job) -> _Grid:
        """Read the comparison, once for all units of a job."""
        with self._loading:
            if job.id not in self._grids:
                comparison = self._store.comparisons.get(job.definition["comparison_id"])
                while len(self._grids) >= KEPT_JOBS:
                    del self._grids[next(iter(self._grids))]
                self._grids[job.id] = _Grid(
                    candidates={one.key: one for one in comparison.candidates},
                    inputs={row.key: row for row in comparison.inputs},
                    specs=self._kept_specs(comparison.candidates, comparison.inputs),
                    finished=self._store.comparisons.finished(comparison.id, job.id),
                )
            return self._grids[job.id]

    def _kept_specs(
        self, candidates: Sequence[Candidate], inputs: Sequence[ComparedInput]
    ) -> dict[tuple[str, bool], str]:
        found: dict[tuple[str, bool], PromptSpec] = {}
        for candidate in candidates:
            for row in inputs:
                try:
                    spec = plan.prepared(candidate, row).spec
                except WorkbenchError:
                    # The cell itself will say what is wrong with it.
                    continue
                added = spec is not candidate.spec
                if added or not candidate.version_id:
                    found.setdefault((candidate.key, added), spec)
        # The first calls wait for this, and what is written at once is committed together.
        with ThreadPoolExecutor(max_workers=max(1, len(found))) as pool:
            kept = list(pool.map(self._kept_spec, found.values()))
        return {key: hash_ for key, hash_ in zip(found, kept, strict=True) if hash_ is not None}

    def _kept_spec(self, spec: PromptSpec) -> str | None:
        try:
            return self._keep_spec(spec)
        except WorkbenchError:
            return None


def _call(grid: _Grid, unit: Unit, job: Job) -> tuple[Request, CallContext]:
    cell = CellKey.parse(unit.key)
    candidate, row = grid.candidates[cell.candidate_key], grid.inputs[cell.input_key]
    spec, values = plan.prepared(candidate, row)
    request = render_request(spec, values, ModelRef.parse(candidate.model, ""))
    added = spec is not candidate.spec
    context = CallContext(
        actor=job.created_by,
        purpose=PURPOSE,
        prompt_id=candidate.prompt_id,
        version_id=None if added else candidate.version_id,
        values={name: values[name] for name in variables_of(spec)},
        group_id=job.definition["comparison_id"],
        repeat=cell.repeat,
        job_id=job.id,
        spec_sha256=grid.specs.get((candidate.key, added)),
        unit=unit.key,
    )
    return request, context


def _result(unit: Unit, run_id: str, outcome: Outcome) -> UnitResult:
    status: UnitStatus = "ok" if outcome in ANSWERED else "failed"
    return UnitResult(unit.key, status, {"run_id": run_id, "outcome": outcome})
