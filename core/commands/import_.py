"""`python -m core import`: read prompts from files."""

from __future__ import annotations

import base64
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.person import add_person
from core.commands.printing import note, print_json
from core.commands.terminal_language import explained
from core.commands.verb import DONE, FAILED, Arguments, Events, Perform, Verb, WrongUsage
from core.commands.wire_errors import error_data, error_from
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.workbench import Workbench


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Make a new prompt from each file: a JSON export of this program or a prompt of "
        "Google's SDK. A name that is taken gets a number. Files that are wrong are reported, "
        "the others are read; then the exit code is 1."
    )
    add_person(parser)
    parser.add_argument("files", nargs="+", metavar="FILE")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield what became of each file."""
    exchange = workbench.exchange
    for file in arguments["files"]:
        data = base64.b64decode(file["data"])
        try:
            made = exchange.import_file(data, actor=arguments["person"])
        except InvalidInput as error:
            yield {"file": file["name"], "error": error_data(error)}
            continue
        yield {
            "file": file["name"],
            "prompt_id": made.prompt_id,
            "name": made.name,
            "versions": made.versions,
            "ignored": list(made.ignored),
        }


def present(options: Namespace, perform: Perform) -> int:
    """Read the files and say what was made."""
    files = [
        {"name": name, "data": base64.b64encode(_read(name)).decode("ascii")}
        for name in options.files
    ]
    code = DONE
    for line in perform({"files": files, "person": options.person}):
        if "error" in line:
            code = FAILED
            note(f"{line['file']}: {explained(error_from(line['error']))}")
        elif not options.json:
            note(f"{line['file']}: {line['name']} ({line['versions']})")
            if line["ignored"]:
                note(f"{line['file']}: ignored: {', '.join(line['ignored'])}")
        if options.json:
            print_json(line)
    return code


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{name} cannot be read: {error.strerror}.") from error


VERB = Verb(describe, present, execute)
