"""`python -m core export`: write a prompt or runs to a file."""

from __future__ import annotations

import base64
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.commands.printing import note, print_json, write_file
from core.commands.run_choice import choice_arguments, chosen_runs, describe_choice
from core.commands.verb import DONE, Arguments, Event, Events, Perform, Verb, WrongUsage
from core.prompts.authoring import normal_title

if TYPE_CHECKING:
    from core.workbench import Workbench

PROMPT_FORMATS = ("json", "sdk")
RUN_FORMATS = ("csv", "jsonl", "parquet")


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Write one prompt (json: all versions, labels, memos and files, or the one version "
        "named; sdk: the format of Google's SDK) or many runs (csv, jsonl, parquet)."
    )
    parser.add_argument(
        "--format",
        choices=(*PROMPT_FORMATS, *RUN_FORMATS),
        help="json for a prompt, jsonl with --runs, unless you say",
    )
    parser.add_argument("--runs", action="store_true", help="export runs; the options choose them")
    parser.add_argument("--out", default="-", metavar="FILE", help="stdout when left out")
    describe_choice(parser)


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield the file in pieces, `{"data": base64}`."""
    form = arguments["format"]
    if form in RUN_FORMATS:
        wanted = chosen_runs(workbench, arguments["choice"])
        for chunk in workbench.history.export(wanted, form):
            yield {"data": base64.b64encode(chunk).decode("ascii")}
        return
    text = _prompt_file(workbench, form, arguments["choice"]["prompt"])
    yield {"data": base64.b64encode(text.encode("utf-8")).decode("ascii")}


def _prompt_file(workbench: Workbench, form: str, reference: str) -> str:
    exchange = workbench.exchange
    prompt, version = workbench.authoring.find(reference)
    one = None if prompt.name == normal_title(reference) else version.id
    write = exchange.export_sdk if form == "sdk" else exchange.export_prompt
    return write(prompt.id, one)


def present(options: Namespace, perform: Perform) -> int:
    """Write the file, and say what was written."""
    form = options.format or ("jsonl" if options.runs else "json")
    if form in PROMPT_FORMATS and options.runs:
        raise WrongUsage(f"Runs are exported as {', '.join(RUN_FORMATS)}, not as {form}.")
    if form in PROMPT_FORMATS and not options.prompt:
        raise WrongUsage("Say what to export: --prompt NAME, or --runs.")
    choice = choice_arguments(options)
    size = write_file(options.out, _data(perform({"format": form, "choice": choice})))
    if options.out == "-":
        return DONE
    if options.json:
        print_json({"file": options.out, "format": form, "bytes": size})
    else:
        note(f"{options.out}: {size} bytes")
    return DONE


def _data(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        yield base64.b64decode(event["data"])


VERB = Verb(describe, present, execute)
