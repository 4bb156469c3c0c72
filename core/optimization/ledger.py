"""The events of an optimization as people look at them: templates, steps, the way of the score.

Pure: what the page, the command and the files show is read from the ledger, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from core.records.optimizations import (
    Demonstration,
    OptimizationEvent,
    StopReason,
    Template,
    Verdict,
)

_STATES = {"accepted": "accepted", "lost": "lost", "dropped": "dropped"}


class Point(NamedTuple):
    """The best score so far after so many calls; bounds None below two cases."""

    calls: int
    template: int
    score: float
    low: float | None
    high: float | None


class Rejected(NamedTuple):
    """A text that was not tried, and why (`core.optimization.guard.Reason`)."""

    step: int
    parent: int
    instruction: str
    reason: str
    detail: str
    calls: int = 0
    """Calls of the whole job until then."""


class ModeProgress(NamedTuple):
    """One line of progress: steps of a mode that are done, of how many at most."""

    mode: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All of it. `best` is the number of the best template so far."""

    templates: tuple[Template, ...]
    rejected: tuple[Rejected, ...]
    points: tuple[Point, ...]
    steps: tuple[tuple[str, int], ...]
    best: int
    calls: int
    cost_usd: float
    plan: Mapping[str, Any]
    headroom: Mapping[str, Any] | None
    stop: StopReason | None
    verdict: Verdict | None

    @property
    def start_template(self) -> Template | None:
        """Number 0."""
        return self.templates[0] if self.templates else None

    @property
    def best_template(self) -> Template | None:
        """The best so far."""
        return next((one for one in self.templates if one.number == self.best), None)

    def modes(self, steps: int, demo_candidates: int, mode: str) -> tuple[ModeProgress, ...]:
        """A line per mode that the job goes through."""
        lines = []
        if mode != "demonstration":
            done = max((n for of, n in self.steps if of == "instruction"), default=0)
            lines.append(ModeProgress("instruction", done, steps))
        if mode != "instruction":
            done = sum(one.origin == "examples" and one.state != "racing" for one in self.templates)
            lines.append(ModeProgress("demonstration", done, demo_candidates))
        return tuple(lines)


def read_ledger(events: Sequence[OptimizationEvent]) -> Ledger:
    """Events in their order; an unfinished ledger reads as far as it goes."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return Ledger(
        templates=tuple(reader.templates[number] for number in sorted(reader.templates)),
        rejected=tuple(reader.rejected),
        points=tuple(reader.points),
        steps=tuple(reader.steps),
        best=reader.best,
        calls=reader.calls,
        cost_usd=reader.cost_usd,
        plan=reader.plan,
        headroom=reader.headroom,
        stop=reader.stop,
        verdict=reader.verdict,
    )


class _Reader:
    def __init__(self) -> None:
        self.templates: dict[int, Template] = {}
        self.rejected: list[Rejected] = []
        self.points: list[Point] = []
        self.steps: list[tuple[str, int]] = []
        self.best = 0
        self.calls = 0
        self.cost_usd = 0.0
        self.plan: Mapping[str, Any] = {}
        self.headroom: Mapping[str, Any] | None = None
        self.stop: StopReason | None = None
        self.verdict: Verdict | None = None

    def read(self, event: OptimizationEvent) -> None:
        data = event.data
        self.calls, self.cost_usd = data["calls"], data["cost_usd"]
        getattr(self, f"_{event.kind}")(data)

    def _plan(self, data: Mapping[str, Any]) -> None:
        self.plan = data

    def _candidate(self, data: Mapping[str, Any]) -> None:
        self.templates[data["template"]] = Template(
            number=data["template"],
            step=data["step"],
            instruction=data["instruction"],
            demonstrations=tuple(Demonstration(**one) for one in data["demonstrations"]),
            parent=data["parent"],
            origin=data["origin"],
        )

    def _rejected(self, data: Mapping[str, Any]) -> None:
        self.rejected.append(
            Rejected(data["step"], data["parent"], data["instruction"], data["reason"],
                     data["detail"], int(data.get("calls", 0)))
        )  # fmt: skip

    def _headroom(self, data: Mapping[str, Any]) -> None:
        self.headroom = data
        self._score(data)
        self._point(data)

    def _race(self, data: Mapping[str, Any]) -> None:
        self._score(data)
        if data["state"] == "best":
            self.best = data["template"]
            self._point(data)

    def _step(self, data: Mapping[str, Any]) -> None:
        self.steps.append((data["of"], data["step"]))
        self.best = data["best"]

    def _stop(self, data: Mapping[str, Any]) -> None:
        if not data.get("final"):
            self.stop = data["reason"]
        self.best = data["best"]

    def _verdict(self, data: Mapping[str, Any]) -> None:
        fields = {name: data[name] for name in Verdict.__dataclass_fields__ if name in data}
        self.verdict = Verdict(**fields)

    def _score(self, data: Mapping[str, Any]) -> None:
        known = self.templates[data["template"]]
        state = _STATES.get(data.get("state", ""), known.state)
        self.templates[known.number] = replace(
            known,
            state=cast("Any", state),
            score=data["score"],
            low=data["low"],
            high=data["high"],
            scored=data["scored"],
            metrics=data["metrics"],
            calls=data["calls"],
        )

    def _point(self, data: Mapping[str, Any]) -> None:
        if data["score"] is not None:
            self.points.append(
                Point(data["calls"], data["template"], data["score"], data["low"], data["high"])
            )
