"""The gate on simulated migrations, the re-route detector, and the models page when it is full.

    python -m bench.migration [--json FILE] [--runs 1000000]

Migrations are simulated: pass or fail of each case is drawn, nothing is called. Eight of a
hundred cases change sides on their own; a loss comes on top.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from bench.made_history import NEWEST
from bench.report import Report, Row, arguments, median, publish
from core.lifecycle.calendar import Line
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.lifecycle.models import Models
from core.migration.gate import GateVerdict, decide
from core.records.catalogue import ModelFact
from core.records.prompts import PromptSpec
from core.records.served import is_other
from core.store import Store

CHANGE = 0.08
MODELS, PROMPTS = 200, 5_000
PAGE_MS = 500
DETECTED = 5_000


def share(verdict: GateVerdict, cases: int, loss: float, runs: int) -> float:
    """How often the gate says so, as a percentage."""
    chance = np.random.default_rng([cases, int(1000 * loss), 7])
    lost, won = CHANGE / 2 + loss, CHANGE / 2
    found = 0
    for _ in range(runs):
        same, better, worse = (int(n) for n in chance.multinomial(
            cases, [1 - won - lost, won, lost]))  # fmt: skip
        before = [1.0] * same + [0.0] * better + [1.0] * worse
        after = [1.0] * same + [1.0] * better + [0.0] * worse
        found += decide(before, after).verdict == verdict
    return 100 * found / runs


def gate_rows(runs: int) -> list[Row]:
    """Errors of both kinds, and how many cases a harmless migration needs."""
    note = f"{runs:,} simulated migrations"
    caught = share("fail", 200, 0.10, runs)
    rows = [
        Row.at_most("no loss, 200 cases: fail", share("fail", 200, 0.0, runs), 5, "%", note),
        Row("10 points lost, 200 cases: fail", caught, "%", 95, caught >= 95, "at least 95 %"),
        Row.at_most("3 points lost (the margin), 200 cases: pass",
                    share("pass", 200, 0.03, runs), 5, "%", note),
        Row.at_most("3 points lost (the margin), 800 cases: pass",
                    share("pass", 800, 0.03, runs), 5, "%", note),
    ]  # fmt: skip
    rows += [
        Row(f"no loss, {cases} cases: pass", share("pass", cases, 0.0, runs), "%")
        for cases in (100, 200, 400, 800)
    ]
    return rows


def detector_rows() -> list[Row]:
    """Every answer of another model is found, and none is invented."""
    store = Store.open(":memory:")
    try:
        chance = np.random.default_rng(3)
        other = chance.random(DETECTED) < 0.03
        columns = (
            "id, created_at, actor, purpose, connection, requested_model, served_model, outcome, "
            "attempts, input_excerpt, output_excerpt, request, context, output, details, search"
        )
        now = datetime.now(UTC).replace(tzinfo=None)
        cursor = store._database.cursor()
        cursor.execute("begin")
        for number in range(DETECTED):
            served = "sandbox-flash-2" if other[number] else "sandbox-flash-1"
            cursor.execute(
                f"insert into runs ({columns}) values (?, ?, 'a', 'p', 'sandbox', "
                "'sandbox-flash-1', ?, 'ok', 1, '', '', '', '', '', '', '')",
                [store.new_id(), now, served],
            )
        cursor.execute("commit")
        found = store.model_use.served(datetime.now(UTC) - timedelta(days=1))
        seen = sum(one.runs for one in found if is_other(one.served, one.requested))
    finally:
        store.close()
    missed = abs(seen - int(other.sum()))
    note = f"{int(other.sum())} of {DETECTED:,} calls"
    return [Row.at_most("re-routed calls missed or invented", missed, 0, "calls", note)]


def fill(path: Path) -> None:
    """Five thousand prompts in a database that has runs."""
    connection = duckdb.connect(str(path))
    try:
        connection.execute("begin")
        store_rows = []
        for number in range(PROMPTS):
            spec = PromptSpec(model=f"gemini:model-{number % MODELS}").to_dict()
            store_rows.append((number, json.dumps(spec, ensure_ascii=False)))
        connection.execute("create temp table made (number integer, id uuid, spec text)")
        connection.executemany("insert into made values (?, uuid(), ?)", store_rows)
        connection.execute(
            "insert into prompts select id, 'Prompt ' || number, now()::timestamp, 'a' from made"
        )
        connection.execute(
            "insert into versions select uuid(), id, 1, spec, '', '', null, now()::timestamp, 'a' "
            "from made"
        )
        connection.execute(
            "insert into label_moves select uuid(), prompt_id, 'production', id, "
            "now()::timestamp, 'a' from versions where number = 1"
        )
        connection.execute("commit")
    finally:
        connection.close()


def page_rows(runs: int, repetitions: int) -> list[Row]:
    """What the models page reads, with 200 models, 5,000 prompts and a million runs."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "models.duckdb"
        code = (
            "import sys; from pathlib import Path; from bench.made_history import make_history;"
            "make_history(Path(sys.argv[1]), int(sys.argv[2]))"
        )
        subprocess.run([sys.executable, "-c", code, str(path), str(runs)], check=True)
        fill(path)
        store = Store.open(path)
        try:
            facts = [
                ModelFact("gemini", f"model-{n}", "ends_on", '"2027-01-01"', None, None, NEWEST,
                          "made up", "dataset", "bench")
                for n in range(MODELS)
            ]  # fmt: skip
            models = Models(
                Catalogue([*load_shipped(), *facts]), store.model_use, store.facts, "sandbox"
            )
            times = []
            lines: Sequence[Line] = ()
            for _ in range(repetitions):
                start = time.perf_counter()
                lines = models.lines(NEWEST)
                models.drifts(NEWEST, {})
                times.append((time.perf_counter() - start) * 1000)
        finally:
            store.close()
    used = sum(len(line.prompts) for line in lines)
    note = f"{len(lines)} models, {used:,} prompts, {runs:,} runs; slowest {max(times):.0f} ms"
    return [Row.at_most("what the models page reads", median(times), PAGE_MS, note=note)]


def main() -> int:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--runs", type=int, default=1_000_000)
    options = parser.parse_args()
    quick = options.quick
    rows = [
        *gate_rows(200 if quick else 1_000),
        *detector_rows(),
        *page_rows(50_000 if quick else options.runs, 3 if quick else 9),
    ]
    return publish(Report("Migration (simulated)", "python -m bench.migration", rows),
                   options.json)  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
