"""Bradley-Terry with its bootstrap: 20 candidates x 500 cases, every pair (95,000 battles).

    python -m bench.ranking [--json FILE]

The process is held to one core.
"""

from __future__ import annotations

import os
import time
from itertools import combinations

import numpy as np

from bench.report import Report, Row, arguments, median, publish
from core.evaluation.ranking import rank
from core.records.evaluations import Battle

CANDIDATES, CASES, ROUNDS = 20, 500, 1_000
BOUND_MS = 500


def battles() -> list[Battle]:
    """Every pair on every case, with strengths that differ and some ties."""
    rng = np.random.default_rng(7)
    strength = np.linspace(-1, 1, CANDIDATES)
    made = []
    for case in range(CASES):
        luck = rng.random((CANDIDATES, CANDIDATES, 2))
        for i, j in combinations(range(CANDIDATES), 2):
            wins = luck[i, j, 0] < 1 / (1 + np.exp(strength[j] - strength[i]))
            result = "tie" if luck[i, j, 1] < 0.1 else "a" if wins else "b"
            made.append(Battle(f"case-{case}", f"c{i:02}", f"c{j:02}", result, "judge"))  # type: ignore[arg-type]
    return made


def main() -> int:
    """Medians of whole rankings, records to places."""
    options = arguments(__doc__ or "").parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    made = battles()
    times = []
    for _ in range(3 if options.quick else 9):
        start = time.perf_counter()
        rank(made, seed=1, rounds=ROUNDS)
        times.append((time.perf_counter() - start) * 1000)
    rows = [
        Row.at_most(
            f"ranking, {ROUNDS:,} rounds",
            median(times),
            BOUND_MS,
            note=f"{len(made):,} battles, one core, slowest {max(times):.0f} ms",
        )
    ]
    return publish(Report("Bradley-Terry", "python -m bench.ranking", rows), options.json)


if __name__ == "__main__":
    raise SystemExit(main())
