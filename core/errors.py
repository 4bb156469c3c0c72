"""Every error the workbench raises on purpose.

WorkbenchError
├── NotFound              the thing is not in the store
├── InvalidInput          the user can fix it; the message says how
│   └── MissingVariables  the prompt uses variables that have no value
├── NotConfigured         a connection lacks a key, project or credentials
├── OverBudget            a spending cap would be exceeded; nothing was sent
├── ServiceTrouble        most calls fail; the job pauses, and goes on when somebody says so
├── NotAllowed            this person may not do that
└── StoreError            the database file cannot be used
    ├── StoreLocked       another process holds the file
    ├── StoreTooNew       a newer release wrote the file
    ├── StoreDamaged      the file cannot be read
    └── StoreFull         the disk has no room

A failed model call is not an exception but an outcome with a `Failure` (`core.records.runs`).

Messages are templates in English with named fields, so that one text can be shown in every
language: `InvalidInput("Row {row} has no column {column}.", row=14, column="question")`.
`str(error)` is the English text; `core.i18n` makes the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class WorkbenchError(Exception):
    """The root; catch this to show a message. `code` is stable and for programs."""

    code: ClassVar[str] = "error"

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(template, values)

    def __str__(self) -> str:
        return fill(self.template, self.values)


def fill(template: str, values: Mapping[str, object]) -> str:
    """Put values into a message template; the values themselves are never read as templates."""
    return template.format(**{name: str(value) for name, value in values.items()})


class NotFound(WorkbenchError):
    """The thing is not in the store."""

    code = "not_found"


class InvalidInput(WorkbenchError):
    """The user can fix it; the message says how."""

    code = "invalid_input"


class MissingVariables(InvalidInput):
    """The prompt uses variables that have no value."""

    code = "missing_variables"

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(
            "No value for {names}. Give each variable a value, or take it out of the prompt.",
            names=", ".join(f"{{{name}}}" for name in names),
        )


class NotConfigured(WorkbenchError):
    """A connection lacks a key, project or credentials."""

    code = "not_configured"


class OverBudget(WorkbenchError):
    """A spending cap would be exceeded; nothing was sent."""

    code = "over_budget"


class ServiceTrouble(WorkbenchError):
    """Too many calls failed at once. Nothing was decided from them, so the job pauses."""

    code = "service_trouble"


class BatchProblem(WorkbenchError):
    """A batch was not taken, or cannot be asked for; going on mends it when the cause is gone."""

    code = "batch_problem"


class NotAllowed(WorkbenchError):
    """This person may not do that."""

    code = "not_allowed"


class StoreError(WorkbenchError):
    """The database file cannot be used."""

    code = "store"


class StoreLocked(StoreError):
    """Another process holds the file."""

    code = "store_locked"


class StoreTooNew(StoreError):
    """A newer release wrote the file."""

    code = "store_too_new"


class StoreDamaged(StoreError):
    """The file cannot be read."""

    code = "store_damaged"


class StoreFull(StoreError):
    """The disk has no room."""

    code = "store_full"
