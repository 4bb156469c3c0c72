"""`kill -9` while a batch is open: it is collected by the next process, and sent once."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from pathlib import Path

from core.config import Settings
from core.records.runs import RunFilter
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, candidates_of, cases_of, draft, finished
from tests.faults.children import child
from tests.waiting import until
from tests.wire import calls
from tests.workspace import environment_of

SANDBOX = SandboxSettings(latency_ms=1, faults=True, batch_s=2.0)


def batches(sandbox: str) -> int:
    """How many the service knows."""
    with urllib.request.urlopen(f"{sandbox}/v1beta/batches", timeout=5) as answer:
        return len(json.load(answer)["operations"])


def test_an_open_batch_outlives_the_process_that_sent_it(sandbox: str, tmp_path: Path) -> None:
    environ = environment_of(sandbox, tmp_path)
    bench = Workbench.open(Settings.from_environment(environ))
    asked = draft(bench, cases_of(20), candidates=candidates_of(FLASH))
    kept = bench.evaluations.create(replace(asked, engine="batch"))
    bench.close()
    with child("kill_evaluation_child.py", kept.id, environ=environ) as process:
        process.wait_for("open")
        # Killed as soon as the service has it: the file may not know its name yet.
        until(lambda: batches(sandbox))
        process.kill()
        assert process.killed()
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
    assert batches(sandbox) == calls(sandbox) == 1
