"""How much there is of everything, for the front page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of what is not deleted. `cases` are those of the newest versions of datasets."""

    comparisons: int
    datasets: int
    cases: int
    evaluations: int
    optimizations: int
    migrations: int
    signed: int
    rounds: int
