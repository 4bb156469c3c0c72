"""What a job of an evaluation works with, read from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.evaluation import plan
from core.evaluation.chosen import Chosen, Rubrics, chosen_metrics
from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Definition
from core.evaluation.plan import Done, PairKey
from core.evaluation.sampling import Material
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation
from core.records.jobs import Unit
from core.records.prompts import PromptSpec
from core.records.runs import CallContext

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.store import Store

PURPOSE = "evaluation"


class Materials:
    """Reads evaluations with their cases and metrics."""

    def __init__(
        self,
        store: Store,
        datasets: Datasets,
        rubrics: Callable[[], Rubrics],
        keep_spec: Callable[[PromptSpec], str],
        custom: Callable[[], Sequence[Definition]] = tuple,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._make_rubrics = rubrics
        self._keep_spec = keep_spec
        self._custom = custom

    @cached_property
    def rubrics(self) -> Rubrics:
        """Read when a metric is first made."""
        return self._make_rubrics()

    def definitions(self) -> Mapping[str, Definition]:
        """Every metric that is computed, by name; those from the administrator's folder last."""
        return {**registry.DEFINITIONS, **{one.name: one for one in self._custom()}}

    def cases(self, evaluation: Evaluation) -> Sequence[Case]:
        """The cases, in the order of the dataset. A final evaluation opens the test split."""
        return self._datasets.cases(
            evaluation.dataset_version_id,
            evaluation.cases,
            final=evaluation.final,
            actor=evaluation.created_by,
            purpose=evaluation.id,
        )

    def metrics(self, evaluation: Evaluation) -> Chosen:
        """Its metrics. InvalidInput or NotFound says which will not do."""
        return chosen_metrics(evaluation, self.rubrics, self._custom())

    def material(self, evaluation_id: str) -> Material:
        """All that is needed to work on it."""
        evaluation = self._store.evaluations.get(evaluation_id)
        return Material(
            evaluation,
            {case.id: case for case in self.cases(evaluation)},
            self.metrics(evaluation),
            {one.key: self._context(evaluation, one) for one in evaluation.candidates},
        )

    def units(self, evaluation_id: str) -> Sequence[Unit]:
        """What is wanted and not there."""
        evaluation = self._store.evaluations.get(evaluation_id)
        done = Done(
            answers=frozenset(self._store.evaluations.keys(evaluation_id)),
            scores=self._store.scores.keys(evaluation_id),
            pairs=frozenset(
                (PairKey(one.case_id, one.a, one.b, one.repeat), one.signature)
                for one in self._store.evaluations.battles(evaluation_id)
            ),
        )
        return plan.units(
            self.cases(evaluation),
            evaluation.candidates,
            evaluation.repeats,
            self.metrics(evaluation).wanted,
            done,
            batched=evaluation.engine == "batch",
        )

    def open_units(self, job_id: str) -> Sequence[Unit]:
        """Units of a job without a result."""
        return self._store.jobs.open_units(job_id)

    def _context(self, evaluation: Evaluation, candidate: Candidate) -> CallContext:
        """Of its calls. A prompt that is not the saved version as it stands is kept by itself."""
        as_saved = self._is_as_saved(candidate)
        return CallContext(
            actor=evaluation.created_by,
            purpose=PURPOSE,
            prompt_id=candidate.prompt_id,
            version_id=candidate.version_id if as_saved else None,
            group_id=evaluation.id,
            foreground=False,
            spec_sha256=None if as_saved else self._keep_spec(candidate.spec),
        )

    def _is_as_saved(self, candidate: Candidate) -> bool:
        if candidate.version_id is None:
            return False
        try:
            return self._store.prompts.version(candidate.version_id).spec == candidate.spec
        except NotFound:
            return False


def titles(evaluation: Evaluation) -> Mapping[str, str]:
    """What the candidates are called, by key."""
    return {one.key: one.title for one in evaluation.candidates}
