"""Migrations of prompts to other models: a plan, and events appended to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.errors import NotFound
from core.records.datasets import CaseSlice
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationEvent, MigrationPlan, ModelMigration
from core.store.database import to_aware
from core.store.handle import Handle

_COLUMNS = "id, plan, created_at, created_by"


class StoredMigrations:
    """What `core.migration` needs kept."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def create(self, plan: MigrationPlan, *, actor: str) -> str:
        """Keep a plan; returns its id."""
        new_id = self._handle.new_id()
        self._handle.execute(
            "insert into model_migrations values (?, ?, ?, ?, ?)",
            [new_id, plan.prompt_id, json.dumps(asdict(plan), ensure_ascii=False),
             self._handle.now(), actor],
        )  # fmt: skip
        return new_id

    def append(self, migration_id: str, kind: str, data: Mapping[str, Any], *, actor: str) -> None:
        """Add what happened."""
        self._handle.execute(
            "insert into model_migration_events values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), migration_id, kind, json.dumps(data, ensure_ascii=False),
             self._handle.now(), actor],
        )  # fmt: skip

    def get(self, migration_id: str) -> ModelMigration:
        """The plan with its events, oldest first. NotFound when there is none."""
        row = self._handle.row(
            f"select {_COLUMNS} from model_migrations where id = try_cast(? as uuid)",
            [migration_id],
        )
        if row is None:
            raise NotFound(
                "There is no migration {id}. It may be in another database.", id=migration_id
            )
        return _migration(row, self._events([str(row[0])])[str(row[0])])

    def latest(self, limit: int = 100) -> Sequence[ModelMigration]:
        """Newest first."""
        rows = self._handle.rows(
            f"select {_COLUMNS} from model_migrations order by id desc limit ?", [limit]
        )
        events = self._events([str(row[0]) for row in rows])
        return [_migration(row, events[str(row[0])]) for row in rows]

    def _events(self, ids: Sequence[str]) -> Mapping[str, list[MigrationEvent]]:
        found: dict[str, list[MigrationEvent]] = defaultdict(list)
        for migration_id, id_, kind, data, at, by in self._handle.rows(
            "select migration_id, id, kind, data, created_at, created_by "
            "from model_migration_events "
            "where migration_id in (select unnest(cast(? as uuid[]))) order by id",
            [list(ids)],
        ):
            event = MigrationEvent(str(id_), kind, json.loads(data), to_aware(at), by)
            found[str(migration_id)].append(event)
        return found


def _migration(row: tuple[Any, ...], events: Sequence[MigrationEvent]) -> ModelMigration:
    id_, plan, created_at, created_by = row
    return ModelMigration(
        str(id_), _plan(json.loads(plan)), to_aware(created_at), created_by, tuple(events)
    )


def _plan(data: dict[str, Any]) -> MigrationPlan:
    metrics = tuple(MetricSpec(one["name"], one["options"]) for one in data.pop("metrics"))
    return MigrationPlan(**{**data, "metrics": metrics, "cases": CaseSlice(**data["cases"])})
