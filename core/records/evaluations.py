"""Evaluations: dataset version x candidates x metrics -> scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from core.records.comparisons import Candidate
from core.records.datasets import ALL_CASES, Case, CaseSlice
from core.records.metrics import MetricSpec, Score, ScoreStatus

EvaluationStatus = Literal["running", "paused", "done", "cancelled", "failed", "incomplete"]
BattleResult = Literal["a", "b", "tie"]
INCOMPLETE_ABOVE = 0.02
"""Share of errors above which an evaluation is incomplete and can win nothing."""


class AnswerKey(NamedTuple):
    """Names one answer within an evaluation: a candidate's to a case; repeats count from 0."""

    case_id: str
    candidate: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is evaluated. `job_id` is the newest job that works on it.

    `language` is that of the whole set of cases, as computation metrics take it. With `reuse`
    an answer that an earlier evaluation got for the very same request is not asked for again.
    A `final` one is given the cases of a sealed test split, and that is recorded.
    """

    id: str
    title: str
    dataset_version_id: str
    candidates: tuple[Candidate, ...]
    metrics: tuple[MetricSpec, ...]
    repeats: int
    created_at: datetime
    created_by: str
    cases: CaseSlice = ALL_CASES
    judge: str = ""
    job_id: str | None = None
    engine: Literal["local", "managed", "batch"] = "local"
    deleted_at: datetime | None = None
    language: str = "auto"
    reuse: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One candidate's answer to one case; `run_id` finds the call behind it.

    `error` is the outcome's name when there is no answer to score, and `problem` its words.
    `request_sha256` names the rendered request, `sample_sha256` what metrics see: the case and
    the answer. Equal names mean equal content, whatever the evaluation. `served_model` is the model
    that the call says has answered; empty where nobody asked for texts, or it was not told.
    """

    case_id: str
    candidate: str
    repeat: int
    run_id: str | None
    text: str
    error: str = ""
    problem: str = ""
    request_sha256: str = ""
    sample_sha256: str = ""
    total_ms: float | None = None
    first_token_ms: float | None = None
    cost_usd: float | None = None
    output_tokens: int | None = None
    function_calls: tuple[Mapping[str, Any], ...] = ()
    served_model: str = ""

    @property
    def key(self) -> AnswerKey:
        """Its name within the evaluation."""
        return AnswerKey(self.case_id, self.candidate, self.repeat)


@dataclass(frozen=True, slots=True)
class ScoredResponse:
    """A score with what it belongs to and what it was made by."""

    evaluation_id: str
    case_id: str
    candidate: str
    repeat: int
    metric: str
    signature: str
    score: Score
    judge_requested: str = ""
    judge_served: str = ""


class ServedCount(NamedTuple):
    """Answers of one candidate that one model gave."""

    evaluation_id: str
    candidate: str
    asked: str
    served: str
    answers: int


class ScoreLine(NamedTuple):
    """A score as a figure needs it."""

    case_id: str
    candidate: str
    signature: str
    value: float | None
    status: ScoreStatus


@dataclass(frozen=True, slots=True)
class Battle:
    """A pair judged, by a judge in both orders or by a person. `result` None is an error.

    `judged_by` is the judge as requested (`surface:model`) or a person's name. `verdicts` are a
    judge's own: what it said of (a, b), then of (b, a), each `first`, `second` or `same`.
    """

    case_id: str
    a: str
    b: str
    result: BattleResult | None
    judged_by: str
    consistent: bool | None = None
    reason: str = ""
    metric: str = ""
    signature: str = ""
    judge_served: str = ""
    verdicts: tuple[str, ...] = ()
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """Everything about one case of an evaluation."""

    case: Case
    answers: Sequence[Response]
    scores: Sequence[ScoredResponse]
    battles: Sequence[Battle]


@dataclass(frozen=True, slots=True)
class Measured:
    """The answers of a candidate; None where no answer told."""

    candidate: str
    answers: int
    errors: int
    cost_usd: float | None
    p50_ms: float | None
    p95_ms: float | None
    output_tokens: float | None
