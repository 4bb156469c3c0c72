"""Datasets: rows with explicit ids, in immutable versions named by their content."""

from __future__ import annotations

from collections.abc import Mapping
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
class Dataset:
    """A named dataset. `deleted_at` is set once its rows are gone."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How cases are divided: by a hash of seed and case id, so that a case keeps its side.

    Shares are of train, validation and test and add up to 1.
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
