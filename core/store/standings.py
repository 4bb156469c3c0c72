"""What the leaderboard needs to know of the answers of many evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.records.leaderboard import Answered
from core.store.handle import Handle


class Standings:
    """Sums over millions of answers, made by the database."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def answered(self, groups: Sequence[tuple[str, str, int]]) -> Mapping[int, Answered]:
        """By group: (evaluation, candidate, group) each.

        An answer that was taken over from an earlier evaluation cost nothing there; the mean
        leaves it out, so that reuse makes nobody look cheap.
        """
        rows = self._handle.rows(
            """
            with grouped as (
                select unnest(cast(? as uuid[])) as evaluation_id,
                       unnest(cast(? as text[])) as candidate, unnest(cast(? as bigint[])) as place
            )
            select g.place, count(*) filter (where r.error = ''),
                   count(*) filter (where r.error <> ''),
                   coalesce(avg(nullif(r.cost_usd, 0)), max(r.cost_usd)),
                   quantile_cont(r.total_ms, 0.5) filter (where r.error = ''),
                   quantile_cont(r.total_ms, 0.95) filter (where r.error = '')
            from responses r
            join grouped g on g.evaluation_id = r.evaluation_id and g.candidate = r.candidate
            group by g.place
            """,
            [list(column) for column in zip(*groups, strict=True)] if groups else [[], [], []],
        )
        return {place: Answered(*figures) for place, *figures in rows}

    def paired_metrics(self, evaluation_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
        """(evaluation, metric) of all pairs that a judge compared."""
        rows = self._handle.rows(
            "select distinct evaluation_id, metric from battles where evaluation_id in "
            "(select unnest(cast(? as uuid[]))) order by 2, 1",
            [list(evaluation_ids)],
        )
        return [(str(evaluation), metric) for evaluation, metric in rows]
