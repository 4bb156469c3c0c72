"""`kill -9` during an evaluation: what was acknowledged stays, the table becomes what it would be."""

from __future__ import annotations

import csv
import io
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from core.config import Settings
from core.records.evaluations import AnswerKey
from core.sandbox.process import SandboxSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import cases_of, draft, finished, run, with_metrics
from tests.faults.children import child
from tests.wire import calls
from tests.workspace import environment_of

AGAIN = 96
"""Most units that a kill meets on the wire or not committed yet."""
SANDBOX = SandboxSettings(latency_ms=20, chunk_rate=500, faults=True)
METRICS = ("label_accuracy", "rouge_l", "fluency", "pairwise_text_quality")


class Kept(NamedTuple):
    """What the file holds after a kill."""

    answers: dict[AnswerKey, tuple[str | None, str]]
    scores: int
    battles: int
    state: str


def environment(directory: Path, name: str, sandbox: str) -> dict[str, str]:
    # A call under way at a kill may have been paid, so it keeps what it reserved: after many kills
    # that is more than the cap of a job allows, which is not what is asked here.
    (directory / "admin.toml").write_text("[caps]\nuser_day_usd = 1e6\njob_usd = 1e6\n", "utf-8")
    return environment_of(sandbox, directory, WORKBENCH_DB=str(directory / f"{name}.duckdb"))


def killed_child(environ: dict[str, str], evaluation_id: str, after_s: float) -> bool:
    """Let a child go on for a while, kill it; whether it had come to the end."""
    with child("kill_evaluation_child.py", evaluation_id, environ=environ) as process:
        process.wait_for("open")
        time.sleep(after_s)
        printed = process.kill()
        assert process.killed()
    return "done" in printed


def kept(environ: dict[str, str], evaluation_id: str) -> Kept:
    """What the next start finds."""
    bench = Workbench.open(Settings.from_environment(environ))
    found = Kept(
        {one.key: (one.run_id, one.text) for one in bench.store.evaluations.answers(evaluation_id)},
        len(bench.store.scores.lines(evaluation_id)),
        len(bench.store.evaluations.battles(evaluation_id)),
        bench.jobs.get(bench.evaluations.get(evaluation_id).job_id or "").state,
    )
    bench.close()
    return found


def table(bench: Workbench, evaluation_id: str) -> list[dict[str, str]]:
    """The export without what every run has of its own."""
    text = b"".join(bench.evaluations.export(evaluation_id, "csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        del row["total_ms"], row["run_id"]
    return rows


def battles(bench: Workbench, evaluation_id: str) -> list[tuple[str, str | None]]:
    found = bench.store.evaluations.battles(evaluation_id)
    return sorted((one.case_id, one.result) for one in found)


def kill_and_compare(
    directory: Path, sandbox: str, rows: int, kills: int, longest_s: float, seed: int
) -> None:
    undisturbed = environment(directory, "undisturbed", sandbox)
    bench = Workbench.open(Settings.from_environment(undisturbed))
    asked = with_metrics(draft(bench, cases_of(rows)), *METRICS)
    whole = run(bench, asked, seconds=900)
    expected, fought = table(bench, whole.id), battles(bench, whole.id)
    bench.close()
    wanted = calls(sandbox)
    assert len(expected) == 2 * rows and len(fought) == rows

    environ = environment(directory, "killed", sandbox)
    bench = Workbench.open(Settings.from_environment(environ))
    evaluation = bench.evaluations.create(with_metrics(draft(bench, cases_of(rows)), *METRICS))
    bench.close()

    chance = random.Random(seed)
    before = Kept({}, 0, 0, "running")
    met = 0
    for _number in range(kills):
        if killed_child(environ, evaluation.id, chance.uniform(0.0, longest_s)):
            break
        now = kept(environ, evaluation.id)
        assert before.answers.items() <= now.answers.items(), "an acknowledged answer is lost"
        assert now.scores >= before.scores and now.battles >= before.battles
        met += now.state == "running"
        before = now
    assert met, "no kill met a job under way"

    bench = Workbench.open(Settings.from_environment(environ))
    bench.jobs.resume_interrupted(actor="ada")
    finished(bench, evaluation.id, seconds=900)
    ended = bench.jobs.get(bench.evaluations.get(evaluation.id).job_id or "")
    assert ended.state == "done", bench.store.jobs.events(ended.id)[-1]
    assert table(bench, evaluation.id) == expected
    assert battles(bench, evaluation.id) == fought
    bench.close()
    # A unit of a pair is two calls at once, and may be asked a second time in each order.
    assert calls(sandbox) - wanted <= wanted + met * 2 * AGAIN


def test_a_few_kills_change_nothing(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rows=80, kills=4, longest_s=1.0, seed=3)


@pytest.mark.soak
def test_two_hundred_kills_change_nothing(tmp_path: Path, sandbox: str) -> None:
    kill_and_compare(tmp_path, sandbox, rows=1_000, kills=200, longest_s=0.6, seed=4)
