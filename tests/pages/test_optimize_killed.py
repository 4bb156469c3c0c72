"""`kill -9` while an optimization runs: its page goes on with it, to the same end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core import workbench
from tests.core.evaluation.evaluating import until
from tests.faults.test_kill_optimization import CHILD, first_line, requests_seen
from tests.pages.conftest import ROOT, Open
from tests.pages.test_optimize import PAGE, texts

BEFORE_KILL = 40
"""Calls that the killed process has made; the whole job takes some three hundred."""


@pytest.fixture
def killed(environment: pytest.MonkeyPatch, sandbox: str) -> str:
    """The id of a job whose process was killed in the middle."""
    process = subprocess.Popen([sys.executable, str(CHILD), "new"], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE,
                               env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    asked = requests_seen(sandbox)
    optimization_id = first_line(process)
    until(lambda: requests_seen(sandbox) > asked + BEFORE_KILL)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()
    return optimization_id


def test_after_a_kill_the_page_shows_that_the_job_goes_on_and_it_ends_as_undisturbed(
    killed: str, open_page: Open, tmp_path: Path
) -> None:
    at = open_page(PAGE, optimization=killed)
    assert not at.exception and not at.error
    bench = workbench.current()
    assert bench.settings.db.parent == tmp_path
    assert "Resumed after the process ended" in texts(at)
    until(lambda: bench.optimizations.status(killed) != "running")
    at = open_page(PAGE, optimization=killed)
    assert not at.exception
    assert "Done" in texts(at)

    again = bench.optimizations.create(bench.optimizations.get(killed).draft, actor="ada")
    bench.optimizations.start(again.id, actor="ada")
    until(lambda: bench.optimizations.status(again.id) != "running")
    first, second = (bench.optimizations.ledger(one) for one in (killed, again.id))
    assert len(second.templates) > 1 and second.verdict is not None
    assert first.templates == second.templates
    # It was looked at once more; all else is the same.
    assert first.verdict == replace(second.verdict, looks=second.verdict.looks - 1)
    assert first.calls == second.calls
