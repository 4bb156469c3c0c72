"""What the scores of an evaluation say: per candidate, pair by pair, case by case. Pure.

Answers to the same case are averaged first, so every figure counts cases. Errors are counted and
take part in nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.evaluation.clusters import Clusters
from core.evaluation.multiplicity import holm, holm_levels
from core.evaluation.pairs import PositionReport
from core.evaluation.power import cases_needed
from core.evaluation.served import Comparability, Served
from core.evaluation.statistics import (
    ALPHA,
    CONFIDENCE,
    Interval,
    Limits,
    PairedDifference,
    mean_interval,
    paired_difference,
    pass_rate,
)
from core.records.evaluations import (
    INCOMPLETE_ABOVE,
    Battle,
    Evaluation,
    EvaluationStatus,
    Measured,
    ScoreLine,
)
from core.records.metrics import Direction, MetricInfo, ScoreStatus

Verdict = Literal["better", "worse", "not_shown", "not_enough_data", "incomplete", "not_comparable"]
Show = Literal["all", "better", "worse", "same", "disagree", "errors"]
SHOWS: tuple[Show, ...] = ("all", "better", "worse", "same", "disagree", "errors")
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_RESULT = {"a": 0.0, "tie": 0.5, "b": 1.0}


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of one candidate (or pair) over the cases, in their order.

    `values` are means over the repeats, nan where nothing was scored.
    """

    values: Floats
    scored: Counts
    errors: Counts
    inapplicable: Counts

    @property
    def known(self) -> Mask:
        """Where there is a value."""
        return self.scored > 0


@dataclass(frozen=True, slots=True)
class Grid:
    """All scores by metric and candidate. A pair's column holds the share of its second one."""

    cases: tuple[str, ...]
    columns: Mapping[tuple[str, str], Column]
    pairs: Mapping[tuple[str, str, str], Column]


@dataclass(frozen=True, slots=True)
class Figure:
    """One candidate under one metric; `interval` None means that nothing was scored.

    `answers` are scored, `errors` are not; `inapplicable` cases have nothing to be scored by.
    """

    candidate: str
    metric: str
    signature: str
    interval: Interval | None
    answers: int
    errors: int
    inapplicable: int

    @property
    def incomplete(self) -> bool:
        """Whether too many errors are behind it to win anything."""
        total = self.answers + self.errors
        return total > 0 and self.errors / total > INCOMPLETE_ABOVE


@dataclass(frozen=True, slots=True)
class Contrast:
    """Candidate `b` against `a` under one metric, on the cases that both have.

    `difference` is b minus a in the metric's unit; `better` and `worse` count cases from the side
    of `b`, by what the metric calls better. `p_value` is the test's; `p_adjusted` is Holm's over
    all pairs of the metric, of the larger one of that and the interval's own. `low` and `high`
    have the confidence at which Holm decides on this pair and reach to zero unless the test
    rejects it, so that they leave out zero exactly when the verdict names a winner. `needed` are
    the cases at which so large a difference would be found in four runs of five. `errors` are
    those of both, or of the pair.
    """

    a: str
    b: str
    metric: str
    signature: str
    verdict: Verdict
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    better: int = 0
    worse: int = 0
    same: int = 0
    p_value: float | None = None
    p_adjusted: float | None = None
    needed: int | None = None
    confidence: float = CONFIDENCE
    errors: int = 0


class Paired(NamedTuple):
    """A contrast that is not adjusted for others yet, with the numbers that its interval needs."""

    contrast: Contrast
    difference: PairedDifference | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What an evaluation found so far. `infos` are metrics by signature, `paired` their names.

    `self_judged` names the candidates' models that are the judge itself, by judge. `served` are
    candidates for whom another model answered, always or sometimes, `unlike` pairs that asked for
    one model and got two. `judges` are by signature those that another model stood in for.
    `cluster` is the column whose values tell which cases belong together; without one every case
    stands alone.
    """

    evaluation: Evaluation
    status: EvaluationStatus
    cases: int
    infos: Mapping[str, MetricInfo]
    paired: Mapping[str, str]
    figures: Sequence[Figure]
    contrasts: Sequence[Contrast]
    measured: Sequence[Measured]
    positions: Sequence[PositionReport]
    self_judged: Mapping[str, Sequence[str]]
    served: Sequence[Served] = ()
    unlike: Sequence[tuple[Served, Served]] = ()
    judges: Sequence[Served] = ()
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which cases to show: by what two candidates' scores do, by a range of a score, by case.

    `better` and `worse` are meant from the side of `b`. `minimum` and `maximum` hold for `a`.
    """

    signature: str = ""
    a: str = ""
    b: str = ""
    show: Show = "all"
    minimum: float | None = None
    maximum: float | None = None
    search: str = ""
    column: str = ""
    value: str = ""


# -- making the grid --


def grid(cases: Sequence[str], scores: Iterable[ScoreLine], battles: Iterable[Battle]) -> Grid:
    """Sort scores into columns; what belongs to no case here is left out."""
    place = {case_id: number for number, case_id in enumerate(cases)}
    columns: dict[tuple[str, str], _Sums] = {}
    for case_id, candidate, signature, value, status in scores:
        row = place.get(case_id)
        if row is not None:
            sums = columns.get((signature, candidate))
            if sums is None:
                sums = columns[signature, candidate] = _Sums(len(cases))
            sums.add(row, value, status)
    pairs: dict[tuple[str, str, str], _Sums] = {}
    for battle in battles:
        row = place.get(battle.case_id)
        if row is not None:
            key = (battle.signature, battle.a, battle.b)
            value = None if battle.result is None else _RESULT[battle.result]
            pairs.setdefault(key, _Sums(len(cases))).add(row, value, "error")
    return Grid(
        tuple(cases),
        {key: sums.column() for key, sums in columns.items()},
        {pair: sums.column() for pair, sums in pairs.items()},
    )


class _Sums:
    """A column as it is filled. Lists: adding to a numpy array one by one is slower."""

    def __init__(self, size: int) -> None:
        self._sums = [0.0] * size
        self._scored = [0] * size
        self._errors = [0] * size
        self._inapplicable = [0] * size

    def add(self, row: int, value: float | None, status: ScoreStatus) -> None:
        """One score, or that there is none."""
        if value is not None:
            self._sums[row] += value
            self._scored[row] += 1
        elif status == "not_applicable":
            self._inapplicable[row] += 1
        else:
            self._errors[row] += 1

    def column(self) -> Column:
        """Means where there is something to average."""
        scored = np.asarray(self._scored, dtype=np.int64)
        sums = np.asarray(self._sums, dtype=np.float64)
        values = np.divide(sums, scored, out=np.full(sums.shape, np.nan), where=scored > 0)
        return Column(
            values,
            scored,
            np.asarray(self._errors, dtype=np.int64),
            np.asarray(self._inapplicable, dtype=np.int64),
        )


# -- figures --


def figures(
    table: Grid,
    candidates: Sequence[str],
    infos: Mapping[str, MetricInfo],
    clusters: Clusters | None = None,
) -> list[Figure]:
    """One for each metric and candidate, in their order; `clusters` are of the table's cases."""
    return [
        _figure(table.columns.get((signature, candidate)), candidate, info, clusters)
        for signature, info in infos.items()
        for candidate in candidates
    ]


def _figure(
    column: Column | None, candidate: str, info: MetricInfo, clusters: Clusters | None
) -> Figure:
    if column is None:
        return Figure(candidate, info.name, info.signature, None, 0, 0, 0)
    return Figure(
        candidate,
        info.name,
        info.signature,
        interval_of(column.values[column.known], info, of(clusters, column.known)),
        int(column.scored.sum()),
        int(column.errors.sum()),
        int(column.inapplicable.sum()),
    )


def interval_of(values: Floats, info: MetricInfo, clusters: Clusters | None) -> Interval | None:
    """A candidate's rate or mean under a metric, from its cases; None without any."""
    if info.scale == "share":
        return pass_rate(values, clusters)
    return mean_interval(values, clusters, limits=limits_of(info))


def of(clusters: Clusters | None, chosen: Mask) -> Clusters | None:
    """The clusters of some of the cases."""
    return None if clusters is None else clusters[chosen]


def contrasts(
    table: Grid,
    candidates: Sequence[str],
    infos: Mapping[str, MetricInfo],
    paired: Mapping[str, str],
    clusters: Clusters | None = None,
) -> list[Contrast]:
    """Every pair of candidates under every metric; `paired` names metrics of pairs by signature."""
    found: list[Contrast] = []
    pairs = list(itertools.combinations(candidates, 2))
    for info in infos.values():
        found += adjusted([_contrast(table, info, a, b, clusters) for a, b in pairs])
    for signature, name in paired.items():
        found += adjusted([_preference(table, signature, name, a, b, clusters) for a, b in pairs])
    return found


def _contrast(table: Grid, info: MetricInfo, a: str, b: str, clusters: Clusters | None) -> Paired:
    one, other = table.columns.get((info.signature, a)), table.columns.get((info.signature, b))
    if one is None or other is None:
        return Paired(Contrast(a, b, info.name, info.signature, "not_enough_data"))
    both = one.known & other.known
    incomplete = _too_many_errors(one) or _too_many_errors(other)
    found = compared(
        a, b, info, one.values[both], other.values[both], of(clusters, both), incomplete=incomplete
    )
    errors = int(one.errors.sum() + other.errors.sum())
    return found._replace(contrast=replace(found.contrast, errors=errors))


def compared(
    a: str,
    b: str,
    info: MetricInfo,
    before: Floats,
    after: Floats,
    clusters: Clusters | None = None,
    *,
    incomplete: bool,
) -> Paired:
    """`b` against `a` from their values on the same cases; not adjusted yet, see `adjusted`.

    Where nearer to zero is better, the distances from zero are compared.
    """
    limits = limits_of(info)
    if info.direction == "zero":
        before, after = np.abs(before), np.abs(after)
        limits = (0.0, max(abs(limits[0]), abs(limits[1])))
    return _with_difference(
        Contrast(a, b, info.name, info.signature, "not_enough_data"),
        paired_difference(before, after, clusters, limits=limits),
        goodness(after, info.direction) - goodness(before, info.direction),
        incomplete,
    )


def _preference(
    table: Grid, signature: str, name: str, a: str, b: str, clusters: Clusters | None
) -> Paired:
    blank = Contrast(a, b, name, signature, "not_enough_data")
    column = table.pairs.get((signature, a, b))
    if column is None:
        return Paired(blank)
    blank = replace(blank, errors=int(column.errors.sum()))
    share = column.values[column.known]
    paired = paired_difference(1 - share, share, of(clusters, column.known), limits=(0.0, 1.0))
    return _with_difference(blank, paired, 2 * share - 1, _too_many_errors(column))


def _with_difference(
    blank: Contrast, paired: PairedDifference | None, gaps: Floats, incomplete: bool
) -> Paired:
    if paired is None:
        return Paired(replace(blank, verdict="incomplete" if incomplete else "not_enough_data"))
    better, worse = int((gaps > 0).sum()), int((gaps < 0).sum())
    verdict: Verdict = "not_enough_data"
    if incomplete:
        verdict = "incomplete"
    elif paired.n > 1:
        verdict = "better" if gaps.mean() > 0 else "worse"
    told = replace(
        blank,
        verdict=verdict,
        difference=paired.difference,
        n=paired.n,
        better=better,
        worse=worse,
        same=paired.n - better - worse,
        p_value=paired.p_value,
    )
    return Paired(told, paired)


def limits_of(info: MetricInfo) -> Limits:
    """The range of a metric's values; infinite where it has no end."""
    return (
        -np.inf if info.low is None else info.low,
        np.inf if info.high is None else info.high,
    )


def adjusted(family: Sequence[Paired]) -> list[Contrast]:
    """The pairs of a metric, decided together; nothing is claimed that luck could explain."""
    # Who is claimed must be beyond luck by the test and by the interval.
    p_values = [
        max(one.difference.p_value, one.difference.p_interval)
        for one in family
        if one.difference is not None
    ]
    decisions = zip(holm(p_values), holm_levels(p_values, ALPHA), strict=True)
    return [
        contrast if paired is None else _decided(contrast, paired, *next(decisions))
        for contrast, paired in family
    ]


def _decided(
    contrast: Contrast, paired: PairedDifference, p_adjusted: float, level: float
) -> Contrast:
    """With the interval of the level, which leaves out zero exactly when there is a winner."""
    low, high = paired.bounds(1 - level)
    finite = paired.n > 1 and bool(np.isfinite(low) and np.isfinite(high))
    sure = max(paired.p_value, paired.p_interval) < level and finite and not low <= 0 <= high
    if not sure:
        low, high = min(low, 0.0), max(high, 0.0)
    verdict = contrast.verdict
    if verdict in ("better", "worse") and not sure:
        verdict = "not_shown"
    return replace(
        contrast,
        verdict=verdict,
        low=low if finite else None,
        high=high if finite else None,
        p_adjusted=p_adjusted,
        needed=cases_needed(paired.difference, paired.spread, alpha=level)
        if paired.difference
        else None,
        confidence=1 - level,
    )


def marked(
    found: Sequence[Contrast], whom: Comparability, judged: Container[str] = frozenset()
) -> list[Contrast]:
    """Where another model answered or judged than was asked, nobody wins or loses.

    `judged` are the signatures of metrics that another model judged.
    """
    return [
        one
        if whom.holds(one.a, one.b) and one.signature not in judged
        else replace(one, verdict="not_comparable")
        for one in found
    ]


def _too_many_errors(column: Column) -> bool:
    errors, scored = int(column.errors.sum()), int(column.scored.sum())
    return errors > INCOMPLETE_ABOVE * (errors + scored)


def goodness(values: Floats, direction: Direction) -> Floats:
    """The values turned so that more is better."""
    if direction == "higher":
        return values
    return -values if direction == "lower" else -np.abs(values)


def share_of_errors(found: Sequence[Figure]) -> float:
    """The largest share of errors that any candidate has under any metric; 0 without scores."""
    return max(
        (one.errors / (one.answers + one.errors) for one in found if one.answers + one.errors),
        default=0.0,
    )
