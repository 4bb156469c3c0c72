"""What an optimization works with, read from the store: cases to tune on, cases to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.datasets.splits import side_of
from core.errors import InvalidInput
from core.evaluation.chosen import Chosen
from core.evaluation.materials import Materials
from core.optimization import chance
from core.optimization.meta_prompts import Brief
from core.optimization.parts import (
    input_of,
    instruction_of,
    masked,
    unmasked,
    with_instruction,
)
from core.optimization.roles import Material, worst_calls
from core.optimization.search import Task
from core.records.comparisons import Candidate
from core.records.datasets import REFERENCE, Case, CaseSlice, SplitRule
from core.records.evaluations import Evaluation
from core.records.models import ModelRef
from core.records.optimizations import Optimization, OptimizationDraft
from core.records.prompts import PromptSpec

if TYPE_CHECKING:
    from datetime import datetime

    from core.datasets.datasets import Datasets

EVEN_UP_TO = 40
"""Cases up to which half are tested on; more leave two of five for the test."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job's task, and what its roles work with. `test_cases` counts them; none is opened."""

    task: Task
    material: Material
    test_cases: int
    most_tested: int


class Sources:
    """Reads datasets for optimizations. Thread-safe."""

    def __init__(self, datasets: Datasets, materials: Materials) -> None:
        self._datasets = datasets
        self._materials = materials

    # -- cases --

    def own_rule(self, draft: OptimizationDraft) -> SplitRule | None:
        """How the job divides a dataset that has no split of its own; None when it has one."""
        version = self._datasets.version(draft.dataset_version_id)
        if version.split is not None:
            return None
        if any(case.split is not None for case in self._datasets.page(version.id).cases):
            return None
        share = 0.5 if self._datasets.count(version.id, _whole(draft)) <= EVEN_UP_TO else 0.6
        return SplitRule(draft.seed, (share, 0.0, 1 - share))

    def tuning_cases(self, draft: OptimizationDraft) -> list[Case]:
        """The cases to tune on, in an order of their own; none of the test split."""
        rule = self.own_rule(draft)
        found = [
            case
            for case in self._datasets.cases(draft.dataset_version_id, _whole(draft))
            if (case.split or side_of(case, rule)) != "test"
        ]
        return chance.sample(found, lambda case: case.id, draft.data_limit, draft.seed, "tuning")

    def test_count(self, draft: OptimizationDraft) -> int:
        """How many test cases there are; opens nothing."""
        rule = self.own_rule(draft)
        if rule is None:
            return self._datasets.count(
                draft.dataset_version_id, replace(draft.cases, split="test"), final=True
            )
        found = self._datasets.cases(draft.dataset_version_id, _whole(draft))
        return sum(side_of(case, rule) == "test" for case in found)

    def test_cases(self, optimization: Optimization) -> list[Case]:
        """The test cases, in an order of their own. A sealed split records that it was opened."""
        draft = optimization.draft
        rule = self.own_rule(draft)
        if rule is None:
            found: Sequence[Case] = self._datasets.cases(
                draft.dataset_version_id, replace(draft.cases, split="test"), final=True,
                actor=optimization.created_by, purpose=optimization.id,
            )  # fmt: skip
        else:
            whole = self._datasets.cases(draft.dataset_version_id, _whole(draft))
            found = [case for case in whole if side_of(case, rule) == "test"]
        return chance.shuffled(found, lambda case: case.id, draft.seed, "test")

    # -- all of it --

    def metrics(self, draft: OptimizationDraft) -> Chosen:
        """The metrics. InvalidInput or NotFound says which will not do."""
        return self._materials.metrics(evaluation_of(draft))

    def prepare(self, optimization: Optimization) -> Prepared:
        """Everything that a job needs."""
        draft = optimization.draft
        cases = self.tuning_cases(draft)
        if not cases:
            raise InvalidInput("No case is left to tune on. Choose another slice or split.")
        metrics = self.metrics(draft)
        weights = _weights(draft, metrics)
        start = masked(instruction_of(draft.spec), draft.frozen)
        task = Task(
            start=start,
            cases=tuple(case.id for case in cases),
            inputs={case.id: input_of(case, draft.spec, draft.frozen) for case in cases},
            expected={
                case.id: case.fields[REFERENCE] for case in cases if REFERENCE in case.fields
            },
            mode=draft.mode,
            steps=draft.steps,
            candidates_per_step=draft.candidates_per_step,
            demo_set_size=draft.demo_set_size,
            demo_candidates=draft.demo_candidates,
            max_characters=draft.max_characters,
            seed=draft.seed,
        )
        material = Material(
            spec=thawed(draft),
            target_model=draft.target_model,
            cases={case.id: case for case in cases},
            metrics=metrics,
            weights=weights,
            aggregation=draft.aggregation,
            brief=brief_of(draft),
        )
        count = self.test_count(draft)
        return Prepared(task, material, count, most_tested(draft, count, worst_calls(metrics)))


def most_tested(draft: OptimizationDraft, test_cases: int, worst: int) -> int:
    """Test cases that half of the calls can pay for, start and best each."""
    return min(test_cases, draft.max_calls // 2 // (2 * worst * draft.repeats))


def brief_of(draft: OptimizationDraft) -> Brief:
    """What holds for every question to the optimizer."""
    return Brief(
        optimizer_model=str(ModelRef.parse(draft.optimizer_model or draft.target_model, "sandbox")),
        language=draft.language,
        most_characters=draft.max_characters,
        frozen=draft.frozen,
        feedback=draft.feedback,
        seed=draft.seed,
    )


def evaluation_of(draft: OptimizationDraft, now: datetime | None = None) -> Evaluation:
    """The draft as an evaluation of its start: metrics are chosen and checked the same way."""
    start = Candidate("start", draft.title, thawed(draft), draft.target_model, draft.prompt_id,
                      draft.version_id)  # fmt: skip
    return Evaluation(
        id="",
        title=draft.title,
        dataset_version_id=draft.dataset_version_id,
        candidates=(start,),
        metrics=tuple(one.metric for one in draft.metrics),
        repeats=draft.repeats,
        created_at=now,  # type: ignore[arg-type]  # it is never kept
        created_by="",
        cases=_whole(draft),
        judge=draft.judge or draft.target_model,
        language=draft.corpus_language,
    )


def thawed(draft: OptimizationDraft) -> PromptSpec:
    """The start prompt with the content of its frozen parts."""
    return with_instruction(draft.spec, unmasked(instruction_of(draft.spec), draft.frozen))


def _weights(draft: OptimizationDraft, metrics: Chosen) -> dict[str, float]:
    """The weight of each metric by signature; `Chosen` keeps the order within each kind."""
    by_name: dict[str, list[float]] = {}
    for one in draft.metrics:
        by_name.setdefault(one.metric.name, []).append(one.weight)
    return {signature: by_name[info.name].pop(0) for signature, info in metrics.infos.items()}


def _whole(draft: OptimizationDraft) -> CaseSlice:
    """The slice without its split: the job divides by the split itself."""
    return replace(draft.cases, split=None)
