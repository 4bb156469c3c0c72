"""A migration as far as it goes without a person: every step but looking, judging and signing.

The same services as the page does, in the same order. Every step is recorded before its calls
begin, so that after a kill the same call goes on at the step that was under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from core.errors import InvalidInput
from core.evaluation.words import progress_line
from core.i18n import kept_message
from core.lifecycle.lint import fixed
from core.records.evaluations import EvaluationStatus
from core.records.model_migrations import MigrationStep, ModelMigration
from core.records.models import ModelRef
from core.records.optimizations import OptimizationDraft, WeightedMetric

if TYPE_CHECKING:
    from core.evaluation.evaluations import Evaluations
    from core.migration.migrations import Migrations
    from core.optimization.optimizations import Optimizations
    from core.store import Store

LOOK_S = 0.05
End = Literal["gate", "incomplete", "failed"]
Reports = Generator["Report", None, bool]
"""Of one step; whether it was the last that could be taken."""


class Limits(NamedTuple):
    """What an optimization may take."""

    max_calls: int = 1_000
    max_usd: float = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """What is being done. `end` says that nothing more can be, and why.

    `gate`: the gate has decided; `incomplete`: the service left answers missing, the same again
    asks for those; `failed`: something must be changed first.
    """

    step: MigrationStep
    text: str
    end: End | None = None


class Unattended:
    """Advances migrations."""

    def __init__(
        self,
        store: Store,
        migrations: Migrations,
        evaluations: Evaluations,
        optimizations: Optimizations,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._migrations = migrations
        self._evaluations = evaluations
        self._optimizations = optimizations
        self._sleep = sleep

    def advance(
        self, migration_id: str, *, actor: str, freeze: bool = True, optimize: Limits | None = None
    ) -> Generator[Report, None, None]:
        """Do step after step up to the gate; yields reports, the last one with an `end`.

        With `optimize` a prompt that an optimization shows to be better takes the candidate's
        place. Closing the iterator pauses what runs. WorkbenchError as the steps raise.
        """
        if self._migrations.get(migration_id).decision is not None:
            raise InvalidInput("It is decided already. Take the decision back first.")
        for work in (self._fix, self._freeze if freeze else self._leave_unfrozen, self._evaluate):
            ended = yield from work(migration_id, actor)
            if ended:
                return
        if optimize is not None:
            ended = yield from self._optimize(migration_id, actor, optimize)
            if ended:
                return
        else:
            self._skip(migration_id, "optimise", "not asked for", actor)
        gate = self._migrations.gate(migration_id, actor=actor).gate
        assert gate is not None
        yield Report("gate", str(gate["verdict"]), "gate")

    # -- the steps --

    def _fix(self, migration_id: str, actor: str) -> Reports:
        migration = self._migrations.get(migration_id)
        if migration.candidate_version_id is not None:
            return False
        found = self._migrations.findings(migration)
        left = [one.place for one in found if one.effect == "rejected" and not one.fixable]
        if left:
            text = f"the new model refuses {', '.join(left)}, and no change is proposed"
            yield Report("fix", text, "failed")
            return True
        spec = self._store.prompts.version(migration.plan.source_version_id).spec
        message = f"For {ModelRef.parse(migration.plan.target_model, '').model}"
        version = self._migrations.adopt(migration_id, fixed(spec, found), message, actor=actor)
        yield Report("fix", f"version {version.number} saved, findings: {len(found)}")
        return False

    def _freeze(self, migration_id: str, actor: str) -> Reports:
        migration = self._migrations.get(migration_id)
        # What both were evaluated on is kept by that evaluation.
        if "freeze" in migration.skipped or migration.evaluation_id is not None:
            return False
        known = migration.freeze_id
        evaluation_id = known or self._migrations.freeze(migration_id, actor=actor).id
        status, line = yield from self._settle("freeze", evaluation_id, known is not None, actor)
        if status == "done":
            return False
        yield Report("freeze", line, "incomplete" if status == "incomplete" else "failed")
        return True

    def _leave_unfrozen(self, migration_id: str, actor: str) -> Reports:
        if self._migrations.get(migration_id).freeze_id is None:
            self._skip(migration_id, "freeze", "left out", actor)
            yield Report("freeze", "left out")
        return False

    def _evaluate(self, migration_id: str, actor: str) -> Reports:
        known = self._migrations.get(migration_id).evaluation_id
        evaluation_id = known or self._migrations.evaluate(migration_id, actor=actor).id
        status, line = yield from self._settle("evaluate", evaluation_id, known is not None, actor)
        # What an incomplete one means is for the gate to say.
        if status in ("done", "incomplete"):
            return False
        yield Report("evaluate", line, "failed")
        return True

    def _optimize(self, migration_id: str, actor: str, limits: Limits) -> Reports:
        jobs, migration = self._optimizations, self._migrations.get(migration_id)
        optimization_id = migration.optimization_id
        if optimization_id is None:
            optimization_id = jobs.create(self._draft(migration, limits), actor=actor).id
            self._migrations.note_optimization(migration_id, optimization_id, actor=actor)
        if jobs.status(optimization_id) == "draft":
            jobs.start(optimization_id, actor=actor)
        elif jobs.status(optimization_id) != "done":
            jobs.resume(optimization_id, actor=actor)
        yield from self._watch("optimise", lambda: self._searching(optimization_id), (
            lambda: jobs.pause(optimization_id, actor=actor)
        ))  # fmt: skip
        found = jobs.result(optimization_id)
        if found.status != "done":
            yield Report("optimise", f"optimization {optimization_id}: {found.status}", "failed")
            return True
        verdict = found.verdict.verdict if found.verdict is not None else "not_shown"
        text = f"optimization {optimization_id}: {verdict}"
        if verdict == "better":
            applied = found.optimization.applied_version_id
            version_id = applied or jobs.apply(optimization_id, actor=actor).id
            if self._migrations.get(migration_id).candidate_version_id != version_id:
                self._migrations.choose(migration_id, version_id, actor=actor)
            if (yield from self._evaluate(migration_id, actor)):
                return True
        self._skip(migration_id, "optimise", text, actor)
        yield Report("optimise", text)
        return False

    # -- waiting --

    def _settle(
        self, step: MigrationStep, evaluation_id: str, again: bool, actor: str
    ) -> Generator[Report, None, tuple[EvaluationStatus, str]]:
        """Wait for an evaluation; one that stopped earlier goes on with what is missing.

        Returns how it ended and the last that is known of it.
        """
        evaluations = self._evaluations
        if again and evaluations.results(evaluation_id).status != "done":
            evaluations.go_on(evaluation_id, actor=actor)

        def line() -> str | None:
            progress = evaluations.progress(evaluation_id)
            return progress_line(progress) if progress.status == "running" else None

        yield from self._watch(step, line, lambda: evaluations.pause(evaluation_id, actor=actor))
        progress = evaluations.progress(evaluation_id)
        text = progress_line(progress)
        if progress.status not in ("done", "incomplete") and progress.events:
            last = progress.events[-1]
            return progress.status, kept_message(last.text, last.values)
        yield Report(step, text)
        return progress.status, text

    def _searching(self, optimization_id: str) -> str | None:
        progress = self._optimizations.progress(optimization_id)
        if progress.status != "running":
            return None
        return f"{progress.calls:,} of {progress.max_calls:,} calls, ${progress.spent_usd:.4f}"

    def _watch(
        self, step: MigrationStep, line: Callable[[], str | None], pause: Callable[[], None]
    ) -> Generator[Report, None, None]:
        """Tell how far it is until there is no more to tell."""
        told = ""
        try:
            while (text := line()) is not None:
                yield Report(step, "" if text == told else text)
                told = text
                self._sleep(LOOK_S)
        except GeneratorExit:
            # Whoever asked is gone. What is there stays, and the same call goes on.
            pause()
            raise

    def _draft(self, migration: ModelMigration, limits: Limits) -> OptimizationDraft:
        plan = migration.plan
        version = self._store.prompts.version(str(migration.candidate_version_id))
        name = self._store.prompts.get(plan.prompt_id).name
        model = ModelRef.parse(plan.target_model, "").model
        return OptimizationDraft(
            title=f"{name} → {model}",
            spec=version.spec,
            dataset_version_id=plan.dataset_version_id,
            target_model=plan.target_model,
            metrics=tuple(WeightedMetric(one) for one in plan.metrics),
            prompt_id=plan.prompt_id,
            version_id=version.id,
            judge=plan.judge,
            cases=replace(plan.cases, split=None),
            max_calls=limits.max_calls,
            max_usd=limits.max_usd,
        )

    def _skip(self, migration_id: str, step: MigrationStep, why: str, actor: str) -> None:
        if step not in self._migrations.get(migration_id).skipped:
            self._migrations.skip(migration_id, step, why, actor=actor)
