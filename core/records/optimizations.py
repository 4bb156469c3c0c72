"""Optimizations: a start prompt, what was tried, what it scored, and whether it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.records.datasets import ALL_CASES, CaseSlice
from core.records.metrics import MetricSpec
from core.records.prompts import PromptSpec

Mode = Literal["instruction", "demonstration", "instruction_and_demo"]
MODES: tuple[Mode, ...] = ("instruction", "demonstration", "instruction_and_demo")
OptimizerEngine = Literal["local", "gepa", "managed"]
ENGINES: tuple[OptimizerEngine, ...] = ("local", "gepa", "managed")
Aggregation = Literal["weighted_sum", "weighted_average"]
AGGREGATIONS: tuple[Aggregation, ...] = ("weighted_sum", "weighted_average")
StopReason = Literal[
    "no_headroom", "perfect", "no_improvement", "steps", "budget_calls", "budget_usd",
    "user_stop", "service",
]  # fmt: skip
"""`service`: a managed job, or an engine other than ours, ended by itself."""
VerdictName = Literal["better", "not_shown", "worse"]
OptimizationStatus = Literal["draft", "running", "paused", "done", "cancelled", "failed"]
EventKind = Literal["plan", "headroom", "candidate", "rejected", "race", "step", "stop", "verdict"]


@dataclass(frozen=True, slots=True)
class WeightedMetric:
    """A metric and how much it counts in the score that is optimized."""

    metric: MetricSpec
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What people or judges said of earlier answers.

    `comment` alone is a wish for all answers. With `input` and `response` it is about one answer;
    `rubrics` are questions with their verdicts, `expected` is what the answer should have been.
    """

    comment: str = ""
    input: str = ""
    response: str = ""
    expected: str = ""
    rubrics: tuple[tuple[str, bool], ...] = ()

    @property
    def is_fine(self) -> bool:
        """Whether nothing is to be mended: it is met what was asked, or it is the expected text."""
        if self.comment:
            return False
        if self.rubrics:
            return all(passed for _question, passed in self.rubrics)
        return bool(self.expected) and self.response.strip() == self.expected.strip()


@dataclass(frozen=True, slots=True)
class OptimizationDraft:
    """Everything an optimization is made of.

    What is rewritten is the system instruction of `spec`, or its first message when there is none.
    `frozen` are parts, by name, that stay as they are (`placeholder_to_content`). Models are
    written `surface:model`; an empty `optimizer_model` or `judge` means the target itself.
    `max_calls` counts every call, also those of judges and of the final look at the test split;
    `max_usd` is kept by reservation. `data_limit` bounds the cases that are tuned on.
    `language` is that of the new instruction, as in `Japanese`; `corpus_language` that of the
    cases, for metrics.
    """

    title: str
    spec: PromptSpec
    dataset_version_id: str
    target_model: str
    metrics: tuple[WeightedMetric, ...]
    prompt_id: str | None = None
    version_id: str | None = None
    optimizer_model: str = ""
    judge: str = ""
    source_model: str = ""
    aggregation: Aggregation = "weighted_sum"
    mode: Mode = "instruction"
    engine: OptimizerEngine = "local"
    steps: int = 10
    candidates_per_step: int = 2
    demo_set_size: int = 3
    demo_candidates: int = 10
    data_limit: int = 100
    max_calls: int = 1_000
    max_usd: float = 5.0
    language: str = ""
    frozen: Mapping[str, str] = field(default_factory=dict)
    feedback: tuple[Feedback, ...] = ()
    max_characters: int = 8_000
    repeats: int = 1
    seed: int = 1
    cases: CaseSlice = ALL_CASES
    memo: str = ""
    corpus_language: str = "auto"
    vapo: Mapping[str, Any] = field(default_factory=dict)
    """Keys of a VAPO configuration that only the managed engine reads."""


@dataclass(frozen=True, slots=True)
class Optimization:
    """A kept draft. `job_id` is the newest job that works on it."""

    id: str
    draft: OptimizationDraft
    created_at: datetime
    created_by: str
    job_id: str | None = None
    title: str = ""
    deleted_at: datetime | None = None
    applied_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class OptimizationEvent:
    """One line of the ledger: what was tried or decided. Numbered from 0, never changed."""

    number: int
    kind: EventKind
    data: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An example put into the prompt: a case's input and the model's own good answer."""

    case_id: str
    input: str
    output: str


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt that was tried. Number 0 is the start; `parent` is the one it was made from.

    `score` is the tuning score (0..1) over `scored` cases, `metrics` the mean of each metric in
    its own unit; None while it is not known. `low` and `high` bound the score. `state` says what
    became of it.
    """

    number: int
    step: int
    instruction: str
    demonstrations: tuple[Demonstration, ...] = ()
    parent: int | None = None
    origin: str = "start"
    state: Literal["racing", "dropped", "accepted", "lost", "rejected"] = "racing"
    reason: str = ""
    score: float | None = None
    low: float | None = None
    high: float | None = None
    scored: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    calls: int = 0
    """Calls of the whole job when its last score came in."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one look at the test cases: best minus start, paired, scores in 0..1.

    `needed` is about how many cases would show a gain of the size seen; None when none would.
    `reason` names why there is no look or no claim: `start_is_best`, `too_few`, or empty.
    """

    verdict: VerdictName
    difference: float | None
    low: float | None
    high: float | None
    n: int
    wins: int = 0
    ties: int = 0
    losses: int = 0
    needed: int | None = None
    start_score: float | None = None
    best_score: float | None = None
    errors: int = 0
    reason: str = ""
    looks: int = 1
    """How often the test cases of this dataset were opened, this look included."""


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test case with both answers."""

    case_id: str
    start_score: float | None
    best_score: float | None
    start_response: str
    best_response: str
    explanation: str = ""
    run_ids: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One answer to one case with its scores, as it is kept. `score` None is an error."""

    template: int
    case_id: str
    repeat: int
    response: str
    score: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    explanation: str = ""
    error: str = ""
    run_id: str | None = None
