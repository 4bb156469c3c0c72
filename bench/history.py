"""The history with a million runs: pages, filters, searches, one more run, and the memory of it.

    python -m bench.history [--runs 1000000] [--long] [--json FILE]

`--long` means ten million. The database is made in a temporary directory (the time for that does
not count) and opened by a fresh process-wide store, so the first numbers are from a cold cache of
DuckDB, though not of the operating system.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.made_history import ABSENT, COMMON, NEWEST, RARE, SPACING, MadeHistory, find_history
from bench.report import Report, Row, arguments, median, publish
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request, RunFilter, Usage
from core.store import Store

PAGE_MS = 150
SEARCH_MS = 1000
ADD_MS = 20
MEMORY_MB = 1536
LONG = 10_000_000
EVERYTHING = RunFilter()


def filters(history: MadeHistory) -> dict[str, RunFilter]:
    """What a person may choose, with few hits and with many."""
    return {
        "prompt": RunFilter(prompt_id=history.prompt_id),
        "version": RunFilter(version_id=history.version_id),
        "label": RunFilter(label="production"),
        "model": RunFilter(model="sandbox-flash-1"),
        "outcome": RunFilter(outcome="rate_limited"),
        "person": RunFilter(actor="person-7"),
        "date": RunFilter(until=NEWEST - SPACING * (history.runs // 2)),
        "cost": RunFilter(min_cost_usd=0.0097),
        "starred": RunFilter(starred=True),
        "deleted": RunFilter(deleted=True),
        "unsaved": RunFilter(saved=False),
        "five at once": RunFilter(
            connection="sandbox",
            model="sandbox-pro-2",
            outcome="truncated",
            actor="person-3",
            until=NEWEST - SPACING * (history.runs // 3),
        ),
        "nobody": RunFilter(actor="nobody"),
    }


def timed(work: Callable[[], object], repetitions: int) -> list[float]:
    """Milliseconds of each repetition."""
    times: list[float] = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return times


def row(measure: str, times: list[float], bound: float, note: str = "") -> Row:
    """The median against its bound, with the slowest in the note."""
    slowest = f"slowest {max(times):.0f} ms"
    return Row.at_most(
        measure, median(times), bound, note=f"{note}, {slowest}" if note else slowest
    )


def page_rows(store: Store, history: MadeHistory, repetitions: int) -> list[Row]:
    """First page, next pages, every filter, one whole run."""
    rows = [row("first page", timed(lambda: store.runs.page(EVERYTHING), repetitions), PAGE_MS)]
    first = store.runs.page(EVERYTHING)
    run_id, before = first.items[-1].id, first.next_before
    rows.append(
        row(
            "next page",
            timed(lambda: store.runs.page(EVERYTHING, before=before), repetitions),
            PAGE_MS,
        )
    )
    for name, wanted in filters(history).items():
        page = store.runs.page(wanted)
        hits = store.runs.count(wanted)
        times = timed(lambda wanted=wanted: store.runs.page(wanted), repetitions)  # type: ignore[misc]
        if page.next_before is not None:
            end = page.next_before
            times += timed(
                lambda wanted=wanted, end=end: store.runs.page(wanted, before=end),  # type: ignore[misc]
                repetitions,
            )
        least = "10,000 or more" if hits >= 10_000 else f"{hits:,}"
        rows.append(row(f"filter: {name}", times, PAGE_MS, f"{least} hits"))
    rows.append(row("open one run", timed(lambda: store.runs.get(run_id), repetitions), PAGE_MS))
    return rows


def search_rows(store: Store, repetitions: int) -> list[Row]:
    """Words that are everywhere, in nine runs, and nowhere."""
    return [
        row(
            f"search: {name}",
            timed(lambda text=text: store.runs.page(replace(EVERYTHING, search=text)), repetitions),  # type: ignore[misc]
            SEARCH_MS,
            f"{len(store.runs.page(replace(EVERYTHING, search=text)).items)} on the page",
        )
        for name, text in (
            ("a common word", COMMON),
            ("a rare word", RARE),
            ("two characters", "桜は"),
            ("one character", "ゑ"),
            ("no match", ABSENT),
            ("no match, English", "no such phrase"),
        )
    ]


def count_rows(store: Store, repetitions: int) -> list[Row]:
    """The number over the list, also for a search."""
    found = replace(EVERYTHING, search=RARE)
    return [
        row("count", timed(lambda: store.runs.count(EVERYTHING), repetitions), PAGE_MS),
        row("count of a search", timed(lambda: store.runs.count(found), 3), SEARCH_MS),
        row("sums over everything", timed(lambda: store.runs.totals(EVERYTHING), 3), SEARCH_MS),
    ]


def adding_row(store: Store, repetitions: int) -> Row:
    """One run through the ledger, from sending to its line in the history."""
    request = Request(
        "sandbox", "sandbox-flash-2", (Turn("user", (Part("返品の手順を教えてください。" * 30),)),)
    )
    reply = Reply("ok", text="手順は三つあります。" * 60, usage=Usage(300, 400))

    def add() -> None:
        run_id = store.new_id()
        store.ledger.reserve_and_send(run_id, 1, request, CallContext("ada"), 0.01).result()
        store.ledger.settle_run(run_id, 1, reply, 0.001).result()
        store.ledger.fold()

    return row("adding one run", timed(add, repetitions), ADD_MS, "sent, settled and readable")


def measure(history: MadeHistory, repetitions: int) -> list[Row]:
    """All rows; memory last, when everything has been touched."""
    start = time.perf_counter()
    store = Store.open(history.path)
    try:
        opened = (time.perf_counter() - start) * 1000
        rows = [
            Row("opening the file", opened),
            *page_rows(store, history, repetitions),
            *search_rows(store, max(3, repetitions // 3)),
            *count_rows(store, repetitions),
            adding_row(store, repetitions * 5),
        ]
    finally:
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = history.path.stat().st_size / 2**20
    return [
        *rows,
        Row.at_most("memory of the process, peak", peak, MEMORY_MB, "MB"),
        Row("size of the file", size, "MB"),
    ]


def main() -> int:
    """Make the history in a process of its own, so that its memory does not count here."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--long", action="store_true", help="ten million runs")
    parser.add_argument("--keep", type=Path, help="make the database here, or use it again")
    options = parser.parse_args()
    runs = LONG if options.long else 50_000 if options.quick else options.runs
    with tempfile.TemporaryDirectory() as directory:
        path = options.keep or Path(directory) / "history.duckdb"
        if not path.exists():
            code = (
                "import sys; from pathlib import Path; from bench.made_history import make_history;"
                "make_history(Path(sys.argv[1]), int(sys.argv[2]))"
            )
            subprocess.run([sys.executable, "-c", code, str(path), str(runs)], check=True)
        history = find_history(path)
        report = Report(
            f"History with {history.runs:,} runs",
            f"python -m bench.history --runs {runs}",
            measure(history, 3 if options.quick else 9),
        )
        shutil.rmtree(path.parent / "spill", ignore_errors=True)
    return publish(report, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
