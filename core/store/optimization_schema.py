"""Step 008: optimizations. Frozen: later changes are later steps.

Calls and events are only ever added: a job that goes on reads them and repeats no call.
"""

from __future__ import annotations

OPTIMIZATIONS: tuple[str, ...] = (
    """
    create table optimizations (
        id uuid not null, title text not null, dataset_version_id uuid not null, prompt_id uuid,
        definition text not null, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table optimization_changes (
        id uuid not null, optimization_id uuid not null, title text, job_id uuid, memo text,
        applied_version_id uuid, deleted boolean, created_at timestamp not null,
        created_by text not null
    )
    """,
    """
    create table optimization_calls (
        optimization_id uuid not null, key text not null, role text not null, data text not null,
        created_at timestamp not null
    )
    """,
    """
    create table optimization_events (
        optimization_id uuid not null, number integer not null, kind text not null,
        data text not null, created_at timestamp not null
    )
    """,
)
