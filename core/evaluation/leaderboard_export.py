"""The leaderboard as a file: one row per line of every board."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence

from core.evaluation.board import Board, Line
from core.prompts.run_export import defused
from core.records.leaderboard import BoardChoice

Cell = str | int | float | bool | None
COLUMNS = (
    "dataset", "dataset_version", "slice", "kind", "metric", "signature", "judge", "judge_served",
    "place", "candidate", "model", "production", "value", "low", "high", "cases", "scored",
    "errors", "incomplete", "baseline", "verdict", "difference", "difference_low",
    "difference_high", "better", "worse", "same", "p_value", "p_adjusted", "cost_usd_per_1000",
    "p50_ms", "p95_ms", "served_model", "not_comparable", "difference_confidence", "cluster",
)  # fmt: skip


def rows(choice: BoardChoice, which: str, boards: Sequence[Board]) -> Iterator[dict[str, Cell]]:
    """What is known of every line; None where nothing is."""
    for board in boards:
        for line in board.lines:
            values = (
                choice.dataset, choice.version, which, board.kind, board.info.name,
                board.info.signature, board.judge, board.judge_served, line.place,
                line.entry.title, line.entry.model, line.entry.production, *_value(line),
                line.scored, line.errors, line.incomplete, *_compared(board, line),
                line.answered.usd_per_1000, line.answered.p50_ms, line.answered.p95_ms,
                line.served.main if line.served else None,
                line.served.left_out if line.served else 0,
                line.contrast.confidence if line.contrast else None, board.cluster,
            )  # fmt: skip
            yield dict(zip(COLUMNS, values, strict=True))


def _value(line: Line) -> tuple[Cell, ...]:
    found = line.interval
    if found is None:
        return None, None, None, 0
    return found.value, _finite(found.low), _finite(found.high), found.n


def _compared(board: Board, line: Line) -> tuple[Cell, ...]:
    found = line.contrast
    if found is None or board.baseline is None:
        return (None,) * 10
    return (
        board.baseline.title, found.verdict, found.difference, found.low, found.high, found.better,
        found.worse, found.same, found.p_value, found.p_adjusted,
    )  # fmt: skip


def _finite(bound: float) -> float | None:
    """JSON knows no infinity: no bound is None."""
    return bound if abs(bound) != float("inf") else None


def export_csv(found: Iterator[dict[str, Cell]]) -> bytes:
    """UTF-8 with a byte order mark, as Excel needs it; texts that look like formulas defused."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow(defused(cell) if isinstance(cell, str) else cell for cell in row.values())
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def export_jsonl(found: Iterator[dict[str, Cell]]) -> bytes:
    """One line of the leaderboard per line."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    return "".join(lines).encode("utf-8", "replace")
