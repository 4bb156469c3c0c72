"""What comparisons need kept. Frozen: later changes are later steps.

The answers themselves are runs: `group_id` of a run is the comparison and `unit` in its context
the cell. Only cells that came to no run are rows of their own.
"""

COMPARISONS: tuple[str, ...] = (
    """
    create table comparisons (
        id uuid not null, title text not null, candidates text not null, inputs text not null,
        repeats integer not null, blind boolean not null, seed bigint not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    # What changes about a comparison is appended; the newest value that is not null holds.
    """
    create table comparison_changes (
        id uuid not null, comparison_id uuid not null,
        title text, blind boolean, deleted boolean,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table comparison_problems (
        id uuid not null, comparison_id uuid not null, input_key text not null,
        candidate_key text not null, repeat integer not null, problem text not null,
        created_at timestamp not null
    )
    """,
    # A row without a choice takes the verdict before it back.
    """
    create table comparison_verdicts (
        id uuid not null, comparison_id uuid not null, input_key text not null,
        left_key text not null, right_key text not null, choice text, blind boolean not null,
        reasons text not null, body text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
)
