"""The schema of rubrics. Frozen: later changes are later steps."""

RUBRICS: tuple[str, ...] = (
    # Shipped rubrics are files; what people saved is appended here, by name and number.
    """
    create table rubric_versions (
        id uuid not null, name text not null, number integer not null, body text not null,
        sha256 text not null, message text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    # The newest row of a key holds; once one is frozen, no other follows.
    """
    create table question_sets (
        id uuid not null, key text not null, case_id text not null, questions text not null,
        frozen boolean not null, created_at timestamp not null, created_by text not null
    )
    """,
)
