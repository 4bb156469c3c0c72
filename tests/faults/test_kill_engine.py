"""`kill -9` while calls stream: what was acknowledged is there, what was paid for is counted."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.records.runs import Run, RunFilter
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.faults.kill_engine_child import JOB

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_engine_child.py")
CALLERS = 8


@pytest.fixture
def sandbox() -> Iterator[str]:
    """It outlives the killed, as a real service would, and counts what it was asked."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=5, chunk_rate=100, faults=True))
    yield process.base_url
    process.stop()


def killed_child(environ: dict[str, str], wait_for: str, after_s: float) -> dict[str, str]:
    """Let a child call for a while, kill it; the answers it was told of, as their digests."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(CALLERS)],
        cwd=ROOT,
        env={**environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        while (line := child.stdout.readline()) != f"{wait_for}\n":
            assert line, "the child died by itself"
        time.sleep(after_s)
    finally:
        child.send_signal(signal.SIGKILL)
        printed = child.stdout.read()
        child.wait(10)
        child.stdout.close()
    assert child.returncode == -signal.SIGKILL
    told = [line.split() for line in printed.splitlines() if line.startswith("settled ")]
    # The kill may have cut the last line.
    return {words[1]: words[2] for words in told if len(words) == 3 and len(words[2]) == 64}


def requests_seen(sandbox: str) -> int:
    """How many calls went over the wire, whoever still knows of them."""
    with urllib.request.urlopen(f"{sandbox}/sandbox/journal", timeout=5) as answer:
        return len(json.load(answer))


def digest(run: Run) -> str:
    return hashlib.sha256(run.reply.text.encode()).hexdigest()


class Aftermath:
    """The history of a file whose processes are killed one after the other."""

    def __init__(self, settings: Settings, sandbox: str) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.acknowledged: dict[str, str] = {}
        self.interrupted: set[str] = set()
        self.runs: set[str] = set()

    def check(self, told: dict[str, str]) -> None:
        """Open the file as the next start does, and look for everything that was promised."""
        self.acknowledged |= told
        seen = requests_seen(self.sandbox)
        bench = Workbench.open(self.settings)
        try:
            runs = {run.id: run for some in bench.store.runs.iterate(RunFilter()) for run in some}
            kept = {run_id: digest(run) for run_id, run in runs.items()}
            assert self.acknowledged.items() <= kept.items(), "an acknowledged answer is lost"
            assert self.runs <= runs.keys(), "a run of an earlier process is lost"

            left = self._newly_interrupted(runs)
            assert bench.interrupted.runs == len(left) <= CALLERS
            assert not left & self.acknowledged.keys()
            assert len(runs.keys() - self.runs - told.keys()) <= CALLERS

            reserved = self._reserved(bench, runs, left)
            assert bench.interrupted.at_most_usd == pytest.approx(reserved)
            for run_id in told:
                attempt = bench.store.ledger.attempts(run_id)[-1]
                assert (runs[run_id].cost_usd or 0.0) <= attempt.reserved_usd
            spent = sum(run.cost_usd or 0.0 for run in runs.values())
            assert bench.store.ledger.spent_by_job(JOB) == pytest.approx(spent)
            assert seen <= sum(run.attempts for run in runs.values()), "a call went uncounted"
            assert not bench.store.ledger.in_flight()
        finally:
            bench.close()
        self.interrupted |= left
        self.runs = set(runs)

    def _newly_interrupted(self, runs: dict[str, Run]) -> set[str]:
        """What this start marked as "may have been paid"."""
        unknown = {run.id for run in runs.values() if run.reply.outcome == "unknown"}
        assert self.interrupted <= unknown
        for run_id in unknown:
            failure = runs[run_id].reply.failure
            assert failure is not None and failure.code == "process_ended"
        return unknown - self.interrupted

    def _reserved(self, bench: Workbench, runs: dict[str, Run], left: set[str]) -> float:
        """What the interrupted calls can have cost; each run counts it as its cost."""
        total = 0.0
        for run_id in left:
            *_, last = bench.store.ledger.attempts(run_id)
            assert 0 < last.reserved_usd <= (runs[run_id].cost_usd or 0.0)
            total += last.reserved_usd
        return total


def kill_and_check(directory: Path, sandbox: str, kills: int, seed: int) -> None:
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GOOGLE_", "GEMINI_"))},
        "WORKBENCH_DB": str(directory / "killed.duckdb"),
        "WORKBENCH_SANDBOX_URL": sandbox,
    }
    aftermath = Aftermath(Settings.from_environment(environ), sandbox)
    chance = random.Random(seed)
    for number in range(kills):
        if number % 5 == 0:
            # The first of these meets a file that is only being made.
            told = killed_child(environ, "opening", chance.uniform(0.0, 0.1))
        else:
            told = killed_child(environ, "open", chance.uniform(0.0, 1.0))
        aftermath.check(told)
    assert aftermath.acknowledged, "the child never settled a run"
    assert aftermath.interrupted, "no kill met a call in flight"


def test_five_kills_lose_nothing(tmp_path: Path, sandbox: str) -> None:
    kill_and_check(tmp_path, sandbox, kills=5, seed=1)


@pytest.mark.soak
def test_a_hundred_kills_lose_nothing(tmp_path: Path, sandbox: str) -> None:
    kill_and_check(tmp_path, sandbox, kills=100, seed=2)
