"""What a verb is, and the exit codes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.workbench import Workbench

DONE = 0
FAILED = 1
WRONG_USAGE = 2
INCOMPLETE = 3
NOT_ENOUGH = 4

# JSON data. What a command needs crosses the wire as one, what it yields as many.
Arguments = Mapping[str, Any]
Event = Mapping[str, Any]
Events = Generator[Event, None, None]
Perform = Callable[[Arguments], Iterator[Event]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A command in three parts, so that the middle one can run in another process.

    `describe` declares the options. `execute` does the work on a workbench and yields events:
    in this process, or in the running app when that holds the database. `present` stays here:
    it collects what the work needs (files, standard input), calls `perform`, which is `execute`
    behind a transport, prints, writes files, and returns the exit code. Without `execute` a
    verb needs no workbench.
    """

    describe: Callable[[ArgumentParser], None]
    present: Callable[[Namespace, Perform], int]
    execute: Callable[[Workbench, Arguments], Events] | None = None


class WrongUsage(Exception):
    """The command line asks for something impossible; argparse could not know."""
