"""What the events of a migration add up to, and which step is next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.records.model_migrations import STEPS, MigrationEvent, MigrationStep, ModelMigration

_IDS = {
    "freeze": ("freeze_id", "evaluation_id"),
    "optimization": ("optimization_id", "optimization_id"),
    "review": ("review_id", "round_id"),
}
"""Events that name one thing: the migration's field, and the key in the event's data."""


def folded(migration: ModelMigration) -> ModelMigration:
    """The migration as its events have left it."""
    for event in migration.events:
        migration = _after(migration, event)
    return migration


def _after(was: ModelMigration, event: MigrationEvent) -> ModelMigration:
    data = event.data
    match event.kind:
        case "candidate":
            # Another candidate makes what was measured of the one before worthless.
            return replace(was, candidate_version_id=data["version_id"], evaluation_id=None,
                           gate=None, looked_at_worse=False, review_id=None)  # fmt: skip
        case "freeze" | "optimization" | "review":
            key, name = _IDS[event.kind]
            return replace(was, **{key: data[name]})
        case "evaluation":
            return replace(was, evaluation_id=data["evaluation_id"], gate=None,
                           looked_at_worse=False, review_id=None)  # fmt: skip
        case "skip":
            return replace(was, skipped=was.skipped | {data["step"]})
        case "worse":
            return replace(was, looked_at_worse=True)
        case "gate":
            return replace(was, gate=data)
        case "switching":
            return replace(was, switched_from=data["switched_from"])
        case "decision":
            return replace(
                was, decision=data["choice"], decided_by=data["name"],
                decided_at=event.created_at, switched_from=data.get("switched_from"),
            )  # fmt: skip
        case "undo":
            return replace(was, decision=None, decided_by="", decided_at=None, switched_from=None)
        case "note":
            return replace(was, notes={**was.notes, data["step"]: data["text"]})
        case "deleted":
            return replace(was, deleted=bool(data["deleted"]))
    return was


def is_taken(migration: ModelMigration, step: MigrationStep) -> bool:
    """Whether a step was done; one that was left out was not."""
    taken = {
        "fix": migration.candidate_version_id is not None,
        "freeze": migration.freeze_id is not None,
        "evaluate": migration.evaluation_id is not None,
        "optimise": False,
        "worse": migration.looked_at_worse,
        "review": migration.review_id is not None,
        "gate": migration.gate is not None,
        "decide": migration.decision is not None,
        "done": False,
    }
    return taken[step]


def next_step(migration: ModelMigration) -> MigrationStep:
    """The first step that is neither taken nor skipped."""
    for step in STEPS:
        if not is_taken(migration, step) and step not in migration.skipped:
            return step
    return "done"


def reached(migration: ModelMigration) -> Sequence[MigrationStep]:
    """The steps up to and with the next one."""
    return STEPS[: STEPS.index(next_step(migration)) + 1]
