"""A comparison as a file: CSV with a line per cell, JSONL with all that is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from core.prompts.run_export import csv_cell, csv_lines
from core.prompts.run_record import json_text, run_row, run_to_dict
from core.records.comparisons import Cell, Choice, Comparison, Verdict

GridFormat = Literal["csv", "jsonl"]

RUN_COLUMNS = (
    "run_id", "created_at", "connection", "requested_model", "served_model", "outcome",
    "finish_reason", "output", "failure", "input_tokens", "output_tokens", "thinking_tokens",
    "cached_tokens", "cost_usd", "first_token_ms", "total_ms",
)  # fmt: skip
COLUMNS = (
    "row", "input", "values", "reference", "column", "model", "repeat", "problem", "verdicts",
    *RUN_COLUMNS,
)  # fmt: skip

# A verdict as the left candidate has it; for the right one it is mirrored.
_FOR_LEFT: Mapping[Choice, str] = {
    "left": "better",
    "slightly_left": "slightly better",
    "same": "same",
    "slightly_right": "slightly worse",
    "right": "worse",
    "both_bad": "both bad",
}
_MIRRORED: Mapping[Choice, Choice] = {
    "left": "right",
    "slightly_left": "slightly_right",
    "same": "same",
    "slightly_right": "slightly_left",
    "right": "left",
    "both_bad": "both_bad",
}


def as_csv(comparison: Comparison, cells: Sequence[Cell], verdicts: Sequence[Verdict]) -> bytes:
    """UTF-8 with a byte order mark; texts that look like formulas defused."""
    lines = [COLUMNS, *(_line(comparison, cell, verdicts) for cell in cells)]
    return b"\xef\xbb\xbf" + csv_lines([csv_cell(cell) for cell in line] for line in lines)


def as_jsonl(comparison: Comparison, cells: Sequence[Cell], verdicts: Sequence[Verdict]) -> bytes:
    """First the comparison, then each cell with its whole run, then the verdicts that hold."""
    records = _records(comparison, cells, verdicts)
    return "".join(f"{json_text(record)}\n" for record in records).encode("utf-8", "replace")


def _line(comparison: Comparison, cell: Cell, verdicts: Sequence[Verdict]) -> list[Any]:
    row = next(one for one in comparison.inputs if one.key == cell.input_key)
    candidate = next(one for one in comparison.candidates if one.key == cell.candidate_key)
    run = run_row(cell.run) if cell.run else {}
    return [
        row.key, row.message if row.message is not None else row.title,
        json_text(dict(row.values)), row.reference, candidate.title, candidate.model, cell.repeat,
        cell.problem, json_text(_judged(comparison, cell, verdicts)),
        *(run.get(name) for name in RUN_COLUMNS),
    ]  # fmt: skip


def _judged(
    comparison: Comparison, cell: Cell, verdicts: Sequence[Verdict]
) -> list[dict[str, Any]]:
    titles = {candidate.key: candidate.title for candidate in comparison.candidates}
    found = []
    for verdict in verdicts:
        pair = (verdict.left, verdict.right)
        if verdict.input_key == cell.input_key and cell.candidate_key in pair:
            is_left = verdict.left == cell.candidate_key
            choice = verdict.choice if is_left else _MIRRORED[verdict.choice]
            found.append(
                {
                    "by": verdict.created_by,
                    "against": titles[verdict.right if is_left else verdict.left],
                    "verdict": _FOR_LEFT[choice],
                    "blind": verdict.blind,
                    "reasons": list(verdict.reasons),
                    "memo": verdict.memo,
                }
            )
    return found


def _records(
    comparison: Comparison, cells: Sequence[Cell], verdicts: Sequence[Verdict]
) -> Iterator[dict[str, Any]]:
    yield {"type": "comparison", **_plain(asdict(comparison))}
    for cell in cells:
        yield {
            "type": "cell",
            "input_key": cell.input_key,
            "candidate_key": cell.candidate_key,
            "repeat": cell.repeat,
            "problem": cell.problem or None,
            "run": run_to_dict(cell.run) if cell.run else None,
        }
    for verdict in verdicts:
        yield {"type": "verdict", **_plain(asdict(verdict))}


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Times as text."""
    plain: dict[str, Any] = json.loads(json.dumps(record, default=lambda time: time.isoformat()))
    return plain


GRID_EXPORTS: Mapping[
    GridFormat, Callable[[Comparison, Sequence[Cell], Sequence[Verdict]], bytes]
] = {"csv": as_csv, "jsonl": as_jsonl}
