"""What a command checked, for CI: a JUnit file for the build server, Markdown for the summary."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from core.commands.printing import check_writable, write_file
from core.commands.verb import WrongUsage

Outcome = Literal["passed", "failed", "error", "skipped"]
_ELEMENTS: dict[Outcome, str] = {"failed": "failure", "error": "error", "skipped": "skipped"}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked. An error is of the service or of the data, no failure."""

    name: str
    outcome: Outcome
    text: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All that a command checked; `facts` is a table for people, its head first."""

    verb: str
    title: str
    summary: str
    checks: Sequence[Check]
    facts: Sequence[Sequence[object]] = ()


def add_reports(parser: ArgumentParser) -> None:
    """Declare the options of the two files."""
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report; - for stdout")
    parser.add_argument("--markdown", metavar="FILE", help="write Markdown; - for stdout")


def check_reports(options: Namespace) -> None:
    """Before work that is paid for: WrongUsage when the files cannot be written."""
    for path in (options.junit, options.markdown):
        check_writable(path)
    claims = [options.json, options.junit == STDOUT, options.markdown == STDOUT]
    if sum(map(bool, claims)) > 1:
        raise WrongUsage("Only one of --json, --junit - and --markdown - can have stdout.")


def prints_text(options: Namespace) -> bool:
    """Whether stdout is for the plain text of people."""
    return not (options.json or STDOUT in (options.junit, options.markdown))


def write_reports(options: Namespace, report: CheckReport) -> None:
    """Write what was asked for."""
    if options.junit:
        write_file(options.junit, [junit(report)])
    if options.markdown:
        write_file(options.markdown, [markdown(report).encode()])


def junit(report: CheckReport) -> bytes:
    """One suite, one test case per check, as the schema of Jenkins has it (junit-10.xsd)."""
    outcomes = [one.outcome for one in report.checks]
    suite = ElementTree.Element(
        "testsuite", name=report.verb, tests=str(len(outcomes)),
        failures=str(outcomes.count("failed")), errors=str(outcomes.count("error")),
        skipped=str(outcomes.count("skipped")),
    )  # fmt: skip
    for check in report.checks:
        case = ElementTree.SubElement(
            suite, "testcase", classname=report.verb, name=_xml(check.name)
        )
        element = _ELEMENTS.get(check.outcome)
        if element is not None:
            said = ElementTree.SubElement(case, element, message=_xml(check.text))
            if check.outcome != "skipped":
                said.set("type", check.outcome)
            said.text = _xml(check.detail) or None
        elif check.text or check.detail:
            text = "\n".join(part for part in (check.text, check.detail) if part)
            ElementTree.SubElement(case, "system-out").text = _xml(text)
    ElementTree.indent(suite)
    data: bytes = ElementTree.tostring(suite, encoding="UTF-8", xml_declaration=True)
    return data + b"\n"


def markdown(report: CheckReport) -> str:
    """A heading, the sentence, the facts, and what did not pass."""
    parts = [f"## {_cell(report.title)}", _cell(report.summary)]
    if report.facts:
        parts.append(_table(report.facts))
    told = [
        (one.outcome, one.name, one.text) for one in report.checks
        if one.outcome in ("failed", "error")
    ]  # fmt: skip
    if told:
        parts.append(_table([("", "check", "problem"), *told]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(rows: Sequence[Sequence[object]]) -> str:
    head, *body = [f"| {' | '.join(_cell(str(cell)) for cell in row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def _cell(text: str) -> str:
    line = " ".join(text.split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _xml(text: str) -> str:
    """What XML 1.0 cannot hold is marked."""
    return _NO_XML.sub("\ufffd", text)
