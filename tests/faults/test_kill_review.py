"""`kill -9` while people review: every acknowledged verdict is in the file, none twice."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from core.records.review import Nothing
from core.store import Store
from tests.faults.children import child
from tests.faults.kill_review_child import OWNER, opened

PEOPLE = 8


def killed_child(path: Path, after_s: float) -> tuple[set[str], set[str]]:
    """Let people review for a while, kill the process; leases said and being taken back."""
    with child("kill_review_child.py", str(path), str(PEOPLE), environ=os.environ) as process:
        process.wait_for("open")
        time.sleep(after_s)
        told = [line.split() for line in process.kill()]
        assert process.killed()
    return (
        {lease for kind, lease, _ in told if kind == "said"},
        {lease for kind, lease, _ in told if kind == "undo"},
    )


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
