"""`python -m core VERB`: the workbench without its pages. One file per verb in `core/commands/`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from core import commands
from core.commands.verb import FAILED, WRONG_USAGE, Arguments, Events, Verb, WrongUsage
from core.errors import MissingVariables, WorkbenchError

INTERRUPTED = 130

_EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 incomplete because of the service, "
    "4 not enough data. With --json, stdout holds one JSON object per line; words for people go "
    "to stderr."
)


class OneLineParser(ArgumentParser):
    """Says in one line what is wrong, and where the rest is told."""

    def error(self, message: str) -> NoReturn:
        """Leave with the exit code of wrong usage."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(arguments: Sequence[str]) -> int:
    """Run a verb; returns the exit code."""
    parser = OneLineParser(
        prog="python -m core", description="Prompt Workbench without its pages.", epilog=_EPILOG
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in commands.SUMMARIES.items():
        child = verbs.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
        # Only the verb that is asked for is imported, so that `--help` is quick.
        if name == asked:
            child.add_argument("--json", action="store_true", help="print JSON, for programs")
            commands.load(name).describe(child)
    options = parser.parse_args(arguments)
    verb = commands.load(options.verb)

    def perform(work: Arguments) -> Events:
        return _perform(verb, options.verb, work)

    try:
        return verb.present(options, perform)
    except WrongUsage as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    except WorkbenchError as error:
        return _explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`) has enough; Python must not complain when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _perform(verb: Verb, name: str, work: Arguments) -> Events:
    # Settings and an HTTP client, which `sandbox` and `--help` do without.
    from core.commands.transport import perform

    return perform(verb, name, work)


def _explain(error: WorkbenchError) -> int:
    # The message catalogues, needed only when something went wrong.
    from core.commands.terminal_language import explained

    print(explained(error), file=sys.stderr)
    return WRONG_USAGE if isinstance(error, MissingVariables) else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
