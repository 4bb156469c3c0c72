"""Migrations of a prompt to another model: what was planned, done, and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.records.datasets import ALL_CASES, CaseSlice
from core.records.metrics import MetricSpec

MigrationStep = Literal[
    "fix", "freeze", "evaluate", "optimise", "worse", "review", "gate", "decide", "done"
]
STEPS: tuple[MigrationStep, ...] = (
    "fix", "freeze", "evaluate", "optimise", "worse", "review", "gate", "decide", "done",
)  # fmt: skip
Choice = Literal["switch", "keep"]
OLD, NEW = "old", "new"
"""The keys of the two candidates in a migration's evaluations."""


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What is compared, on what, by which metric. `margin` is what may be lost, as a share."""

    prompt_id: str
    source_version_id: str
    source_model: str
    target_model: str
    dataset_version_id: str
    metrics: tuple[MetricSpec, ...]
    cases: CaseSlice = ALL_CASES
    margin: float = 0.03
    repeats: int = 1
    judge: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MigrationEvent:
    """One thing that happened in a migration; `data` is JSON and belongs to the kind."""

    id: str
    kind: str
    data: Mapping[str, Any]
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class ModelMigration:
    """A migration as its events have left it. Ids are None until the step was taken.

    `switched_from` is the version that had the production label before, kept for undoing.
    """

    id: str
    plan: MigrationPlan
    created_at: datetime
    created_by: str
    events: tuple[MigrationEvent, ...] = ()
    candidate_version_id: str | None = None
    freeze_id: str | None = None
    evaluation_id: str | None = None
    optimization_id: str | None = None
    looked_at_worse: bool = False
    review_id: str | None = None
    skipped: frozenset[str] = frozenset()
    gate: Mapping[str, Any] | None = None
    decision: Choice | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    switched_from: str | None = None
    deleted: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
