"""A candidate while it is tried: its text, its examples, what it scored. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.optimization import selection
from core.optimization.selection import Standing
from core.records.optimizations import Demonstration


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer and its scores. `score` is the utility, None for an error; `metrics` by name."""

    response: str
    score: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    explanation: str = ""
    error: str = ""
    run_id: str | None = None


@dataclass(slots=True)
class Tried:
    """A candidate. `left_out` are cases that it quotes: they do not count for it."""

    number: int
    step: int
    instruction: str
    demonstrations: tuple[Demonstration, ...] = ()
    parent: int | None = None
    origin: str = "start"
    left_out: frozenset[str] = frozenset()
    measured: dict[tuple[str, int], Measured] = field(default_factory=dict)
    penalty: float = 0.0

    @property
    def values(self) -> dict[str, float]:
        """Utility by case, averaged over its repeats."""
        repeats: dict[int, dict[str, float]] = {}
        for (case_id, repeat), one in self.measured.items():
            if one.score is not None:
                repeats.setdefault(repeat, {})[case_id] = one.score
        return selection.averaged([repeats[repeat] for repeat in sorted(repeats)])

    def of_repeat(self, repeat: int) -> dict[str, float]:
        """Utility by case in one repeat."""
        return {
            case_id: one.score
            for (case_id, number), one in self.measured.items()
            if number == repeat and one.score is not None
        }

    def lacks(self, case_ids: Sequence[str], repeat: int = 0) -> list[str]:
        """Cases that count for it and were not asked yet."""
        return [
            one
            for one in case_ids
            if one not in self.left_out and (one, repeat) not in self.measured
        ]

    @property
    def standing(self) -> Standing | None:
        """Its mean with its interval."""
        return selection.standing(self.values, self.left_out)

    def metric_means(self) -> dict[str, float]:
        """The mean of each metric in its own unit."""
        found: dict[str, list[float]] = {}
        for (case_id, _repeat), one in sorted(self.measured.items()):
            if case_id not in self.left_out:
                for name, value in one.metrics.items():
                    found.setdefault(name, []).append(value)
        return {name: sum(values) / len(values) for name, values in found.items()}

    def announced(self) -> dict[str, Any]:
        """What it is, as an event has it."""
        return {
            "template": self.number,
            "step": self.step,
            "instruction": self.instruction,
            "demonstrations": [
                {"case_id": one.case_id, "input": one.input, "output": one.output}
                for one in self.demonstrations
            ],
            "parent": self.parent,
            "origin": self.origin,
            "quoted": len(self.left_out),
        }

    def told(self) -> dict[str, Any]:
        """Its figures, as an event has them."""
        found = self.standing
        return {
            "template": self.number,
            "score": found.score if found else None,
            "low": found.low if found else None,
            "high": found.high if found else None,
            "scored": found.n if found else 0,
            "metrics": self.metric_means(),
        }


def failing(tried: Tried, beside: Collection[str] = frozenset()) -> list[str]:
    """Cases on which it is not at the ceiling, the worst first."""
    values = tried.values
    found = [
        one
        for one in values
        if values[one] < selection.CEILING and one not in tried.left_out and one not in beside
    ]
    return sorted(found, key=lambda one: (values[one], one))


def rank(tried: Tried) -> tuple[float, int]:
    """Sorts the best mean first, of equal ones the earliest."""
    found = tried.standing
    return (-found.score if found else 0.0, tried.number)
