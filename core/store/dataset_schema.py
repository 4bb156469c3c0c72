"""Step 003: datasets. Frozen: later changes are later steps.

A version has all its cases for itself, so that deleting is one statement. `cells` are the texts
of a case in the order of the version's columns, null where the case has none. Texts of
`dataset_cases` are padded (`core.store.erasure`).
"""

from __future__ import annotations

DATASETS: tuple[str, ...] = (
    """
    create table datasets (
        id uuid not null, name text not null, created_at timestamp not null,
        created_by text not null
    )
    """,
    # What changes about a dataset is appended; the newest row that says something holds.
    """
    create table dataset_changes (
        id uuid not null, dataset_id uuid not null, name text, deleted boolean,
        retention text, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table dataset_versions (
        id uuid not null, dataset_id uuid not null, number integer not null,
        sha256 text not null, columns text not null, cases integer not null,
        source text not null, message text not null,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table dataset_cases (
        version_id uuid not null, position integer not null, case_id text not null,
        split text, cells text[] not null, search text not null
    )
    """,
    """
    create table dataset_splits (
        id uuid not null, dataset_id uuid not null, seed bigint not null,
        train double not null, validation double not null, test double not null,
        sealed boolean not null, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table dataset_slices (
        id uuid not null, dataset_id uuid not null, name text not null, body text,
        created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table dataset_uses (
        id uuid not null, dataset_id uuid not null, version_id uuid not null,
        kind text not null, subject_id text not null, title text not null,
        opened_test boolean not null, created_at timestamp not null, created_by text not null
    )
    """,
)
