"""`python -m core run`: send a prompt to a model and print the answer."""

from __future__ import annotations

import base64
import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.commands.person import add_person
from core.commands.printing import note, print_json, print_text
from core.commands.run_line import run_line
from core.commands.verb import (
    DONE,
    FAILED,
    INCOMPLETE,
    Arguments,
    Event,
    Events,
    Perform,
    Verb,
    WrongUsage,
)
from core.errors import WorkbenchError
from core.prompts.ad_hoc import INPUT, with_input
from core.prompts.rendering import render_request
from core.prompts.template import normal_values, variables_of
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext

if TYPE_CHECKING:
    from core.engine import LiveRun
    from core.workbench import Workbench

MOST_REPEATS = 100

# Truncated is done: there is an answer, and a note says that it was cut.
EXIT_CODES = {
    "ok": DONE,
    "truncated": DONE,
    "blocked": FAILED,
    "empty": FAILED,
    "refused_by_server": FAILED,
    "cancelled": FAILED,
    "rate_limited": INCOMPLETE,
    "unavailable": INCOMPLETE,
    "timed_out": INCOMPLETE,
    "unknown": INCOMPLETE,
}

_EPILOG = """\
exit codes (with --repeat the worst of all):
  0  answered (also when the answer was cut at its token limit; a note says so)
  1  blocked, empty, refused by the server, or over the spending cap
  2  wrong usage, such as a variable without a value
  3  incomplete because of the service: rate limited, unavailable, timed out,
     or the connection broke after sending (outcome unknown)
"""


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--prompt", metavar="P", help="NAME, NAME@3, NAME@LABEL or an export file")
    parser.add_argument("--model", metavar="M", help="MODEL or SURFACE:MODEL; else the prompt's")
    parser.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="repeatable"
    )
    parser.add_argument("--var-file", metavar="FILE", help="a JSON object of names and values")
    parser.add_argument(
        "--input",
        metavar="TEXT",
        help="the user's message as it stands, - for stdin; with a prompt: the value of its "
        "{input} or of its only open variable, or else added to its end",
    )
    parser.add_argument("--system", metavar="TEXT", help="replaces the system instruction")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="ask N times")
    add_person(parser)


def present(options: Namespace, perform: Perform) -> int:
    """Print the answer while it comes, or its JSON when it is done."""
    stream = options.repeat == 1 and not options.json
    code = DONE
    for event in perform(_collected(options) | {"stream": stream}):
        if "chunk" in event:
            print_text(event["chunk"], end="")
        if "run" in event:
            line = event["run"]
            code = max(code, EXIT_CODES[line["outcome"]])
            _print_run(line, options.json, streamed=stream)
    return code


def _collected(options: Namespace) -> dict[str, Any]:
    if not options.prompt and options.input is None:
        raise WrongUsage("Say what to ask: --prompt P, or --input TEXT.")
    if not options.prompt and not options.model:
        raise WrongUsage("Say which model to ask: --model SURFACE:MODEL.")
    if not 1 <= options.repeat <= MOST_REPEATS:
        raise WrongUsage(f"--repeat must be from 1 to {MOST_REPEATS}.")
    collected = {
        "model": options.model,
        "values": _values(options),
        "input": sys.stdin.read() if options.input == "-" else options.input,
        "system": options.system,
        "repeat": options.repeat,
        "person": options.person,
    }
    file = Path(options.prompt) if options.prompt else None
    if file is not None and file.is_file():
        return collected | {"file": base64.b64encode(file.read_bytes()).decode("ascii")}
    return collected | {"prompt": options.prompt}


def _values(options: Namespace) -> dict[str, str]:
    values: dict[str, str] = {}
    if options.var_file:
        try:
            found = json.loads(Path(options.var_file).read_text("utf-8-sig"))
        except (OSError, ValueError) as error:
            raise WrongUsage(f"{options.var_file} cannot be read as JSON: {error}") from error
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise WrongUsage(f"{options.var_file} must be a JSON object of texts.")
        values |= found
    for pair in options.var:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise WrongUsage(f"--var {pair}: write NAME=VALUE.")
        values[name] = value
    return values


def _print_run(line: Mapping[str, Any], as_json: bool, *, streamed: bool) -> None:
    if as_json:
        print_json(line)
    elif streamed:
        print_text("")
    else:
        print_text(line["text"])
    if not as_json:
        for call in line["extras"].get("function_calls", ()):
            print_json({"function_call": call})
    if line["outcome"] == "truncated":
        note("The answer was cut at its token limit.")
    elif line["outcome"] != "ok":
        failure = line["failure"]
        note(f"{line['outcome']}: {failure['message'] if failure else line['finish_reason'] or ''}")


# -- the work, here or in the running app --


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield chunks of text when streaming, then one run for each repeat, in order."""
    source = _source(workbench, arguments)
    spec, values = _with_input(source.spec, arguments)
    if arguments["system"] is not None:
        spec = replace(spec, system=arguments["system"])
    model = ModelRef.parse(arguments["model"] or spec.model, workbench.settings.default_surface)
    request = render_request(spec, values, model)
    as_saved = source.version_id is not None and spec == source.spec
    context = CallContext(
        actor=arguments["person"],
        purpose="command",
        values={name: values[name] for name in variables_of(spec)},
        group_id=workbench.store.new_id(),
        prompt_id=source.prompt_id,
        version_id=source.version_id if as_saved else None,
        spec_sha256=workbench.authoring.keep_spec(spec) if source.kept and not as_saved else None,
    )
    caps = workbench.caps(arguments["person"])
    live = [
        workbench.engine.submit(
            request, replace(context, repeat=number), caps=caps, stream=arguments["stream"]
        )
        for number in range(arguments["repeat"])
    ]
    try:
        for run in live:
            yield from _followed(run, arguments["stream"])
            if run.error is not None:
                raise run.error
            if run.reply is None:
                raise WorkbenchError("The call was stopped before it was sent. Run it again.")
            yield {"run": run_line(workbench.history.get(run.run_id))}
    finally:
        # Whoever asked is gone, or one failed: what still runs is wanted by nobody.
        for run in live:
            run.cancel()


def _followed(run: LiveRun, stream: bool) -> Iterator[Event]:
    """Chunks of text until the run is done; an empty event in silent seconds."""
    shown = seen = 0
    while True:
        done = run.done
        text = run.text
        if stream and len(text) > shown:
            yield {"chunk": text[shown:]}
            shown = len(text)
        if done:
            return
        version = run.wait_change(seen, 1.0)
        if version == seen:
            yield {}
        seen = version


class _Source(NamedTuple):
    """Where a prompt is from. `kept` says that it is worth opening again with its variables."""

    spec: PromptSpec
    prompt_id: str | None = None
    version_id: str | None = None
    kept: bool = True


def _source(workbench: Workbench, arguments: Arguments) -> _Source:
    if arguments.get("file"):
        return _Source(workbench.exchange.read_spec(base64.b64decode(arguments["file"])))
    if arguments.get("prompt"):
        prompt, version = workbench.authoring.find(arguments["prompt"])
        return _Source(version.spec, prompt.id, version.id)
    return _Source(PromptSpec(turns=(Turn("user", (Part(f"{{{INPUT}}}"),)),)), kept=False)


def _with_input(spec: PromptSpec, arguments: Arguments) -> tuple[PromptSpec, dict[str, str]]:
    values = normal_values(arguments["values"])
    text: str | None = arguments["input"]
    return (spec, values) if text is None else with_input(spec, values, text)


VERB = Verb(describe, present, execute)
