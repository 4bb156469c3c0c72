"""Migrations as JSON data: a line of the list, and one with its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.errors import fill
from core.migration import evidence
from core.migration.progress import is_taken, next_step
from core.records.model_migrations import STEPS, MigrationStep, ModelMigration

if TYPE_CHECKING:
    from core.workbench import Workbench


def migration_line(workbench: Workbench, migration: ModelMigration) -> dict[str, Any]:
    """A migration as JSON data."""
    plan = migration.plan
    return {
        "id": migration.id,
        "prompt": workbench.store.prompts.get(plan.prompt_id).name,
        "from": plan.source_model,
        "to": plan.target_model,
        "next_step": next_step(migration),
        "gate": None if migration.gate is None else migration.gate["verdict"],
        "decision": migration.decision,
        "decided_by": migration.decided_by or None,
        "evaluation_id": migration.evaluation_id,
        "created_at": migration.created_at.isoformat(),
        "created_by": migration.created_by,
    }


def migration_state(workbench: Workbench, migration: ModelMigration) -> dict[str, Any]:
    """The same with its steps, what the new model does not take, and the gate's numbers."""
    sentence = None
    if migration.gate is not None:
        sentence = fill(*evidence.sentence(migration.gate))
    candidate = migration.candidate_version_id
    return {
        **migration_line(workbench, migration),
        "margin": migration.plan.margin,
        "candidate_version": (
            None if candidate is None else workbench.store.prompts.version(candidate).number
        ),
        "optimization_id": migration.optimization_id,
        "review_id": migration.review_id,
        "steps": list(_steps(workbench, migration)),
        "findings": [
            {"place": one.place, "effect": one.effect, "fixable": one.fixable,
             "message": fill(one.template, dict(one.values)), "source": one.source}
            for one in workbench.migrations.findings(migration)
        ],
        "gate_numbers": None if migration.gate is None else dict(migration.gate),
        "sentence": sentence,
        "clock": [fill(one.template, one.values) for one in workbench.migrations.clock_doubts()],
    }  # fmt: skip


def _steps(workbench: Workbench, migration: ModelMigration) -> Iterator[dict[str, Any]]:
    current = next_step(migration)
    for step in STEPS[:-1]:
        if is_taken(migration, step):
            state = "done"
        elif step in migration.skipped:
            state = "left out"
        else:
            state = "next" if step == current else "open"
        yield {"step": step, "state": state, "detail": _detail(workbench, migration, step)}


def _detail(workbench: Workbench, migration: ModelMigration, step: MigrationStep) -> str:
    evaluation_id = {"freeze": migration.freeze_id, "evaluate": migration.evaluation_id}.get(step)
    if evaluation_id is not None:
        return f"{workbench.evaluations.status(evaluation_id)}, evaluation {evaluation_id}"
    reasons = (one.data.get("text") for one in reversed(migration.events)
               if one.kind == "skip" and one.data["step"] == step)  # fmt: skip
    return str(next(reasons, "") or "")
