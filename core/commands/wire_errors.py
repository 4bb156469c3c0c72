"""Errors over the wire: the reader shows them in its own language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import MissingVariables, WorkbenchError


def error_data(error: WorkbenchError) -> dict[str, Any]:
    """An error as JSON data."""
    values = {name: str(value) for name, value in error.values.items()}
    return {"code": error.code, "template": error.template, "values": values}


def error_from(data: Mapping[str, Any]) -> WorkbenchError:
    """The error with the class its code says; an unknown code gives the root class."""
    kinds = {kind.code: kind for kind in _kinds(WorkbenchError)}
    kind = kinds.get(data["code"], WorkbenchError)
    error = kind.__new__(kind)
    WorkbenchError.__init__(error, data["template"], **data["values"])
    if isinstance(error, MissingVariables):
        error.names = [name.strip("{}") for name in str(data["values"]["names"]).split(", ")]
    return error


def _kinds(kind: type[WorkbenchError]) -> Iterator[type[WorkbenchError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
