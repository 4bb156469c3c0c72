"""Runs as CSV, JSONL and Parquet, piece by piece."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from core.prompts.run_record import Cell, run_row, run_to_dict
from core.records.runs import Run

ExportFormat = Literal["csv", "jsonl", "parquet"]
Chunks = Iterator[bytes]

COLUMNS: Mapping[str, type[Any]] = {
    "run_id": str,
    "created_at": datetime,
    "created_by": str,
    "purpose": str,
    "prompt": str,
    "version": int,
    "connection": str,
    "requested_model": str,
    "served_model": str,
    "outcome": str,
    "finish_reason": str,
    "system": str,
    "input": str,
    "output": str,
    "memo": str,
    "values": str,
    "parameters": str,
    "extras": str,
    "failure": str,
    "input_tokens": int,
    "output_tokens": int,
    "thinking_tokens": int,
    "cached_tokens": int,
    "cost_usd": float,
    "first_token_ms": float,
    "total_ms": float,
    "attempts": int,
    "starred": bool,
}

# Spreadsheets run a cell that begins so, also after white space, also in full width.
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_LEADING_CONTROL = re.compile(r"[\t\r]")


def export_csv(batches: Iterable[Sequence[Run]]) -> Chunks:
    """UTF-8 with a byte order mark, as Excel needs it; texts that look like formulas defused."""
    yield b"\xef\xbb\xbf" + csv_lines([list(COLUMNS)])
    for batch in batches:
        yield csv_lines([[csv_cell(cell) for cell in run_row(run).values()] for run in batch])


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Lines of a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def csv_cell(cell: Cell) -> object:
    """A value as it may stand in a CSV file: texts defused, times as text."""
    if isinstance(cell, str):
        return defused(cell)
    return cell.isoformat() if isinstance(cell, datetime) else cell


def defused(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would read it as a formula."""
    return f"'{text}" if _FORMULA.match(text) or _LEADING_CONTROL.match(text) else text


def export_jsonl(batches: Iterable[Sequence[Run]]) -> Chunks:
    """One run per line with everything that is known of it."""
    for batch in batches:
        lines = (json.dumps(run_to_dict(run), ensure_ascii=False) for run in batch)
        yield "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


class _Outlet(io.RawIOBase):
    """A file that only remembers what was written since it was last emptied."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._length

    def emptied(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def export_parquet(batches: Iterable[Sequence[Run]]) -> Chunks:
    """One row group per batch; times in UTC."""
    # Half a second to import, and only this export needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    outlet = _Outlet()
    with pq.ParquetWriter(outlet, schema, compression="zstd") as writer:
        for batch in batches:
            rows = [run_row(run) | {"created_at": run.created_at.astimezone(UTC)} for run in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            yield outlet.emptied()
    yield outlet.emptied()


EXPORTS: Mapping[ExportFormat, Callable[[Iterable[Sequence[Run]]], Chunks]] = {
    "csv": export_csv,
    "jsonl": export_jsonl,
    "parquet": export_parquet,
}
