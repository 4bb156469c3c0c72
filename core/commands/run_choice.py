"""The options that choose runs, the same for `history` and `export`."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.commands.verb import Arguments, WrongUsage
from core.prompts.authoring import normal_title
from core.records.models import SURFACES
from core.records.runs import OUTCOMES, RunFilter

if TYPE_CHECKING:
    from core.workbench import Workbench

_OPTIONS = ("search", "prompt", "model", "outcome", "person", "since", "until", "starred")
_AGE = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def describe_choice(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--search", metavar="TEXT", help="in prompts, answers and memos")
    parser.add_argument("--prompt", metavar="P", help="NAME, NAME@3 or NAME@LABEL")
    parser.add_argument("--model", metavar="M", help="MODEL or SURFACE:MODEL")
    parser.add_argument("--outcome", choices=OUTCOMES, help="how the call ended")
    parser.add_argument("--person", metavar="NAME", help="who ran it")
    parser.add_argument("--since", metavar="WHEN", help="2026-01-31, 2026-01-31T09:00 or 7d")
    parser.add_argument("--until", metavar="WHEN", help="up to, not including, that time")
    parser.add_argument("--starred", action="store_true", help="only marked runs")


def choice_arguments(options: Namespace) -> dict[str, Any]:
    """The options as JSON data; times are made absolute here, where they were typed."""
    chosen = {name: getattr(options, name) for name in _OPTIONS if getattr(options, name)}
    for name in ("since", "until"):
        if name in chosen:
            chosen[name] = read_time(chosen[name], datetime.now(UTC)).isoformat()
    return chosen


def read_time(text: str, now: datetime) -> datetime:
    """An ISO date or time (local unless it says otherwise), or an age such as `7d`."""
    if age := _AGE.fullmatch(text):
        return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise WrongUsage(
            f"{text} is not a time. Write 2026-01-31, 2026-01-31T09:00, or an age such as 7d."
        ) from error


def chosen_runs(workbench: Workbench, arguments: Arguments) -> RunFilter:
    """The filter for the options. InvalidInput when the prompt is not there."""
    fields: dict[str, Any] = {
        "search": arguments.get("search", ""),
        "outcome": arguments.get("outcome"),
        "actor": arguments.get("person"),
        "starred": True if arguments.get("starred") else None,
    }
    for name in ("since", "until"):
        if arguments.get(name):
            fields[name] = datetime.fromisoformat(arguments[name])
    if model := arguments.get("model"):
        surface, colon, bare = model.partition(":")
        if colon and surface in SURFACES:
            fields |= {"connection": surface, "model": bare}
        else:
            fields["model"] = model
    if reference := arguments.get("prompt"):
        fields |= _prompt_fields(workbench, reference)
    return RunFilter(**fields)


def _prompt_fields(workbench: Workbench, reference: str) -> dict[str, Any]:
    prompt, version = workbench.authoring.find(reference)
    if prompt.name == normal_title(reference):
        return {"prompt_id": prompt.id}
    return {"prompt_id": prompt.id, "version_id": version.id}
