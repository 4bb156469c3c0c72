"""Comparisons, the cells that came to nothing, and verdicts; all of it is appended only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from core.errors import NotFound
from core.records.comparisons import (
    ANSWERED,
    Candidate,
    CellKey,
    CellProblem,
    Choice,
    ComparedInput,
    Comparison,
    ComparisonLine,
    Verdict,
)
from core.records.prompts import PromptSpec
from core.records.runs import Outcome
from core.store.database import storable, to_aware
from core.store.handle import Handle, refuse_bad_id
from core.store.writer import Cursor

# The newest change that says something about a field gives its value.
_CURRENT = """
    select c.id, coalesce(n.title, c.title) as title, c.candidates, c.inputs, c.repeats,
           coalesce(n.blind, c.blind) as blind, c.seed, c.created_at, c.created_by, n.deleted_at
    from comparisons c
    left join (
        select comparison_id, arg_max(title, id) as title, arg_max(blind, id) as blind,
               arg_max_null(case when deleted then created_at end, id)
                   filter (where deleted is not null) as deleted_at
        from comparison_changes group by comparison_id
    ) n on n.comparison_id = c.id
"""
_LINES = f"""
    with chosen as (
        select * from ({_CURRENT}) where (deleted_at is not null) = ? order by id desc limit ?
    ),
    cells as (
        select group_id, json_extract_string(context, '$.unit') as unit, id, outcome, cost_usd
        from runs where group_id in (select cast(id as text) from chosen)
        union all
        select cast(comparison_id as text), concat_ws('/', input_key, candidate_key, repeat), id,
               'problem', null
        from comparison_problems where comparison_id in (select id from chosen)
    ),
    sums as (
        select group_id, count(*) filter (where outcome in (select unnest(cast(? as text[]))))
                   as answered, sum(cost_usd) as cost_usd
        from (
            select group_id, unit, arg_max(outcome, id) as outcome, sum(cost_usd) as cost_usd
            from cells where unit is not null group by group_id, unit
        ) group by group_id
    ),
    judged as (
        select comparison_id, count(*) filter (where choice is not null) as verdicts
        from (
            select comparison_id, arg_max_null(choice, id) as choice from comparison_verdicts
            group by comparison_id, created_by, input_key,
                     least(left_key, right_key), greatest(left_key, right_key)
        ) group by comparison_id
    ),
    noted as (
        select subject_id, arg_max(body, id) as body from memos
        where subject_kind = 'comparison' group by subject_id
    )
    select c.id, c.title, c.created_at, c.created_by, c.blind,
           json_extract_string(c.candidates, '$[*].title'), json_array_length(c.inputs), c.repeats,
           coalesce(s.answered, 0), coalesce(j.verdicts, 0), s.cost_usd, coalesce(m.body, ''),
           c.deleted_at
    from chosen c
    left join sums s on s.group_id = cast(c.id as text)
    left join judged j on j.comparison_id = c.id
    left join noted m on m.subject_id = c.id
    order by c.id desc
"""
_VERDICT_COLUMNS = (
    "id, comparison_id, input_key, left_key, right_key, choice, blind, created_at, created_by, "
    "reasons, body"
)


class StoredComparisons:
    """What people put side by side, and what they decided."""

    def __init__(self, handle: Handle, bring_up_to_date: Callable[[], None]) -> None:
        """`bring_up_to_date` moves runs that just ended to where they can be counted."""
        self._handle = handle
        self._bring_up_to_date = bring_up_to_date

    # -- comparisons --

    def create(
        self,
        title: str,
        candidates: Sequence[Candidate],
        inputs: Sequence[ComparedInput],
        *,
        actor: str,
        repeats: int = 1,
        blind: bool = False,
        seed: int = 0,
    ) -> Comparison:
        """Write a comparison; nothing is run."""
        comparison_id = self._handle.new_id()
        self._handle.execute(
            "insert into comparisons values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                comparison_id, title,
                _json([asdict(candidate) for candidate in candidates]),
                _json([asdict(row) for row in inputs]),
                repeats, blind, seed, self._handle.now(), actor,
            ],
        )  # fmt: skip
        return self.get(comparison_id)

    def get(self, comparison_id: str) -> Comparison:
        """The comparison, also when it is deleted. NotFound when there is none."""
        row = self._handle.row(
            f"select * from ({_CURRENT}) where id = try_cast(? as uuid)", [comparison_id]
        )
        if row is None:
            raise NotFound(
                "There is no comparison {id}. It may be in another database.", id=comparison_id
            )
        return _comparison(row)

    def latest(self, limit: int = 50, *, deleted: bool = False) -> Sequence[ComparisonLine]:
        """Newest first, with how far each is; those in the bin instead when `deleted`."""
        self._bring_up_to_date()
        rows = self._handle.rows(_LINES, [deleted, limit, sorted(ANSWERED)])
        return [_line(row) for row in rows]

    def rename(self, comparison_id: str, title: str, *, actor: str) -> None:
        """Give it another title."""
        self._change(comparison_id, actor, title=title)

    def set_blind(self, comparison_id: str, blind: bool, *, actor: str) -> None:
        """Hide who answered what, or reveal it."""
        self._change(comparison_id, actor, blind=blind)

    def delete(self, comparison_id: str, *, actor: str) -> None:
        """Put it into the bin; its runs stay."""
        self._change(comparison_id, actor, deleted=True)

    def restore(self, comparison_id: str, *, actor: str) -> None:
        """Take it out of the bin."""
        self._change(comparison_id, actor, deleted=False)

    def _change(
        self,
        comparison_id: str,
        actor: str,
        *,
        title: str | None = None,
        blind: bool | None = None,
        deleted: bool | None = None,
    ) -> None:
        refuse_bad_id(comparison_id)
        self._handle.execute(
            "insert into comparison_changes values (?, ?, ?, ?, ?, ?, ?)",
            [
                self._handle.new_id(),
                comparison_id,
                title,
                blind,
                deleted,
                self._handle.now(),
                actor,
            ],
        )

    # -- cells --

    def add_problem(self, comparison_id: str, cell: CellKey, problem: CellProblem) -> Future[None]:
        """Keep why a cell came to no run; the future is done once that is committed."""
        row = [
            self._handle.new_id(), comparison_id, *cell, storable(_json(asdict(problem))),
            self._handle.now(),
        ]  # fmt: skip

        def work(cursor: Cursor) -> None:
            cursor.execute("insert into comparison_problems values (?, ?, ?, ?, ?, ?, ?)", row)

        return self._handle.writer.submit(work)

    def problems(self, comparison_id: str) -> Mapping[CellKey, tuple[str, CellProblem]]:
        """The newest problem of each cell that ever had one, with its id, which tells when."""
        rows = self._handle.rows(
            "select input_key, candidate_key, repeat, max(id), arg_max(problem, id) "
            "from comparison_problems where comparison_id = try_cast(? as uuid) "
            "group by input_key, candidate_key, repeat",
            [comparison_id],
        )
        return {
            CellKey(input_key, candidate_key, repeat): (str(id_), CellProblem(**json.loads(text)))
            for input_key, candidate_key, repeat, id_, text in rows
        }

    def finished(self, comparison_id: str, job_id: str) -> Mapping[str, tuple[str, Outcome]]:
        """By unit: the newest run of a job that came to its end, with its outcome.

        What was stopped, or broken off with the process, is not finished.
        """
        self._bring_up_to_date()
        rows = self._handle.rows(
            "select json_extract_string(context, '$.unit') as unit, max(id), arg_max(outcome, id) "
            "from runs where group_id = ? and job_id = ? "
            "and outcome not in ('unknown', 'cancelled') group by unit having unit is not null",
            [comparison_id, job_id],
        )
        return {unit: (str(id_), outcome) for unit, id_, outcome in rows}

    # -- verdicts --

    def judged_with_cases_of(self, dataset_version_id: str) -> Sequence[Comparison]:
        """Comparisons, neither deleted nor covered, with verdicts and rows of a dataset version."""
        rows = self._handle.rows(
            f"select * from ({_CURRENT}) where deleted_at is null and not blind "
            "and id in (select comparison_id from comparison_verdicts) "
            "and list_contains(json_extract_string(inputs, '$[*].dataset_version_id'), ?) "
            "order by id",
            [dataset_version_id],
        )
        return [_comparison(row) for row in rows]

    def add_verdict(
        self,
        comparison_id: str,
        input_key: str,
        left: str,
        right: str,
        choice: Choice | None,
        *,
        actor: str,
        blind: bool = False,
        reasons: Sequence[str] = (),
        memo: str = "",
    ) -> None:
        """Append a verdict; without a choice it takes the person's verdict on the pair back."""
        refuse_bad_id(comparison_id)
        self._handle.execute(
            "insert into comparison_verdicts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self._handle.new_id(), comparison_id, input_key, left, right, choice, blind,
                _json(list(reasons)), memo, self._handle.now(), actor,
            ],
        )  # fmt: skip

    def verdicts(self, comparison_id: str, actor: str | None = None) -> Sequence[Verdict]:
        """Those that hold, oldest first: the newest of each person, input and unordered pair."""
        rows = self._handle.rows(
            f"""
            select {_VERDICT_COLUMNS} from comparison_verdicts
            where choice is not null and id in (
                select max(id) from comparison_verdicts
                where comparison_id = try_cast(? as uuid) and coalesce(created_by = ?, true)
                group by created_by, input_key,
                         least(left_key, right_key), greatest(left_key, right_key)
            )
            order by id
            """,
            [comparison_id, actor],
        )
        return [_verdict(row) for row in rows]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comparison(row: tuple[Any, ...]) -> Comparison:
    id_, title, candidates, inputs, repeats, blind, seed, at, by, deleted_at = row
    return Comparison(
        id=str(id_),
        title=title,
        candidates=tuple(
            Candidate(**{**data, "spec": PromptSpec.from_dict(data["spec"])})
            for data in json.loads(candidates)
        ),
        inputs=tuple(ComparedInput(**data) for data in json.loads(inputs)),
        repeats=repeats,
        blind=blind,
        seed=seed,
        created_at=to_aware(at),
        created_by=by,
        deleted_at=to_aware(deleted_at) if deleted_at else None,
    )


def _line(row: tuple[Any, ...]) -> ComparisonLine:
    id_, title, at, by, blind, candidates, inputs, repeats, answered, verdicts, cost, memo, gone = (
        row
    )
    return ComparisonLine(
        id=str(id_),
        title=title,
        created_at=to_aware(at),
        created_by=by,
        blind=blind,
        candidates=tuple(candidates),
        inputs=inputs,
        repeats=repeats,
        answered=answered,
        verdicts=verdicts,
        cost_usd=cost,
        memo=memo,
        deleted_at=to_aware(gone) if gone else None,
    )


def _verdict(row: tuple[Any, ...]) -> Verdict:
    id_, comparison_id, input_key, left, right, choice, blind, at, by, reasons, memo = row
    return Verdict(
        id=str(id_),
        comparison_id=str(comparison_id),
        input_key=input_key,
        left=left,
        right=right,
        choice=choice,
        blind=blind,
        created_at=to_aware(at),
        created_by=by,
        reasons=tuple(json.loads(reasons)),
        memo=memo,
    )
