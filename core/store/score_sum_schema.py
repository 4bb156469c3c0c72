"""Step 010: the scores of a finished evaluation, summed over the answers to each case.

Frozen: later changes are later steps. A leaderboard averages answers to one case before anything
else; with five answers each it would read ten million scores to get at two million means. The sums
of a series are whole or not there: `summed_series` names those that have them, and whoever changes
a series' scores takes its name out in the same transaction. Rows lie by series and case, so that
DuckDB skips other series and the cases of all series come in one order.
"""

from __future__ import annotations

SCORE_SUMS: tuple[str, ...] = (
    """
    create table score_sums (
        series integer not null, case_hash bigint not null, total double not null,
        answers integer not null, failed integer not null
    )
    """,
    "create table summed_series (series integer not null)",
    """
    insert into score_sums
    select series, case_hash, coalesce(sum(value), 0), count(value), count(*) filter (where failed)
    from scores group by series, case_hash order by series, case_hash
    """,
    "insert into summed_series select series from score_series",
)
