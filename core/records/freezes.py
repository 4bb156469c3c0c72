"""Freezes: a model's answers on a dataset, kept for the time when it no longer gives any."""

from __future__ import annotations

from dataclasses import dataclass

from core.records.datasets import ALL_CASES, CaseSlice
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec

EXACT_MATCH = MetricSpec("exact_match")


@dataclass(frozen=True, slots=True)
class FreezePlan:
    """What is asked: a version on its own model, every case so many times.

    The answers are scored by `metric` at once; others can follow without asking again.
    """

    version_id: str
    dataset_version_id: str
    repeats: int = 1
    cases: CaseSlice = ALL_CASES
    metric: MetricSpec = EXACT_MATCH


@dataclass(frozen=True, slots=True)
class Freeze:
    """Answers that are kept, by the evaluation that asked for them; `failed` have none."""

    evaluation: Evaluation
    cases: int
    answers: int
    failed: int
