"""`python -m core prompts`: list prompts, show one, list its versions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.commands.printing import one_line, print_json, print_text
from core.commands.verb import DONE, Arguments, Event, Events, Perform, Verb, WrongUsage
from core.records.prompts import Prompt, Version

if TYPE_CHECKING:
    from core.workbench import Workbench


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "show", "versions"),
        default="list",
        help="list (the default): all prompts; show: one version; versions: all of a prompt",
    )
    parser.add_argument("prompt", nargs="?", metavar="P", help="NAME, NAME@3 or NAME@LABEL")
    parser.add_argument("--search", default="", metavar="TEXT", help="list: in names and memos")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield a prompt or a version per event."""
    yield from _FOUND_BY[arguments["action"]](workbench, arguments)


def _list(workbench: Workbench, arguments: Arguments) -> Iterator[Event]:
    for line in workbench.store.prompts.list(search=arguments["search"]):
        yield {
            "id": line.prompt.id,
            "name": line.prompt.name,
            "versions": line.versions,
            "labels": list(line.labels),
            "memo": line.memo,
            "updated_at": line.updated_at.isoformat(),
        }


def _show(workbench: Workbench, arguments: Arguments) -> Iterator[Event]:
    prompt, version = workbench.authoring.find(arguments["prompt"])
    yield _version_line(prompt, version) | {"spec": version.spec.to_dict()}


def _versions(workbench: Workbench, arguments: Arguments) -> Iterator[Event]:
    prompt, _ = workbench.authoring.find(arguments["prompt"])
    for version in workbench.store.prompts.versions(prompt.id):
        yield _version_line(prompt, version)


_FOUND_BY = {"list": _list, "show": _show, "versions": _versions}


def _version_line(prompt: Prompt, version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "name": prompt.name,
        "version": version.number,
        "labels": list(version.labels),
        "message": version.message,
        "model": version.spec.model,
        "created_at": version.created_at.isoformat(),
        "created_by": version.created_by,
    }


def present(options: Namespace, perform: Perform) -> int:
    """Print what was asked for."""
    if options.action != "list" and not options.prompt:
        raise WrongUsage(f"Name the prompt: python -m core prompts {options.action} NAME")
    if options.action == "list" and options.prompt:
        raise WrongUsage("list takes no name; to search, add --search TEXT.")
    asked = {"action": options.action, "prompt": options.prompt, "search": options.search}
    for line in perform(asked):
        if options.json:
            print_json(line)
        else:
            print_text(_TEXTS[options.action](line))
    return DONE


def _list_text(line: Event) -> str:
    labels = ", ".join(line["labels"])
    return f"{line['name']}  ({line['versions']})  {labels}  {one_line(line['memo'], 60)}".rstrip()


def _version_text(line: Event) -> str:
    labels = f" [{', '.join(line['labels'])}]" if line["labels"] else ""
    message = one_line(line["message"], 80)
    when = line["created_at"][:19]
    return f"{line['name']}@{line['version']}{labels}  {when}  {line['created_by']}  {message}"


def _show_text(line: Event) -> str:
    spec = line["spec"]
    blocks = [_version_text(line)]
    if spec["system"]:
        blocks.append(f"system:\n{spec['system']}")
    for turn in spec["turns"]:
        texts = [
            f"[{part['media']['mime_type']} {part['media']['name']}]"
            if part["media"]
            else part["text"]
            for part in turn["parts"]
        ]
        blocks.append("\n".join([f"{turn['role']}:", *texts]))
    return "\n\n".join(blocks)


_TEXTS = {"list": _list_text, "show": _show_text, "versions": _version_text}

VERB = Verb(describe, present, execute)
