"""Keeping a model's answers while it still gives them, so that comparisons stay possible.

A freeze is an evaluation of one candidate. What it asked is named by the request as it is sent:
a gate, a migration or an evaluation that reuses answers finds them, also when the model is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from core.records.comparisons import Candidate
from core.records.evaluations import Evaluation
from core.records.freezes import Freeze, FreezePlan
from core.records.model_migrations import OLD
from core.records.models import ModelRef

if TYPE_CHECKING:
    from core.evaluation.evaluations import Evaluations
    from core.evaluation.plan import Estimate
    from core.store import Store


class Freezes:
    """What pages and commands do with freezes. Thread-safe."""

    def __init__(
        self,
        store: Store,
        evaluations: Callable[[], Evaluations],
        default_surface: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._evaluations = evaluations
        self._default = default_surface
        self._now = now

    def estimate(self, plan: FreezePlan) -> Estimate:
        """What it takes when nothing of it was asked before. InvalidInput what will not do."""
        return self._evaluations().estimate(self._draft(plan, ""))

    def create(self, plan: FreezePlan, *, actor: str) -> Evaluation:
        """Keep the plan; nothing is asked yet. Raises as `estimate` does."""
        return self._evaluations().create(self._draft(plan, actor))

    def start(self, plan: FreezePlan, *, actor: str) -> Evaluation:
        """Ask, as a job. Raises as `estimate` does."""
        evaluation = self.create(plan, actor=actor)
        self._evaluations().start(evaluation.id, actor=actor)
        return self._evaluations().get(evaluation.id)

    def of_model(self, model: ModelRef, limit: int = 20) -> Sequence[Freeze]:
        """What is kept of a model, the newest first."""
        return self._store.evaluations.frozen(OLD, str(model), limit)

    def _draft(self, plan: FreezePlan, actor: str) -> Evaluation:
        version = self._store.prompts.version(plan.version_id)
        model = str(ModelRef.parse(version.spec.model, self._default))
        title = f"{self._store.prompts.get(version.prompt_id).name} v{version.number}"
        old = Candidate(OLD, title, version.spec, model, version.prompt_id, version.id)
        return Evaluation(
            "", f"{title}: {model}", plan.dataset_version_id, (old,), (plan.metric,),
            plan.repeats, self._now(), actor, cases=plan.cases, reuse=True,
        )  # fmt: skip
