"""What a job of an evaluation works with, and what of it metrics and judges see. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.evaluation.chosen import Chosen
from core.evaluation.task import task_case
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation, Response, ScoredResponse
from core.records.metrics import Sample, Score
from core.records.runs import CallContext


@dataclass(frozen=True, slots=True)
class Material:
    """All that a job of an evaluation works with, read once."""

    evaluation: Evaluation
    cases: Mapping[str, Case]
    metrics: Chosen
    contexts: Mapping[str, CallContext]

    @property
    def candidates(self) -> Mapping[str, Candidate]:
        """By key."""
        return {one.key: one for one in self.evaluation.candidates}


def sample_of(material: Material, answer: Response) -> Sample:
    """What a metric sees."""
    return Sample(
        case_id=answer.case_id,
        response=answer.text,
        fields=material.cases[answer.case_id].fields,
        function_calls=answer.function_calls,
        total_ms=answer.total_ms,
        first_token_ms=answer.first_token_ms,
        cost_usd=answer.cost_usd,
        output_tokens=answer.output_tokens,
    )


def judged_case(material: Material, case_id: str) -> Case:
    """What a judge is told of a case."""
    return task_case(material.cases[case_id], material.evaluation.candidates[0])


def judged_sample(material: Material, answer: Response) -> Sample:
    """What a judge sees."""
    fields = judged_case(material, answer.case_id).fields
    return replace(sample_of(material, answer), fields=fields)


def computed(
    material: Material, answers: Sequence[Response], signatures: Sequence[str]
) -> list[ScoredResponse]:
    """The scores of some answers by every computed metric."""
    scored = []
    for answer in answers:
        sample = sample_of(material, answer)
        for signature in signatures:
            metric = material.metrics.computed[signature]
            score = unanswered(answer) if answer.error else metric.score(sample)
            scored.append(
                scored_response(material.evaluation.id, answer, metric.info.name, signature, score)
            )
    return scored


def unanswered(answer: Response) -> Score:
    """There is nothing to score: an error, and never a zero."""
    return Score(None, "error", answer.problem or answer.error, {"outcome": answer.error})


def scored_response(
    evaluation_id: str,
    answer: Response,
    metric: str,
    signature: str,
    score: Score,
    judge: str = "",
) -> ScoredResponse:
    """A score with what it belongs to."""
    return ScoredResponse(
        evaluation_id, *answer.key, metric, signature, score, judge,
        str(score.details.get("judge_served", "")),
    )  # fmt: skip
