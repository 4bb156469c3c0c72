"""`models` and `lint`, in both transports."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from core.prompts.exchange_format import FORMAT
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from tests.core.commands.conftest import Command


@pytest.fixture
def old_prompt(tmp_path: Path) -> str:
    """An export of a prompt for the retiring model, with parameters that its successor refuses."""
    spec = PromptSpec(
        turns=(Turn("user", (Part("Classify: {ticket}"),)),),
        parameters=Parameters(thinking_budget=512, presence_penalty=0.5, temperature=0.0),
        model="sandbox:sandbox-flash-1",
    )
    value = {
        "format": FORMAT, "format_version": 1, "name": "triage", "memo": "",
        "labels": {"production": 1},
        "versions": [{"number": 1, "message": "m", "spec": spec.to_dict()}],
    }  # fmt: skip
    path = tmp_path / "triage.json"
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def test_a_retiring_model_in_use_fails_the_check(command: Any, old_prompt: str) -> None:
    assert command("models", "--retiring-within", "60d").code == 0
    assert command("import", old_prompt).code == 0
    done = command("models", "--retiring-within", "60d", "--json")
    assert done.code == 1
    (line,) = done.lines
    assert line["model"] == "sandbox:sandbox-flash-1"
    assert line["prompts"] == [{"name": "triage", "version": 1, "labels": ["production"]}]
    assert line["successor"] == "sandbox:sandbox-flash-2"
    done = command("models", "--retiring-within", "60d", "--junit", "-", "--markdown", "m.md")
    suite = ElementTree.fromstring(done.out)
    failure = suite.find("testcase[@name='sandbox:sandbox-flash-1']/failure")
    assert (done.code, suite.get("failures")) == (1, "1") and failure is not None
    assert "triage@production" in Path("m.md").read_text("utf-8")
    none = command("models", "--retiring-within", "0d", "--junit", "-")
    suite = ElementTree.fromstring(none.out)
    assert (none.code, suite.get("tests"), suite.get("failures")) == (0, "1", "0")


def test_all_models_are_listed_with_their_ends(command: Any) -> None:
    done = command("models", "--json")
    assert done.code == 0
    ends = {line["model"]: line["ends_on"] for line in done.lines}
    assert ends["sandbox:sandbox-flash-1"] == "2026-12-24"
    assert ends["platform:gemini-2.5-pro"] == "2026-10-20"
    assert command("models").out.count("\n") == len(ends)
    suite = ElementTree.fromstring(command("models", "--junit", "-").out)
    assert (suite.get("tests"), suite.get("failures")) == (str(len(ends)), "0")


def test_days_that_are_none_are_wrong_usage(command: Any) -> None:
    assert command("models", "--retiring-within", "soon").code == 2


def test_lint_names_what_is_refused_and_gives_the_repaired_prompt(
    command: Any, old_prompt: str
) -> None:
    done = command("lint", "--prompt", old_prompt, "--model", "sandbox:sandbox-flash-2", "--json")
    assert done.code == 1
    (answer,) = done.lines
    refused = {one["place"] for one in answer["findings"] if one["effect"] == "rejected"}
    assert refused == {"thinking_budget", "presence_penalty"}
    parameters = answer["fixed"]["parameters"]
    assert parameters["thinking_budget"] is None and parameters["presence_penalty"] is None
    assert parameters["temperature"] == 0.0
    done = command("lint", "--prompt", old_prompt, "--model", "sandbox:sandbox-flash-2",
                   "--junit", "lint.xml", "--markdown", "-")  # fmt: skip
    suite = ElementTree.parse("lint.xml").getroot()
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {"thinking_budget: rejected", "presence_penalty: rejected"}
    assert done.code == 1 and done.out.startswith("## Lint: ")
    assert "| rejected | thinking_budget |" in done.out


def test_lint_of_the_same_model_is_quiet(command: Any, old_prompt: str) -> None:
    command("import", old_prompt)
    done = command("lint", "--prompt", "triage@production", "--model", "sandbox:sandbox-flash-1")
    assert done.code == 0
    assert "rejected" not in done.out


def test_the_doctor_notices_a_clock_set_wrong(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock() -> tuple[str, str]:
        done = command("doctor", "--json")
        [found] = [one for one in done.lines[0]["checks"] if one["name"] == "clock"]
        return found["status"], found["detail"]

    assert clock()[0] == "ok"
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr("core.store.model_use.ModelUses.newest", lambda self: later)
    status, detail = clock()
    assert status == "warning" and "something was recorded at" in detail


def test_a_model_that_another_one_answers_for_is_an_alarm(command: Command) -> None:
    assert "answered by" not in command("models").err
    asked = "[[fault:served model=sandbox-pro-2]] hello"
    assert command("run", "--model", "sandbox:sandbox-flash-2", "--input", asked).code == 0
    done = command("models", "--used", "--json")
    assert "Asked for sandbox-flash-2, answered by sandbox-pro-2: 1 calls" in done.err
    assert [line["model"] for line in done.lines] == ["sandbox:sandbox-flash-2"]
