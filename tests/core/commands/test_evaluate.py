"""`python -m core evaluate`, on the free file and through the running app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.workbench import Workbench
from tests.core.commands.conftest import Command
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, SYSTEM, cases_of, spec_of


@pytest.fixture
def tickets(tmp_path: Path) -> str:
    """A JSONL file of twenty tickets."""
    path = tmp_path / "tickets.jsonl"
    lines = [json.dumps({"id": case.id, **case.fields}) for case in cases_of(20)]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


@pytest.fixture
def prompt(settings: Settings) -> str:
    """The name of a saved prompt."""
    bench = Workbench.open(settings)
    bench.authoring.save_new("triage", spec_of(PROMPT, system=SYSTEM), actor="ada")
    bench.close()
    return "triage"


def test_two_models_are_compared_on_a_file(
    prompt: str, command: Command, tickets: str, tmp_path: Path
) -> None:
    done = command(
        "evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH, "--model", OLD,
        "--metric", "label_accuracy", "rouge_l", "--html", str(tmp_path / "r.html"),
        "--csv", str(tmp_path / "r.csv"), "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    [result] = done.lines
    assert set(result) == {"evaluation_id", "status", "cluster", "candidates", "comparisons"}
    assert result["status"] == "done"
    newer, older = result["candidates"]
    assert (newer["model"], older["model"]) == (FLASH, OLD)
    accuracy = newer["metrics"]["label_accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert (accuracy["n"], accuracy["errors"]) == (20, 0)
    comparison = next(one for one in result["comparisons"] if one["metric"] == "label_accuracy")
    assert comparison["difference"] == pytest.approx(
        older["metrics"]["label_accuracy"]["value"] - accuracy["value"]
    )
    assert comparison["verdict"] in ("better", "worse", "not_shown")
    assert (tmp_path / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "r.csv").read_text("utf-8-sig").count("\n") == 41


def test_the_dataset_is_known_by_its_name_afterwards(
    prompt: str, direct: Command, tickets: str
) -> None:
    shared = ("--prompt", prompt, "--model", FLASH, "--metric", "exact_match", "--json")
    direct("evaluate", "--dataset", tickets, *shared)
    again = direct("evaluate", "--dataset", "tickets@1", *shared, "--slice", "language=ja")
    assert again.code == 0, again.err
    assert again.lines[0]["candidates"][0]["metrics"]["exact_match"]["n"] == 10


def test_cases_that_belong_together_widen_the_interval(
    prompt: str, direct: Command, tickets: str
) -> None:
    shared = ("--dataset", tickets, "--prompt", prompt, "--model", OLD, "--metric",
              "label_accuracy", "--reuse", "--json")  # fmt: skip
    plain = direct("evaluate", *shared).lines[0]
    clustered = direct("evaluate", *shared, "--cluster", "reference").lines[0]
    one, other = (
        found["candidates"][0]["metrics"]["label_accuracy"] for found in (plain, clustered)
    )
    assert (plain["cluster"], clustered["cluster"]) == ("", "reference")
    assert (one["value"], one["n"]) == (other["value"], other["n"]) == (one["value"], 20)
    assert other["high"] - other["low"] > one["high"] - one["low"]
    refused = direct("evaluate", *shared, "--cluster", "document")
    assert (refused.code, refused.out) == (1, "")
    assert "no column document. It has: " in refused.err


def test_a_batch_is_waited_for(prompt: str, command: Command, tickets: str) -> None:
    done = command(
        "evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH,
        "--metric", "label_accuracy", "--engine", "batch", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "waiting for the batch since" in done.err
    [result] = done.lines
    accuracy = result["candidates"][0]["metrics"]["label_accuracy"]
    assert (result["status"], accuracy["n"], accuracy["errors"]) == ("done", 20, 0)


def test_words_for_people(prompt: str, direct: Command, tickets: str) -> None:
    done = direct("evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH,
                  "--model", OLD, "--metric", "label_accuracy")  # fmt: skip
    assert done.code == 0, done.err
    assert "label_accuracy" in done.out and "95 %" in done.out


def test_judged_metrics_take_their_options(prompt: str, direct: Command, tickets: str) -> None:
    done = direct(
        "evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH,
        "--metric", "coherence", "--option", "coherence.samples=3", "--judge", OLD,
        "--slice", "reference=low", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    figure = done.lines[0]["candidates"][0]["metrics"]["coherence"]
    assert "k:3" in figure["signature"] and OLD in figure["signature"]


def marked(tickets: str, mark: str) -> None:
    """The last ticket of the file meets a fault of the sandbox."""
    path = Path(tickets)
    *others, last = path.read_text("utf-8").splitlines()
    data: dict[str, Any] = json.loads(last)
    data["ticket"] += f" {mark}"
    path.write_text("\n".join([*others, json.dumps(data)]), "utf-8")


def test_what_the_service_failed_is_incomplete_and_can_be_resumed(
    prompt: str, direct: Command, tickets: str
) -> None:
    marked(tickets, "[[fault:forbidden times=1]]")
    done = direct("evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH,
                  "--metric", "exact_match", "--json")  # fmt: skip
    assert done.code == 3, done.err
    [result] = done.lines
    assert result["status"] == "incomplete"
    assert result["candidates"][0]["metrics"]["exact_match"]["errors"] == 1
    again = direct("evaluate", "--resume", result["evaluation_id"], "--json")
    assert again.code == 0, again.err
    assert again.lines[0]["candidates"][0]["metrics"]["exact_match"]["errors"] == 0


def test_one_case_is_not_enough_to_compare(prompt: str, direct: Command, tickets: str) -> None:
    path = Path(tickets)
    path.write_text(path.read_text("utf-8").splitlines()[0], "utf-8")
    done = direct("evaluate", "--dataset", tickets, "--prompt", prompt, "--model", FLASH,
                  "--model", OLD, "--metric", "rouge_l", "--json")  # fmt: skip
    assert done.code == 4, done.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["--prompt", "triage", "--metric", "bleu"], 2, "--dataset", id="no dataset"),
        pytest.param(["--dataset", "x", "--metric", "bleu"], 2, "--prompt", id="no prompt"),
        pytest.param(["--dataset", "x", "--prompt", "triage"], 2, "--metric", id="no metric"),
        pytest.param(["--dataset", "nobody", "--prompt", "triage", "--metric", "bleu"], 1,
                     "nobody", id="unknown dataset"),
        pytest.param(["--resume", "nobody"], 1, "nobody", id="unknown evaluation"),
        pytest.param(["--dataset", "x", "--prompt", "p", "--metric", "bleu", "--slice", "x"], 2,
                     "COLUMN=VALUE", id="a slice without a value"),
        pytest.param(["--dataset", "x", "--prompt", "p", "--metric", "a", "--option", "b.c=1"], 2,
                     "b", id="an option of a metric that is not chosen"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    prompt: str, direct: Command, arguments: list[str], code: int, says: str
) -> None:
    done = direct("evaluate", *arguments, "--model", FLASH)
    assert done.code == code
    assert says in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--model", "gemini:gemini-2.5-pro"], 1, "The connection gemini is not set up"),
        (["--model", "sandbox:nobody"], 1, "No price is known for sandbox:nobody"),
        (["--metric", "coherence", "--judge", "sandbox:nobody"], 1, "No price is known"),
        (["--metric", "coherence"], 1, "Choose a judge"),
        (["--slice", "nobody=1"], 1, "no column nobody. It has: "),
        (["--cluster", "nobody"], 1, "no column nobody. It has: "),
        (["--csv", "/no/such/folder/x.csv"], 2, "choose a file in a folder that exists"),
        (["--repeat", "many"], 2, "invalid int value: 'many'. See python -m core evaluate --help."),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_in_a_line_before_anything_is_paid_for(
    prompt: str, direct: Command, tickets: str, settings: Settings, arguments: list[str],
    code: int, says: str,
) -> None:  # fmt: skip
    model = [] if "--model" in arguments else ["--model", FLASH]
    done = direct("evaluate", "--dataset", tickets, "--prompt", prompt, "--metric", "bleu",
                  *model, *arguments)  # fmt: skip
    assert (done.code, done.out) == (code, "")
    assert says in done.err and done.err.count("\n") == 1, done.err
    bench = Workbench.open(settings)
    assert bench.evaluations.list() == []
    bench.close()
