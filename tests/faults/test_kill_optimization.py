"""`kill -9` while an optimization runs: the end is the undisturbed one, and little is paid twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Settings
from core.optimization.desk import AT_ONCE
from core.records.optimizations import OptimizationEvent
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_optimization_child.py")


@pytest.fixture
def sandbox() -> Iterator[str]:
    """It outlives the killed, and counts what it was asked."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=5, chunk_rate=1000, faults=True))
    yield process.base_url
    process.stop()


def child(environ: dict[str, str], wanted: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), wanted],
        cwd=ROOT,
        env={**environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def environment(db: Path, sandbox: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GOOGLE_", "GEMINI_"))}
    return {**kept, "WORKBENCH_DB": str(db), "WORKBENCH_SANDBOX_URL": sandbox}


def requests_seen(sandbox: str) -> int:
    with urllib.request.urlopen(f"{sandbox}/sandbox/journal", timeout=5) as answer:
        return len(json.load(answer))


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


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("id "), "the child died by itself"
    return line.split()[1]


def kill_and_compare(tmp_path: Path, sandbox: str, rounds: int, seed: int) -> None:
    whole = environment(tmp_path / "undisturbed.duckdb", sandbox)
    process = child(whole, "new")
    id_ = first_line(process)
    assert process.wait(120) == 0
    assert process.stdout is not None
    process.stdout.close()
    undisturbed = ended(whole, id_)
    needed = requests_seen(sandbox)
    assert needed > 100

    chance = random.Random(seed)
    environ = environment(tmp_path / "killed.duckdb", sandbox)
    wanted, kills = "new", 0
    for _ in range(rounds):
        process = child(environ, wanted)
        wanted = first_line(process)
        time.sleep(chance.uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        kills += process.wait(10) == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    process = child(environ, wanted)
    first_line(process)
    assert process.wait(120) == 0
    assert process.stdout is not None
    process.stdout.close()

    assert kills > 0
    assert ended(environ, wanted) == undisturbed
    assert requests_seen(sandbox) - needed <= needed + kills * AT_ONCE


def test_killed_twice_it_ends_as_if_undisturbed(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rounds=2, seed=1)


@pytest.mark.soak
def test_killed_forty_times_it_ends_as_if_undisturbed(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rounds=40, seed=2)
