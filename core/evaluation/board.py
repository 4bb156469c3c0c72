"""A leaderboard computed: lines, places, intervals, and each against the baseline. Pure.

Answers to one case count as one. Only what was scored alike shares a board: one signature, one
model that judged.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from core.evaluation.clusters import Clusters, numbered
from core.evaluation.pairwise import standing
from core.evaluation.ranking import POINTS, Ranking, rank
from core.evaluation.results import Contrast, adjusted, compared, goodness, interval_of, of
from core.evaluation.served import Served
from core.evaluation.statistics import Interval
from core.records.evaluations import INCOMPLETE_ABOVE, Battle
from core.records.leaderboard import NOTHING_ANSWERED, Answered, BoardKind, Entry
from core.records.metrics import MetricInfo

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
UNPLACED = 10**9


@dataclass(frozen=True, slots=True)
class Line:
    """One entry's row. `place` None: it may not compete, or has no value.

    `interval` is in the metric's unit; of battles it is the chance to win against the average
    entry. `contrast` is the entry (b) against the baseline (a); None for the baseline itself.
    `served` is told when another model answered for it, always or sometimes.
    """

    entry: Entry
    place: int | None
    interval: Interval | None
    scored: int
    errors: int
    contrast: Contrast | None = None
    answered: Answered = NOTHING_ANSWERED
    served: Served | None = None

    @property
    def incomplete(self) -> bool:
        """Whether too many errors are behind it to win anything."""
        return too_many_errors(self.scored, self.errors)


@dataclass(frozen=True, slots=True)
class Board:
    """Lines that may be compared, the best first.

    `parts` are groups of entries that never met each other. `consistency` is the share of pairs
    of which the judge said the same in both orders; None where nobody judged in two orders.
    `cluster` is the column whose values tell which cases belong together, if there is one.
    """

    kind: BoardKind
    info: MetricInfo
    lines: Sequence[Line]
    baseline: Entry | None
    cases: int
    judge: str = ""
    judge_served: str = ""
    parts: Sequence[Sequence[str]] = ()
    consistency: float | None = None
    cluster: str = ""


class CaseTable(NamedTuple):
    """Means of the answers to each case (rows) by entry (columns), nan where there are none.

    `cases` are the hashes of the rows' cases.
    """

    values: Floats
    scored: Counts
    errors: Counts
    cases: Counts


class CaseColumns(Protocol):
    """Parallel columns, one row per series of an entry and case (`core.store.scores`)."""

    @property
    def group(self) -> Counts:
        """Number of the entry."""

    @property
    def case(self) -> Counts:
        """A hash of the case's id."""

    @property
    def total(self) -> Floats:
        """Sum of the values."""

    @property
    def answers(self) -> Counts:
        """How many values."""

    @property
    def failed(self) -> Counts:
        """How many errors."""


def too_many_errors(scored: int, errors: int) -> bool:
    """Whether the share of errors makes it incomplete."""
    return errors > INCOMPLETE_ABOVE * (scored + errors)


def case_table(size: int, sums: CaseColumns) -> CaseTable:
    """Sums of the answers to each case by entry, as means; entries are numbered below `size`."""
    case, names = _numbered(sums)
    rows = names.size
    # An entry's values lie together: it is looked at by itself more often than a case is.
    place = sums.group * rows + case
    cells = rows * size
    # Several evaluations of one entry share cells: their sums are added, never their means.
    total = np.bincount(place, sums.total, cells)
    answers = np.bincount(place, sums.answers, cells)
    values = np.divide(total, answers, out=np.full(cells, np.nan), where=answers > 0)
    return CaseTable(
        values.reshape(size, rows).T,
        np.bincount(sums.group, sums.answers, size).astype(np.int64),
        np.bincount(sums.group, sums.failed, size).astype(np.int64),
        names,
    )


def clusters_of(table: CaseTable, values: Mapping[int, str]) -> Clusters | None:
    """Which of the table's cases belong together, by the hashes of cases that have a value."""
    return numbered([values.get(case) for case in table.cases.tolist()])


def _numbered(sums: CaseColumns) -> tuple[Counts, Counts]:
    """The cases as numbers from 0, and their hashes in the order of the numbers."""
    cases = sums.case
    if cases.size:
        # As a rule every entry has every case, in one order: comparing is far cheaper than sorting.
        later = np.flatnonzero(sums.group != sums.group[0])
        first = cases[: later[0] if later.size else cases.size]
        if cases.size % first.size == 0 and (cases.reshape(-1, first.size) == first).all():
            names, places = np.unique(first, return_inverse=True)
            return np.tile(places, cases.size // first.size), names
    names, places = np.unique(cases, return_inverse=True)
    return places, names


def score_board(
    entries: Sequence[Entry],
    table: CaseTable,
    info: MetricInfo,
    baseline: Entry | None,
    answered: Mapping[str, Answered],
    judge: str = "",
    judge_served: str = "",
    others: Container[str] = frozenset(),
    clusters: Clusters | None = None,
) -> Board:
    """Of scores of single answers. Entries without any result are left out.

    `others` are keys of entries for which another model answered: they do not compete. `clusters`
    are of the table's cases: then nothing counts cases as if each stood alone.
    """
    competing = np.array(
        [
            entry.key not in others and not too_many_errors(int(scored), int(errors))
            for entry, scored, errors in zip(entries, table.scored, table.errors, strict=True)
        ]
    )
    places = standing(goodness(table.values, info.direction), competing, clusters)
    lines = [
        Line(
            entry,
            places[column],
            _interval(table.values[:, column], info, clusters),
            int(table.scored[column]),
            int(table.errors[column]),
            answered=answered.get(entry.key, NOTHING_ANSWERED),
        )
        for column, entry in enumerate(entries)
        if table.scored[column] or table.errors[column]
    ]
    shown = [line.entry for line in lines]
    found = _against(
        baseline if baseline in shown else None,
        {entry.key: table.values[:, column] for column, entry in enumerate(entries)},
        lines,
        info,
        clusters,
    )
    return Board(
        "scores", info, _in_order(found, info), baseline if baseline in shown else None,
        int((~np.isnan(table.values)).any(axis=1).sum()), judge, judge_served,
    )  # fmt: skip


def _interval(column: Floats, info: MetricInfo, clusters: Clusters | None) -> Interval | None:
    known = ~np.isnan(column)
    return interval_of(column[known], info, of(clusters, known))


def _against(
    baseline: Entry | None,
    columns: Mapping[str, Floats],
    lines: Sequence[Line],
    info: MetricInfo,
    clusters: Clusters | None,
) -> list[Line]:
    """The lines with their contrasts, Holm-adjusted as one family."""
    base = next((line for line in lines if line.entry == baseline), None)
    if base is None:
        return list(lines)
    before = columns[base.entry.key]
    family = {}
    for line in lines:
        if line is not base:
            after = columns[line.entry.key]
            both = ~np.isnan(before) & ~np.isnan(after)
            family[line.entry.key] = compared(
                base.entry.key, line.entry.key, info, before[both], after[both], of(clusters, both),
                incomplete=base.incomplete or line.incomplete,
            )  # fmt: skip
    found = dict(zip(family, adjusted(list(family.values())), strict=True))
    return [replace(line, contrast=found.get(line.entry.key)) for line in lines]


def _in_order(lines: Sequence[Line], info: MetricInfo) -> list[Line]:
    """By place, then by value; who has no place comes last."""

    def key(line: Line) -> tuple[int, float, str]:
        value = np.array([np.nan if line.interval is None else line.interval.value])
        good = float(goodness(value, info.direction)[0])
        return line.place or UNPLACED, np.inf if np.isnan(good) else -good, line.entry.title

    return sorted(lines, key=key)


def battle_board(
    kind: BoardKind,
    entries: Sequence[Entry],
    battles: Sequence[Battle],
    info: MetricInfo,
    baseline: Entry | None,
    answered: Mapping[str, Answered],
    seed: int,
    others: Container[str] = frozenset(),
    clusters: Mapping[str, str] = MappingProxyType({}),
) -> Board:
    """Of pairs, judged by a model or by people; `a` and `b` of a battle are keys of entries.

    `clusters` name what cases belong to, by id; those are then drawn together.
    """
    by_key = {entry.key: entry for entry in entries}
    met = [one for one in battles if one.a in by_key and one.b in by_key and one.a != one.b]
    ranking = rank([replace(one, case_id=_drawn_by(one, clusters)) for one in met], seed)
    if ranking is None:
        return Board(kind, info, (), None, 0)
    cases = len({one.case_id for one in met if one.result is not None})
    scored, errors = _fought(met)
    lines = []
    for one in ranking.strengths:
        value, low, high = one.against_average()
        complete = not too_many_errors(scored[one.candidate], errors[one.candidate])
        # Places in different parts are not comparable: only the largest part has them.
        competes = complete and one.candidate not in others
        place = one.place if competes and one.component == 0 else None
        lines.append(
            Line(
                by_key[one.candidate],
                place,
                Interval(value, low, high, cases),
                scored[one.candidate],
                errors[one.candidate],
                answered=answered.get(one.candidate, NOTHING_ANSWERED),
            )
        )
    shown = [line.entry for line in lines]
    base = baseline if baseline in shown else None
    return Board(
        kind, info, _in_order(_battled(base, met, lines, info, clusters), info), base, cases,
        *_judges(met), _parts(ranking, by_key), _consistency(met),
    )  # fmt: skip


def _drawn_by(battle: Battle, clusters: Mapping[str, str]) -> str:
    """What the bootstrap draws: the case, or what it belongs to. The two never share a name."""
    cluster = clusters.get(battle.case_id)
    return f"case {battle.case_id}" if cluster is None else f"cluster {cluster}"


def _battled(
    baseline: Entry | None,
    battles: Sequence[Battle],
    lines: Sequence[Line],
    info: MetricInfo,
    clusters: Mapping[str, str],
) -> list[Line]:
    """The lines with what their own battles against the baseline say."""
    if baseline is None:
        return list(lines)
    base_incomplete = any(line.incomplete for line in lines if line.entry == baseline)
    family = {}
    for line in lines:
        key = line.entry.key
        if key != baseline.key:
            cases, share = _shares(battles, baseline.key, key)
            family[key] = compared(
                baseline.key, key, info, 1 - share, share,
                numbered([clusters.get(case) for case in cases]),
                incomplete=base_incomplete or line.incomplete,
            )  # fmt: skip
    found = dict(zip(family, adjusted(list(family.values())), strict=True))
    return [replace(line, contrast=found.get(line.entry.key)) for line in lines]


def _shares(battles: Sequence[Battle], a: str, b: str) -> tuple[Sequence[str], Floats]:
    """Cases, and for each the share of b's wins over a; a tie is a half."""
    points: dict[str, list[float]] = {}
    for one in battles:
        if one.result is not None and {one.a, one.b} == {a, b}:
            won = POINTS[one.result]
            points.setdefault(one.case_id, []).append(won if one.a == b else 1 - won)
    cases = sorted(points)
    return cases, np.array([sum(points[case]) / len(points[case]) for case in cases])


def _fought(battles: Sequence[Battle]) -> tuple[dict[str, int], dict[str, int]]:
    """Battles with and without a result, by entry."""
    names = {name for one in battles for name in (one.a, one.b)}
    scored, errors = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for one in battles:
        counted = errors if one.result is None else scored
        counted[one.a] += 1
        counted[one.b] += 1
    return scored, errors


def _judges(battles: Sequence[Battle]) -> tuple[str, str]:
    judges = sorted({one.judged_by for one in battles})
    served = sorted({one.judge_served for one in battles if one.judge_served})
    return ", ".join(judges), ", ".join(served)


def _consistency(battles: Sequence[Battle]) -> float | None:
    told = [one.consistent for one in battles if one.consistent is not None]
    return sum(told) / len(told) if told else None


def _parts(ranking: Ranking, by_key: Mapping[str, Entry]) -> Sequence[Sequence[str]]:
    if len(ranking.components) < 2:
        return ()
    return [[by_key[key].title for key in part] for part in ranking.components]
