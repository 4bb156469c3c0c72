"""What a migration's evaluation says: the paired values, the rows that got worse. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from core.errors import InvalidInput
from core.evaluation.clusters import Clusters
from core.evaluation.metrics.registry import DEFINITIONS
from core.evaluation.results import Column, Grid
from core.evaluation.served import Served, between, everyone, told
from core.migration.gate import Decision, decide
from core.records.datasets import REFERENCE
from core.records.evaluations import ServedCount
from core.records.messages import N_
from core.records.metrics import Direction, MetricInfo
from core.records.model_migrations import NEW, OLD

ServedRow = tuple[str, str, str, int]
"""A side (or a judge), the model it asked for, the one that answered, and how many times."""
SENTENCES = {
    "pass": N_(
        "Pass: a loss of {margin} points or more is excluded (new minus old: {difference} points, "
        "one-sided 95 %: at least {low}) on {n} cases."
    ),
    "fail": N_(
        "Fail: the new model is worse (new minus old: {difference} points, one-sided 95 %: at "
        "most {high}) on {n} cases."
    ),
    "not_enough_data": N_(
        "Not enough data: on {n} cases the loss may be anything up to {worst} points. Label about "
        "{needed} more cases."
    ),
    "too_close": N_(
        "Not enough data: on {n} cases the loss may be anything up to {worst} points. The loss "
        "seen is too near to the margin of {margin} points for more cases to settle it: improve "
        "the prompt first."
    ),
    "no_cases": N_("Not enough data: no case has a score from both models."),
    "errors": N_(
        "Incomplete because of the service: more than 2 % of the calls failed. Ask for the failed "
        "rows again."
    ),
    "served": N_(
        "Incomplete: another model answered than was asked, so the two sides are not what they "
        "are called and their scores are not comparable."
    ),
}


class Paired(NamedTuple):
    """Per-case values of both sides where both have one, higher being better, and their cases."""

    cases: tuple[str, ...]
    old: tuple[float, ...]
    new: tuple[float, ...]
    errors: int
    asked: int


def paired(grid: Grid, signature: str, direction: Direction) -> Paired:
    """The two candidates' values under one metric."""
    old, new = (grid.columns.get((signature, key)) for key in (OLD, NEW))
    if old is None or new is None:
        return Paired((), (), (), 0, 0)
    both = old.known & new.known
    before, after = (
        tuple(float(value) for value in _better_is_higher(column.values[both], direction))
        for column in (old, new)
    )
    counted = [_counts(column) for column in (old, new)]
    return Paired(
        tuple(case for case, known in zip(grid.cases, both, strict=True) if known),
        before,
        after,
        errors=sum(failed for failed, _ in counted),
        asked=sum(asked for _, asked in counted),
    )


def _counts(column: Column) -> tuple[int, int]:
    failed = int(column.errors.sum())
    return failed, failed + int(column.scored.sum())


def _better_is_higher(values: Any, direction: Direction) -> Any:
    if direction == "lower":
        return -values
    return -np.abs(values) if direction == "zero" else values


def who_answered(served: Iterable[ServedRow]) -> list[Served]:
    """Who really answered for each side, and judged them."""
    counts = [ServedCount("", *row) for row in served]
    return everyone(counts, lambda one: one.candidate)


def is_rerouted(served: Iterable[ServedRow]) -> bool:
    """Whether some answer or score is not of the model that it is called by.

    Another model answered, several versions did, or both sides asked for one model, as on two
    surfaces, and got two.
    """
    found = who_answered(served)
    return bool(told(found) or between([one for one in found if one.key in (OLD, NEW)]))


def gate(
    values: Paired,
    margin: float,
    served: Iterable[ServedRow],
    info: MetricInfo,
    clusters: Clusters | None = None,
) -> Decision:
    """The decision on what was measured, in shares of the metric's range. InvalidInput: none.

    `clusters` tell which of the values' cases belong together.
    """
    if info.low is None or info.high is None:
        raise no_range(info.name)
    span = info.high - info.low
    old, new = ([one / span for one in side] for side in (values.old, values.new))
    return decide(
        old, new, errors=values.errors, asked=values.asked, margin=margin,
        rerouted=is_rerouted(served), clusters=clusters,
    )  # fmt: skip


def check_metric(name: str) -> None:
    """Before anything is paid for: InvalidInput when points say nothing of a metric."""
    known = DEFINITIONS.get(name)
    if known is not None and known.high is None:
        raise no_range(name)


def no_range(name: str) -> InvalidInput:
    """Of milliseconds and the like nobody can lose three points of a hundred."""
    return InvalidInput(
        "{metric} has no greatest value, so a margin in points means nothing. Choose another "
        "metric for the gate.",
        metric=name,
    )


def worse(values: Paired) -> list[tuple[str, float, float]]:
    """Cases on which the new one is worse, with both values, the greatest loss first."""
    lost = [
        one for one in zip(values.cases, values.old, values.new, strict=True) if one[2] < one[1]
    ]
    return sorted(lost, key=lambda one: (one[2] - one[1], one[0]))


def asked(fields: Mapping[str, str], names: Sequence[str]) -> str:
    """What of a case the prompt was given: its variables, or everything when it has none."""
    given = [fields[name] for name in names if name in fields]
    return "\n".join(given or [text for key, text in fields.items() if key != REFERENCE])


def sentence(decision: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    """A decision in one sentence: its template and values, differences in points of a hundred."""
    verdict = str(decision["verdict"])
    key = verdict
    if verdict == "incomplete":
        key = str(decision["why"]) or "errors"
    elif verdict == "not_enough_data":
        if not decision["n"]:
            key = "no_cases"
        elif decision["needed"] is None:
            key = "too_close"
    values: dict[str, object] = {
        "margin": _points(decision["margin"]),
        "n": decision["n"],
        "needed": decision["needed"] or 0,
    }
    for name in ("difference", "low", "high"):
        value = decision[name]
        values[name] = "–" if value is None else _signed(value)
    values["worst"] = "–" if decision["low"] is None else _points(-decision["low"])
    return SENTENCES[key], values


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}"


def sha256_of(evidence: Mapping[str, Any]) -> str:
    """The hash of what a decision rests on: equal evidence gives an equal hash."""
    text = json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
