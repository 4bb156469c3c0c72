"""Step 009: human review and the audit log. Frozen: later changes are later steps.

Everything is appended. Of a reviewer's records on an item the newest holds; a record of the kind
`withdrawn` takes back the one it names. A round's state is that of its newest change.
"""

from __future__ import annotations

REVIEW: tuple[str, ...] = (
    """
    create table review_rounds (
        id uuid not null, definition text not null, dataset_version_id uuid, seed bigint not null,
        items integer not null, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table review_changes (
        id uuid not null, round_id uuid not null, state text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table review_items (
        round_id uuid not null, position integer not null, case_id text not null,
        wanted integer not null, random boolean not null, identical boolean not null,
        competitors text[] not null, content text not null
    )
    """,
    """
    create table review_leases (
        id uuid not null, round_id uuid not null, position integer not null,
        reviewer text not null, repeat boolean not null, swapped boolean not null,
        leased_at timestamp not null, expires_at timestamp not null
    )
    """,
    """
    create table review_records (
        id uuid not null, round_id uuid not null, position integer not null,
        reviewer text not null, kind text not null, withdraws uuid, lease_id uuid,
        repeat boolean not null, swapped boolean not null, judgement text not null,
        seconds double, created_at timestamp not null, invite_id uuid
    )
    """,
    """
    create table review_invites (
        id uuid not null, round_id uuid not null, token_sha256 text not null, label text not null,
        expires_at timestamp, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table review_invite_events (
        id uuid not null, invite_id uuid not null, kind text not null, name text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table audit (
        number bigint not null, created_at timestamp not null, who text not null,
        action text not null, subject text not null, detail text not null, allowed boolean not null,
        sha256 text not null
    )
    """,
)
