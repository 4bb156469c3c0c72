"""How much there is of everything, in one question to the file."""

from __future__ import annotations

from core.records.overview import Overview
from core.store.handle import Handle

# The newest change that says something about a deletion decides.
_COUNTS = """
    with comparing as (
        select c.id from comparisons c
        left join comparison_changes n on n.comparison_id = c.id
        group by c.id
        having not coalesce(arg_max(n.deleted, n.id) filter (where n.deleted is not null), false)
    ), kept as (
        select d.id from datasets d left join dataset_changes n on n.dataset_id = d.id
        group by d.id having not coalesce(arg_max(n.deleted, n.id), false)
    ), newest as (
        select arg_max(cases, number) as cases from dataset_versions
        where dataset_id in (select id from kept) group by dataset_id
    ), evaluating as (
        select e.id from evaluations e left join evaluation_changes n on n.evaluation_id = e.id
        group by e.id having not coalesce(arg_max(n.deleted, n.id), false)
    ), optimizing as (
        select o.id from optimizations o
        left join optimization_changes n on n.optimization_id = o.id
        group by o.id having not coalesce(arg_max(n.deleted, n.id), false)
    ), moving as (
        select m.id,
               coalesce(arg_max(n.kind, n.id) filter (where n.kind in ('decision', 'undo')), '')
                   = 'decision' as signed
        from model_migrations m
        left join model_migration_events n on n.migration_id = m.id
        group by m.id
        having coalesce(
            arg_max(json_extract_string(n.data, '$.deleted'), n.id)
                filter (where n.kind = 'deleted'), 'false') = 'false'
    ), asking as (
        select r.id from review_rounds r left join review_changes n on n.round_id = r.id
        group by r.id having coalesce(arg_max(n.state, n.id), 'open') <> 'deleted'
    )
    select (select count(*) from comparing),
           (select count(*) from newest),
           (select coalesce(sum(cases), 0)::bigint from newest),
           (select count(*) from evaluating),
           (select count(*) from optimizing),
           (select count(*) from moving),
           (select count(*) from moving where signed),
           (select count(*) from asking)
"""


class Overviews:
    """Answers for the front page."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def now(self) -> Overview:
        """The counts as they are."""
        row = self._handle.row(_COUNTS)
        assert row is not None
        return Overview(*row)
