"""Comparisons: candidates side by side on inputs, with verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.records.prompts import PromptSpec
from core.records.runs import Run

Choice = Literal["left", "slightly_left", "same", "slightly_right", "right", "both_bad"]
CHOICES: tuple[Choice, ...] = (
    "left", "slightly_left", "same", "slightly_right", "right", "both_bad",
)  # fmt: skip
MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column: what is sent, and to whom. `spec` is whole, so a comparison reopens exactly.

    `key` names the column within its comparison; `model` is written `surface:model`.
    """

    key: str
    title: str
    spec: PromptSpec
    model: str
    prompt_id: str | None = None
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class ComparedInput:
    """A row: the values of the variables, and what a good answer would be when that is known.

    `message` replaces the last user turn for prompts without variables (ad-hoc input).
    """

    key: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates x inputs x repeats. `seed` shuffles columns per row in blind mode."""

    id: str
    title: str
    candidates: tuple[Candidate, ...]
    inputs: tuple[ComparedInput, ...]
    repeats: int
    blind: bool
    seed: int
    created_at: datetime
    created_by: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer of the grid; `run` is None while there is none, `problem` says why not."""

    input_key: str
    candidate_key: str
    repeat: int
    run_id: str | None = None
    run: Run | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's choice between two candidates on one input; the newest of a person holds.

    `left` and `right` are candidate keys as they were shown. `reasons` are short chips.
    """

    id: str
    comparison_id: str
    input_key: str
    left: str
    right: str
    choice: Choice
    blind: bool
    created_at: datetime
    created_by: str
    reasons: tuple[str, ...] = ()
    memo: str = ""
