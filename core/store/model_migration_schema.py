"""Step 007: migrations of prompts to other models. Frozen: later changes are later steps."""

from __future__ import annotations

MODEL_MIGRATIONS: tuple[str, ...] = (
    """
    create table model_migrations (
        id uuid not null, prompt_id uuid not null, plan text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table model_migration_events (
        id uuid not null, migration_id uuid not null, kind text not null, data text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
)
