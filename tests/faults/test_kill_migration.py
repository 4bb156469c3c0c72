"""`kill -9` at every step of a migration: it is at the step it was, and pays nothing twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.evaluation.run import AT_ONCE
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, SYSTEM, cases_of, spec_of

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_migration_child.py")
CASES = 80
UNDER_WAY = re.compile(r"([1-9]\d*) of (\d+)")


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with a sandbox that outlives the killed."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=60, chunk_rate=500, faults=True))
    real = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
    yield {
        **{key: value for key, value in os.environ.items() if not key.startswith(real)},
        "WORKBENCH_DB": str(tmp_path / "w.duckdb"),
        "WORKBENCH_SANDBOX_URL": process.base_url,
        "WORKBENCH_PERSON": "ada",
        "PYTHONPATH": str(ROOT),
    }
    process.stop()


def begun(environ: dict[str, str], size: int = CASES, system: str = SYSTEM) -> str:
    bench = Workbench.open(Settings.from_environment(environ))
    spec = spec_of(PROMPT, system=system, model=OLD)
    source = bench.authoring.save_new("triage", spec, actor="ada").version
    version = bench.datasets.create("tickets", cases_of(size), actor="ada", source="test")
    plan = MigrationPlan(source.prompt_id, source.id, "", FLASH, version.id,
                         (MetricSpec("label_accuracy"),), margin=0.2)  # fmt: skip
    migration = bench.migrations.start(plan, actor="ada")
    bench.close()
    return migration.id


def killed_at(
    environ: dict[str, str], migration_id: str, now: Callable[[str], bool], *more: str
) -> list[str]:
    """Let a child go on until it prints what is waited for, and kill it; what it had printed."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), migration_id, *more], cwd=ROOT, env=environ,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    said = []
    try:
        for line in child.stdout:
            said.append(line.rstrip())
            if now(said[-1]):
                break
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
    assert child.returncode == -signal.SIGKILL, "the child died by itself"
    return said


def halfway(step: str) -> Callable[[str], bool]:
    def reached(line: str) -> bool:
        found = UNDER_WAY.search(line)
        return line.startswith(step) and found is not None and found[1] != found[2]

    return reached


def calls(sandbox: str) -> int:
    with urllib.request.urlopen(f"{sandbox}/sandbox/journal", timeout=5) as answer:
        return len(json.load(answer))


def test_a_killed_migration_is_at_the_step_it_was(environ: dict[str, str]) -> None:
    migration_id = begun(environ)
    points = (
        lambda line: line.startswith("fix"),
        halfway("freeze"),
        halfway("evaluate"),
        lambda line: line.startswith("gate"),
    )
    said = [killed_at(environ, migration_id, point) for point in points]
    for before, lines in zip(("fix", "freeze", "freeze", "evaluate"), said, strict=True):
        # What was done is not done again.
        assert lines[0].split()[0] == before, said
    bench = Workbench.open(Settings.from_environment(environ))
    migration = bench.migrations.get(migration_id)
    versions = bench.store.prompts.versions(migration.plan.prompt_id)
    kinds = [event.kind for event in migration.events]
    bench.close()
    assert migration.gate is not None
    assert (migration.gate["verdict"], migration.gate["n"]) == ("pass", CASES)
    assert len(versions) == 2 and sorted(kinds) == sorted(
        ["candidate", "freeze", "evaluation", "skip", "gate"]
    )
    # Only what was under way at the two kills among calls may have been asked for again.
    assert 2 * CASES <= calls(environ["WORKBENCH_SANDBOX_URL"]) <= 2 * CASES + 2 * AT_ONCE


def test_killed_while_it_optimises_it_goes_on_with_the_same_optimization(
    environ: dict[str, str],
) -> None:
    migration_id = begun(environ, 40, "Answer with one word.")
    points = (after_calls(10), after_calls(50), lambda line: line.startswith("gate"))
    said = [killed_at(environ, migration_id, point, "120") for point in points]
    # What was done is not done again: the others begin where the first was.
    assert said[0][0].startswith("fix")
    assert all(lines[0].startswith("evaluate 81 of 81") for lines in said[1:])
    assert all(lines[1].startswith("optimise") for lines in said[1:])
    bench = Workbench.open(Settings.from_environment(environ))
    migration = bench.migrations.get(migration_id)
    [optimization] = bench.optimizations.list()
    asked = bench.optimizations.progress(optimization.id).calls
    jobs = [job.state for job in bench.jobs.latest() if job.kind == "optimization"]
    bench.close()
    assert migration.gate is not None and migration.optimization_id == optimization.id
    assert jobs == ["done"] and asked <= 120
    # The two models, the prompt that won, and the search; a kill costs what was under way.
    seen = calls(environ["WORKBENCH_SANDBOX_URL"])
    assert seen <= 3 * 40 + asked + 2 * AT_ONCE


def after_calls(least: int) -> Callable[[str], bool]:
    def reached(line: str) -> bool:
        found = re.match(r"optimise (\d+) of", line)
        return found is not None and int(found[1]) >= least

    return reached
