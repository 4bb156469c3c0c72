"""Step 006: evaluations. Frozen: later changes are later steps.

What changes about an evaluation is appended; the newest row that says something holds. Answers
and battles are narrow rows: the text of an answer is in the run behind it.
"""

from __future__ import annotations

EVALUATIONS: tuple[str, ...] = (
    """
    create table evaluations (
        id uuid not null, title text not null, dataset_version_id uuid not null,
        definition text not null, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table evaluation_changes (
        id uuid not null, evaluation_id uuid not null, title text, metrics text, judge text,
        job_id uuid, deleted boolean, created_at timestamp not null, created_by text not null
    )
    """,
    """
    create table responses (
        evaluation_id uuid not null, case_id text not null, candidate text not null,
        repeat integer not null, run_id uuid, error text not null, problem text not null,
        request_sha256 text not null, sample_sha256 text not null,
        total_ms double, first_token_ms double, cost_usd double, output_tokens bigint,
        function_calls text not null, created_at timestamp not null
    )
    """,
    """
    create table battles (
        evaluation_id uuid not null, case_id text not null, a text not null, b text not null,
        repeat integer not null, metric text not null, signature text not null, result text,
        judged_by text not null, judge_served text not null, consistent boolean,
        verdicts text not null, reason text not null, created_at timestamp not null
    )
    """,
)
