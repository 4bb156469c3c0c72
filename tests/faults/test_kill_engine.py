"""`kill -9` while calls stream: what was acknowledged is there, what was paid for is counted."""

from __future__ import annotations

import hashlib
import random
import time
from pathlib import Path

import pytest

from core.config import Settings
from core.records.runs import Run, RunFilter
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.faults.children import child
from tests.faults.kill_engine_child import JOB
from tests.wire import calls
from tests.workspace import environment_of

SANDBOX = SandboxSettings(latency_ms=5, chunk_rate=100, faults=True)
CALLERS = 8


def killed_child(environ: dict[str, str], wait_for: str, after_s: float) -> dict[str, str]:
    """Let a child call for a while, kill it; the answers it was told of, as their digests."""
    with child("kill_engine_child.py", str(CALLERS), environ=environ) as process:
        process.wait_for(wait_for)
        time.sleep(after_s)
        told = [line.split() for line in process.kill() if line.startswith("settled ")]
        assert process.killed()
    return {run_id: digest for _, run_id, digest in told}


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
        seen = calls(self.sandbox)
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
    environ = environment_of(sandbox, directory)
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
