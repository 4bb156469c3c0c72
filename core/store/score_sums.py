"""Scores summed over the answers to each case, kept for series that are finished.

Sums are never brought up to date: a change of a series' scores drops its sums in the same
transaction, and until they are made anew the scores themselves are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from core.store.database import Database
from core.store.writer import Cursor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class CaseSums(NamedTuple):
    """Parallel columns. A group has a case several times when several of its series have it.

    `total` is the sum of the values, `answers` counts them, `failed` counts errors.
    """

    group: npt.NDArray[np.int64]
    case: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]
    answers: npt.NDArray[np.int64]
    failed: npt.NDArray[np.int64]


_READ = """
    with grouped as (
        select unnest(cast(? as integer[])) as series, unnest(cast(? as bigint[])) as place
    ),
    whole as (
        select series from summed_series
        where series not in (select unnest(cast(? as integer[])))
    ),
    summed as (select * from grouped where series in (select series from whole)),
    loose as (select * from grouped where series not in (select series from whole))
    select g.place, s.case_hash, s.total, cast(s.answers as bigint) as answers,
           cast(s.failed as bigint) as failed
    from score_sums s join summed g on g.series = s.series
    where s.series between ? and ? {some}
    union all
    select g.place, s.case_hash, coalesce(sum(s.value), 0), count(s.value),
           count(*) filter (where s.failed)
    from scores s join loose g on g.series = s.series
    where s.series between ? and ? {some} {apart}
    group by g.place, s.case_hash
"""
_APART = """
    and (s.series, s.case_hash, s.repeat) not in (
        select (unnest(cast(? as integer[])), unnest(cast(? as bigint[])),
                unnest(cast(? as integer[]))))
"""


def keep_sums(cursor: Cursor, evaluation_id: str) -> None:
    """Sum what the evaluation has scores for and has no sums of yet."""
    found = cursor.execute(
        "select series from score_series where evaluation_id = try_cast(? as uuid) "
        "and series not in (select series from summed_series)",
        [evaluation_id],
    ).fetchall()
    if not found:
        return
    numbers = [series for (series,) in found]
    cursor.execute(
        "insert into score_sums select series, case_hash, coalesce(sum(value), 0), "
        "count(value), count(*) filter (where failed) from scores "
        "where series in (select unnest(cast(? as integer[]))) and series between ? and ? "
        "group by series, case_hash order by series, case_hash",
        [numbers, min(numbers), max(numbers)],
    )
    cursor.execute("insert into summed_series select unnest(cast(? as integer[]))", [numbers])


def drop_sums(cursor: Cursor, series: Sequence[int]) -> None:
    """Forget the sums of these series, since their scores change."""
    if series:
        those = "series in (select unnest(cast(? as integer[])))"
        there = cursor.execute(
            f"select series from summed_series where {those}", [list(series)]
        ).fetchall()
        if there:
            numbers = [number for (number,) in there]
            cursor.execute(f"delete from summed_series where {those}", [numbers])
            cursor.execute(f"delete from score_sums where {those}", [numbers])


def drop_sums_of(cursor: Cursor, evaluation_id: str) -> None:
    """Forget the sums of all series of an evaluation."""
    found = cursor.execute(
        "select series from score_series where evaluation_id = try_cast(? as uuid)",
        [evaluation_id],
    ).fetchall()
    drop_sums(cursor, [series for (series,) in found])


def sums(
    database: Database,
    groups: Sequence[tuple[int, int]],
    cases: Sequence[int] | None = None,
    without: Sequence[tuple[int, int, int]] = (),
) -> CaseSums:
    """Over series that are grouped, (series, group) each; of all cases or of those hashes.

    Scores `without` (series, hash of the case, repeat) count nowhere; what was kept of their
    series is of no use then. One statement, so that sums and scores are of one moment.
    """
    numbers = [series for series, _group in groups]
    within = [min(numbers, default=0), max(numbers, default=-1)]
    some = apart = ""
    chosen: list[Any] = []
    if cases is not None:
        some = "and s.case_hash in (select unnest(cast(? as bigint[])))"
        chosen = [list(cases)]
    left_out: list[Any] = []
    if without:
        apart = _APART
        left_out = [list(column) for column in zip(*without, strict=True)]
    found = database.columns(
        _READ.format(some=some, apart=apart),
        [
            numbers, [group for _series, group in groups],
            sorted({series for series, _case, _repeat in without}),
            *within, *chosen, *within, *chosen, *left_out,
        ],
    )  # fmt: skip
    return CaseSums(*found)
