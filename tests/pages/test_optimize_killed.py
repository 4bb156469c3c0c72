"""`kill -9` while an optimization runs: its page goes on with it, to the same end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core import workbench
from tests.faults.children import child
from tests.pages.conftest import Open
from tests.pages.test_optimize import PAGE, texts
from tests.waiting import until
from tests.wire import calls

BEFORE_KILL = 40
"""Calls that the killed process has made; the whole job takes some three hundred."""


@pytest.fixture
def killed(environment: pytest.MonkeyPatch, sandbox_url: str) -> str:
    """The id of a job whose process was killed in the middle."""
    asked = calls(sandbox_url)
    with child("kill_optimization_child.py", "new", environ=os.environ) as process:
        optimization_id = process.line().removeprefix("id ")
        until(lambda: calls(sandbox_url) > asked + BEFORE_KILL)
        process.kill()
        assert process.killed()
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
