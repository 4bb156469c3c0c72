"""Which prompts and calls use which model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.records.evaluations import AnswerKey, ServedCount
from core.records.model_use import Calls, OtherUse, PromptUse, ServedBy
from core.store.database import to_aware, to_naive
from core.store.handle import Handle

# Versions that matter: the newest of each prompt, and those that carry a label now.
_PROMPTS = """
    with deleted as (
        select prompt_id, version_id from prompt_changes where deleted is not null
        group by prompt_id, version_id having arg_max(deleted, id)
    ), alive as (
        select v.id, v.prompt_id, v.number, v.spec from versions v
        where not exists (select 1 from deleted d where d.version_id = v.id)
          and not exists (
            select 1 from deleted d where d.prompt_id = v.prompt_id and d.version_id is null)
    ), newest as (
        select prompt_id, max(number) as number from alive group by prompt_id
    ), labelled as (
        select version_id, list(label order by label) as labels from (
            select label, arg_max_null(version_id, id) as version_id from label_moves
            group by prompt_id, label
        ) where version_id is not null group by version_id
    ), names as (
        select prompt_id, arg_max(name, id) as name from prompt_changes
        where name is not null group by prompt_id
    )
    select v.spec::json ->> 'model' as model, v.prompt_id, coalesce(n.name, p.name), v.id,
           v.number, coalesce(l.labels, []), newest.number is not null
    from alive v join prompts p on p.id = v.prompt_id
    left join names n on n.prompt_id = v.prompt_id
    left join labelled l on l.version_id = v.id
    left join newest on newest.prompt_id = v.prompt_id and newest.number = v.number
    where newest.number is not null or l.labels is not null
    order by 3, v.number desc
"""


# Judges of evaluations, and models whose answers became references: such a case has its run's id.
_OTHERS = """
    with hidden as (
        select evaluation_id from evaluation_changes where deleted is not null
        group by evaluation_id having arg_max(deleted, id)
    ), titles as (
        select evaluation_id, arg_max(title, id) as title from evaluation_changes
        where title is not null group by evaluation_id
    ), judged as (
        select evaluation_id, judge_requested as model from score_series
        where judge_requested <> ''
        union
        select evaluation_id, judged_by from battles where judge_served <> ''
    ), changed as (
        select dataset_id, arg_max(name, id) as name, arg_max(deleted, id) as deleted
        from dataset_changes group by dataset_id
    ), newest as (
        select d.id as dataset_id, coalesce(c.name, d.name) as name,
               arg_max(v.id, v.number) as version_id, arg_max(v.columns, v.number) as columns
        from datasets d join dataset_versions v on v.dataset_id = d.id
        left join changed c on c.dataset_id = d.id
        where not coalesce(c.deleted, false) group by all
    ), answered as (
        select n.dataset_id, n.name, try_cast(trim(c.case_id) as uuid) as run_id
        from newest n join dataset_cases c on c.version_id = n.version_id
        where length(trim(c.case_id)) = 36
          and list_contains(cast(n.columns::json as text[]), 'reference')
    )
    select 'judge', j.model, e.id, coalesce(t.title, e.title), 0, e.id as newest
    from judged j join evaluations e on e.id = j.evaluation_id
    left join titles t on t.evaluation_id = e.id
    where e.id not in (select evaluation_id from hidden)
    union all
    select 'reference', r.connection || ':' || r.requested_model, a.dataset_id, a.name, count(*),
           a.dataset_id
    from answered a join runs r on r.id = a.run_id
    group by all
    order by 1 desc, newest desc
"""

# What people do with models: moves to them that are not decided, optimizations for them,
# comparisons with them. Of the latter two the newest ones: their calls are counted anyway.
_WORK = """
    with hidden as (
        select comparison_id as id from comparison_changes where deleted is not null
        group by comparison_id having arg_max(deleted, id)
        union all
        select optimization_id from optimization_changes where deleted is not null
        group by optimization_id having arg_max(deleted, id)
        union all
        select migration_id from model_migration_events where kind in ('decision', 'undo')
        group by migration_id having arg_max(kind, id) = 'decision'
        union all
        select migration_id from model_migration_events where kind = 'deleted'
        group by migration_id having arg_max((data::json -> 'deleted')::boolean, id)
    ), compared as (
        select id, coalesce(
                   (select arg_max(n.title, n.id) from comparison_changes n
                    where n.comparison_id = c.id and n.title is not null), title) as title,
               unnest(list_distinct(json_extract_string(candidates, '$[*].model'))) as model
        from (select * from comparisons where id not in (select id from hidden)
              order by id desc limit ?) c
    ), optimized as (
        select id, coalesce(
                   (select arg_max(n.title, n.id) from optimization_changes n
                    where n.optimization_id = o.id and n.title is not null), title) as title,
               definition::json ->> 'target_model' as model
        from (select * from optimizations where id not in (select id from hidden)
              order by id desc limit ?) o
    ), moved as (
        select m.id, coalesce(
                   (select arg_max(n.name, n.id) from prompt_changes n
                    where n.prompt_id = m.prompt_id and n.name is not null), p.name) as title,
               m.plan::json ->> 'target_model' as model
        from model_migrations m join prompts p on p.id = m.prompt_id
        where m.id not in (select id from hidden)
    )
    select 1, 'migration', model, id, title from moved
    union all select 2, 'optimization', model, id, title from optimized
    union all select 3, 'comparison', model, id, title from compared
    order by 1, 4 desc
"""
_MOST_WORK = 200


class ModelUses:
    """Answers for the models page."""

    def __init__(self, handle: Handle, bring_up_to_date: Callable[[], None]) -> None:
        """`bring_up_to_date` moves runs that just ended to where they can be counted."""
        self._handle = handle
        self._bring_up_to_date = bring_up_to_date

    def prompts(self) -> Mapping[str, Sequence[PromptUse]]:
        """By the model as the prompt names it (`surface:model`, or a bare id)."""
        found: dict[str, list[PromptUse]] = {}
        for model, prompt_id, name, version_id, number, labels, latest in self._handle.rows(
            _PROMPTS
        ):
            use = PromptUse(str(prompt_id), name, str(version_id), number, tuple(labels), latest)
            found.setdefault(model or "", []).append(use)
        return found

    def others(self) -> Mapping[str, Sequence[OtherUse]]:
        """What models stand behind, by `surface:model`; references first, then the newest."""
        self._bring_up_to_date()
        found: dict[str, list[OtherUse]] = {}
        for kind, model, id_, title, count, _newest in self._handle.rows(_OTHERS):
            found.setdefault(model, []).append(OtherUse(kind, str(id_), title, count))
        for _order, kind, model, id_, title in self._handle.rows(_WORK, [_MOST_WORK, _MOST_WORK]):
            found.setdefault(model, []).append(OtherUse(kind, str(id_), title))
        return found

    def calls(self, since: datetime) -> Mapping[tuple[str, str], Calls]:
        """By connection and requested model, since a moment."""
        self._bring_up_to_date()
        rows = self._handle.rows(
            """
            select connection, requested_model, count(*), sum(cost_usd),
                   coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(cached_tokens), 0)::bigint,
                   (coalesce(sum(output_tokens), 0) + coalesce(sum(thinking_tokens), 0))::bigint
            from runs where created_at >= ? group by connection, requested_model
            """,
            [to_naive(since)],
        )
        return {(surface, model): Calls(*sums) for surface, model, *sums in rows}

    def served(self, since: datetime) -> Sequence[ServedBy]:
        """Where answers name another id than was asked for, since a moment, the newest first."""
        self._bring_up_to_date()
        rows = self._handle.rows(
            """
            select connection, requested_model, served_model, count(*), min(created_at),
                   max(created_at)
            from runs where created_at >= ? and served_model <> requested_model
            group by connection, requested_model, served_model
            order by max(created_at) desc, served_model
            """,
            [to_naive(since)],
        )
        return [
            ServedBy(surface, requested, served, runs, to_aware(first), to_aware(last))
            for surface, requested, served, runs, first, last in rows
        ]

    def served_in(
        self, evaluation_id: str, signature: str = ""
    ) -> Sequence[tuple[str, str, str, int]]:
        """Candidate, requested and served model of an evaluation's answers, and how many.

        Under a metric's signature also the judges of its scores, where it has any.
        """
        self._bring_up_to_date()
        rows = self._handle.rows(
            """
            select a.candidate, split_part(r.requested_model, '/', -1),
                   split_part(r.served_model, '/', -1), count(*)
            from responses a join runs r on r.id = a.run_id
            where a.evaluation_id = try_cast(? as uuid) and r.served_model is not null
              and a.error = ''
            group by all order by all
            """,
            [evaluation_id],
        )
        # Every candidate is scored by the judge that was asked for; which one that was is one
        # question over all of them.
        rows += self._handle.rows(
            """
            select concat('judge ', judge), regexp_replace(judge, '^.*:', ''), served, count(*)
            from (
                select judge_requested as judge,
                       unnest(string_split(judge_served, '+')) as served
                from score_series
                where evaluation_id = try_cast(? as uuid) and signature = ? and judge_served <> ''
            ) group by all order by all
            """,
            [evaluation_id, signature],
        )
        return [(candidate, asked, served, count) for candidate, asked, served, count in rows]

    def newest(self) -> datetime | None:
        """The latest moment that anything was recorded at."""
        self._bring_up_to_date()
        row = self._handle.row(
            """
            select max(moment) from (
                select max(created_at) as moment from runs
                union all select max(created_at) from versions
                union all select max(created_at) from evaluations
                union all select max(created_at) from model_migration_events
            )
            """
        )
        return to_aware(row[0]) if row is not None and row[0] is not None else None

    def served_counts(self, evaluation_ids: Sequence[str]) -> Sequence[ServedCount]:
        """Who answered for each candidate of whom some answer names another id than asked."""
        self._bring_up_to_date()
        rows = self._handle.rows(
            """
            with wanted as (select unnest(cast(? as uuid[])) as evaluation_id),
            odd as (
                select id from runs
                where served_model <> requested_model
                  and lower(split_part(served_model, '/', -1))
                      <> lower(split_part(requested_model, '/', -1))
            ),
            touched as (
                select distinct a.evaluation_id, a.candidate
                from responses a join odd on odd.id = a.run_id
                where a.evaluation_id in (select evaluation_id from wanted)
            )
            select a.evaluation_id, a.candidate, split_part(r.requested_model, '/', -1) as asked,
                   lower(split_part(r.served_model, '/', -1)) as served, count(*)
            from responses a
            join touched t on t.evaluation_id = a.evaluation_id and t.candidate = a.candidate
            join runs r on r.id = a.run_id
            where r.served_model is not null and a.error = ''
            group by all order by all
            """,
            [list(evaluation_ids)],
        )
        return [ServedCount(str(row[0]), *row[1:]) for row in rows]

    def answers_by(
        self, models: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, AnswerKey], str]:
        """Of (evaluation, candidate, served model) each: the answers, with that model."""
        if not models:
            return {}
        rows = self._handle.rows(
            """
            with wanted as (
                select unnest(cast(? as uuid[])) as evaluation_id,
                       unnest(cast(? as text[])) as candidate, unnest(cast(? as text[])) as served
            )
            select a.evaluation_id, a.case_id, a.candidate, a.repeat, w.served
            from wanted w
            join responses a on a.evaluation_id = w.evaluation_id and a.candidate = w.candidate
            join runs r on r.id = a.run_id
            where lower(split_part(r.served_model, '/', -1)) = w.served
            """,
            [list(column) for column in zip(*models, strict=True)],
        )
        return {
            (str(evaluation_id), AnswerKey(case_id, candidate, repeat)): served
            for evaluation_id, case_id, candidate, repeat, served in rows
        }

    def statuses(self, since: datetime) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """What the newest answer of each model said of its model's life, where it said so."""
        self._bring_up_to_date()
        rows = self._handle.rows(
            """
            with newest as (
                select max(id) as id from runs
                where created_at >= ? and outcome in ('ok', 'truncated')
                group by connection, requested_model
            )
            select connection, requested_model, details from runs join newest using (id)
            """,
            [to_naive(since)],
        )
        found = {}
        for surface, model, details in rows:
            status = json.loads(details)["extras"].get("model_status")
            if status:
                found[surface, model] = status
        return found
