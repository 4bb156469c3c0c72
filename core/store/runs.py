"""Runs: reading the history, and the marks people put on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import NotFound
from core.records.runs import Run, RunFilter, RunPage
from core.store import run_query, run_search
from core.store.handle import Handle, refuse_bad_id, searchable
from core.store.run_rows import RUN_FIELDS, SUMMARY_COLUMNS, run, summary

IDS_AT_ONCE = 20_000
"""Ids of an export that are found with one search."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a filtered set; the cost leaves out runs without a known one."""

    runs: int
    cost_usd: float
    input_tokens: int
    output_tokens: int


class Runs:
    """The history."""

    def __init__(self, handle: Handle, bring_up_to_date: Callable[[], None]) -> None:
        """`bring_up_to_date` moves runs that just ended to where they can be read."""
        self._handle = handle
        self._bring_up_to_date = bring_up_to_date

    # -- reading --

    def get(self, run_id: str) -> Run:
        """The whole run, also when it is deleted. NotFound when there is none."""
        found = self._whole(
            self._rows(f"select {RUN_FIELDS} from runs where id = try_cast(? as uuid)", [run_id])
        )
        if not found:
            raise NotFound(
                "There is no run {id}. It may be in another database; see the history.", id=run_id
            )
        return found[0]

    def of_group(self, group_id: str) -> Sequence[Run]:
        """The runs of one click, in the order they were asked for."""
        return self._whole(
            self._rows(f"select {RUN_FIELDS} from runs where group_id = ? order by id", [group_id])
        )

    def newest_of_units(self, group_id: str) -> Sequence[Run]:
        """Of a group whose runs answer units: the newest run of each."""
        return self._whole(
            self._rows(
                f"""
                select {RUN_FIELDS} from runs where group_id = ? and id in (
                    select max(id) from runs
                    where group_id = ? and json_extract_string(context, '$.unit') is not null
                    group by json_extract_string(context, '$.unit')
                )
                """,
                [group_id, group_id],
            )
        )

    def page(self, wanted: RunFilter, *, limit: int = 50, before: str | None = None) -> RunPage:
        """Runs newest first, older than the run `before`."""
        ids = self._newest(wanted, limit + 1, before)
        rows = self._at(SUMMARY_COLUMNS, ids[:limit])
        about = self._about([(row[0], row[10], row[11]) for row in rows])
        items = tuple(summary(row, about[row[0]]) for row in rows)
        return RunPage(items, items[-1].id if len(ids) > limit else None)

    def count(self, wanted: RunFilter, cap: int = 10_000) -> int:
        """How many, counting no further than `cap`."""
        return int(self._aggregate("count(*)", wanted, cap)[0])

    def totals(self, wanted: RunFilter) -> Totals:
        """Sums over the filtered set."""
        return Totals(
            *self._aggregate(
                "count(*), coalesce(sum(cost_usd), 0), cast(coalesce(sum(input_tokens), 0) "
                "as bigint), cast(coalesce(sum(output_tokens), 0) as bigint)",
                wanted,
            )
        )

    def iterate(self, wanted: RunFilter, *, batch: int = 500) -> Iterator[Sequence[Run]]:
        """All filtered runs newest first, in batches."""
        before: str | None = None
        while ids := self._newest(wanted, IDS_AT_ONCE, before):
            for start in range(0, len(ids), batch):
                yield self._whole(self._at(RUN_FIELDS, ids[start : start + batch]))
            before = str(ids[-1])

    def actors(self) -> Sequence[str]:
        """Everybody who ever made a run."""
        return [name for (name,) in self._rows("select distinct actor from runs order by 1")]

    def models(self) -> Sequence[tuple[str, str]]:
        """Every (connection, requested model) that was ever called."""
        return [
            (connection, model)
            for connection, model in self._rows(
                "select distinct connection, requested_model from runs order by 1, 2"
            )
        ]

    # -- marking --

    def star(self, run_id: str, starred: bool, *, actor: str) -> None:
        """Put a star on it, or take it off."""
        self._mark(run_id, "starred", starred, actor)

    def delete(self, run_id: str, *, actor: str) -> None:
        """Hide it from the history; what it cost still counts."""
        self._mark(run_id, "deleted", True, actor)

    def restore(self, run_id: str, *, actor: str) -> None:
        """Show it again."""
        self._mark(run_id, "deleted", False, actor)

    def _mark(self, run_id: str, mark: str, value: bool, actor: str) -> None:
        refuse_bad_id(run_id)
        self._handle.execute(
            "insert into run_marks values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), run_id, mark, value, self._handle.now(), actor],
        )

    # -- how --

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._bring_up_to_date()
        return self._handle.rows(sql, values)

    def _aggregate(self, columns: str, wanted: RunFilter, most: int = -1) -> tuple[Any, ...]:
        """Over the filtered set, or over `most` runs of it."""
        conditions, values = run_query.where(wanted)
        text = searchable(wanted.search.strip())
        if text:
            contains, pattern = run_search.condition(text)
            noted = self._noted(text)
            # Without memos to look up, the scan alone is twice as fast.
            memo = "or id in (select unnest(cast(? as uuid[])))" if noted else ""
            conditions.append(f"({contains} {memo})")
            values += [pattern, noted] if noted else [pattern]
        limit = f"limit {most:d}" if most >= 0 else ""
        return self._rows(
            f"select {columns} from (select cost_usd, input_tokens, output_tokens from runs "
            f"where {' and '.join(conditions)} {limit})",
            values,
        )[0]

    def _noted(self, text: str) -> list[str]:
        """Runs whose memo contains the text. Memos are few beside runs."""
        rows = self._rows(
            "select subject_id from memos where subject_kind = 'run' group by subject_id "
            "having contains(arg_max(search, id), ?)",
            [text],
        )
        return [str(subject) for (subject,) in rows]

    def _newest(self, wanted: RunFilter, limit: int, before: str | None) -> list[UUID]:
        """Ids, newest first. Reading whole rows by id afterwards is ten times faster than sorting
        them, since DuckDB reads every column of a row that it may have to sort.
        """
        conditions, values = run_query.where(wanted)
        if before is not None:
            conditions.append("id < try_cast(? as uuid)")
            values.append(before)
        text = searchable(wanted.search.strip())
        if not text:
            return self._ids(conditions, values, limit)
        noted = self._ids(
            [*conditions, "id in (select unnest(cast(? as uuid[])))"],
            [*values, self._noted(text)],
            limit,
        )
        contains, pattern = run_search.condition(text)
        found: list[UUID] = []
        for low, high in self._slices():
            if before is None or low < before:
                found += self._ids(
                    [*conditions, "id >= cast(? as uuid)", "id < cast(? as uuid)", contains],
                    [*values, low, high, pattern],
                    limit - len(found),
                )
            if len(found) == limit:
                break
        return sorted({*noted, *found}, reverse=True)[:limit]

    def _ids(self, conditions: Sequence[str], values: Sequence[Any], limit: int) -> list[UUID]:
        rows = self._rows(
            f"select id from runs where {' and '.join(conditions)} order by id desc limit ?",
            [*values, limit],
        )
        return [id_ for (id_,) in rows]

    def _slices(self) -> Iterator[tuple[str, str]]:
        oldest, newest, runs = self._rows("select min(id), max(id), count(*) from runs")[0]
        return run_search.slices(oldest, newest, runs) if runs else iter(())

    def _at(self, columns: str, ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
        """The runs with these ids, newest first."""
        if not ids:
            return []
        return self._rows(
            f"select {columns} from runs where id in (select unnest(cast(? as uuid[]))) "
            "and id >= cast(? as uuid) and id <= cast(? as uuid) order by id desc",
            [[str(id_) for id_ in ids], str(min(ids)), str(max(ids))],
        )

    def _whole(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[Run]:
        """Runs from rows of RUN_FIELDS."""
        about = self._about([(row[0], row[18], row[19]) for row in rows], marks=True)
        return [run(row, about[row[0]]) for row in rows]

    def _about(
        self, runs: Sequence[tuple[UUID, UUID | None, UUID | None]], *, marks: bool = False
    ) -> dict[UUID, dict[str, Any]]:
        """What other tables know of these runs (id, prompt id, version id)."""
        deleted = ", coalesce(m.deleted, false)" if marks else ""
        if not runs:
            return {}
        rows = self._rows(
            f"""
            with chosen as (
                select unnest(cast(? as uuid[])) as id, unnest(cast(? as uuid[])) as prompt_id,
                       unnest(cast(? as uuid[])) as version_id
            )
            select s.id, coalesce(n.name, p.name), v.number, coalesce(m.starred, false),
                   coalesce(b.body, '') {deleted}
            from chosen s
            left join prompts p on p.id = s.prompt_id
            left join (
                select prompt_id, arg_max(name, id) as name from prompt_changes
                where name is not null group by prompt_id
            ) n on n.prompt_id = s.prompt_id
            left join versions v on v.id = s.version_id
            left join (
                select run_id, arg_max(value, id) filter (where mark = 'starred') as starred,
                       arg_max(value, id) filter (where mark = 'deleted') as deleted
                from run_marks where run_id in (select id from chosen) group by run_id
            ) m on m.run_id = s.id
            left join (
                select subject_id, arg_max(body, id) as body from memos
                where subject_kind = 'run' and subject_id in (select id from chosen)
                group by subject_id
            ) b on b.subject_id = s.id
            """,
            [[None if id_ is None else str(id_) for id_ in ids] for ids in zip(*runs, strict=True)],
        )
        names = ("prompt_name", "version_number", "starred", "memo", "deleted")
        return {row[0]: dict(zip(names, row[1:], strict=False)) for row in rows}
