"""`kill -9` while runs are written: what was acknowledged is there, what was not is accounted for."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.records.runs import Run, RunFilter
from core.store import Store
from tests.faults.children import child
from tests.faults.kill_store_child import RESERVED_USD

THREADS = 8


def killed_child(path: Path, after_s: float) -> tuple[set[str], set[str]]:
    """Let a child write for a while, kill it; the ids it saw sent and settled."""
    with child("kill_store_child.py", str(path), str(THREADS), environ=os.environ) as process:
        process.wait_for("open")
        time.sleep(after_s)
        told = [line.split() for line in process.kill()]
        assert process.killed()
    return (
        {run_id for kind, run_id in told if kind == "sent"},
        {run_id for kind, run_id in told if kind == "settled"},
    )


def runs_of(store: Store) -> Iterator[Run]:
    for batch in store.runs.iterate(RunFilter()):
        yield from batch


def kill_and_check(directory: Path, kills: int, seed: int) -> None:
    path = directory / "killed.duckdb"
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    sent_ever: set[str] = set()
    for _ in range(kills):
        sent, settled = killed_child(path, chance.uniform(0.0, 0.6))
        sent_ever |= sent
        acknowledged |= settled
        store = Store.open(path)
        try:
            in_flight = {attempt.run_id for attempt in store.ledger.in_flight()}
            assert not in_flight & acknowledged
            interrupted = store.ledger.recover()
            assert interrupted.runs == len(in_flight)
            assert interrupted.at_most_usd == pytest.approx(RESERVED_USD * len(in_flight))
            runs = {run.id: run for run in runs_of(store)}
            assert store.runs.count(RunFilter(), cap=10**9) == len(runs)
            assert acknowledged <= runs.keys(), "an acknowledged run is lost"
            # The child may have died between the end of its run and the next send.
            assert sent_ever <= runs.keys(), "a call that was sent has vanished"
            for run_id in settled:
                assert runs[run_id].reply.text.startswith(run_id)
            for run_id in in_flight:
                assert runs[run_id].reply.outcome == "unknown"
                assert runs[run_id].cost_usd == RESERVED_USD
            spent = sum(run.cost_usd or 0.0 for run in runs.values())
            assert store.ledger.spent_by_job("job") == pytest.approx(spent)
        finally:
            store.close()
    assert acknowledged, "the child never settled a run"


def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path, kills=10, seed=1)


@pytest.mark.soak
def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path, kills=100, seed=2)
