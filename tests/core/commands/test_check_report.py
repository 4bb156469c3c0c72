"""Reports for CI: whatever a check is called, the files can be read by those who read them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.commands.check_report import (
    Check,
    CheckReport,
    check_reports,
    junit,
    markdown,
    prints_text,
    write_reports,
)
from core.commands.migrate_report import list_report, state_report
from core.commands.verb import WrongUsage

CHECKS = [
    Check("triage@production", "passed", "fine", "more"),
    Check('<b> & "問い合わせ" | \x00', "failed", "line one\nline <two>", "case-1\x1b\ncase-2"),
    Check("gate", "error", "the service"),
    Check("review", "skipped", "left out"),
]
REPORT = CheckReport("gate", "Gate: a → b", "Fail: x | y", CHECKS, [("", ""), ("n", 3)])

# What junit-10.xsd, the schema that Jenkins publishes, allows: children and attributes.
CHILDREN = {
    "testsuite": {"testcase", "properties", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "skipped": set(), "error": set(), "failure": set(), "system-out": set(),
}  # fmt: skip
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}}
ALLOWED = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "skipped": {"type", "message"}, "error": {"type", "message"}, "failure": {"type", "message"},
    "system-out": set(),
}  # fmt: skip


def checked(data: bytes) -> ElementTree.Element:
    """The suite, when it keeps the schema and its own counts."""
    suite = ElementTree.fromstring(data)
    assert suite.tag == "testsuite"
    for element in suite.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        assert REQUIRED.get(element.tag, set()) <= set(element.keys()) <= ALLOWED[element.tag]
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases)) != "0"
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(count) == str(len(suite.findall(f"testcase/{tag}")))
    return suite


def test_junit_keeps_the_schema_whatever_the_names_are() -> None:
    suite = checked(junit(REPORT))
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "4", "1", "1", "1",
    ]  # fmt: skip
    names = [case.get("name") for case in suite]
    assert names[1] == '<b> & "問い合わせ" | \ufffd'
    failure = suite.find("testcase/failure")
    assert failure is not None and failure.text == "case-1\ufffd\ncase-2"
    assert suite.findtext("testcase/system-out") == "fine\nmore"


def test_markdown_tells_the_facts_and_what_did_not_pass() -> None:
    text = markdown(REPORT)
    assert text.startswith("## Gate: a → b\n\nFail: x \\| y\n\n|  |  |\n|---|---|\n| n | 3 |\n")
    assert '| failed | &lt;b> &amp; "問い合わせ" \\| \x00 | line one line &lt;two> |' in text
    assert "| error | gate | the service |" in text and "left out" not in text


def test_a_report_goes_to_stdout_alone(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    options = Namespace(json=False, junit="-", markdown=str(tmp_path / "x.md"))
    check_reports(options)
    assert not prints_text(options)
    write_reports(options, REPORT)
    checked(capsysbinary.readouterr().out)
    assert (tmp_path / "x.md").read_text("utf-8") == markdown(REPORT)
    assert prints_text(Namespace(json=False, junit="a.xml", markdown=None))
    for options in (
        Namespace(json=True, junit="-", markdown=None),
        Namespace(json=False, junit="-", markdown="-"),
        Namespace(json=False, junit=str(tmp_path / "no" / "x.xml"), markdown=None),
    ):
        with pytest.raises(WrongUsage):
            check_reports(options)


LINE = {
    "id": "m1", "prompt": "triage", "from": "a", "to": "b", "next_step": "evaluate",
    "gate": None, "decision": None, "sentence": None,
    "steps": [
        {"step": "fix", "state": "done", "detail": ""},
        {"step": "freeze", "state": "left out", "detail": "gone"},
        {"step": "evaluate", "state": "next", "detail": ""},
        {"step": "gate", "state": "open", "detail": ""},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("gate", "end", "outcomes"),
    [
        (None, None, ["passed", "skipped", "skipped", "skipped"]),
        (None, "failed", ["passed", "skipped", "failed", "skipped"]),
        (None, "incomplete", ["passed", "skipped", "error", "skipped"]),
        ("pass", "gate", ["passed", "skipped", "skipped", "passed"]),
        ("fail", "gate", ["passed", "skipped", "skipped", "failed"]),
        ("not_enough_data", "gate", ["passed", "skipped", "skipped", "error"]),
    ],
)
def test_steps_of_a_migration_are_checks(
    gate: str | None, end: str | None, outcomes: list[str]
) -> None:
    line = {**LINE, "gate": gate, "sentence": "said" if gate else None}
    report = state_report(line, "evaluate", end, "why")
    assert [one.outcome for one in report.checks] == outcomes
    assert report.summary == ("said" if gate else "why")
    checked(junit(report))
    [one] = list_report([line]).checks
    assert one.outcome == outcomes[-1]
