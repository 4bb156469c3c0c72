"""`python -m core compare`: prompts and models side by side on the same inputs."""

from __future__ import annotations

import base64
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.person import add_person
from core.commands.printing import note, one_line, print_json, print_text, write_file
from core.commands.run import EXIT_CODES
from core.commands.run_line import run_line
from core.commands.verb import (
    DONE,
    FAILED,
    Arguments,
    Events,
    Perform,
    Verb,
    WrongUsage,
)
from core.comparison import inputs
from core.errors import InvalidInput, WorkbenchError
from core.i18n import kept_message
from core.prompts.ad_hoc import INPUT
from core.records.comparisons import (
    MOST_COLUMNS,
    MOST_REPEATS,
    Candidate,
    Cell,
    ComparedInput,
    Comparison,
)
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn

if TYPE_CHECKING:
    from core.workbench import Workbench

FILES = ("html", "csv", "jsonl")
LOOK_S = 0.1
PIECE = 1_000_000

_EPILOG = """\
columns: every prompt with every model; without --model each prompt goes to its own
rows:    --inputs FILE (CSV, TSV or JSONL: columns are variables, `reference` the expected
         answer), --input TEXT (repeatable), or else the prompts' value sets

exit codes (the worst of all cells):
  0  every cell answered
  1  a cell was blocked, empty, refused, or lacks the value of a variable
  2  wrong usage
  3  incomplete because of the service: rate limited, unavailable, timed out
"""


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--prompt", action="append", default=[], metavar="P",
                        help="NAME, NAME@3, NAME@LABEL or an export file; repeatable")  # fmt: skip
    parser.add_argument("--model", action="append", default=[], metavar="M",
                        help="MODEL or SURFACE:MODEL; repeatable")  # fmt: skip
    parser.add_argument("--inputs", metavar="FILE", help="rows from a CSV, TSV or JSONL file")
    parser.add_argument("--input", action="append", default=[], metavar="TEXT",
                        help="a row of one text, - for stdin; the value of {input} or of the only "
                        "open variable, or else added to the prompt's end")  # fmt: skip
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="ask each cell N times")
    parser.add_argument("--title", default="", metavar="T", help="what the comparison is called")
    for form, what in zip(FILES, ("one self-contained page", "a line per cell", "all of it"),
                          strict=True):  # fmt: skip
        parser.add_argument(f"--{form}", metavar="OUT", help=f"also write a file: {what}")
    add_person(parser)


# -- here: what is asked for, and what is printed --


def present(options: Namespace, perform: Perform) -> int:
    """Tell how far it is, print the grid or its JSON, write the files."""
    files: dict[str, list[bytes]] = {}
    found: Mapping[str, Any] = {}
    for event in perform(_collected(options)):
        if "progress" in event:
            _show_progress(event["progress"])
        if "comparison" in event:
            found = event["comparison"]
        if "file" in event:
            files.setdefault(event["file"], []).append(base64.b64decode(event["data"]))
    _show_progress("")
    for form, pieces in files.items():
        write_file(getattr(options, form), pieces)
    if options.json:
        print_json(found)
    else:
        _print_grid(found)
    return exit_code(found["cells"])


def _show_progress(text: str) -> None:
    """On a terminal, in a place of its own; an empty text clears it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:<15}\r")
        sys.stderr.flush()


def exit_code(cells: Sequence[Mapping[str, Any]]) -> int:
    """The worst of all cells; a cell that came to no run has failed."""
    codes = [EXIT_CODES[cell["outcome"]] if cell["run_id"] else FAILED for cell in cells]
    return max(codes, default=DONE)


def _collected(options: Namespace) -> dict[str, Any]:
    columns = max(1, len(options.prompt)) * max(1, len(options.model))
    if not options.prompt and not options.model:
        raise WrongUsage("Say what to compare: --prompt P or --model M, two or more.")
    if not 2 <= columns <= MOST_COLUMNS:
        raise WrongUsage(
            f"{len(options.prompt)} prompts with {len(options.model)} models make {columns} "
            f"columns; a comparison has 2 to {MOST_COLUMNS}."
        )
    if not options.prompt and not (options.input or options.inputs):
        raise WrongUsage("Say what to ask: --prompt P, --input TEXT or --inputs FILE.")
    if not 1 <= options.repeat <= MOST_REPEATS:
        raise WrongUsage(f"--repeat must be from 1 to {MOST_REPEATS}.")
    # Only for the page that is written; what it says is in the language of the terminal.
    from core.commands.terminal_language import terminal_language

    return {
        "prompts": [_prompt(text) for text in options.prompt],
        "models": options.model,
        "inputs": _file(options.inputs) if options.inputs else None,
        "texts": [sys.stdin.read() if text == "-" else text for text in options.input],
        "repeats": options.repeat,
        "title": options.title,
        "files": [form for form in FILES if getattr(options, form)],
        "language": terminal_language(),
        "person": options.person,
    }


def _prompt(text: str) -> dict[str, str]:
    return _file(text) if Path(text).is_file() else {"reference": text}


def _file(name: str) -> dict[str, str]:
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{name} cannot be read: {error.strerror}.") from error
    return {"name": Path(name).name, "data": base64.b64encode(data).decode("ascii")}


def _print_grid(found: Mapping[str, Any]) -> None:
    titles = {column["key"]: column["title"] for column in found["columns"]}
    row = None
    for cell in found["cells"]:
        if cell["input_key"] != row:
            row = cell["input_key"]
            print_text(f"\n# {one_line(cell['input'], 100) or row}")
        print_text(f"\n## {titles[cell['candidate_key']]}" + _told(cell))
        print_text(cell["text"])
    for notice in found["notices"]:
        note(notice)
    for column in found["columns"]:
        outcomes = ", ".join(f"{count} {name}" for name, count in column["outcomes"].items())
        cost = "cost unknown" if column["cost_usd"] is None else f"${column['cost_usd']:.6f}"
        note(f"{column['title']}: {outcomes}; {cost}")
    note(f"comparison {found['comparison_id']}")


def _told(cell: Mapping[str, Any]) -> str:
    repeat = f" ({cell['repeat']})" if cell["repeat"] > 1 else ""
    failure = cell["failure"]["message"] if cell["failure"] else ""
    why = cell["problem"] or (failure and f"{cell['outcome']}: {failure}") or ""
    return repeat + (f" - {why}" if why else "")


# -- the work, here or in the running app --


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield progress, the files in pieces, and the comparison."""
    comparisons, actor = workbench.comparisons, arguments["person"]
    given = _given_inputs(arguments)
    candidates = _candidates(workbench, arguments, given)
    comparison = comparisons.create(
        arguments["title"],
        candidates,
        given or comparisons.value_sets(candidates),
        actor=actor,
        repeats=arguments["repeats"],
    )
    job = comparisons.start(comparison.id, actor=actor)
    try:
        while workbench.jobs.busy(job.id):
            workbench.jobs.wait(job.id, LOOK_S)
            job = comparisons.progress(job.id)
            yield {"progress": f"{job.done}/{job.total}"}
        job = comparisons.progress(job.id)
    finally:
        # Whoever asked is gone: what still runs is wanted by nobody.
        comparisons.stop(comparison.id, actor=actor)
    if job.state == "failed":
        last = workbench.jobs.events(job.id)[-1]
        raise WorkbenchError(
            "The comparison was broken off ({problem}). What was answered is kept.",
            problem=kept_message(last.text, last.values),
        )
    for form in arguments["files"]:
        data = comparisons.export(comparison.id, form, language=arguments["language"])
        for start in range(0, len(data), PIECE):
            piece = base64.b64encode(data[start : start + PIECE]).decode("ascii")
            yield {"file": form, "data": piece}
    cells = comparisons.grid(comparison.id)
    notices = [one.text for one in comparisons.notices(comparison, cells)]
    yield {"comparison": comparison_line(comparison, cells) | {"notices": notices}}


def comparison_line(comparison: Comparison, cells: Sequence[Cell]) -> dict[str, Any]:
    """The fields of `compare --json`; more may be added."""
    inputs = {row.key: row for row in comparison.inputs}
    return {
        "comparison_id": comparison.id,
        "title": comparison.title,
        "columns": [_column(one, cells) for one in comparison.candidates],
        "cells": [_cell(cell, inputs[cell.input_key]) for cell in _by_row(comparison, cells)],
    }


def _by_row(comparison: Comparison, cells: Sequence[Cell]) -> list[Cell]:
    """Row by row, with the repeats of a cell together."""
    rows = {row.key: number for number, row in enumerate(comparison.inputs)}
    columns = {one.key: number for number, one in enumerate(comparison.candidates)}
    return sorted(
        cells, key=lambda cell: (rows[cell.input_key], columns[cell.candidate_key], cell.repeat)
    )


def _column(candidate: Candidate, cells: Sequence[Cell]) -> dict[str, Any]:
    mine = [cell for cell in cells if cell.candidate_key == candidate.key]
    costs = [cell.run.cost_usd for cell in mine if cell.run and cell.run.cost_usd is not None]
    outcomes = Counter(cell.run.reply.outcome if cell.run else "not_sent" for cell in mine)
    served = sorted({cell.run.reply.served_model or "" for cell in mine if cell.run} - {""})
    return {
        "key": candidate.key,
        "title": candidate.title,
        "model": candidate.model,
        "prompt_id": candidate.prompt_id,
        "version_id": candidate.version_id,
        "served_models": served,
        "outcomes": dict(outcomes),
        "cost_usd": sum(costs) if costs else None,
    }


def _cell(cell: Cell, row: ComparedInput) -> dict[str, Any]:
    run: Mapping[str, Any] = run_line(cell.run) if cell.run else _NO_RUN
    return {
        "input_key": cell.input_key,
        "input": row.title if row.message is None else row.message,
        "candidate_key": cell.candidate_key,
        "repeat": cell.repeat,
        "reference": row.reference,
        "problem": cell.problem or None,
        **run,
    }


_NO_RUN: Mapping[str, Any] = {"run_id": None, "outcome": None, "text": "", "failure": None}


def _given_inputs(arguments: Arguments) -> list[ComparedInput]:
    rows: list[ComparedInput] = []
    if table := arguments["inputs"]:
        rows += inputs.read_table(base64.b64decode(table["data"]), table["name"])
    return rows + [inputs.of_text(text) for text in arguments["texts"]]


def _candidates(
    workbench: Workbench, arguments: Arguments, given: Sequence[ComparedInput]
) -> list[Candidate]:
    """Every prompt with every model."""
    comparisons, default = workbench.comparisons, workbench.settings.default_surface
    prompts = [_column_of(workbench, prompt) for prompt in arguments["prompts"]]
    found: list[Candidate] = []
    for own in prompts or [comparisons.draft(_bare_prompt(given))]:
        models = arguments["models"] or [own.model]
        if not all(models):
            raise InvalidInput(
                "{title} names no model. Say which: --model SURFACE:MODEL.", title=own.title
            )
        found += [
            comparisons.other_model(own, str(ModelRef.parse(model, default))) for model in models
        ]
    return found


def _bare_prompt(given: Sequence[ComparedInput]) -> PromptSpec:
    """What is sent when no prompt is named: the input, or the only column of the table."""
    names = {name for row in given for name in row.values}
    name = names.pop() if len(names) == 1 else INPUT
    return PromptSpec(turns=(Turn("user", (Part(f"{{{name}}}"),)),))


def _column_of(workbench: Workbench, prompt: Mapping[str, str]) -> Candidate:
    if "data" in prompt:
        spec = workbench.exchange.read_spec(base64.b64decode(prompt["data"]))
        return workbench.comparisons.draft(spec, title=Path(prompt["name"]).stem)
    found, version = workbench.authoring.find(prompt["reference"])
    return workbench.comparisons.version(found.id, version.id)


VERB = Verb(describe, present, execute)
