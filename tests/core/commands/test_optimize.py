"""`python -m core optimize`, on the free file and through the running app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.optimization.vapo_files import read_run
from tests.core.commands.conftest import Command
from tests.core.platform.optimizer_service import JobService

KINDS = {
    "urgent": ("service down", "data lost", "security incident"),
    "high": ("wrong charge", "deadline tomorrow", "work blocked"),
    "normal": ("change settings", "hard to use", "how to print"),
    "low": ("lovely charts", "dark theme wish", "thank you"),
}


def job(folder: Path, rows: int = 60, **changes: Any) -> Path:
    """A configuration with its data beside it."""
    lines = []
    for number in range(rows):
        label = list(KINDS)[number % 4]
        text = f"Note {number}: {KINDS[label][number // 4 % 3]} at desk {number * 7}"
        lines.append(json.dumps({"ticket": text, "target": label}))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.jsonl").write_text("\n".join(lines), "utf-8")
    (folder / "system.txt").write_text(
        "Classify as one of: urgent, high, normal, low. Answer with the label only.", "utf-8"
    )
    config = {
        "project": "p",
        "system_instruction_path": "system.txt",
        "prompt_template": "Ticket: {{ticket}}\n{{target}}",
        "target_model": "sandbox:sandbox-flash-2",
        "eval_metrics_types": ["exact_match"],
        "eval_metrics_weights": [1.0],
        "input_data_path": "data.jsonl",
        "output_path": "gs://bucket/out",
        "num_steps": 2,
        "max_calls": 250,
        **changes,
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    return path


def test_a_configuration_becomes_result_files_and_a_verdict(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = command("optimize", "--config", str(job(tmp_path / "in")), "--out", str(out), "--json")
    assert done.code == 0, done.err
    [verdict] = done.lines
    assert verdict["verdict"] in ("better", "not_shown", "worse")
    wanted = {"verdict", "difference", "low", "high", "test_cases", "tuning_score", "calls",
              "cost_usd", "stop_reason", "prompt"}  # fmt: skip
    assert wanted <= set(verdict)
    assert verdict["calls"] <= 250
    assert "simulated" in done.err.lower()
    run = read_run({one.name: one.read_bytes() for one in out.iterdir()})
    assert run.templates[0].prompt.startswith("Classify")
    assert set(run.templates[0].metrics) == {"exact_match"}
    assert len(run.rows) == len(run.templates) and run.rows[0]
    assert {"ticket", "response", "reference", "exact_match/score"} <= set(run.rows[0][0])
    assert run.optimized is not None and run.error == ""
    assert json.loads((out / "verdict.json").read_text("utf-8"))["verdict"] == verdict["verdict"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"num_stepz": 3}, ["num_stepz"], id="an unknown key"),
        pytest.param({"num_steps": "3"}, ["num_steps"], id="a wrong type"),
        pytest.param({"num_steps": "3", "odd": 1, "prompt_template": "{question}",
                      "eval_metrics_types": ["comet"]}, ["num_steps", "odd", "{question}", "comet"],
                     id="all of it at once"),
        pytest.param({"placeholder_to_content": 5, "input_data_path": 5},
                     ["placeholder_to_content", "input_data_path"], id="what cannot be read"),
        pytest.param({"prompt_template": "{question}"}, ["{question}", "ticket"],
                     id="a missing column"),
        pytest.param({"input_data_path": "nowhere.jsonl"}, ["nowhere.jsonl"], id="no data"),
        pytest.param({"eval_metrics_types": ["comet"]}, ["comet"], id="a metric of the service"),
        pytest.param({"eval_metrics_types": ["blue"]}, ["blue"], id="no such metric"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_started(
    command: Command, tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    out = tmp_path / "out"
    done = command("optimize", "--config", str(job(tmp_path / "in", **changes)), "--out", str(out))
    assert done.code == 2
    assert all(word in done.err for word in words)
    told = json.loads((out / "error.json").read_text("utf-8"))["Error"]
    assert all(word in told for word in words)
    assert not (out / "templates.json").exists()
    assert command("history", "--json").lines == []


def test_an_empty_target_is_named(command: Command, tmp_path: Path) -> None:
    path = job(tmp_path / "in")
    with (tmp_path / "in" / "data.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"ticket": "x", "target": ""}\n')
    done = command("optimize", "--config", str(path), "--out", str(tmp_path / "out"))
    assert done.code == 2 and "target is empty in row" in done.err


def test_too_few_rows_for_any_claim_is_its_own_exit_code(direct: Command, tmp_path: Path) -> None:
    path = job(tmp_path / "in", rows=16)
    done = direct("optimize", "--config", str(path), "--out", str(tmp_path / "out"), "--json")
    [verdict] = done.lines
    assert verdict["verdict"] == "not_shown"
    assert done.code == (4 if verdict["reason"] == "too_few" else 0)


def test_a_service_that_refuses_leaves_the_job_incomplete_and_says_why(
    direct: Command, tmp_path: Path
) -> None:
    template = "Ticket: {ticket} [[fault:forbidden]]"
    path = job(tmp_path / "in", prompt_template=template)
    out = tmp_path / "out"
    done = direct("optimize", "--config", str(path), "--out", str(out))
    assert done.code == 3
    assert "calls failed at once" in json.loads((out / "error.json").read_text("utf-8"))["Error"] \
        or "Not sent" in json.loads((out / "error.json").read_text("utf-8"))["Error"]  # fmt: skip


def test_gs_paths_without_credentials_say_what_to_do(direct: Command, tmp_path: Path) -> None:
    done = direct("optimize", "--config", "gs://bucket/config.json", "--out", str(tmp_path / "o"))
    assert done.code == 1
    assert "Cloud Storage" in done.err or "gs://bucket/config.json" in done.err


# The storage package warns while it is imported.
@pytest.mark.filterwarnings("default")
def test_configuration_data_and_results_may_lie_in_cloud_storage(
    direct: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "in"
    job(here, rows=40, max_calls=80)
    service = JobService()
    try:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", service.url)
        for file in here.iterdir():
            service.put(f"gs://b/jobs/{file.name}", file.read_text("utf-8"))
        done = direct("optimize", "--config", "gs://b/jobs/config.json", "--out", "gs://b/results")
        assert done.code == 0, done.err
    finally:
        service.close()
    written = {path.rpartition("/")[2]: data for path, data in service.files.items()
               if path.startswith("gs://b/results/")}  # fmt: skip
    assert {"templates.json", "eval_results.json", "optimized_results.json"} <= set(written)
    assert read_run(written).templates[0].prompt.startswith("Classify")
