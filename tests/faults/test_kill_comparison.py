"""`kill -9` while a comparison runs: it goes on, and no finished cell is paid for twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from core.config import Settings
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.faults.children import child
from tests.faults.kill_comparison_child import MODELS, ROWS
from tests.wire import calls
from tests.workspace import environment_of

SANDBOX = SandboxSettings(latency_ms=80, chunk_rate=60, faults=True)
CELLS = len(MODELS) * ROWS


def killed_child(environ: dict[str, str], comparison_id: str, after_s: float) -> list[list[str]]:
    """What a child said until it was killed, some time after its first cell."""
    with child("kill_comparison_child.py", comparison_id, environ=environ) as process:
        said = [process.line()]
        while not said[-1].startswith("cell "):
            said.append(process.line())
        time.sleep(after_s)
        said += process.kill()
        assert process.killed()
    return [line.split() for line in said]


def kill_and_check(directory: Path, sandbox: str, kills: int, seed: int) -> None:
    environ = environment_of(sandbox, directory)
    chance = random.Random(seed)
    comparison_id = "new"
    answered: dict[str, str] = {}
    for _ in range(kills):
        said = killed_child(environ, comparison_id, chance.uniform(0.0, 0.2))
        comparison_id = next(words[1] for words in said if words[0] == "comparison")
        assert ["ended"] not in said, "the kill came too late to test anything"
        answered |= {
            words[1]: words[2] for words in said if words[0] == "cell" and words[3] == "ok"
        }
    assert answered, "no kill left an answer behind"
    with child("kill_comparison_child.py", comparison_id, environ=environ) as process:
        assert process.ended()[-1] == "ended"

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
        assert calls(sandbox) <= len(runs)
        (job,) = bench.comparisons.jobs(comparison_id)
        assert (job.state, job.done, job.failed) == ("done", CELLS, 0)
    finally:
        bench.close()


def test_a_killed_comparison_goes_on_and_pays_for_no_answer_twice(
    tmp_path: Path, sandbox: str
) -> None:
    kill_and_check(tmp_path, sandbox, kills=4, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_many_kills_pay_for_no_answer_twice(tmp_path: Path, sandbox: str, seed: int) -> None:
    kill_and_check(tmp_path, sandbox, kills=4, seed=seed)
