"""An evaluation's scores in memory, and the pages of rows that are read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.evaluation.results import Grid
from core.evaluation.served import Served
from core.records.datasets import Case
from core.records.evaluations import AnswerKey, Battle, Evaluation
from core.records.metrics import MetricInfo


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the chosen metric's value for each candidate; None where there is none.

    `apart` are answers to it by another model than the rest, which no value counts. `reasons` are
    those of the values, of the first answer of each; a pair's is the judge's.
    """

    case: Case
    values: Mapping[str, float | None]
    errors: int
    apart: int = 0
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some of the cases that a filter selects, and how many it selects."""

    rows: Sequence[CaseRow]
    total: int


@dataclass(frozen=True, slots=True)
class Table:
    """An evaluation's scores in memory, for one state of its job."""

    evaluation: Evaluation
    cases: Sequence[Case]
    texts: Sequence[str]
    grid: Grid
    battles: Sequence[Battle]
    infos: Mapping[str, MetricInfo]
    paired: Mapping[str, str]
    served: Sequence[Served] = ()
    apart: Mapping[AnswerKey, str] = field(default_factory=dict)
    """Answers that no figure counts, with the model that gave them."""
