"""Moving a prompt to another model: one guided flow that goes on where it stopped.

Everything that happens is appended to the migration; calls are made by evaluations, which ask
nothing twice. So an interrupted migration is at the step it was, and pays for nothing again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.migration import evidence
from core.migration.evidence import Paired
from core.migration.progress import folded
from core.records.comparisons import Candidate
from core.records.evaluations import Evaluation
from core.records.lint import Finding
from core.records.model_migrations import (
    NEW,
    OLD,
    STEPS,
    Choice,
    MigrationPlan,
    MigrationStep,
    ModelMigration,
)
from core.records.models import ModelRef
from core.records.prompts import PromptSpec, Version
from core.records.review import ReviewRound, RoundDraft, RoundSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.access import Person
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.lifecycle.clock import ClockDoubt
    from core.lifecycle.models import Models
    from core.prompts.authoring import Authoring
    from core.review.reviews import Reviews
    from core.store import Store

PRODUCTION = "production"
MOST_REPEATS = 10
MOST_REVIEWED = 100
"""Pairs of a round; people have other things to do."""


class Migrations:
    """What pages and commands do with migrations. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        authoring: Authoring,
        datasets: Datasets,
        evaluations: Callable[[], Evaluations],
        reviews: Callable[[], Reviews],
        models: Models,
        default_surface: str,
        location_of: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._authoring = authoring
        self._datasets = datasets
        self._evaluations = evaluations
        self._reviews = reviews
        self._models = models
        self._default = default_surface
        self._location_of = location_of
        self._now = now

    # -- planning --

    def source(self, prompt_id: str) -> Version:
        """What is moved: the version in production, else the newest. InvalidInput for none."""
        labelled = self._store.prompts.labelled(prompt_id, PRODUCTION)
        newest = next(iter(self._store.prompts.versions(prompt_id)), None)
        found = labelled or newest
        if found is None:
            raise InvalidInput("The prompt has no version. Save one first.")
        return found

    def start(self, plan: MigrationPlan, *, actor: str) -> ModelMigration:
        """Begin. InvalidInput when something of the plan will not do."""
        if not plan.metrics:
            raise InvalidInput("Choose a metric at least.")
        evidence.check_metric(plan.metrics[0].name)
        if not 0 < plan.margin < 1:
            raise InvalidInput(
                "A margin of {margin} points will not do: choose one above 0 and below 100.",
                margin=f"{100 * plan.margin:g}",
            )
        if not 1 <= plan.repeats <= MOST_REPEATS:
            raise InvalidInput("Repeat 1 to {most} times, not {repeats}.",
                               most=MOST_REPEATS, repeats=plan.repeats)  # fmt: skip
        target = ModelRef.parse(plan.target_model.strip(), self._default)
        source = self._store.prompts.version(plan.source_version_id)
        if not target.model or str(target) == self.model_of(source):
            raise InvalidInput("Choose a model other than the one the prompt has now.")
        whole = replace(
            plan, source_model=self.model_of(source), target_model=str(target),
            prompt_id=source.prompt_id,
        )  # fmt: skip
        self._evaluations().checked(self._draft(whole, {OLD: source}, "check", actor))
        return self.get(self._store.model_migrations.create(whole, actor=actor))

    def model_of(self, version: Version) -> str:
        """The model that a version names, with its connection."""
        return str(ModelRef.parse(version.spec.model, self._default))

    # -- reading --

    def get(self, migration_id: str) -> ModelMigration:
        """The migration as it is now. NotFound when there is none."""
        return folded(self._store.model_migrations.get(migration_id))

    def latest(self, limit: int = 100) -> Sequence[ModelMigration]:
        """Those that are not deleted, newest first."""
        found = (folded(one) for one in self._store.model_migrations.latest(limit))
        return [one for one in found if not one.deleted]

    # -- the steps --

    def findings(
        self, migration: ModelMigration, now: datetime | None = None
    ) -> tuple[Finding, ...]:
        """What the target does not take of the prompt as it is in production."""
        plan = migration.plan
        target = ModelRef.parse(plan.target_model, self._default)
        return self._models.lint(
            self._store.prompts.version(plan.source_version_id).spec,
            target,
            now=now or self._now(),
            today=ModelRef.parse(plan.source_model, self._default),
            location=self._location_of(target.surface),
        )

    def clock_doubts(self) -> Sequence[ClockDoubt]:
        """What speaks against the clock, by which the dates of a decision are written."""
        return self._models.clock_doubts(self._now())

    def adopt(self, migration_id: str, spec: PromptSpec, message: str, *, actor: str) -> Version:
        """Save what is to take the old one's place as a version of the prompt.

        Saving the same again, as by a second click, changes nothing.
        """
        migration = self.get(migration_id)
        plan, wanted = migration.plan, replace(spec, model=migration.plan.target_model)
        if migration.candidate_version_id is not None:
            had = self._store.prompts.version(migration.candidate_version_id)
            if had.spec == wanted:
                return had
        version = self._saved_before(migration, wanted)
        if version is None:
            version = self._authoring.save_version(
                plan.prompt_id, wanted, actor=actor, message=message
            ).version
        self._append(migration_id, "candidate", actor, version_id=version.id)
        return version

    def _saved_before(self, migration: ModelMigration, wanted: PromptSpec) -> Version | None:
        """The newest version, when a process that died had saved it for this migration."""
        newest = next(iter(self._store.prompts.versions(migration.plan.prompt_id)), None)
        if newest is None or newest.spec != wanted or newest.created_at < migration.created_at:
            return None
        return newest

    def choose(self, migration_id: str, version_id: str, *, actor: str) -> None:
        """Take a version that there is already, such as an optimised one, as the candidate."""
        plan = self.get(migration_id).plan
        version = self._store.prompts.version(version_id)
        if version.prompt_id != plan.prompt_id or self.model_of(version) != plan.target_model:
            raise InvalidInput(
                "That version is of another prompt or names another model than {model}.",
                model=plan.target_model,
            )
        self._append(migration_id, "candidate", actor, version_id=version_id)
        for one in self._store.optimizations.list():
            if one.applied_version_id == version_id:
                self.note_optimization(migration_id, one.id, actor=actor)

    def freeze(self, migration_id: str, *, actor: str) -> Evaluation:
        """Record the old model's answers, so that they stay when it is gone."""
        migration = self.get(migration_id)
        if migration.freeze_id is not None:
            return self._evaluations().get(migration.freeze_id)
        old = self._store.prompts.version(migration.plan.source_version_id)
        return self._evaluate(migration_id, {OLD: old}, "freeze", actor)

    def evaluate(self, migration_id: str, *, actor: str) -> Evaluation:
        """Both on the same cases; what was frozen is not asked for again."""
        migration = self.get(migration_id)
        if migration.candidate_version_id is None:
            raise InvalidInput("Save the version for the new model first.")
        if migration.evaluation_id is not None:
            return self._evaluations().get(migration.evaluation_id)
        prompts = self._store.prompts
        sides = {
            OLD: prompts.version(migration.plan.source_version_id),
            NEW: prompts.version(migration.candidate_version_id),
        }
        return self._evaluate(migration_id, sides, "evaluation", actor)

    def _evaluate(
        self, migration_id: str, sides: dict[str, Version], kind: str, actor: str
    ) -> Evaluation:
        draft = self._draft(self.get(migration_id).plan, sides, kind, actor)
        evaluation = self._evaluations().create(draft)
        self._append(migration_id, kind, actor, evaluation_id=evaluation.id)
        self._evaluations().start(evaluation.id, actor=actor)
        return self._evaluations().get(evaluation.id)

    def _draft(
        self, plan: MigrationPlan, sides: dict[str, Version], kind: str, actor: str
    ) -> Evaluation:
        name = self._store.prompts.get(next(iter(sides.values())).prompt_id).name
        models = [ModelRef.parse(self.model_of(one), self._default).model for one in sides.values()]
        candidates = tuple(
            Candidate(key, f"{name} v{version.number}", version.spec, self.model_of(version),
                      version.prompt_id, version.id)
            for key, version in sides.items()
        )  # fmt: skip
        return Evaluation(
            "", f"{name}: {' → '.join(models)}", plan.dataset_version_id, candidates,
            plan.metrics, plan.repeats, self._now(), actor, cases=plan.cases,
            judge=plan.judge, reuse=True,
        )  # fmt: skip

    def note_optimization(self, migration_id: str, optimization_id: str, *, actor: str) -> None:
        """An optimization looks for a better prompt for the new model."""
        if self.get(migration_id).optimization_id == optimization_id:
            return
        self._append(migration_id, "optimization", actor, optimization_id=optimization_id)

    def skip(self, migration_id: str, step: MigrationStep, why: str, *, actor: str) -> None:
        """Leave out a step that may be left out, with the reason."""
        if step not in ("freeze", "optimise", "worse", "review"):
            raise InvalidInput("The step {step} cannot be left out.", step=step)
        self._append(migration_id, "skip", actor, step=step, text=why)

    def signature(self, migration: ModelMigration) -> str:
        """The metric that the gate decides by: the plan's first one that scored both."""
        if migration.evaluation_id is None:
            raise InvalidInput("Evaluate both models first.")
        found = self._evaluations().results(migration.evaluation_id)
        wanted = migration.plan.metrics[0].name
        for signature, info in found.infos.items():
            if info.name == wanted:
                return signature
        raise InvalidInput("{metric} compares pairs: choose another metric first for the gate.",
                           metric=wanted)  # fmt: skip

    def values(self, migration: ModelMigration) -> Paired:
        """The two sides' values, case by case."""
        signature = self.signature(migration)
        table = self._evaluations().table(str(migration.evaluation_id))
        return evidence.paired(table.grid, signature, table.infos[signature].direction)

    def look_at_worse(self, migration_id: str, *, actor: str) -> None:
        """Somebody has looked at the rows that got worse."""
        self._append(migration_id, "worse", actor)

    def review(self, migration_id: str, title: str, person: Person) -> ReviewRound:
        """A round of blind pairs, the old answer and the new, most different ones first."""
        migration = self.get(migration_id)
        if migration.evaluation_id is None:
            raise InvalidInput("Evaluate both models first.")
        if migration.review_id is not None:
            return self._reviews().round(migration.review_id, person)
        settings = RoundSettings(
            title, "pair", most=MOST_REVIEWED, show_reference=True, order="outputs_differ"
        )
        draft = self._reviews().from_evaluation(migration.evaluation_id, settings, (OLD, NEW))
        made = self._made_before(draft) or self._reviews().create_round(draft, person)
        self._append(migration_id, "review", person.name, round_id=made.id)
        return made

    def _made_before(self, draft: RoundDraft) -> ReviewRound | None:
        """The round that a process which died had made of this evaluation."""
        return next(
            (one for one in self._store.review.list()
             if one.open and (one.source, one.settings) == (draft.source, draft.settings)),
            None,
        )  # fmt: skip

    def gate(self, migration_id: str, *, actor: str) -> ModelMigration:
        """Decide by the numbers. InvalidInput while the evaluation runs."""
        migration = self.get(migration_id)
        values = self.values(migration)
        evaluation_id = str(migration.evaluation_id)
        if self._evaluations().is_busy(self._evaluations().get(evaluation_id)):
            raise InvalidInput("The evaluation is still running. Wait until it has ended.")
        signature = self.signature(migration)
        served = self._store.model_use.served_in(evaluation_id, signature)
        info = self._evaluations().results(evaluation_id).infos[signature]
        decision = evidence.gate(values, migration.plan.margin, served, info)
        found = {
            **decision._asdict(),
            "metric": signature,
            "evaluation_id": evaluation_id,
        }
        basis = {"plan": asdict(migration.plan), "served": served, "values": values._asdict()}
        found["evidence_sha256"] = evidence.sha256_of({**basis, "gate": found})
        # Not of the evidence: the verdict does not hang on it, the dates around it do.
        doubts = [asdict(one) for one in self.clock_doubts()]
        self._append(migration_id, "gate", actor, **found, clock=doubts)
        return self.get(migration_id)

    def decide(
        self, migration_id: str, choice: Choice, *, name: str, memo: str, actor: str
    ) -> ModelMigration:
        """Sign. Switching puts the production label on the new version; undo puts it back."""
        migration = self.get(migration_id)
        if migration.decision is not None:
            raise InvalidInput("It is decided already. Take the decision back first.")
        if migration.gate is None:
            raise InvalidInput("Let the gate decide first.")
        if not name.strip():
            raise InvalidInput("Write the name of whoever decides.")
        if migration.gate["verdict"] != "pass" and choice == "switch" and not memo.strip():
            raise InvalidInput("The gate did not pass. Write why you switch all the same.")
        switched_from = None
        if choice == "switch":
            switched_from = self._switch(migration, actor)
        self._append(
            migration_id, "decision", actor, choice=choice, name=name.strip(), memo=memo.strip(),
            switched_from=switched_from,
        )  # fmt: skip
        return self.get(migration_id)

    def _switch(self, migration: ModelMigration, actor: str) -> str | None:
        """Move the label; returns the version that had it, for undoing."""
        before = self._store.prompts.labelled(migration.plan.prompt_id, PRODUCTION)
        if before is not None and before.id == migration.candidate_version_id:
            return migration.switched_from  # a process that died had moved it
        had = before.id if before is not None else None
        self._append(migration.id, "switching", actor, switched_from=had)
        self._authoring.label(str(migration.candidate_version_id), PRODUCTION, actor=actor)
        return had

    def undo(self, migration_id: str, *, actor: str) -> ModelMigration:
        """Take the decision back; the label returns unless somebody has moved it on since."""
        migration = self.get(migration_id)
        if migration.decision is None:
            raise InvalidInput("There is no decision to take back.")
        now = self._store.prompts.labelled(migration.plan.prompt_id, PRODUCTION)
        still = now is not None and now.id == migration.candidate_version_id
        if migration.decision == "switch" and still:
            if migration.switched_from is not None:
                self._authoring.label(migration.switched_from, PRODUCTION, actor=actor)
            else:
                self._authoring.unlabel(migration.plan.prompt_id, PRODUCTION, actor=actor)
        self._append(migration_id, "undo", actor)
        return self.get(migration_id)

    def delete(self, migration_id: str, *, deleted: bool = True, actor: str) -> None:
        """Take it off the list, or put it back."""
        self._append(migration_id, "deleted", actor, deleted=deleted)

    def note(self, migration_id: str, step: MigrationStep, text: str, *, actor: str) -> None:
        """What somebody wants remembered of a step."""
        if step not in STEPS:
            raise InvalidInput("There is no step {step}.", step=step)
        self._append(migration_id, "note", actor, step=step, text=text)

    def _append(self, migration_id: str, kind: str, actor: str, **data: Any) -> None:
        self._store.model_migrations.append(migration_id, kind, data, actor=actor)
