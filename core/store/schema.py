"""The schema of the first release. Frozen: later changes are later steps.

No foreign keys: in DuckDB they freeze the parent table against renames and drops. Ids are
UUIDv7, so ordering by id is ordering by time. `search` columns are NFKC and case-folded.
"""

FIRST_SCHEMA: tuple[str, ...] = (
    """
    create table prompts (
        id uuid not null, name text not null, created_at timestamp not null,
        created_by text not null
    )
    """,
    # What changes about a prompt or version (name, deletion) is appended; the newest row holds.
    """
    create table prompt_changes (
        id uuid not null, prompt_id uuid not null, version_id uuid,
        name text, deleted boolean, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table versions (
        id uuid not null, prompt_id uuid not null, number integer not null, spec text not null,
        message text not null, fingerprint text not null, parent_id uuid,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table label_moves (
        id uuid not null, prompt_id uuid not null, label text not null, version_id uuid,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table drafts (
        owner text not null, slot text not null, spec text not null, base_version_id uuid,
        memo text not null, updated_at timestamp not null
    )
    """,
    """
    create table memos (
        id uuid not null, subject_kind text not null, subject_id uuid not null,
        body text not null, search text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table blobs (sha256 text not null, mime_type text not null, bytes blob not null)
    """,
    # Events of calls on their way (`core.store.call_journal`), few and short-lived.
    "create table call_journal (run_id uuid not null, body text not null)",
    """
    create table attempts (
        id uuid not null, run_id uuid not null, number integer not null,
        sent_at timestamp not null, settled_at timestamp not null, reserved_usd double not null,
        outcome text not null, cost_usd double, failure text,
        actor text not null, job_id text
    )
    """,
    """
    create table runs (
        id uuid not null, created_at timestamp not null, actor text not null,
        purpose text not null, prompt_id uuid, version_id uuid, group_id text, job_id text,
        connection text not null, requested_model text not null, served_model text,
        outcome text not null, finish_reason text,
        input_tokens bigint, output_tokens bigint, thinking_tokens bigint,
        cached_tokens bigint, tool_tokens bigint,
        cost_usd double, first_token_ms double, total_ms double, attempts integer not null,
        input_excerpt text not null, output_excerpt text not null,
        request text not null, context text not null, output text not null, details text not null,
        search text not null
    )
    """,
    """
    create table run_marks (
        id uuid not null, run_id uuid not null, mark text not null, value boolean not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table facts (
        surface text not null, model text not null, fact text not null, value text not null,
        valid_from timestamp, valid_to timestamp, as_of timestamp not null,
        source text not null, confidence text not null, entered_by text not null
    )
    """,
    "create table settings (key text not null, value text not null)",
    """
    create table jobs (
        id uuid not null, kind text not null, title text not null, definition text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table job_events (
        id uuid not null, job_id uuid not null, state text not null, body text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table job_units (
        job_id uuid not null, key text not null, number integer not null, payload text not null
    )
    """,
    """
    create table job_results (
        job_id uuid not null, key text not null, status text not null, data text not null,
        created_at timestamp not null
    )
    """,
)
