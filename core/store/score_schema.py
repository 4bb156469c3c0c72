"""Step 005: scores. Frozen: later changes are later steps.

One narrow row per score, since there are millions. What many scores share (evaluation, candidate,
metric, signature, judge) is written once, as a numbered series; numbers grow, so that rows of one
evaluation lie together and DuckDB skips the others. `case_hash` is 64 bits of the case id:
grouping by it takes a third of the time that text takes. A score without a value is an error, or
does not apply. Reasons and details are apart, and only where there are any.
"""

from __future__ import annotations

SCORES: tuple[str, ...] = (
    """
    create table score_series (
        series integer not null, evaluation_id uuid not null, candidate text not null,
        metric text not null, signature text not null,
        judge_requested text not null, judge_served text not null
    )
    """,
    """
    create table scores (
        series integer not null, case_hash bigint not null, repeat integer not null,
        value double, failed boolean not null, case_id text not null
    )
    """,
    """
    create table score_notes (
        series integer not null, case_hash bigint not null, repeat integer not null,
        reason text not null, details text not null
    )
    """,
)
