"""Runs: reading the history, and the marks people put on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import NotFound
from core.records.runs import Run, RunFilter, RunPage
from core.store import run_query
from core.store.handle import Handle, searchable
from core.store.run_rows import RUN_FIELDS, SUMMARY_COLUMNS, run, summary

FIRST_SLICE = 1 / 32
"""Share of the time to search first; each slice doubles until a page is full."""


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
        found = self._whole("where id = try_cast(? as uuid)", [run_id])
        if not found:
            raise NotFound(
                "There is no run {id}. It may be in another database; see the history.", id=run_id
            )
        return found[0]

    def of_group(self, group_id: str) -> Sequence[Run]:
        """The runs of one click, in the order they were asked for."""
        return self._whole("where group_id = ? order by id", [group_id])

    def page(self, wanted: RunFilter, *, limit: int = 50, before: str | None = None) -> RunPage:
        """Runs newest first, older than the run `before`."""
        rows = self._newest(SUMMARY_COLUMNS, wanted, limit + 1, before)
        about = self._about([row[0] for row in rows[:limit]])
        items = tuple(summary(row, about[row[0]]) for row in rows[:limit])
        return RunPage(items, items[-1].id if len(rows) > limit else None)

    def count(self, wanted: RunFilter, cap: int = 10_000) -> int:
        """How many, counting no further than `cap`."""
        conditions, values = self._conditions(wanted)
        row = self._row(
            f"select count(*) from (select 1 from runs where {' and '.join(conditions)} limit ?)",
            [*values, cap],
        )
        return int(row[0]) if row else 0

    def totals(self, wanted: RunFilter) -> Totals:
        """Sums over the filtered set."""
        conditions, values = self._conditions(wanted)
        row = self._row(
            "select count(*), coalesce(sum(cost_usd), 0), coalesce(sum(input_tokens), 0), "
            f"coalesce(sum(output_tokens), 0) from runs where {' and '.join(conditions)}",
            values,
        )
        return Totals(*row) if row else Totals(0, 0.0, 0, 0)

    def iterate(self, wanted: RunFilter, *, batch: int = 500) -> Iterator[Sequence[Run]]:
        """All filtered runs newest first, in batches."""
        before: str | None = None
        while True:
            rows = self._newest("id", wanted, batch, before)
            if not rows:
                return
            yield self._whole(
                "where id in (select unnest(cast(? as uuid[]))) order by id desc",
                [[str(row[0]) for row in rows]],
            )
            before = str(rows[-1][0])

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
        self._handle.execute(
            "insert into run_marks values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), run_id, mark, value, self._handle.now(), actor],
        )

    # -- how --

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._bring_up_to_date()
        return self._handle.rows(sql, values)

    def _row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        found = self._rows(sql, values)
        return found[0] if found else None

    def _conditions(self, wanted: RunFilter) -> tuple[list[str], list[Any]]:
        conditions, values = run_query.where(wanted)
        if wanted.search.strip():
            text = searchable(wanted.search.strip())
            # Memos are few beside runs: find theirs first and let the scan look ids up.
            noted = self._rows(
                "select subject_id from memos where subject_kind = 'run' group by subject_id "
                "having contains(arg_max(search, id), ?)",
                [text],
            )
            conditions.append("(contains(search, ?) or id in (select unnest(cast(? as uuid[]))))")
            values += [text, [str(subject) for (subject,) in noted]]
        return conditions, values

    def _newest(
        self, columns: str, wanted: RunFilter, limit: int, before: str | None
    ) -> list[tuple[Any, ...]]:
        conditions, values = self._conditions(wanted)
        if before is not None:
            conditions.append("id < cast(? as uuid)")
            values.append(before)
        if not wanted.search.strip():
            return self._select(columns, conditions, values, limit)
        found: list[tuple[Any, ...]] = []
        for low, high in self._slices(before):
            found += self._select(
                columns,
                [*conditions, "id >= cast(? as uuid)", "id < cast(? as uuid)"],
                [*values, low, high],
                limit - len(found),
            )
            if len(found) == limit:
                break
        return found

    def _select(
        self, columns: str, conditions: Sequence[str], values: Sequence[Any], limit: int
    ) -> list[tuple[Any, ...]]:
        return self._rows(
            f"select {columns} from runs where {' and '.join(conditions)} order by id desc limit ?",
            [*values, limit],
        )

    def _slices(self, before: str | None) -> Iterator[tuple[str, str]]:
        """Ranges of ids from the newest to the oldest run, each twice as long in time."""
        ends = self._row("select min(id), max(id) from runs")
        if ends is None or ends[0] is None:
            return
        oldest, newest = (_milliseconds(end) for end in ends)
        high = min(newest, _milliseconds(UUID(before))) + 1 if before else newest + 1
        length = max(1, int((high - oldest) * FIRST_SLICE))
        while high > oldest:
            low = max(oldest, high - length)
            yield _first_id(low), _first_id(high)
            high, length = low, length * 2

    def _whole(self, where: str, values: Sequence[Any]) -> Sequence[Run]:
        rows = self._rows(f"select {RUN_FIELDS} from runs {where}", values)
        about = self._about([row[0] for row in rows], marks=True)
        return [run(row, about[row[0]]) for row in rows]

    def _about(self, ids: Sequence[UUID], *, marks: bool = False) -> dict[UUID, dict[str, Any]]:
        """What other tables know of these runs: prompt name, version number, star, memo."""
        deleted = ", coalesce(m.deleted, false)" if marks else ""
        rows = self._rows(
            f"""
            with wanted as (select unnest(cast(? as uuid[])) as id),
            chosen as (
                select id, prompt_id, version_id from runs
                where id in (select id from wanted)
                  and id >= (select min(id) from wanted) and id <= (select max(id) from wanted)
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
                from run_marks where run_id in (select id from wanted) group by run_id
            ) m on m.run_id = s.id
            left join (
                select subject_id, arg_max(body, id) as body from memos
                where subject_kind = 'run' and subject_id in (select id from wanted)
                group by subject_id
            ) b on b.subject_id = s.id
            """,
            [[str(one) for one in ids]],
        )
        names = ("prompt_name", "version_number", "starred", "memo", "deleted")
        return {row[0]: dict(zip(names, row[1:], strict=False)) for row in rows}


def _milliseconds(id_: UUID) -> int:
    return id_.int >> 80


def _first_id(milliseconds: int) -> str:
    """The smallest id of that millisecond."""
    return str(UUID(int=milliseconds << 80))
