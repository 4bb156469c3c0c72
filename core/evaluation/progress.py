"""How far an evaluation is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.records.evaluations import EvaluationStatus
from core.records.jobs import Job, JobEvent


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is. `left_s` None: nobody can tell yet, or it does not run."""

    status: EvaluationStatus
    job: Job | None
    spent_usd: float
    left_s: float | None
    events: Sequence[JobEvent]
    waiting_since: datetime | None = None
    """Since when its oldest open batch is with the service."""
