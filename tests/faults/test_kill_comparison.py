"""`kill -9` while a comparison runs: it goes on, and no finished cell is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.faults.kill_comparison_child import MODELS, ROWS

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("kill_comparison_child.py")
CELLS = len(MODELS) * ROWS


@pytest.fixture
def sandbox() -> Iterator[str]:
    """It outlives the killed, and counts what it was asked."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=80, chunk_rate=60, faults=True))
    yield process.base_url
    process.stop()


def child(
    environ: dict[str, str], comparison_id: str, kill_after_s: float | None
) -> list[list[str]]:
    """What a child said until it ended, or was killed some time after its first cell."""
    process = subprocess.Popen(
        [sys.executable, str(CHILD), comparison_id],
        cwd=ROOT, env={**environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said: list[list[str]] = []
    while line := process.stdout.readline():
        said.append(line.split())
        if kill_after_s is not None and said[-1][0] == "cell":
            time.sleep(kill_after_s)
            process.send_signal(signal.SIGKILL)
            # The kill may have cut the last line.
            said += [rest.split() for rest in process.stdout.read().split("\n")[:-1]]
            break
    process.wait(60)
    process.stdout.close()
    return said


def kill_and_check(directory: Path, sandbox: str, kills: int, seed: int) -> None:
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GOOGLE_", "GEMINI_"))},
        "WORKBENCH_DB": str(directory / "killed.duckdb"),
        "WORKBENCH_SANDBOX_URL": sandbox,
    }
    chance = random.Random(seed)
    comparison_id = "new"
    answered: dict[str, str] = {}
    for _ in range(kills):
        said = child(environ, comparison_id, chance.uniform(0.0, 0.2))
        comparison_id = next(words[1] for words in said if words[0] == "comparison")
        assert ["ended"] not in said, "the kill came too late to test anything"
        answered |= {
            words[1]: words[2] for words in said if words[0] == "cell" and words[3] == "ok"
        }
    assert answered, "no kill left an answer behind"
    said = child(environ, comparison_id, None)
    assert said[-1] == ["ended"]

    bench = Workbench.open(Settings.from_environment(environ))
    try:
        cells = {str(cell.key): cell for cell in bench.comparisons.grid(comparison_id)}
        assert len(cells) == CELLS
        assert {cell.run.reply.outcome for cell in cells.values() if cell.run} == {"ok"}
        assert {key: cells[key].run_id for key in answered} == answered, "an answer was replaced"
        runs = bench.store.runs.of_group(comparison_id)
        good = Counter(run.context.unit for run in runs if run.reply.outcome == "ok")
        assert set(good.values()) == {1}, "a cell was answered twice"
        # Beyond one answer each, only what a kill cut off may have been paid for.
        cut_off = [run for run in runs if run.reply.outcome == "unknown"]
        assert len(runs) == CELLS + len(cut_off)
        assert requests_seen(sandbox) <= len(runs)
        (job,) = bench.comparisons.jobs(comparison_id)
        assert (job.state, job.done, job.failed) == ("done", CELLS, 0)
    finally:
        bench.close()


def requests_seen(sandbox: str) -> int:
    """How many calls went over the wire."""
    with urllib.request.urlopen(f"{sandbox}/sandbox/journal", timeout=5) as answer:
        return len(json.load(answer))


def test_a_killed_comparison_goes_on_and_pays_for_no_answer_twice(
    tmp_path: Path, sandbox: str
) -> None:
    kill_and_check(tmp_path, sandbox, kills=4, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_many_kills_pay_for_no_answer_twice(tmp_path: Path, sandbox: str, seed: int) -> None:
    kill_and_check(tmp_path, sandbox, kills=4, seed=seed)
