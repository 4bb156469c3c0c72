"""Jobs: long work made of units, resumable by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

JobState = Literal["running", "paused", "done", "cancelled", "failed"]
UnitStatus = Literal["ok", "failed"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One step of a job. `key` is a hash of everything that decides its result."""

    key: str
    number: int
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What a unit came to; `data` is JSON and belongs to the kind of job."""

    key: str
    status: UnitStatus
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A line of a job's log: a message's template and what is filled into it."""

    created_at: datetime
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is. `definition` is plain JSON: enough to plan it again elsewhere."""

    id: str
    kind: str
    title: str
    definition: Mapping[str, Any]
    created_at: datetime
    created_by: str
    state: JobState
    total: int
    done: int
    failed: int
