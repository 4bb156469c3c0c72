"""Comparisons: candidates side by side on inputs, with verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from core.records.prompts import PromptSpec
from core.records.runs import Run

Choice = Literal["left", "slightly_left", "same", "slightly_right", "right", "both_bad"]
CHOICES: tuple[Choice, ...] = (
    "left", "slightly_left", "same", "slightly_right", "right", "both_bad",
)  # fmt: skip
MOST_COLUMNS = 6
MOST_INPUTS = 1_000
MOST_REPEATS = 20


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

    `message` is an ad-hoc input. It becomes the value of `{input}`, or of the one variable that
    has no value yet; a prompt that has no such variable gets it at the end of its last message.
    A row that is a case of a dataset names the version and the case.
    """

    key: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    reference: str | None = None
    dataset_version_id: str | None = None
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates x inputs x repeats. `seed` shuffles columns per row in blind mode.

    Only the title, `blind` and the deletion ever change; another grid is another comparison.
    """

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

    @property
    def cells(self) -> int:
        """How many answers the whole grid has."""
        return len(self.candidates) * len(self.inputs) * self.repeats


class CellKey(NamedTuple):
    """Where a cell is. As text (`input/candidate/repeat`) it is the unit of its runs."""

    input_key: str
    candidate_key: str
    repeat: int

    def __str__(self) -> str:
        return "/".join((self.input_key, self.candidate_key, str(self.repeat)))

    @classmethod
    def parse(cls, text: str) -> CellKey:
        """Read what `str` wrote."""
        input_key, candidate_key, repeat = text.split("/")
        return cls(input_key, candidate_key, int(repeat))


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why nothing was sent: the error's message template and its fields, for every language."""

    code: str
    template: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer of the grid; `repeat` counts from 1. `run` is None while there is none.

    `problem` says in English why nothing was sent, `told` says it for every language.
    """

    input_key: str
    candidate_key: str
    repeat: int
    run_id: str | None = None
    run: Run | None = None
    problem: str = ""
    told: CellProblem | None = None

    @property
    def key(self) -> CellKey:
        """Where it is."""
        return CellKey(self.input_key, self.candidate_key, self.repeat)

    @property
    def answered(self) -> bool:
        """Whether there is an answer, also one that was cut at its token limit."""
        return self.run is not None and self.run.reply.outcome in ANSWERED


ANSWERED = frozenset(("ok", "truncated"))
"""Outcomes of a cell that is not run again when a comparison goes on."""


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


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """A comparison as a list shows it. `answered` counts cells, `verdicts` those that hold."""

    id: str
    title: str
    created_at: datetime
    created_by: str
    blind: bool
    candidates: tuple[str, ...]
    inputs: int
    repeats: int
    answered: int
    verdicts: int
    cost_usd: float | None = None
    memo: str = ""
    deleted_at: datetime | None = None

    @property
    def cells(self) -> int:
        """How many answers the whole grid has."""
        return len(self.candidates) * self.inputs * self.repeats
