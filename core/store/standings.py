"""What the leaderboard needs to know of the answers of many evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.records.leaderboard import Answered, MetricChoice
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

    def metrics(self) -> Sequence[tuple[str, MetricChoice]]:
        """(dataset version, metric) of everything that has a result, the last evaluated first."""
        rows = self._handle.rows(
            """
            with hidden as (
                select evaluation_id from evaluation_changes where deleted is not null
                group by evaluation_id having arg_max(deleted, id)
            ),
            results as (
                select distinct evaluation_id, 'scores' as kind, metric from score_series
                union all
                select distinct evaluation_id, 'battles', metric from battles
            ),
            alive as (
                select e.id, e.dataset_version_id as version, r.kind, r.metric
                from evaluations e join results r on r.evaluation_id = e.id
                where e.id not in (select evaluation_id from hidden)
            ),
            newest as (select version, max(id) as id from alive group by version)
            select distinct a.version, a.kind, a.metric, n.id
            from alive a join newest n on n.version = a.version
            order by n.id desc, a.kind desc, a.metric
            """
        )
        return [(str(version), MetricChoice(kind, metric)) for version, kind, metric, _ in rows]
