"""`kill -9` while an optimization runs: the end is the undisturbed one, and little is paid twice."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Settings
from core.optimization.desk import AT_ONCE
from core.records.optimizations import OptimizationEvent
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.faults.children import child
from tests.wire import calls
from tests.workspace import environment_of

SANDBOX = SandboxSettings(latency_ms=5, chunk_rate=1000, faults=True)
CHILD = "kill_optimization_child.py"


def environment(directory: Path, name: str, sandbox: str) -> dict[str, str]:
    return environment_of(sandbox, directory, WORKBENCH_DB=str(directory / f"{name}.duckdb"))


def ended(environ: dict[str, str], id_: str) -> tuple[list[OptimizationEvent], str]:
    """The ledger without its times, and the prompt that was found."""
    bench = Workbench.open(Settings.from_environment(environ))
    try:
        events = [replace(one, created_at=one.created_at.replace(year=2026, month=1, day=1, hour=0,
                                                                 minute=0, second=0, microsecond=0))
                  for one in bench.store.optimizations.events(id_)]  # fmt: skip
        assert bench.optimizations.status(id_) == "done"
        return events, json.dumps(bench.optimizations.result(id_).spec.to_dict())
    finally:
        bench.close()


def kill_and_compare(tmp_path: Path, sandbox: str, rounds: int, seed: int) -> None:
    whole = environment(tmp_path, "undisturbed", sandbox)
    with child(CHILD, "new", environ=whole) as process:
        id_ = process.line().removeprefix("id ")
        process.ended()
    undisturbed = ended(whole, id_)
    needed = calls(sandbox)
    assert needed > 100

    chance = random.Random(seed)
    environ = environment(tmp_path, "killed", sandbox)
    wanted, kills = "new", 0
    for _ in range(rounds):
        with child(CHILD, wanted, environ=environ) as process:
            wanted = process.line().removeprefix("id ")
            time.sleep(chance.uniform(0.05, 0.6))
            process.kill()
            kills += process.killed()
    with child(CHILD, wanted, environ=environ) as process:
        process.ended()

    assert kills > 0
    assert ended(environ, wanted) == undisturbed
    assert calls(sandbox) - needed <= needed + kills * AT_ONCE


def test_killed_twice_it_ends_as_if_undisturbed(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rounds=2, seed=1)


@pytest.mark.soak
def test_killed_forty_times_it_ends_as_if_undisturbed(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rounds=40, seed=2)
