"""`kill -9` while people review: every acknowledged verdict is in the file, none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core.records.review import Nothing
from core.store import Store
from tests.faults.kill_review_child import OWNER, opened

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_review_child.py")
PEOPLE = 8


def killed_child(path: Path, after_s: float) -> tuple[set[str], set[str]]:
    """Let people review for a while, kill the process; leases said and being taken back."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path), str(PEOPLE)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "open\n"
        time.sleep(after_s)
    finally:
        child.send_signal(signal.SIGKILL)
        printed = child.stdout.read()
        child.wait(10)
        child.stdout.close()
    told = [line.split() for line in printed.splitlines() if line.count(" ") == 2]
    said = {lease for kind, lease, _ in told if kind == "said" and len(lease) == 36}
    return said, {lease for kind, lease, _ in told if kind == "undo"}


def kill_and_check(directory: Path, kills: int, seed: int) -> None:
    path = directory / "killed.duckdb"
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    taken_back: set[str] = set()
    for _ in range(kills):
        said, undone = killed_child(path, chance.uniform(0.05, 0.5))
        acknowledged |= said
        taken_back |= undone
        store = Store.open(path)
        try:
            (round_,) = store.review.list()
            records = store.review.records(round_.id)
            kept = {one.lease_id for one in records}
            assert acknowledged - taken_back <= kept, "an acknowledged verdict is lost"
            keys = Counter((one.position, one.reviewer, one.repeat) for one in records)
            assert set(keys.values()) <= {1}, "a verdict is there twice"
            reviews = opened(store)
            progress = reviews.progress(round_.id, OWNER)
            assert progress.verdicts == sum(not one.repeat for one in records)
            assert not isinstance(reviews.next_item(round_.id, OWNER), Nothing)
        finally:
            store.close()
    assert acknowledged, "nobody ever said anything"


def test_five_kills_lose_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path, kills=5, seed=1)


@pytest.mark.soak
def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path, kills=100, seed=2)
