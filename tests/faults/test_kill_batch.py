"""`kill -9` while a batch is open: it is collected by the next process, and sent once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Settings
from core.records.runs import RunFilter
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, candidates_of, cases_of, draft, finished
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_evaluation_child.py")


@pytest.fixture
def sandbox() -> Iterator[str]:
    """It outlives the killed, as a real service would."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, faults=True, batch_s=5.0))
    yield process.base_url
    process.stop()


def wire(sandbox: str, path: str) -> int:
    """How many batches the service knows, or how many calls it got."""
    with urllib.request.urlopen(f"{sandbox}{path}", timeout=5) as answer:
        found = json.load(answer)
    return len(found["operations"] if isinstance(found, dict) else found)


def test_an_open_batch_outlives_the_process_that_sent_it(sandbox: str, tmp_path: Path) -> None:
    real = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
    environ = {
        **{key: value for key, value in os.environ.items() if not key.startswith(real)},
        "WORKBENCH_DB": str(tmp_path / "w.duckdb"),
        "WORKBENCH_SANDBOX_URL": sandbox,
        "WORKBENCH_PERSON": "ada",
        "PYTHONPATH": str(ROOT),
    }
    bench = Workbench.open(Settings.from_environment(environ))
    asked = draft(bench, cases_of(20), candidates=candidates_of(FLASH))
    kept = bench.evaluations.create(replace(asked, engine="batch"))
    bench.close()
    child = subprocess.Popen(
        [sys.executable, str(CHILD), kept.id], cwd=ROOT, env=environ,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None and child.stdout.readline() == "open\n"
    # Killed as soon as the service has it: the file may not know its name yet.
    until(lambda: wire(sandbox, "/v1beta/batches"))
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    again = Workbench.open(Settings.from_environment(environ))
    try:
        assert again.interrupted.runs == 0
        again.jobs.resume_interrupted(actor="ada")
        assert finished(again, kept.id) == "done"
        assert len(again.store.evaluations.answers(kept.id)) == 20
        runs = [
            run for some in again.store.runs.iterate(RunFilter(group_id=kept.id)) for run in some
        ]
        assert len(runs) == 20 and {run.reply.outcome for run in runs} == {"ok"}
    finally:
        again.close()
    assert wire(sandbox, "/v1beta/batches") == wire(sandbox, "/sandbox/journal") == 1
