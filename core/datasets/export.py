"""Cases as CSV, JSONL and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from core.prompts.run_export import defused
from core.records.datasets import Case

ExportFormat = Literal["csv", "jsonl", "parquet"]


Rows = list[list[str | None]]


def case_rows(cases: Sequence[Case], columns: Sequence[str]) -> tuple[list[str], Rows]:
    """Header and rows: id, split if any case has one, then the columns."""
    split = any(case.split for case in cases)
    names = [_free("id", columns), *([_free("split", columns)] if split else []), *columns]
    rows: Rows = []
    for case in cases:
        rows.append([case.id, *([case.split] if split else [])])
        rows[-1] += [case.fields.get(column) for column in columns]
    return names, rows


def _free(name: str, columns: Sequence[str]) -> str:
    while name in columns:
        name = f"case_{name}"
    return name


def export_csv(cases: Sequence[Case], columns: Sequence[str]) -> bytes:
    """UTF-8 with a byte order mark, as Excel needs it; texts that look like formulas defused."""
    names, rows = case_rows(cases, columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused(name) for name in names])
    writer.writerows([defused(cell or "") for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def export_jsonl(cases: Sequence[Case], columns: Sequence[str]) -> bytes:
    """One case per line, nothing changed; fields that a case does not have are left out."""
    names, rows = case_rows(cases, columns)
    lines = (
        json.dumps(
            {name: cell for name, cell in zip(names, row, strict=True) if cell is not None},
            ensure_ascii=False,
        )
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def export_parquet(cases: Sequence[Case], columns: Sequence[str]) -> bytes:
    """Every column as text."""
    # A fifth of a second to import, and only this export needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    names, rows = case_rows(cases, columns)
    by_column = list(zip(*rows, strict=True)) or [()] * len(names)
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, by_column, strict=True)})
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


EXPORTS: Mapping[ExportFormat, Callable[[Sequence[Case], Sequence[str]], bytes]] = {
    "csv": export_csv,
    "jsonl": export_jsonl,
    "parquet": export_parquet,
}
