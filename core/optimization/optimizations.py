"""Optimizations as people use them: start, watch, judge, apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.optimization import rows, vapo_files
from core.optimization.ledger import Ledger, ModeProgress, read_ledger
from core.optimization.managed import Job as FarJob
from core.optimization.materials import Sources
from core.optimization.parts import spec_with
from core.optimization.run import KIND, definition
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.jobs import Job, JobEvent
from core.records.optimizations import (
    Measurement,
    Optimization,
    OptimizationDraft,
    OptimizationStatus,
    Template,
    TestRow,
    Verdict,
)
from core.records.prompts import PromptSpec, Version

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.jobs import Jobs
    from core.optimization.drafts import Drafts
    from core.optimization.run import OptimizationHandler
    from core.prompts.authoring import Authoring
    from core.store import Store

COMPARED = 5


@dataclass(frozen=True, slots=True)
class OptimizationProgress:
    """How far an optimization is. `left_s` None: nobody can tell, or it does not run.

    `far` is the managed job as it was seen last.
    """

    status: OptimizationStatus
    job: Job | None
    ledger: Ledger
    modes: tuple[ModeProgress, ...]
    spent_usd: float
    calls: int
    max_calls: int
    max_usd: float
    left_s: float | None
    events: Sequence[JobEvent]
    simulated: bool
    far: FarJob | None = None


@dataclass(frozen=True, slots=True)
class OptimizationResult:
    """The end of an optimization. `verdict` None while there is none."""

    optimization: Optimization
    status: OptimizationStatus
    verdict: Verdict | None
    start: Template | None
    best: Template | None
    spec: PromptSpec
    ledger: Ledger


class Optimizations:
    """What pages and commands do with optimizations. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        authoring: Authoring,
        sources: Sources,
        jobs: Jobs,
        handler: Callable[[], OptimizationHandler],
        drafts: Drafts,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._authoring = authoring
        self._sources = sources
        self._jobs = jobs
        self._handler = handler
        self._drafts = drafts

    @property
    def drafts(self) -> Drafts:
        """What can be known of a draft before it is started."""
        return self._drafts

    # -- working on it --

    def create(self, draft: OptimizationDraft, *, actor: str) -> Optimization:
        """Keep it; nothing is asked yet. InvalidInput names the first thing that is wrong."""
        full = self._drafts.completed(draft)
        for finding in self._drafts.check(full):
            if finding.level == "error":
                raise InvalidInput(finding.template, **finding.values)
        kept = self._store.optimizations.create(full, actor=actor)
        self._datasets.record_use(full.dataset_version_id, KIND, kept.id, kept.title, actor=actor)
        return kept

    def start(self, optimization_id: str, *, actor: str) -> Job:
        """Begin. InvalidInput when it was begun before: make a copy to run it again."""
        optimization = self.get(optimization_id)
        if optimization.job_id is not None:
            raise InvalidInput("The optimization was started before. Make a copy to run it again.")
        job = self._jobs.begin(KIND, optimization.title, definition(optimization_id), actor=actor)
        self._store.optimizations.change(optimization_id, job_id=job.id, actor=actor)
        return job

    def pause(self, optimization_id: str, *, actor: str) -> None:
        """Leave off after the calls under way; nothing that was paid is lost."""
        job = self._job(self.get(optimization_id))
        if job is not None:
            self._jobs.pause(job.id, actor=actor)

    def resume(self, optimization_id: str, *, actor: str) -> None:
        """Go on exactly where it was."""
        job = self._job(self.get(optimization_id))
        if job is not None:
            self._jobs.resume(job.id, actor=actor)

    def cancel(self, optimization_id: str, *, actor: str) -> None:
        """Stop at once, a managed job too. What is known stays, and it can be gone on with.

        Raises WorkbenchError when the managed service cannot be told; ours is stopped by then.
        """
        optimization = self.get(optimization_id)
        job = self._job(optimization)
        if job is not None and job.state in ("running", "paused"):
            self._jobs.cancel(job.id, actor=actor)
            self._handler().cancel_far(optimization)

    def finish(self, optimization_id: str) -> None:
        """Search no further, and take the look at the test cases."""
        self._handler().stop_searching(self.get(optimization_id).id)

    def rename(self, optimization_id: str, title: str, *, actor: str) -> None:
        """Give it another title."""
        self._store.optimizations.change(optimization_id, title=title.strip(), actor=actor)

    def write_memo(self, optimization_id: str, memo: str, *, actor: str) -> None:
        """Keep a note."""
        self._store.optimizations.change(optimization_id, memo=memo, actor=actor)

    def delete(self, optimization_id: str, *, actor: str) -> None:
        """Take it off the list."""
        self.cancel(optimization_id, actor=actor)
        self._store.optimizations.change(optimization_id, deleted=True, actor=actor)

    def restore(self, optimization_id: str, *, actor: str) -> None:
        """Put it back."""
        self._store.optimizations.change(optimization_id, deleted=False, actor=actor)

    # -- reading --

    def get(self, optimization_id: str) -> Optimization:
        """The optimization. NotFound when there is none."""
        return self._store.optimizations.get(optimization_id)

    def list(self, limit: int = 100) -> Sequence[Optimization]:
        """Newest first."""
        return self._store.optimizations.list(limit)

    def status(self, optimization_id: str) -> OptimizationStatus:
        """Its job's state; `draft` before it was started."""
        job = self._job(self.get(optimization_id))
        return "draft" if job is None else job.state

    def _job(self, optimization: Optimization) -> Job | None:
        return self._jobs.get(optimization.job_id) if optimization.job_id else None

    def ledger(self, optimization_id: str) -> Ledger:
        """Everything that was tried and decided so far."""
        return read_ledger(self._store.optimizations.events(optimization_id))

    def progress(self, optimization_id: str) -> OptimizationProgress:
        """How far it is, what it cost, what is best so far."""
        optimization = self.get(optimization_id)
        draft, job = optimization.draft, self._job(optimization)
        ledger = self.ledger(optimization_id)
        status: OptimizationStatus = "draft" if job is None else job.state
        calls, since = self._store.optimizations.settled_calls(optimization_id)
        left = None
        if status == "running" and calls > 1:
            # At most: it may end earlier.
            left = max(0, draft.max_calls - calls) * since / calls
        models = (draft.target_model, draft.optimizer_model, draft.judge)
        return OptimizationProgress(
            status=status,
            job=job,
            ledger=ledger,
            modes=ledger.modes(draft.steps, draft.demo_candidates, draft.mode),
            spent_usd=self._store.ledger.spent_by_job(job.id) if job else 0.0,
            calls=calls,
            max_calls=draft.max_calls,
            max_usd=draft.max_usd,
            left_s=left,
            events=self._jobs.events(job.id) if job else (),
            simulated=any(name.startswith("sandbox:") for name in models),
            far=self._handler().far_job(optimization_id) if draft.engine == "managed" else None,
        )

    def result(self, optimization_id: str) -> OptimizationResult:
        """What came of it so far; `spec` is the best prompt, ready to be sent."""
        optimization = self.get(optimization_id)
        ledger = self.ledger(optimization_id)
        best = ledger.best_template
        return OptimizationResult(
            optimization,
            self.status(optimization_id),
            ledger.verdict,
            ledger.start_template,
            best,
            self.spec_of(optimization, best) if best else optimization.draft.spec,
            ledger,
        )

    def spec_of(self, optimization: Optimization, template: Template) -> PromptSpec:
        """The whole prompt with a template in it, as it was sent."""
        draft = optimization.draft
        return spec_with(draft.spec, template.instruction, template.demonstrations, draft.frozen)

    def rows(self, optimization_id: str, template: int) -> Sequence[Measurement]:
        """The tuning answers of a template with their scores."""
        optimization = self.get(optimization_id)
        found = next(
            (one for one in self.ledger(optimization_id).templates if one.number == template), None
        )
        if found is None:
            raise InvalidInput("There is no template {number}.", number=template)
        prepared = self._sources.prepare(optimization)
        known = self._store.optimizations.calls(optimization_id)
        return rows.measurements(prepared.material, known, found)

    def test_rows(self, optimization_id: str) -> Sequence[TestRow]:
        """Start and best on the test cases, the greatest loss first; empty before the verdict."""
        optimization = self.get(optimization_id)
        ledger = self.ledger(optimization_id)
        if ledger.verdict is None or not ledger.verdict.n:
            return ()
        start, best = ledger.start_template, ledger.best_template
        assert start is not None and best is not None
        prepared = self._sources.prepare(optimization)
        # The same opening as the job's, which is recorded already.
        cases = self._sources.test_cases(optimization)[: prepared.most_tested]
        material = replace(prepared.material, cases={case.id: case for case in cases})
        known = self._store.optimizations.calls(optimization_id)
        return rows.test_rows(material, known, start, best, optimization.draft.repeats)

    def worse(self, optimization_id: str) -> Sequence[TestRow]:
        """Test cases on which the best prompt does worse than the start."""
        return rows.worse(self.test_rows(optimization_id))

    def result_files(self, optimization_id: str) -> dict[str, Any]:
        """The managed optimizer's result files as JSON data, by name; with both modes, also in a
        folder for each."""
        optimization = self.get(optimization_id)
        ledger = self.ledger(optimization_id)
        prepared = self._sources.prepare(optimization)
        known = self._store.optimizations.calls(optimization_id)
        measured = {
            one.number: rows.measurements(prepared.material, known, one)
            for one in vapo_files.scored_templates(ledger)
        }
        cases = prepared.material.cases
        files = vapo_files.result_files(optimization, ledger, cases, measured)
        if optimization.draft.mode == "instruction_and_demo":
            for folder, origin in (("instruction", "reflection"), ("demonstration", "examples")):
                part = vapo_files.result_files(optimization, ledger, cases, measured, origin)
                files |= {f"{folder}/{name}": data for name, data in part.items()}
        return files

    # -- using it --

    def apply(self, optimization_id: str, *, actor: str, name: str = "") -> Version:
        """Save the best prompt as a version whose message names the job; as a new prompt with
        `name`, or when the start was none. Nothing else ever does that."""
        found = self.result(optimization_id)
        if found.best is None or found.best.number == 0:
            raise InvalidInput("There is nothing to apply: the start is still the best prompt.")
        draft = found.optimization.draft
        verdict = found.verdict.verdict if found.verdict else "no verdict yet"
        message = (
            f"Optimized ({verdict}): {found.optimization.title} [optimization {optimization_id}]"
        )
        spec = replace(found.spec, model=draft.target_model)
        if draft.prompt_id is None or name:
            title = self._authoring.free_name(name or found.optimization.title)
            saved = self._authoring.save_new(title, spec, actor=actor, message=message)
        else:
            saved = self._authoring.save_version(
                draft.prompt_id, spec, actor=actor, message=message, parent_id=draft.version_id
            )
        self._store.optimizations.change(
            optimization_id, applied_version_id=saved.version.id, actor=actor
        )
        return saved.version

    def before_and_after(self, optimization_id: str) -> tuple[Sequence[Candidate], Sequence[Case]]:
        """Start and best with some cases to see them on: test cases once they were looked at."""
        found = self.result(optimization_id)
        draft = found.optimization.draft
        if found.start is None or found.best is None or found.best is found.start:
            raise InvalidInput("There is no better prompt to compare with.")
        candidates = [
            Candidate(key, title, self.spec_of(found.optimization, one), draft.target_model)
            for key, title, one in (("a", "before", found.start), ("b", "after", found.best))
        ]
        looked = found.verdict is not None and found.verdict.n > 0
        cases = (
            self._sources.test_cases(found.optimization)
            if looked
            else self._sources.tuning_cases(draft)
        )
        return candidates, list(cases[:COMPARED])
