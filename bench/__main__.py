"""`python -m bench [NAME ...]`: run the benchmarks one after the other and print their tables.

Each runs in a process of its own. `--markdown` also writes them as a page, `--json` as data.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.report import Report, Row, as_markdown, machine

BENCHMARKS = (
    "engine",
    "history",
    "streaming",
    "start",
    "sessions",
    "comparison",
    "metrics",
    "ranking",
    "evaluation",
    "runners",
    "leaderboard",
    "optimizer_overhead",
    "migration",
    "review_page",
    "review",
)
LONG = ("history",)  # those that have a --long run

INTRODUCTION = """# Benchmarks

What the commands below printed on {date} on a machine with {machine}, shared with other work.
Absolute times depend on the machine; a ratio was measured side by side in one run.
"""


def measured(name: str, options: Sequence[str]) -> Report:
    """Run one benchmark in a process of its own; a crash is a report with one missed row."""
    command = ["-m", f"bench.{name}", *options]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "report.json"
        code = subprocess.run([sys.executable, *command, "--json", str(file)]).returncode
        if file.is_file():
            return Report.from_json(json.loads(file.read_text("utf-8")))
    note = f"ended with code {code} before it could report"
    return Report(name, " ".join(["python", *command]), [Row("measured", 0, "", 0, False, note)])


def chosen(names: Sequence[str], quick: bool, long: bool) -> list[tuple[str, list[str]]]:
    """What to run, in the order of the list above; `long` adds to the ordinary runs."""
    runs: list[tuple[str, list[str]]] = []
    for name in BENCHMARKS:
        if not names or name in names:
            runs.append((name, ["--quick"] if quick else []))
            runs += [(name, ["--long"])] if long and name in LONG else []
    return runs


def page(reports: Sequence[Report]) -> str:
    """The tables as one Markdown page."""
    date = datetime.now(UTC).date().isoformat()
    parts = [INTRODUCTION.format(date=date, machine=machine()), *map(as_markdown, reports)]
    return "\n".join(part + "\n" for part in parts)


def main() -> int:
    """Run what was asked for; 0 when everything was measured and every bound kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for developing")
    parser.add_argument("--long", action="store_true", help="also the runs that take long")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    reports = [
        measured(name, extra) for name, extra in chosen(options.names, options.quick, options.long)
    ]
    if options.markdown:
        options.markdown.write_text(page(reports), "utf-8")
    if options.json:
        data = {"machine": machine(), "reports": [report.to_json() for report in reports]}
        options.json.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
    return int(any(row.ok is False for report in reports for row in report.rows))


if __name__ == "__main__":
    sys.exit(main())
