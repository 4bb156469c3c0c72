"""`migrate`: a prompt moves to another model without a page, directly and through the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from core.commands.verb import DONE, FAILED, WRONG_USAGE
from core.config import Settings
from core.migration.unattended import Unattended
from core.workbench import Workbench
from tests.core.commands.conftest import Command
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, SYSTEM, cases_of, spec_of
from tests.wire import calls

CASES = 60


@pytest.fixture
def saved(settings: Settings) -> None:
    """A prompt in production on the old model, and cases."""
    bench = Workbench.open(settings)
    version = bench.authoring.save_new(
        "triage", spec_of(PROMPT, system=SYSTEM, model=OLD), actor="ada"
    ).version
    bench.authoring.label(version.id, "production", actor="ada")
    bench.datasets.create("tickets", cases_of(CASES), actor="ada", source="test")
    bench.close()


BEGIN = ("migrate", "begin", "--prompt", "triage", "--to", FLASH, "--dataset", "tickets", "--json")


def begun(command: Command, *options: str) -> Any:
    done = command(*BEGIN, *options)
    assert done.code == DONE, done.err
    return done.lines[0]


@pytest.mark.usefixtures("saved")
def test_from_the_beginning_to_the_signature_and_back(
    command: Command, sandbox_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = calls(sandbox_url)
    migration = begun(command, "--margin", "20pt", "--reason", "it retires")
    assert (migration["from"], migration["to"], migration["next_step"]) == (OLD, FLASH, "fix")
    assert calls(sandbox_url) == before
    done = command("migrate", "advance", migration["id"], "--json")
    [state] = done.lines
    codes = {"pass": 0, "fail": 1, "incomplete": 3, "not_enough_data": 4}
    assert (done.code, state["gate_numbers"]["n"]) == (codes[state["gate"]], CASES), done.err
    assert done.code == DONE
    # Once for each model: what was kept of the old one is not asked for again.
    assert calls(sandbox_url) - before == 2 * CASES
    steps = {one["step"]: one["state"] for one in state["steps"]}
    assert steps == {
        "fix": "done", "freeze": "done", "evaluate": "done", "optimise": "left out",
        "worse": "next", "review": "open", "gate": "done", "decide": "open",
    }  # fmt: skip
    # Nothing is left to do without a person, so nothing is asked again.
    assert command("migrate", "advance", migration["id"], "--json").code == DONE
    assert calls(sandbox_url) - before == 2 * CASES
    done = command("migrate", "decide", migration["id"], "--switch", "--name", "Ada", "--json")
    assert (done.code, done.lines[0]["decision"]) == (DONE, "switch"), done.err
    assert command("prompts", "show", "triage@production", "--json").lines[0]["model"] == FLASH
    assert command("migrate", "advance", migration["id"]).code == FAILED
    done = command("migrate", "undo", migration["id"], "--json")
    assert (done.code, done.lines[0]["decision"]) == (DONE, None)
    assert command("prompts", "show", "triage@production", "--json").lines[0]["model"] == OLD
    [line] = command("migrate", "--json").lines
    assert (line["id"], line["gate"]) == (migration["id"], "pass")
    suite = ElementTree.fromstring(command("migrate", "--junit", "-").out.encode())
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert f"| {migration['id']} |" in command("migrate", "--markdown", "-").out
    shown = command("migrate", "show", migration["id"], "--junit", "-")
    states = {one.get("name"): [part.tag for part in one]
              for one in ElementTree.fromstring(shown.out.encode())}  # fmt: skip
    assert (states["gate"], states["optimise"]) == (["system-out"], ["skipped"])
    shown = command("migrate", "show", migration["id"])
    assert "left out optimise" in shown.out and "Pass: " in shown.out
    assert "<h2>" in command("migrate", "dossier", migration["id"]).out
    monkeypatch.setattr("core.migration.pdf.browser", lambda: None)
    done = command("migrate", "dossier", migration["id"], "--pdf", "x.pdf")
    assert (done.code, done.out) == (FAILED, "") and "print it from any browser" in done.err
    monkeypatch.setattr("core.migration.pdf.as_pdf", lambda html, program: html.encode()[:15])
    assert command("migrate", "dossier", migration["id"], "--pdf", "x.pdf").code == DONE
    assert Path("x.pdf").read_bytes() == b"<!doctype html>"


@pytest.mark.usefixtures("saved")
def test_too_few_cases_are_said_by_the_exit_code(direct: Command, settings: Settings) -> None:
    bench = Workbench.open(settings)
    bench.datasets.create("few", cases_of(6), actor="ada", source="test")
    bench.close()
    done = direct("migrate", "begin", "--prompt", "triage", "--to", FLASH, "--dataset", "few",
                  "--json")  # fmt: skip
    done = direct("migrate", "advance", done.lines[0]["id"], "--no-freeze", "--json")
    assert (done.code, done.lines[0]["gate"]) == (4, "not_enough_data"), done.err
    steps = {one["step"]: one["state"] for one in done.lines[0]["steps"]}
    assert steps["freeze"] == "left out"


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("begin",), WRONG_USAGE),
        (("begin", "--prompt", "triage", "--to", FLASH), WRONG_USAGE),
        (("advance",), WRONG_USAGE),
        (("decide", "x"), WRONG_USAGE),
        (("decide", "x", "--switch", "--keep"), WRONG_USAGE),
        (("decide",), WRONG_USAGE),
        (("dossier",), WRONG_USAGE),
        (("dossier", "x", "--junit", "-"), WRONG_USAGE),
        (("show", "x", "--json", "--junit", "-"), WRONG_USAGE),
        (("begin", "--margin", "much"), WRONG_USAGE),
        (("nonsense",), WRONG_USAGE),
        (("show", "x"), FAILED),
        (("advance", "x"), FAILED),
        (("begin", "--prompt", "triage", "--to", OLD, "--dataset", "tickets"), FAILED),
        (("begin", "--prompt", "nobody", "--to", FLASH, "--dataset", "tickets"), FAILED),
        ((*BEGIN[1:-1], "--metric", "latency_ms"), FAILED),
    ],
)
def test_what_will_not_do_costs_nothing(
    direct: Command, sandbox_url: str, options: tuple[str, ...], code: int
) -> None:
    before = calls(sandbox_url)
    done = direct("migrate", *options)
    assert (done.code, done.out) == (code, "")
    assert done.err and "Traceback" not in done.err
    assert calls(sandbox_url) == before


@pytest.mark.usefixtures("saved")
def test_one_that_is_left_pauses_and_goes_on(
    direct: Command, settings: Settings, sandbox_url: str
) -> None:
    before = calls(sandbox_url)
    migration_id = begun(direct, "--margin", "20pt")["id"]
    bench = Workbench.open(settings)
    advancing = Unattended(
        bench.store, bench.migrations, bench.evaluations, bench.optimizations
    ).advance(migration_id, actor="ada")
    while next(advancing).step != "freeze":
        pass
    advancing.close()
    freeze_id = str(bench.migrations.get(migration_id).freeze_id)
    assert bench.evaluations.status(freeze_id) in ("paused", "done")
    bench.close()
    assert direct("migrate", "advance", migration_id).code == DONE
    assert calls(sandbox_url) - before == 2 * CASES


@pytest.mark.usefixtures("saved")
def test_a_better_prompt_that_an_optimization_finds_takes_the_place(
    direct: Command, settings: Settings
) -> None:
    bench = Workbench.open(settings)
    plain = spec_of(PROMPT, system="Answer with one word.", model=OLD)
    first = bench.authoring.save_new("plain", plain, actor="ada").version
    bench.datasets.create("many", cases_of(80), actor="ada", source="test")
    bench.close()
    done = direct("migrate", "begin", "--prompt", "plain@1", "--to", FLASH, "--dataset", "many",
                  "--margin", "20pt", "--json")  # fmt: skip
    assert done.code == DONE, done.err
    done = direct("migrate", "advance", done.lines[0]["id"], "--optimize", "--json",
                  "--max-calls", "400")  # fmt: skip
    [state] = done.lines
    detail = next(one["detail"] for one in state["steps"] if one["step"] == "optimise")
    assert state["optimization_id"] in detail
    bench = Workbench.open(settings)
    versions = bench.store.prompts.versions(first.prompt_id)
    bench.close()
    taken = next(one for one in versions if one.number == state["candidate_version"])
    assert ("better" in detail) == ("Optimized" in taken.message)
    assert state["gate"] == "pass", done.err
