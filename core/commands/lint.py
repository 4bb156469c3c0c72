"""`python -m core lint`: what of a prompt a model would refuse, ignore or take otherwise."""

from __future__ import annotations

import base64
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.check_report import (
    Check,
    CheckReport,
    add_reports,
    check_reports,
    prints_text,
    write_reports,
)
from core.commands.printing import note, print_json, print_text
from core.commands.verb import DONE, FAILED, Arguments, Event, Events, Perform, Verb
from core.errors import fill
from core.lifecycle.lint import fixed
from core.records.models import ModelRef

if TYPE_CHECKING:
    from core.workbench import Workbench


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--prompt", required=True, metavar="P", help="NAME, NAME@3, NAME@LABEL or an export file"
    )
    parser.add_argument(
        "--model", required=True, metavar="M", help="the model to move to: MODEL or SURFACE:MODEL"
    )
    add_reports(parser)


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield the findings in one event, with the prompt as it would be after all changes."""
    if arguments.get("file"):
        spec = workbench.exchange.read_spec(base64.b64decode(arguments["file"]))
    else:
        spec = workbench.authoring.find(arguments["prompt"])[1].spec
    default = workbench.settings.default_surface
    target = ModelRef.parse(arguments["model"], default)
    connection = workbench.connections.get(target.surface)
    found = workbench.models.lint(
        spec,
        target,
        now=datetime.now(UTC),
        today=ModelRef.parse(spec.model, default) if spec.model else None,
        location=(connection.location or "") if connection else "",
    )
    yield {
        "model": str(target),
        "refused": any(one.effect == "rejected" for one in found),
        "findings": [
            {**asdict(one), "values": {k: str(v) for k, v in one.values.items()},
             "message": fill(one.template, dict(one.values))}
            for one in found
        ],
        "fixed": fixed(spec, found).to_dict(),
    }  # fmt: skip


def present(options: Namespace, perform: Perform) -> int:
    """Print a line per finding; 1 when the model would refuse the prompt as it is."""
    check_reports(options)
    asked: dict[str, Any] = {"prompt": options.prompt, "model": options.model}
    file = Path(options.prompt)
    if file.is_file():
        asked["file"] = base64.b64encode(file.read_bytes()).decode("ascii")
    code = DONE
    for answer in perform(asked):
        code = FAILED if answer["refused"] else DONE
        if options.json:
            print_json(answer)
        elif prints_text(options):
            _print(answer)
        write_reports(options, _report(options.prompt, answer))
    return code


def _print(answer: Event) -> None:
    for one in answer["findings"]:
        print_text(f"{one['effect']:<16} {one['place']:<18} {one['message']}")
        note(f"                 {one['source']}" if one["source"] else "")
    if not answer["findings"]:
        note(_nothing(answer))


def _nothing(answer: Event) -> str:
    return f"{answer['model']} takes everything as it is."


def _report(prompt: str, answer: Event) -> CheckReport:
    """One check per finding; only what the model refuses fails."""
    found, name = answer["findings"], f"{prompt} for {answer['model']}"
    refused = sum(one["effect"] == "rejected" for one in found)
    checks = [
        Check(f"{one['place']}: {one['effect']}",
              "failed" if one["effect"] == "rejected" else "passed", one["message"], one["source"])
        for one in found
    ] or [Check(name, "passed", _nothing(answer))]  # fmt: skip
    columns = ("effect", "place", "message", "source")
    facts = [columns, *(tuple(one[column] for column in columns) for one in found)]
    summary = f"Findings: {len(found)}, refused: {refused}." if found else _nothing(answer)
    return CheckReport("lint", f"Lint: {name}", summary, checks, facts if found else ())


VERB = Verb(describe, present, execute)
