"""`kill -9` at every step of a migration: it is at the step it was, and pays nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Settings
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, SYSTEM, cases_of, spec_of
from tests.faults.children import child
from tests.waiting import until
from tests.wire import calls
from tests.workspace import environment_of

AGAIN = 96
"""Most calls that a kill meets on the wire or not committed yet."""
SANDBOX = SandboxSettings(latency_ms=100, chunk_rate=500, faults=True)
CASES = 80


@pytest.fixture
def environ(sandbox: str, tmp_path: Path) -> dict[str, str]:
    return environment_of(sandbox, tmp_path)


def begun(environ: dict[str, str]) -> str:
    bench = Workbench.open(Settings.from_environment(environ))
    spec = spec_of(PROMPT, system=SYSTEM, model=OLD)
    source = bench.authoring.save_new("triage", spec, actor="ada").version
    version = bench.datasets.create("tickets", cases_of(CASES), actor="ada", source="test")
    plan = MigrationPlan(source.prompt_id, source.id, "", FLASH, version.id,
                         (MetricSpec("label_accuracy"),), margin=0.2)  # fmt: skip
    migration = bench.migrations.start(plan, actor="ada")
    bench.close()
    return migration.id


def killed_at(environ: dict[str, str], migration_id: str, step: str, seen: int) -> list[str]:
    """Kill a child once it reports the step and so many calls were made; what it had printed."""
    with child("kill_migration_child.py", migration_id, environ=environ) as process:
        said = [process.line()]
        while not said[-1].startswith(step):
            said.append(process.line())
            assert said[-1] != "end", "it came to its end without that step"
        until(lambda: calls(environ["WORKBENCH_SANDBOX_URL"]) >= seen)
        said += process.kill()
        assert process.killed()
    return said


def test_a_killed_migration_is_at_the_step_it_was(environ: dict[str, str]) -> None:
    migration_id = begun(environ)
    # Two of the kills are among the calls of a step; each of these steps makes CASES of them.
    points = (("fix", 0), ("freeze", CASES // 2), ("evaluate", CASES + CASES // 2), ("gate", 0))
    said = [killed_at(environ, migration_id, step, seen) for step, seen in points]
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
    assert 2 * CASES <= calls(environ["WORKBENCH_SANDBOX_URL"]) <= 2 * CASES + 2 * AGAIN
