"""What every benchmark hands over: rows of measure, value and bound, as JSON and as a table."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERDICTS = {True: "ok", False: "missed", None: ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number. `ok` is None for a number that has no bound."""

    measure: str
    value: float
    unit: str = "ms"
    bound: float | None = None
    ok: bool | None = None
    note: str = ""

    @classmethod
    def at_most(
        cls, measure: str, value: float, bound: float, unit: str = "ms", note: str = ""
    ) -> Row:
        """A number that must not exceed `bound`."""
        return cls(measure, value, unit, bound, value <= bound, note)


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's rows and the command that measures them again."""

    name: str
    command: str
    rows: list[Row] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """A plain object: name, command, rows."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """Read what `to_json` wrote."""
        return cls(data["name"], data["command"], [Row(**row) for row in data["rows"]])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed."""
    if not values:
        raise ValueError("There is no percentile of no values; the benchmark measured nothing.")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def median(values: Sequence[float]) -> float:
    """The 50th percentile, one of the values."""
    return percentile(values, 0.5)


def number(value: float) -> str:
    """About three digits; a whole number without decimals."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """Measure, value, bound, verdict and note as text."""
    unit = f" {row.unit}" if row.unit else ""
    bound = "" if row.bound is None else f"≤ {number(row.bound)}{unit}"
    return row.measure, number(row.value) + unit, bound, VERDICTS[row.ok], row.note


HEADINGS = ("measure", "median", "bound", "verdict", "note")


def as_text(report: Report) -> str:
    """A table for the terminal."""
    table = [HEADINGS, *(cells(row) for row in report.rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        for line in table
    ]
    return "\n".join([report.name, *(f"  {line.rstrip()}" for line in lines)])


def as_markdown(report: Report) -> str:
    """A heading, the command and a table."""
    lines = [
        f"## {report.name}",
        "",
        f"`{report.command}`",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---|---:|---:|---|---|",
        *("| " + " | ".join(cells(row)) + " |" for row in report.rows),
    ]
    return "\n".join(lines)


def machine() -> str:
    """The machine, by cores and memory only."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB memory"


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for developing")
    return parser


def publish(report: Report, file: Path | None) -> int:
    """Print the table, write the JSON; the exit code says whether every bound was kept."""
    print(as_text(report))
    if file is not None:
        file.write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=1), "utf-8")
    sys.stdout.flush()
    return int(any(row.ok is False for row in report.rows))
