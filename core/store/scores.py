"""Scores: added by the thousand, read by the million."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence, Set
from concurrent.futures import Future
from typing import Any, NamedTuple

from core.records.evaluations import AnswerKey, ScoredResponse, ScoreLine
from core.records.metrics import Score, ScoreStatus
from core.store.database import storable
from core.store.handle import Handle
from core.store.score_sums import CaseSums, drop_sums, drop_sums_of, keep_sums, sums
from core.store.writer import Cursor


class Series(NamedTuple):
    """What many scores share."""

    evaluation_id: str
    candidate: str
    metric: str
    signature: str
    judge_requested: str
    judge_served: str


class SeriesRow(NamedTuple):
    """A series with its number."""

    number: int
    series: Series


Key = tuple[int, int, int]
"""Series, hash of the case, repeat."""


def case_hash(case_id: str) -> int:
    """64 bits that stand for a case id."""
    digest = hashlib.blake2b(case_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class StoredScores:
    """The scores of all evaluations."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._adding = _Adding(handle)

    # -- writing --

    def record(self, scores: Sequence[ScoredResponse]) -> Future[None]:
        """Commit scores of answers: rows of one call are one statement.

        Of two scores of one answer with one signature the first stays.
        """
        return self._handle.writer.add(self._adding, scores)

    def forget_errors(self, evaluation_id: str) -> None:
        """Remove scores with status `error`, so that they count as not done yet."""
        those = "series in (select series from score_series where evaluation_id = ?) and failed"

        def work(cursor: Cursor) -> None:
            drop_sums_of(cursor, evaluation_id)
            cursor.execute(
                "delete from score_notes where (series, case_hash, repeat) in "
                f"(select (series, case_hash, repeat) from scores where {those})",
                [evaluation_id],
            )
            cursor.execute(f"delete from scores where {those}", [evaluation_id])

        self._handle.write(work)

    def forget(self, evaluation_id: str) -> None:
        """Remove all scores of an evaluation, with their reasons."""
        those = "series in (select series from score_series where evaluation_id = ?)"

        def work(cursor: Cursor) -> None:
            drop_sums_of(cursor, evaluation_id)
            cursor.execute(f"delete from score_notes where {those}", [evaluation_id])
            cursor.execute(f"delete from scores where {those}", [evaluation_id])

        self._handle.write(work)

    def keep_sums(self, evaluation_id: str) -> None:
        """Sum the answers to each case now that the evaluation is finished; see `case_sums`."""

        def work(cursor: Cursor) -> None:
            # Scores of the same commit were added before; theirs are in these sums.
            self._adding.may_have_sums()
            keep_sums(cursor, evaluation_id)

        self._handle.write(work)

    # -- of one evaluation --

    def keys(self, evaluation_id: str) -> Set[tuple[AnswerKey, str]]:
        """Answers that have a score, also an error, each with the score's signature."""
        rows = self._of(evaluation_id, "s.case_id, n.candidate, s.repeat, n.signature")
        return {(AnswerKey(case, name, repeat), sign) for case, name, repeat, sign in rows}

    def lines(self, evaluation_id: str, without: Collection[AnswerKey] = ()) -> Sequence[ScoreLine]:
        """Every score without its reason and details; none of the answers that are named."""
        columns = "s.case_id, n.candidate, n.signature, s.value, s.failed"
        if not without:
            rows = self._of(evaluation_id, columns)
        else:
            rows = [
                tuple(row)
                for *row, repeat in self._of(evaluation_id, f"{columns}, s.repeat")
                if AnswerKey(row[0], row[1], repeat) not in without
            ]
        return [
            ScoreLine(case, name, sign, value, _status(value, failed))
            for case, name, sign, value, failed in rows
        ]

    def of_cases(self, evaluation_id: str, cases: Sequence[str]) -> Sequence[ScoredResponse]:
        """The scores of some cases, whole."""
        rows = self._handle.rows(
            "select n.evaluation_id, s.case_id, n.candidate, s.repeat, n.metric, n.signature, "
            "s.value, s.failed, t.reason, t.details, n.judge_requested, n.judge_served "
            "from scores s join score_series n on n.series = s.series "
            "left join score_notes t on t.series = s.series and t.case_hash = s.case_hash "
            "and t.repeat = s.repeat where n.evaluation_id = try_cast(? as uuid) "
            "and s.case_hash in (select unnest(cast(? as bigint[]))) "
            "order by s.case_id, n.candidate, s.repeat, n.metric, n.signature",
            [evaluation_id, [case_hash(one) for one in cases]],
        )
        return [_scored(row) for row in rows]

    def details(self, evaluation_id: str, signature: str) -> Sequence[tuple[str, str, int]]:
        """The details of scores with a value, as JSON: (candidate, details, how many have them)."""
        return self._handle.rows(
            "select n.candidate, t.details, count(*) from scores s "
            "join score_series n on n.series = s.series "
            "join score_notes t on t.series = s.series and t.case_hash = s.case_hash "
            "and t.repeat = s.repeat where n.evaluation_id = try_cast(? as uuid) "
            "and n.signature = ? and s.value is not null and t.details <> '' group by 1, 2",
            [evaluation_id, signature],
        )

    def _of(self, evaluation_id: str, columns: str) -> list[tuple[Any, ...]]:
        return self._handle.rows(
            f"select {columns} from scores s join score_series n on n.series = s.series "
            "where n.evaluation_id = try_cast(? as uuid)",
            [evaluation_id],
        )

    # -- of many evaluations --

    def series(self, evaluation_ids: Sequence[str]) -> Sequence[SeriesRow]:
        """Everything that these evaluations have scores for, oldest first."""
        rows = self._handle.rows(
            "select series, evaluation_id, candidate, metric, signature, judge_requested, "
            "judge_served from score_series where evaluation_id in "
            "(select unnest(cast(? as uuid[]))) order by series",
            [list(evaluation_ids)],
        )
        return [SeriesRow(row[0], Series(str(row[1]), *row[2:])) for row in rows]

    def case_sums(
        self,
        groups: Sequence[tuple[int, int]],
        cases: Sequence[str] | None = None,
        without: Sequence[Key] = (),
    ) -> CaseSums:
        """Answers to one case summed, over series that are grouped: (series, group) each.

        All cases, or only those named; none of the scores `without`.
        """
        chosen = None if cases is None else [case_hash(one) for one in cases]
        return sums(self._handle.database, groups, chosen, without)


class _Adding:
    """The bulk write: numbers the series, leaves out what is there, appends the rest."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._numbers: dict[Series, int] = {}
        self._new: dict[Series, int] = {}
        self._unsummed: set[int] = set()
        self._newly_unsummed: set[int] = set()

    def is_one_statement(self, items: Sequence[Any]) -> bool:
        """Never: series, scores and notes belong together."""
        return False

    def apply(self, cursor: Cursor, items: Sequence[Sequence[ScoredResponse]]) -> Sequence[None]:
        """Append the scores of all items."""
        scores = [score for item in items for score in item]
        numbers = self._numbered(cursor, scores)
        by_key: dict[Key, ScoredResponse] = {}
        for one in scores:
            by_key.setdefault((numbers[_series(one)], case_hash(one.case_id), one.repeat), one)
        for key in self._there(cursor, list(by_key)):
            by_key.pop(key, None)
        rows = [
            (*key, one.score.value, one.score.status == "error", one.case_id)
            for key, one in by_key.items()
        ]
        self._drop_sums(cursor, {series for series, _case, _repeat in by_key})
        notes = [
            (*key, storable(one.score.reason), storable(_json(one.score)))
            for key, one in by_key.items()
            if one.score.reason or one.score.details
        ]
        for table, added in (("scores", rows), ("score_notes", notes)):
            if added:
                self._handle.database.append(table, added)
        return [None] * len(items)

    def settled(self, committed: bool) -> None:
        """Keep the new numbers, or count anew from what is in the file."""
        if committed:
            self._numbers |= self._new
            self._unsummed |= self._newly_unsummed
        self._new, self._newly_unsummed = {}, set()

    def may_have_sums(self) -> None:
        """Any series may have sums again. Runs in the writer, like `apply`."""
        self._unsummed, self._newly_unsummed = set(), set()

    def _drop_sums(self, cursor: Cursor, series: Set[int]) -> None:
        # A running evaluation adds to the same series all the time: ask the file once for each.
        asked = series - self._unsummed
        if asked:
            drop_sums(cursor, sorted(asked))
            self._newly_unsummed |= asked

    def _numbered(self, cursor: Cursor, scores: Sequence[ScoredResponse]) -> dict[Series, int]:
        wanted = list(dict.fromkeys(_series(one) for one in scores))
        unknown = [one for one in wanted if one not in self._numbers]
        if unknown:
            self._new |= self._in_file(cursor, {one.evaluation_id for one in unknown})
            ((highest,),) = cursor.execute(
                "select coalesce(max(series), -1) from score_series"
            ).fetchall()
            fresh = [one for one in unknown if one not in self._new]
            added = {one: highest + place for place, one in enumerate(fresh, start=1)}
            if added:
                self._handle.database.append(
                    "score_series", [(number, *one) for one, number in added.items()]
                )
            self._new |= added
        known = {**self._numbers, **self._new} if self._new else self._numbers
        return {one: known[one] for one in wanted}

    def _in_file(self, cursor: Cursor, evaluation_ids: Set[str]) -> dict[Series, int]:
        rows = cursor.execute(
            "select * from score_series where evaluation_id in (select unnest(cast(? as uuid[])))",
            [sorted(evaluation_ids)],
        ).fetchall()
        return {Series(str(row[1]), *row[2:]): row[0] for row in rows}

    def _there(self, cursor: Cursor, keys: Sequence[Key]) -> list[Key]:
        """Those of the keys that have a score already, as after a kill between two commits."""
        if not keys:
            return []
        numbers = {series for series, _case, _repeat in keys}
        return cursor.execute(
            "select series, case_hash, repeat from scores where series between ? and ? "
            "and case_hash in (select unnest(cast(? as bigint[])))",
            [min(numbers), max(numbers), list({case for _series, case, _repeat in keys})],
        ).fetchall()


def _series(one: ScoredResponse) -> Series:
    return Series(one.evaluation_id, one.candidate, one.metric, one.signature,
                  one.judge_requested, one.judge_served)  # fmt: skip


def _json(score: Score) -> str:
    details = score.details
    return json.dumps(dict(details), ensure_ascii=False, default=str) if details else ""


def _status(value: float | None, failed: bool) -> ScoreStatus:
    if value is not None:
        return "ok"
    return "error" if failed else "not_applicable"


def _scored(row: tuple[Any, ...]) -> ScoredResponse:
    evaluation_id, case, candidate, repeat, metric, signature, value, failed, *rest = row
    reason, details, requested, served = rest
    return ScoredResponse(
        str(evaluation_id), case, candidate, repeat, metric, signature,
        Score(value, _status(value, failed), reason or "", json.loads(details or "{}")),
        requested, served,
    )  # fmt: skip
