"""`python -m core history`: list runs, newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from core.commands.printing import one_line, print_json, print_text
from core.commands.run_choice import choice_arguments, chosen_runs, describe_choice
from core.commands.run_line import history_line
from core.commands.verb import DONE, Arguments, Events, Perform, Verb, WrongUsage

if TYPE_CHECKING:
    from core.workbench import Workbench

_PAGE = 100


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    describe_choice(parser)
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most N (20)")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield one run per event."""
    wanted = chosen_runs(workbench, arguments)
    left: int = arguments["limit"]
    before: str | None = None
    while left > 0:
        page = workbench.history.page(wanted, limit=min(left, _PAGE), before=before)
        for item in page.items:
            yield history_line(workbench.history.get(item.id))
        left -= len(page.items)
        before = page.next_before
        if before is None:
            return


def present(options: Namespace, perform: Perform) -> int:
    """Print a line per run."""
    if options.limit < 1:
        raise WrongUsage("--limit must be at least 1.")
    for line in perform(choice_arguments(options) | {"limit": options.limit}):
        if options.json:
            print_json(line)
        else:
            print_text(_text_line(line))
    return DONE


def _text_line(line: Any) -> str:
    prompt = f"{line['prompt']}@{line['version']}" if line["prompt"] else "-"
    cost = "-" if line["cost_usd"] is None else f"${line['cost_usd']:.6f}"
    return "  ".join(
        [
            line["run_id"],
            line["created_at"][:19],
            f"{line['outcome']:<12}",
            f"{line['connection']}:{line['requested_model']}",
            one_line(prompt, 30),
            cost,
            one_line(line["text"], 60),
        ]
    )


VERB = Verb(describe, present, execute)
