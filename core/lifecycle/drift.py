"""Where a name no longer means the model it meant: the alarms of who answered for whom. Pure.

Three things can happen behind a name: another model answers, another version of the model does
than before, or two connections answer one name with two models. Whatever was scored across such a
change is not comparable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Literal

from core.errors import fill
from core.records.messages import N_
from core.records.model_use import ServedBy
from core.records.models import ModelRef
from core.records.served import bare, is_other

DriftKind = Literal["other", "changed", "surfaces"]
OTHER = N_(
    "Asked for {requested}, answered by {served}: {runs} calls in 30 days, last on {date}. Scores "
    "from before and after are not comparable."
)
CHANGED = N_(
    "{requested} was answered by {before} until {until} and by {served} since {date}. Scores from "
    "before and after are not comparable."
)
SURFACES = N_(
    "{requested} is answered by {served} on {connection} and by {before} on {other}. Scores from "
    "the two are not comparable."
)


@dataclass(frozen=True, slots=True)
class Drift:
    """One alarm: the name it is about, and a sentence with its values."""

    kind: DriftKind
    ref: ModelRef
    template: str
    values: Mapping[str, str]

    def said(self, translate: Callable[[str], str], shown: Callable[[str], str] = str) -> str:
        """In the language of `translate`; every value goes through `shown`."""
        return fill(translate(self.template), {k: shown(v) for k, v in self.values.items()})


def drifts(served: Iterable[ServedBy], titles: Mapping[str, str]) -> list[Drift]:
    """All alarms, the gravest kind first; `titles` are the connections' names."""
    by_ref: dict[ModelRef, dict[str, ServedBy]] = defaultdict(dict)
    for one in served:
        known = by_ref[ModelRef(one.surface, bare(one.requested))]
        name = bare(one.served)
        known[name] = _together(known[name], one) if name in known else one
    # A service that names no version may mean any: the bare name is left out of what follows.
    versions = {
        ref: sorted(
            (one for name, one in found.items()
             if name != ref.model and not is_other(name, ref.model)),
            key=lambda one: one.last_at,
        )
        for ref, found in by_ref.items()
    }  # fmt: skip
    return [
        *(alarm for ref, found in by_ref.items() for alarm in _others(ref, found)),
        *(alarm for ref, found in versions.items() for alarm in _changed(ref, found)),
        *_surfaces(versions, titles),
    ]


def _others(ref: ModelRef, found: Mapping[str, ServedBy]) -> Iterator[Drift]:
    for name, one in found.items():
        if is_other(name, ref.model):
            values = {"requested": ref.model, "served": name, "runs": f"{one.runs:,}",
                      "date": str(one.last_at.date())}  # fmt: skip
            yield Drift("other", ref, OTHER, values)


def _changed(ref: ModelRef, found: Sequence[ServedBy]) -> Iterator[Drift]:
    for before, after in pairwise(found):
        values = {"requested": ref.model, "before": bare(before.served),
                  "served": bare(after.served), "until": str(before.last_at.date()),
                  "date": str(after.first_at.date())}  # fmt: skip
        yield Drift("changed", ref, CHANGED, values)


def _surfaces(
    versions: Mapping[ModelRef, Sequence[ServedBy]], titles: Mapping[str, str]
) -> Iterator[Drift]:
    newest = sorted(
        ((ref, found[-1]) for ref, found in versions.items() if found), key=lambda one: str(one[0])
    )
    for (a, one), (b, other) in combinations(newest, 2):
        if a.model == b.model and bare(one.served) != bare(other.served):
            values = {"requested": a.model, "served": bare(one.served),
                      "before": bare(other.served), "connection": titles.get(a.surface, a.surface),
                      "other": titles.get(b.surface, b.surface)}  # fmt: skip
            yield Drift("surfaces", a, SURFACES, values)


def _together(one: ServedBy, other: ServedBy) -> ServedBy:
    """Two ways of writing one model, such as with its address and without."""
    return replace(
        one, runs=one.runs + other.runs, first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
    )  # fmt: skip
