"""`python -m core models`: what ends when, and what here depends on it."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.commands.check_report import (
    Check,
    CheckReport,
    Outcome,
    add_reports,
    check_reports,
    prints_text,
    write_reports,
)
from core.commands.printing import note, one_line, print_json, print_text
from core.commands.verb import DONE, FAILED, Arguments, Event, Events, Perform, Verb, WrongUsage
from core.lifecycle.calendar import Line

if TYPE_CHECKING:
    from core.workbench import Workbench

_PERIOD = re.compile(r"(\d{1,4})d?")


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--retiring-within",
        metavar="DAYS",
        help="only models in use that end within so many days (90 or 90d); exit code 1 if any",
    )
    parser.add_argument("--used", action="store_true", help="only models in use here")
    add_reports(parser)


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield one model per event, the most pressing first."""
    within: int | None = arguments["within"]
    for alarm in workbench.models.drifts(datetime.now(UTC), {}):
        yield {"alarm": alarm.said(str)}
    for line in workbench.models.lines(datetime.now(UTC)):
        pressing = line.days is not None and within is not None and line.days <= within
        if (within is None or pressing) and (line.used or not arguments["used"]):
            yield model_line(line)


def model_line(line: Line) -> dict[str, Any]:
    """A model as JSON data; costs are of 30 days, in US dollars."""
    info = line.info
    return {
        "model": str(info.ref),
        "title": info.title,
        "stage": info.stage,
        "days_left": line.days,
        "ends_on": info.ends_on.isoformat() if info.ends_on else None,
        "ends_not_before": info.ends_not_before.isoformat() if info.ends_not_before else None,
        "successor": str(info.successor) if info.successor else None,
        "answered_by": str(info.reroutes_to) if info.reroutes_to else None,
        "checked_on": info.checked_on.isoformat() if info.checked_on else None,
        "prompts": [
            {"name": use.name, "version": use.number, "labels": list(use.labels)}
            for use in line.prompts
        ],
        "judges": [use.title for use in line.others if use.kind == "judge"],
        "references": [
            {"dataset": use.title, "cases": use.count}
            for use in line.others
            if use.kind == "reference"
        ],
        "migrations": [use.title for use in line.others if use.kind == "migration"],
        "optimizations": [use.title for use in line.others if use.kind == "optimization"],
        "comparisons": [use.title for use in line.others if use.kind == "comparison"],
        "runs": line.calls.runs,
        "cost_usd": line.calls.cost_usd,
        "cost_after_price_change_usd": line.cost_after_usd,
    }


def present(options: Namespace, perform: Perform) -> int:
    """Print a line per model."""
    within = None
    if options.retiring_within is not None:
        found = _PERIOD.fullmatch(options.retiring_within)
        if not found:
            raise WrongUsage(f"--retiring-within {options.retiring_within}: write days, like 90d.")
        within = int(found[1])
    check_reports(options)
    told = list(perform({"within": within, "used": options.used or within is not None}))
    for event in told:
        if "alarm" in event:
            note(event["alarm"])
    lines = [event for event in told if "alarm" not in event]
    for line in lines:
        if options.json:
            print_json(line)
        elif prints_text(options):
            print_text(_text(line))
    none = f"No model in use ends within {within} days."
    if within is not None and not lines:
        note(none)
    write_reports(options, _report(lines, within, none))
    return FAILED if lines and within is not None else DONE


def _report(found: Sequence[Event], within: int | None, none: str) -> CheckReport:
    """One check per model; each fails when it was asked what ends within some days."""
    outcome: Outcome = "passed" if within is None else "failed"
    checks = [Check(line["model"], outcome, _fate(line), _text(line)) for line in found]
    summary = f"Models: {len(found)}."
    if within is not None:
        summary = f"Models in use that end within {within} days: {len(found)}." if found else none
    facts = [("model", "stage", "days left", "ends on", "successor", "prompts", "runs"), *(
        (line["model"], line["stage"], "–" if line["days_left"] is None else line["days_left"],
         line["ends_on"] or "–", line["successor"] or "–", _prompts(line), line["runs"])
        for line in found)]  # fmt: skip
    checks = checks or [Check("models", "passed", none if within is not None else "No model.")]
    return CheckReport("models", "Models", summary, checks, facts if found else ())


def _fate(line: Event) -> str:
    if line["days_left"] is None:
        return "no end announced"
    days = f"ends on {line['ends_on']}, {line['days_left']} days left"
    return f"{days}; successor {line['successor'] or 'not named'}"


def _prompts(line: Event) -> str:
    return ", ".join(
        f"{use['name']}@{'/'.join(use['labels']) or use['version']}" for use in line["prompts"]
    )


def _text(line: Any) -> str:
    days = line["days_left"]
    left = "-" if days is None else f"{days} days"
    end = line["ends_on"] or (f">= {line['ends_not_before']}" if line["ends_not_before"] else "-")
    return (
        f"{line['model']:<36}  {line['stage']:<9}  {left:>10}  {end:<13}  "
        f"{line['runs']:>6} runs  {one_line(_prompts(line), 60)}"
    ).rstrip()


VERB = Verb(describe, present, execute)
