"""The scores of evaluations in memory: what every view of the results is read from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.evaluation import results
from core.evaluation.materials import Materials
from core.evaluation.results import Grid
from core.evaluation.served import Served, everyone
from core.records.datasets import Case
from core.records.evaluations import AnswerKey, Battle, Evaluation
from core.records.jobs import Job
from core.records.metrics import MetricInfo
from core.store.handle import searchable

if TYPE_CHECKING:
    from core.store import Store

KEPT = 4
"""Evaluations whose table of scores stays in memory."""


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
    """Everybody of whom some answer names another id than was asked for."""
    apart: Mapping[AnswerKey, str] = field(default_factory=dict)
    """Answers that no figure counts, with the model that gave them."""


class Tables:
    """Reads tables and keeps the last ones. Thread-safe."""

    def __init__(self, store: Store, materials: Materials) -> None:
        self._store = store
        self._materials = materials
        self._tables: OrderedDict[str, tuple[object, Table]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, evaluation: Evaluation, job: Job | None) -> Table:
        """Kept while nothing changes; a running job changes it each time."""
        state = (evaluation, job.state if job else "", job.done if job else 0)
        with self._lock:
            kept = self._tables.get(evaluation.id)
            if kept is not None and kept[0] == state:
                self._tables.move_to_end(evaluation.id)
                return kept[1]
        table = self._read(evaluation)
        with self._lock:
            self._tables[evaluation.id] = (state, table)
            while len(self._tables) > KEPT:
                self._tables.popitem(last=False)
        return table

    def _read(self, evaluation: Evaluation) -> Table:
        cases = self._materials.cases(evaluation)
        metrics = self._materials.metrics(evaluation)
        battles = self._store.evaluations.battles(evaluation.id)
        by_whom = everyone(
            self._store.model_use.served_counts([evaluation.id]), lambda one: one.candidate
        )
        apart = {
            key: model
            for (_id, key), model in self._store.model_use.answers_by(
                [(evaluation.id, one.key, model) for one in by_whom for model in one.apart]
            ).items()
        }
        grid = results.grid(
            [case.id for case in cases],
            self._store.scores.lines(evaluation.id, apart),
            [one for one in battles if not _sides(one) & apart.keys()],
        )
        return Table(
            evaluation,
            cases,
            [searchable("\n".join((case.id, *case.fields.values()))) for case in cases],
            grid,
            battles,
            metrics.infos,
            {signature: one.info.name for signature, one in metrics.paired.items()},
            by_whom,
            apart,
        )


def _sides(battle: Battle) -> set[AnswerKey]:
    return {AnswerKey(battle.case_id, one, battle.repeat) for one in (battle.a, battle.b)}
