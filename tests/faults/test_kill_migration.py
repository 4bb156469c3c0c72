"""`kill -9` at every step of a migration: it is at the step it was, and pays nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    environ: dict[str, str],
    migration_id: str,
    reached: Callable[[str], bool],
    seen: int = 0,
    *more: str,
) -> list[str]:
    """Kill a child once it prints what is waited for and so many calls were made; its lines."""
    with child("kill_migration_child.py", migration_id, *more, environ=environ) as process:
        said = [process.line()]
        while not reached(said[-1]):
            said.append(process.line())
            assert said[-1] != "end", "it came to its end without that"
        until(lambda: calls(environ["WORKBENCH_SANDBOX_URL"]) >= seen)
        said += process.kill()
        assert process.killed()
    return said


def test_a_killed_migration_is_at_the_step_it_was(environ: dict[str, str]) -> None:
    migration_id = begun(environ)
    # Two of the kills are among the calls of a step; each of these steps makes CASES of them.
    points = (("fix", 0), ("freeze", CASES // 2), ("evaluate", CASES + CASES // 2), ("gate", 0))
    said = [killed_at(environ, migration_id, at(step), seen) for step, seen in points]
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


def test_killed_while_it_optimises_it_goes_on_with_the_same_optimization(
    environ: dict[str, str],
) -> None:
    migration_id = begun(environ, 40, "Answer with one word.")
    points = (after_calls(10), after_calls(50), at("gate"))
    said = [killed_at(environ, migration_id, point, 0, "120") for point in points]
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
    assert seen <= 3 * 40 + asked + 2 * AGAIN


def after_calls(least: int) -> Callable[[str], bool]:
    def reached(line: str) -> bool:
        found = re.match(r"optimise (\d+) of", line)
        return found is not None and int(found[1]) >= least

    return reached


def at(step: str) -> Callable[[str], bool]:
    return lambda line: line.startswith(step)
