"""Optimizations: what is optimized, the journal of its calls, the ledger of its decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from core.errors import NotFound
from core.records.datasets import CaseSlice
from core.records.metrics import MetricSpec
from core.records.optimizations import (
    EventKind,
    Feedback,
    Optimization,
    OptimizationDraft,
    OptimizationEvent,
    WeightedMetric,
)
from core.records.prompts import PromptSpec
from core.store.appending import Appending
from core.store.database import storable, to_aware
from core.store.handle import Handle

_CURRENT = """
    select o.id, coalesce(c.title, o.title), o.definition, c.memo, c.job_id,
           case when c.deleted then c.changed_at end, c.applied, o.created_at, o.created_by
    from optimizations o
    left join (
        select optimization_id, arg_max(title, id) as title, arg_max(memo, id) as memo,
               arg_max(job_id, id) as job_id, arg_max(applied_version_id, id) as applied,
               coalesce(arg_max(deleted, id), false) as deleted, max(created_at) as changed_at
        from optimization_changes group by optimization_id
    ) c on c.optimization_id = o.id
"""


class StoredOptimizations:
    """What `core.optimization` needs kept."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._calls = Appending(handle.database, "optimization_calls")
        self._events = Appending(handle.database, "optimization_events")

    # -- optimizations --

    def create(self, draft: OptimizationDraft, *, actor: str) -> Optimization:
        """Keep it under a fresh id."""
        new_id = self._handle.new_id()
        self._handle.execute(
            "insert into optimizations values (?, ?, ?, ?, ?, ?, ?)",
            [new_id, draft.title, draft.dataset_version_id, draft.prompt_id,
             json.dumps(draft_data(draft), ensure_ascii=False), self._handle.now(), actor],
        )  # fmt: skip
        return self.get(new_id)

    def get(self, optimization_id: str) -> Optimization:
        """The optimization, also a deleted one. NotFound when there is none."""
        row = self._handle.row(f"{_CURRENT} where o.id = try_cast(? as uuid)", [optimization_id])
        if row is None:
            raise NotFound(
                "There is no optimization {id}. It may be in another database.",
                id=optimization_id,
            )
        return _optimization(row)

    def list(self, limit: int = 100) -> Sequence[Optimization]:
        """Those that are not deleted, newest first."""
        rows = self._handle.rows(
            f"{_CURRENT} where not coalesce(c.deleted, false) order by o.id desc limit ?", [limit]
        )
        return [_optimization(row) for row in rows]

    def change(
        self,
        optimization_id: str,
        *,
        actor: str,
        title: str | None = None,
        job_id: str | None = None,
        memo: str | None = None,
        applied_version_id: str | None = None,
        deleted: bool | None = None,
    ) -> None:
        """Append what is other than before; None leaves a thing as it is."""
        self._handle.execute(
            "insert into optimization_changes values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), optimization_id, title, job_id, memo, applied_version_id,
             deleted, self._handle.now(), actor],
        )  # fmt: skip

    def looked_at_test(self, version_ids: Sequence[str]) -> Sequence[str]:
        """Ids of those that came to a verdict on test cases of these dataset versions."""
        rows = self._handle.rows(
            "select distinct o.id from optimizations o join optimization_events e "
            "on e.optimization_id = o.id and e.kind = 'verdict' "
            "and not contains(e.data, 'start_is_best') "
            "where o.dataset_version_id in (select unnest(cast(? as uuid[])))",
            [list(version_ids)],
        )
        return [str(id_) for (id_,) in rows]

    # -- the journal --

    def record_call(
        self, optimization_id: str, key: str, role: str, data: Mapping[str, Any]
    ) -> Future[None]:
        """Commit what a call came to."""
        text = storable(json.dumps(data, ensure_ascii=False))
        row = (optimization_id, key, role, text, self._handle.now())
        return self._handle.writer.add(self._calls, [row])

    def calls(
        self, optimization_id: str, role: str | None = None
    ) -> Mapping[str, Mapping[str, Any]]:
        """What was settled, by key; of one role or of all."""
        rows = self._handle.rows(
            "select key, data from optimization_calls where optimization_id = ? "
            "and (? is null or role = ?)",
            [optimization_id, role, role],
        )
        return {key: json.loads(data) for key, data in rows}

    def settled_calls(self, optimization_id: str) -> tuple[int, float]:
        """How many calls were settled, and over how many seconds."""
        row = self._handle.row(
            "select coalesce(sum(cast(json_extract(data, '$.calls') as integer)), 0), "
            "coalesce(epoch(max(created_at)) - epoch(min(created_at)), 0) "
            "from optimization_calls where optimization_id = try_cast(? as uuid) "
            "and role <> 'stop'",
            [optimization_id],
        )
        return (int(row[0]), float(row[1])) if row else (0, 0.0)

    def record_event(
        self, optimization_id: str, number: int, kind: EventKind, data: Mapping[str, Any]
    ) -> Future[None]:
        """Commit a line of the ledger."""
        text = storable(json.dumps(data, ensure_ascii=False))
        row = (optimization_id, number, kind, text, self._handle.now())
        return self._handle.writer.add(self._events, [row])

    def events(self, optimization_id: str, since: int = 0) -> Sequence[OptimizationEvent]:
        """The ledger from that number on."""
        rows = self._handle.rows(
            "select number, kind, data, created_at from optimization_events "
            "where optimization_id = try_cast(? as uuid) and number >= ? "
            "qualify row_number() over (partition by number order by created_at) = 1 "
            "order by number",
            [optimization_id, since],
        )
        return [
            OptimizationEvent(number, kind, json.loads(data), to_aware(at))
            for number, kind, data, at in rows
        ]

    def count_events(self, optimization_id: str) -> int:
        """How many there are up to the first that is missing, as after a write that failed."""
        row = self._handle.row(
            "select count(*) from (select number, row_number() over (order by number) as place "
            "from (select distinct number from optimization_events where optimization_id = ?)) "
            "where number = place - 1",
            [optimization_id],
        )
        return int(row[0]) if row else 0


def draft_data(draft: OptimizationDraft) -> dict[str, Any]:
    """The draft as JSON data; `draft_from` reads it back."""
    return asdict(draft)


def draft_from(data: Mapping[str, Any]) -> OptimizationDraft:
    """Read what `draft_data` wrote."""
    metrics = tuple(
        WeightedMetric(MetricSpec(one["metric"]["name"], one["metric"]["options"]), one["weight"])
        for one in data["metrics"]
    )
    feedback = tuple(
        Feedback(**{**one, "rubrics": tuple((q, bool(yes)) for q, yes in one["rubrics"])})
        for one in data["feedback"]
    )
    return OptimizationDraft(
        **{
            **data,
            "spec": PromptSpec.from_dict(data["spec"]),
            "metrics": metrics,
            "feedback": feedback,
            "cases": CaseSlice(**data["cases"]),
        }
    )


def _optimization(row: tuple[Any, ...]) -> Optimization:
    id_, title, text, memo, job_id, deleted_at, applied, at, by = row
    data = json.loads(text)
    if memo is not None:
        data["memo"] = memo
    return Optimization(
        id=str(id_),
        draft=draft_from(data),
        created_at=to_aware(at),
        created_by=by,
        job_id=str(job_id) if job_id else None,
        title=title,
        deleted_at=to_aware(deleted_at) if deleted_at else None,
        applied_version_id=str(applied) if applied else None,
    )
