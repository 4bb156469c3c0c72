"""A full disk: a clear message, nothing committed is lost, and writing goes on with room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from core.records.runs import RunFilter
from core.store import Store

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("full_disk_child.py")


def test_a_full_disk_is_said_plainly_and_costs_nothing_committed(tmp_path: Path) -> None:
    path = tmp_path / "full.duckdb"
    done = subprocess.run(
        [sys.executable, str(CHILD), str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "no room left" in seen["message"]
    assert seen["readable"]
    assert seen["refused_again"] == 3
    assert len(seen["acknowledged"]) > 10
    store = Store.open(path)
    store.ledger.recover()
    for run_id in seen["acknowledged"]:
        assert store.runs.get(run_id).reply.text == run_id
    assert store.runs.count(RunFilter()) >= len(seen["acknowledged"])
    store.close()
