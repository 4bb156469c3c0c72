"""Judges: models that score answers by a rubric. An error of a judge is never a score."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import InvalidInput, WorkbenchError
from core.evaluation import rubrics
from core.evaluation.adaptive import Questions, QuestionStore, question_language, share_passed
from core.evaluation.asking import Asking, Caller, Sheet, Trail, new_nonce
from core.evaluation.metrics import reasons
from core.evaluation.metrics.reasons import because
from core.evaluation.model_metric import ModelMetric
from core.evaluation.pairs import majority, reconcile
from core.evaluation.rubrics import Answered, Preferred, Rated
from core.evaluation.trivial import trivial_battle, trivial_score
from core.prompts.repeat import Calls
from core.records.budget import Cap
from core.records.datasets import Case
from core.records.evaluations import Battle
from core.records.metrics import Sample, Score
from core.records.rubrics import Question
from core.records.runs import CallContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """What a judge said of a pair in one order."""

    said: Preferred
    trail: Trail


class Judge:
    """Scores with a `ModelMetric`; its coroutines run on the engine's loop.

    `details` of a score: `judge_requested`, `judge_served`, `run_ids`, `language`, `rubric`, and
    `votes` (rating and reason each) or `questions` (id, text, verdict and reason each); only
    `scored_by` when no judge was asked.
    """

    def __init__(
        self, calls: Calls, questions: QuestionStore, nonce: Callable[[], str] = new_nonce
    ) -> None:
        self._asking = Asking(calls, nonce)
        self.questions = Questions(self._asking, questions)

    async def pointwise(
        self,
        metric: ModelMetric,
        sample: Sample,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
    ) -> Score:
        """The score of one answer. InvalidInput for a rubric of pairs; all else is a status."""
        rubric = metric.rubric
        if rubric.kind == "pairwise":
            raise InvalidInput("{metric} compares two answers; choose a pointwise metric.",
                               metric=rubric.name)  # fmt: skip
        if lacking := rubrics.missing_inputs(rubric, sample.fields):
            return Score(
                None, "not_applicable", because(reasons.NO_COLUMN, column=", ".join(lacking))
            )
        if (by_code := trivial_score(rubric, sample.response)) is not None:
            return by_code
        trail = Trail()
        try:
            work = self._adaptive if rubric.kind == "adaptive" else self._rated
            return await work(metric, sample, Caller(context, caps), trail)
        except WorkbenchError as error:
            return Score(None, "error", str(error), self._about(metric, trail))

    async def pairwise(
        self,
        metric: ModelMetric,
        case: Case,
        a: Sample,
        b: Sample,
        context: CallContext,
        *,
        names: tuple[str, str] = ("a", "b"),
        caps: tuple[Cap, ...] = (),
    ) -> Battle:
        """Which of two answers is better, asked in both orders; `names` are the candidates' keys.

        InvalidInput for another kind of rubric; a judge's failure is a battle without a result.
        """
        rubric = metric.rubric
        if rubric.kind != "pairwise":
            raise InvalidInput("{metric} scores one answer; choose a pairwise metric.",
                               metric=rubric.name)  # fmt: skip

        def battle(result: Any, reason: str, **more: Any) -> Battle:
            return Battle(case.id, *names, result, metric.settings.judge, reason=reason,
                          metric=rubric.name, signature=metric.info.signature, **more)  # fmt: skip

        if lacking := rubrics.missing_inputs(rubric, case.fields):
            return battle(None, because(reasons.NO_COLUMN, column=", ".join(lacking)))
        if (by_code := trivial_battle(rubric, a.response, b.response)) is not None:
            return battle(*by_code)
        caller = Caller(context, caps)
        try:
            one, other = await self._both(metric, case, (a, b), caller)
        except WorkbenchError as error:
            return battle(None, str(error))
        result, consistent = reconcile(one.said.winner, other.said.winner)
        return battle(
            result,
            one.said.reason if consistent else f"{one.said.reason} / {other.said.reason}",
            consistent=consistent,
            judge_served="+".join(sorted(one.trail.served | other.trail.served)),
            verdicts=(one.said.winner, other.said.winner),
        )

    # -- one answer --

    async def _rated(
        self, metric: ModelMetric, sample: Sample, caller: Caller, trail: Trail
    ) -> Score:
        rubric = metric.rubric
        language = rubrics.sample_language(metric.settings.language, sample)
        template = rubric.in_language(language)
        sheet = Sheet(
            template.language,
            rubrics.instructions(rubric, template, ()),
            (*rubrics.material(rubric, sample.fields), ("response", sample.response)),
            rubrics.verdict_schema(rubric),
        )
        votes = await self._votes(
            metric, sheet, lambda text: rubrics.read_rating(rubric, text), caller, trail
        )
        value = combined(rubrics.scale_values(rubric), votes)
        told = min(votes, key=lambda vote: abs(vote.rating - value))
        about = self._about(metric, trail, template.language)
        listed = [{"rating": one.rating, "reason": one.reason} for one in votes]
        return Score(value, "ok", told.reason, {**about, "votes": listed})

    async def _adaptive(
        self, metric: ModelMetric, sample: Sample, caller: Caller, trail: Trail
    ) -> Score:
        rubric = metric.rubric
        asked = await self.questions.frozen(metric, sample.case_id, sample.fields, caller, trail)
        template = rubric.in_language(question_language(metric, sample.fields))
        sheet = Sheet(
            template.language,
            rubrics.instructions(rubric, template, asked.questions),
            (*rubrics.material(rubric, sample.fields), ("response", sample.response)),
            rubrics.verdict_schema(rubric, asked.questions),
        )
        votes = await self._votes(
            metric, sheet, lambda text: rubrics.read_answers(asked.questions, text), caller, trail
        )
        answers = most_say(asked.questions, votes)
        failed = [one.reason for one in answers if not one.passed and one.reason]
        texts = {one.id: one.text for one in asked.questions}
        listed = [{"id": one.id, "text": texts[one.id], "verdict": one.passed,
                   "reason": one.reason} for one in answers]  # fmt: skip
        about = self._about(metric, trail, template.language)
        details = {**about, "questions": listed}
        return Score(share_passed(answers), "ok", " / ".join(failed), details)

    async def _votes(
        self,
        metric: ModelMetric,
        sheet: Sheet,
        read: Callable[[str], T],
        caller: Caller,
        trail: Trail,
    ) -> list[T]:
        """As many verdicts as the settings say. More than half must be readable, or it raises."""
        number = metric.settings.samples
        given = await asyncio.gather(
            *(self._asking.ask(metric.settings, sheet, read, caller, trail) for _ in range(number)),
            return_exceptions=True,
        )
        for one in given:
            if isinstance(one, BaseException) and not isinstance(one, WorkbenchError):
                raise one
        votes = [one for one in given if not isinstance(one, BaseException)]
        if 2 * len(votes) <= number:
            raise next(one for one in given if isinstance(one, WorkbenchError))
        return votes

    # -- pairs --

    async def _both(
        self, metric: ModelMetric, case: Case, pair: tuple[Sample, Sample], caller: Caller
    ) -> tuple[Order, Order]:
        """Both orders; when one fails the other still ends, as it is paid for."""
        a, b = pair
        one, other = await asyncio.gather(
            self._order(metric, case, a, b, caller),
            self._order(metric, case, b, a, caller),
            return_exceptions=True,
        )
        if isinstance(one, BaseException):
            raise one
        if isinstance(other, BaseException):
            raise other
        return one, other

    async def _order(
        self, metric: ModelMetric, case: Case, first: Sample, second: Sample, caller: Caller
    ) -> Order:
        rubric, trail = metric.rubric, Trail()
        language = rubrics.sample_language(metric.settings.language, first, second)
        template = rubric.in_language(language)
        sheet = Sheet(
            template.language,
            rubrics.instructions(rubric, template, ()),
            (*rubrics.material(rubric, case.fields), ("first", first.response),
             ("second", second.response)),
            rubrics.verdict_schema(rubric),
        )  # fmt: skip
        votes = await self._votes(metric, sheet, rubrics.read_winner, caller, trail)
        winner = majority([one.winner for one in votes])
        reason = next((one.reason for one in votes if one.winner == winner), votes[0].reason)
        return Order(Preferred(winner, reason), trail)

    def _about(self, metric: ModelMetric, trail: Trail, language: str = "") -> dict[str, Any]:
        return {
            "judge_requested": metric.settings.judge,
            "judge_served": trail.judge_served,
            "run_ids": list(trail.run_ids),
            "language": language,
            "rubric": f"{metric.rubric.name}.{metric.rubric.version}.{metric.rubric.sha256[:12]}",
        }


def combined(values: Sequence[int], votes: Sequence[Rated]) -> float:
    """Two-step ratings: what most say, a draw is the worse step; others: the mean."""
    ratings = [vote.rating for vote in votes]
    if len(values) > 2:
        return sum(ratings) / len(ratings)
    best, worst = max(values), min(values)
    return float(best if 2 * ratings.count(best) > len(ratings) else worst)


def most_say(
    questions: Sequence[Question], votes: Sequence[Sequence[Answered]]
) -> tuple[Answered, ...]:
    """The verdict of most on each question, with the reason of one of them; a draw is a no."""
    answers = []
    for place, one in enumerate(questions):
        said = [vote[place] for vote in votes]
        passed = 2 * sum(answer.passed for answer in said) > len(said)
        reason = next((answer.reason for answer in said if answer.passed == passed), "")
        answers.append(Answered(one.id, passed, reason))
    return tuple(answers)
