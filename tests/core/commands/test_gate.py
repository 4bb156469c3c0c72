"""`freeze` and `gate`: the exit code is the verdict, and what was frozen is not paid for again."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.config import Settings
from core.workbench import Workbench
from tests.core.commands.conftest import Command
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, SYSTEM, cases_of, spec_of
from tests.wire import calls

CASES = 60


@pytest.fixture
def saved(settings: Settings) -> None:
    """A prompt in production on the old model, a candidate, a bad one, and cases."""
    bench = Workbench.open(settings)
    first = bench.authoring.save_new(
        "triage", spec_of(PROMPT, system=SYSTEM, model=OLD), actor="ada"
    ).version
    bench.authoring.label(first.id, "production", actor="ada")
    for name, system in (("staging", SYSTEM), ("bad", "Answer with the word: none")):
        spec = spec_of(PROMPT, system=system, model=FLASH)
        version = bench.authoring.save_version(first.prompt_id, spec, actor="ada").version
        bench.authoring.label(version.id, name, actor="ada")
    bench.datasets.create("tickets", cases_of(CASES), actor="ada", source="test")
    bench.close()


GATE = ("gate", "--baseline", "triage@production", "--dataset", "tickets", "--margin", "20pt")


@pytest.mark.usefixtures("saved")
def test_what_was_frozen_is_taken_by_the_gate(command: Command, sandbox_url: str) -> None:
    before = calls(sandbox_url)
    done = command("freeze", "--prompt", "triage@production", "--dataset", "tickets", "--json")
    assert done.code == 0, done.err
    [kept] = done.lines
    assert (kept["answers"], kept["failed"], kept["model"]) == (CASES, 0, OLD)
    assert calls(sandbox_url) - before == CASES
    done = command("freeze", "--prompt", "triage@production", "--dataset", "tickets",
                   "--junit", "-", "--markdown", "freeze.md")  # fmt: skip
    suite = ElementTree.fromstring(done.out.encode())
    assert (done.code, suite.get("name"), suite.get("failures")) == (0, "freeze", "0")
    assert f"{CASES} answers kept" in Path("freeze.md").read_text("utf-8")
    assert calls(sandbox_url) - before == CASES
    done = command(*GATE, "--candidate", "triage@staging", "--json")
    assert calls(sandbox_url) - before == 2 * CASES
    [gate] = done.lines
    codes = {"pass": 0, "fail": 1, "incomplete": 3, "not_enough_data": 4}
    assert (done.code, gate["n"]) == (codes[gate["verdict"]], CASES)
    # Four expected answers are four clusters: much less evidence than sixty cases.
    done = command(*GATE, "--candidate", "triage@staging", "--cluster", "reference", "--json")
    [clustered] = done.lines
    assert (clustered["difference"], clustered["n"]) == (gate["difference"], CASES)
    assert clustered["high"] - clustered["low"] > gate["high"] - gate["low"]


@pytest.mark.usefixtures("saved")
def test_a_worse_candidate_fails_and_the_reports_say_so(command: Command, tmp_path: Path) -> None:
    junit, markdown = tmp_path / "gate.xml", tmp_path / "gate.md"
    done = command(
        *GATE, "--candidate", "triage@bad", "--junit", str(junit), "--markdown", str(markdown)
    )
    assert done.code == 1
    assert done.out.startswith("Fail: ")
    suite = ElementTree.fromstring(junit.read_text("utf-8"))
    failure = suite.find("testcase/failure")
    assert suite.get("failures") == "1" and failure is not None
    assert failure.get("message") == done.out.strip()
    assert done.out.strip() in markdown.read_text("utf-8")


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--margin", "0"), 2),
        (("--margin", "300"), 2),
        (("--margin", "much"), 2),
        (("--junit", "/no/such/folder/x.xml"), 2),
        (("--metric", "latency_ms"), 1),
        (("--metric", "nonsense"), 1),
        (("--dataset", "nonsense"), 1),
        (("--cluster", "nonsense"), 1),
        (("--baseline", "nonsense"), 1),
    ],
)
def test_what_will_not_do_costs_nothing(
    command: Command, sandbox_url: str, options: tuple[str, ...], code: int
) -> None:
    before = calls(sandbox_url)
    done = command(*GATE, "--candidate", "triage@staging", *options)
    assert (done.code, done.out) == (code, "")
    assert done.err and "Traceback" not in done.err
    assert calls(sandbox_url) == before
