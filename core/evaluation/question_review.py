"""Reviewing the questions of adaptive rubrics before any answer is scored by them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.engine import Engine
from core.errors import NotFound, WorkbenchError
from core.evaluation.adaptive import question_key
from core.evaluation.asking import Caller
from core.evaluation.judge import Judge
from core.evaluation.model_metric import ModelMetric
from core.evaluation.sampling import Material, judged_case
from core.records.budget import Cap
from core.records.datasets import Case
from core.records.rubrics import QuestionSet
from core.records.runs import CallContext
from core.store.rubrics import StoredRubrics

MOST_AT_ONCE = 50
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class CaseQuestions:
    """A case as judges are told of it, and its questions; None while there are none."""

    case: Case
    asked: QuestionSet | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """How many sets were made, and what hindered others."""

    made: int
    problems: tuple[str, ...]


class QuestionReview:
    """The questions of an evaluation's cases, one adaptive metric (signature) at a time."""

    def __init__(
        self,
        material: Callable[[str], Material],
        engine: Engine,
        store: StoredRubrics,
        caps: Callable[[str], tuple[Cap, ...]],
    ) -> None:
        self._material = material
        self._engine = engine
        self._store = store
        self._caps = caps
        self._questions = Judge(engine, store).questions

    def metrics(self, evaluation_id: str) -> Sequence[ModelMetric]:
        """The evaluation's metrics that ask questions."""
        judged = self._material(evaluation_id).metrics.judged.values()
        return [one for one in judged if one.rubric.kind == "adaptive"]

    def cases(self, evaluation_id: str, signature: str) -> Sequence[CaseQuestions]:
        """Every case with its questions as they are now."""
        material = self._material(evaluation_id)
        metric = self._metric(material, signature)
        told = [judged_case(material, case_id) for case_id in material.cases]
        return [
            CaseQuestions(case, self._store.questions(question_key(metric, case.fields)))
            for case in told
        ]

    def prepare(
        self, evaluation_id: str, signature: str, *, actor: str, most: int = MOST_AT_ONCE
    ) -> Prepared:
        """Make questions for the first cases that have none. Waits until they are there."""
        metric = self._metric(self._material(evaluation_id), signature)
        missing = [one.case for one in self.cases(evaluation_id, signature) if one.asked is None]
        context = CallContext(actor, group_id=evaluation_id, foreground=False)
        caller = Caller(context, self._caps(actor))

        async def work() -> list[QuestionSet | BaseException]:
            return await asyncio.gather(
                *(
                    self._questions.prepare(metric, case.id, case.fields, caller)
                    for case in missing[:most]
                ),
                return_exceptions=True,
            )

        ended = self._engine.run(work(), PATIENCE_S)
        problems = [one for one in ended if isinstance(one, BaseException)]
        for one in problems:
            if not isinstance(one, WorkbenchError):
                raise one
        return Prepared(len(ended) - len(problems), tuple(dict.fromkeys(map(str, problems))))

    def edit(self, asked: QuestionSet, texts: Sequence[str], *, actor: str) -> QuestionSet:
        """Replace the questions of a case; returns what holds. InvalidInput when none is left."""
        return self._questions.edit(asked, texts, actor=actor)

    def freeze(self, evaluation_id: str, signature: str, *, actor: str) -> int:
        """Make the questions there are final; returns how many sets were still open."""
        open_sets = [
            one.asked
            for one in self.cases(evaluation_id, signature)
            if one.asked is not None and not one.asked.frozen
        ]
        for asked in open_sets:
            texts = [one.text for one in asked.questions]
            self._questions.freeze(asked, texts, actor=actor)
        return len(open_sets)

    def _metric(self, material: Material, signature: str) -> ModelMetric:
        metric = material.metrics.judged.get(signature)
        if metric is None or metric.rubric.kind != "adaptive":
            raise NotFound("The evaluation has no metric with questions of that name.")
        return metric
