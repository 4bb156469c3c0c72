"""The leaderboard: candidates of many evaluations side by side under one metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BoardKind = Literal["scores", "battles", "verdicts"]
"""Scores of single answers, pairs that a judge compared, pairs that people compared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who competes: a prompt version, or an unsaved prompt, with a model.

    `key` is of the content, so the same candidate of two evaluations is one entry. `production`
    tells that the version carries that label now.
    """

    key: str
    title: str
    model: str
    prompt_id: str | None = None
    version_id: str | None = None
    version: int | None = None
    production: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What an entry's answers cost and took, over `answers` that came; None where none told."""

    answers: int = 0
    errors: int = 0
    cost_usd: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None

    @property
    def usd_per_1000(self) -> float | None:
        """US dollars for a thousand calls."""
        return None if self.cost_usd is None else 1000 * self.cost_usd


NOTHING_ANSWERED = Answered()


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric that a dataset version has results of."""

    kind: BoardKind
    metric: str


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """A dataset version with evaluations, and what can be shown of it."""

    dataset_id: str
    dataset: str
    version_id: str
    version: int
    metrics: Sequence[MetricChoice]
