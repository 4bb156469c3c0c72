"""Datasets: rows with explicit ids, in immutable versions named by their content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

REFERENCE = "reference"
KNOWN_FIELDS = (
    "prompt", "response", REFERENCE, "instruction", "context", "baseline_model_response",
    "request", "conversation_history", "rubric_groups", "intermediate_events",
    "predicted_trajectory", "reference_trajectory",
)  # fmt: skip
"""Columns with a meaning, named as the evaluation service names them. All others are variables."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row. `fields` holds every column as text, also those of `KNOWN_FIELDS`.

    A field that the row does not have is absent, which is not the same as an empty text.
    """

    id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    split: Split | None = None

    @property
    def reference(self) -> str | None:
        """The expected answer, if there is one."""
        return self.fields.get(REFERENCE)


@dataclass(frozen=True, slots=True)
class Content:
    """What a version is made of: cases in the order to show them, columns, and their name."""

    cases: Sequence[Case]
    columns: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named dataset. `deleted_at` is set once its rows are gone; `keep_until` makes them go."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    deleted_at: datetime | None = None
    keep_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How cases are divided: by a hash of seed and case id, so that a case keeps its side.

    Shares are of train, validation and test and add up to 1. The rule belongs to the dataset:
    every version follows the newest one. A case that came with a split of its own keeps it.
    """

    seed: int = 0
    shares: tuple[float, float, float] = (0.4, 0.2, 0.4)
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """An immutable set of cases; `sha256` is over the cases in order of their ids."""

    id: str
    dataset_id: str
    number: int
    sha256: str
    columns: tuple[str, ...]
    rows: int
    source: str
    message: str
    created_at: datetime
    created_by: str
    split: SplitRule | None = None


@dataclass(frozen=True, slots=True)
class CaseSlice:
    """Which cases: equal values per column, a text that some field contains, a split."""

    equals: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    split: Split | None = None
    name: str = ""


ALL_CASES = CaseSlice()


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """Something that read a version, for example an evaluation; lineage forwards.

    `opened_test` tells that it was given the cases of a sealed test split.
    """

    version_id: str
    kind: str
    subject_id: str
    title: str
    opened_test: bool
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """A dataset as a list shows it."""

    dataset: Dataset
    latest: DatasetVersion
    versions: int
