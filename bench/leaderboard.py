"""The leaderboard over ten million stored scores.

    python -m bench.leaderboard [--json FILE]

Twenty candidates x 10,000 cases x 5 repeats x 10 metrics, and the same number under one single
metric (100 candidates x 20,000 cases x 5 repeats), of which 4,950 pairs are compared. From the
store to intervals, places and comparisons with production. The scores are made by SQL first, which
does not count; their sums by case are then kept as a job keeps them at its end, which is told.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.report import Report, Row, arguments, median, publish
from core.datasets.datasets import Datasets
from core.evaluation.leaderboard import Leaderboard
from core.evaluation.wiring import materials
from core.prompts.authoring import Authoring
from core.records.comparisons import Candidate
from core.records.datasets import Case, CaseSlice
from core.records.evaluations import Evaluation
from core.records.leaderboard import MetricChoice
from core.records.metrics import MetricSpec
from core.records.prompts import Part, PromptSpec, Turn
from core.store import Store
from core.store.scores import case_hash

BOUND_MS = 1_000
NAMES = (
    "exact_match", "chrf", "rouge_l", "rouge_1", "rouge_2", "bleu", "length", "language", "cost",
    "latency",
)  # fmt: skip


class Shape(NamedTuple):
    """How ten million scores lie."""

    candidates: int
    cases: int
    repeats: int
    metrics: int

    def scores(self) -> int:
        """How many there are."""
        return self.candidates * self.cases * self.repeats * self.metrics


def filled(path: Path, shape: Shape) -> tuple[Store, Leaderboard, Evaluation]:
    """A store with an evaluation of this shape, the first candidate in production."""
    store = Store.open(path)
    datasets = Datasets(store)
    cases = [
        Case(f"case-{n}", {"prompt": f"text {n}", "lang": "ja" if n % 4 else "en"})
        for n in range(shape.cases)
    ]
    version = datasets.create("bench", cases, actor="bench", source="made")
    candidates = []
    for n in range(shape.candidates):
        spec = PromptSpec(turns=(Turn("user", (Part(f"prompt {n}"),)),))
        saved = store.prompts.create(f"prompt {n}", spec, actor="bench")
        candidates.append(
            Candidate(f"c{n}", f"prompt {n}", spec, "sandbox:flash", saved.prompt_id, saved.id)
        )
    store.prompts.set_label(str(candidates[0].version_id), "production", actor="bench")
    evaluation = store.evaluations.create(
        Evaluation("", "bench", version.id, tuple(candidates), (MetricSpec("exact_match"),),
                   shape.repeats, datetime.now(UTC), "bench", language="en")
    )  # fmt: skip
    fill(store, evaluation, shape)
    leaderboard = Leaderboard(store, datasets, materials(store, datasets, Authoring(store)))
    return store, leaderboard, evaluation


def fill(store: Store, evaluation: Evaluation, shape: Shape) -> None:
    """Series by hand, scores by one statement: through `record` it would take ten minutes."""
    handle = store._handle
    series = [
        (m * shape.candidates + c, evaluation.id, f"c{c}", NAMES[m], f"{NAMES[m]}|bench", "", "")
        for m in range(shape.metrics)
        for c in range(shape.candidates)
    ]
    hashes = [(n, case_hash(f"case-{n}")) for n in range(shape.cases)]

    def work(cursor: object) -> None:
        handle.database.append("score_series", series)
        run = cursor.execute  # type: ignore[attr-defined]
        run("create temp table made_cases (n integer, h bigint)")
        run("insert into made_cases select unnest(?::integer[]), unnest(?::bigint[])",
            [[n for n, _ in hashes], [h for _, h in hashes]])  # fmt: skip
        run(
            "insert into scores select s.series, c.h, r.n, "
            "case when hash(s.series, c.n, r.n) % 1000 < 600 + 3 * (s.series % ?) then 1 else 0 "
            "end, false, 'case-' || c.n from (select unnest(range(?))::integer as series) s, "
            "made_cases c, (select unnest(range(?))::integer as n) r",
            [shape.candidates, shape.candidates * shape.metrics, shape.repeats],
        )
        run("drop table made_cases")

    handle.write(work)


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return times


def measure(shape: Shape, rounds: int) -> list[Row]:
    """All cases, and a slice of them."""
    with tempfile.TemporaryDirectory() as directory:
        store, leaderboard, evaluation = filled(Path(directory) / "w.duckdb", shape)
        try:
            version = evaluation.dataset_version_id
            (kept,) = timed(lambda: store.scores.keep_sums(evaluation.id), 1)
            choice = MetricChoice("scores", "exact_match")
            whole = timed(lambda: leaderboard.boards(version, choice), rounds)
            some = CaseSlice(equals={"lang": "en"})
            sliced = timed(lambda: leaderboard.boards(version, choice, some), rounds)
            choices = timed(leaderboard.choices, rounds)
        finally:
            store.close()
    words = (
        f"{shape.candidates} candidates x {shape.cases:,} cases x {shape.repeats} repeats x "
        f"{shape.metrics} metrics"
    )
    found = [Row(f"sums kept once: {words}", kept, "ms")]
    for name, times in (("board", whole), ("slice", sliced), ("choices", choices)):
        note = f"slowest {max(times):.0f} ms"
        found.append(Row.at_most(f"{name}: {words}", median(times), BOUND_MS, "ms", note))
    return found


def main() -> int:
    """Both shapes of ten million."""
    options = arguments(__doc__ or "").parse_args()
    smaller = 50 if options.quick else 1
    shapes = (
        Shape(20, 10_000 // smaller, 5, 10),
        Shape(100, 20_000 // smaller, 5, 1),
    )
    rows = [row for shape in shapes for row in measure(shape, 2 if options.quick else 5)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(Row("memory of the process, peak", peak, "MB"))
    title = f"Leaderboard with {shapes[0].scores():,} scores"
    return publish(Report(title, "python -m bench.leaderboard", rows), options.json)


if __name__ == "__main__":
    raise SystemExit(main())
