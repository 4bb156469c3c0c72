"""A comparison before it runs: its columns and rows, as the form keeps them.

The form outlives its widgets: another page, F5 and tomorrow show what was set up, because it is
kept for the person. Widgets are keyed by an `epoch`, as in the prompt editor.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.prompts.template import variables_of
from core.records.comparisons import ComparedInput
from core.records.prompts import (
    DEFAULTS,
    Parameters,
    PromptSpec,
    parameters_from,
)
from pages.ui.resources import actor, workbench
from pages.ui.state import Key

Kind = Literal["text", "prompt", "given"]
Source = Literal["one", "sets", "file", "dataset"]
LETTERS = "ABCDEF"
_epochs = itertools.count(1)


def new_epoch() -> int:
    """A number that no form had before."""
    return next(_epochs)


@dataclass
class Column:
    """A candidate as it is being chosen. `spec` is what its source says.

    A `text` is written here, a `prompt` is a version or (without one) its draft, and `given` is
    what a run or an example sent.
    """

    number: int
    spec: PromptSpec
    model: str
    parameters: Parameters = DEFAULTS
    kind: Kind = "text"
    prompt_id: str = ""
    version_id: str = ""
    title: str = ""
    epoch: int = field(default_factory=new_epoch)

    def key(self, name: str) -> str:
        """The key of a widget of this column."""
        return f"compare.{self.epoch}.{name}"


@dataclass
class Setup:
    """Everything on the form."""

    columns: list[Column] = field(default_factory=list)
    source: Source = "one"
    message: str = ""
    values: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    table: tuple[ComparedInput, ...] = ()
    file: str = ""
    repeats: int = 1
    blind: bool = False
    title: str = ""
    memo: str = ""
    epoch: int = field(default_factory=new_epoch)

    def key(self, name: str) -> str:
        """The key of a widget of the form."""
        return f"compare.{self.epoch}.{name}"

    @property
    def variables(self) -> list[str]:
        """The variables of all columns, each once."""
        return list(dict.fromkeys(n for one in self.columns for n in variables_of(one.spec)))


SETUP = Key[Setup | None]("compare.setup", None)
KEPT = Key[Any]("compare.kept", None)


def stored() -> Any:
    """What was kept for the person, as plain data."""
    return workbench().store.settings.get(f"compare/form/{actor()}")


def keep(setup: Setup) -> None:
    """Keep it for the person, if it has changed."""
    data = to_dict(setup)
    if data != KEPT.get():
        workbench().store.settings.put(f"compare/form/{actor()}", data)
        KEPT.set(data)


def forget() -> None:
    """Begin with the suggestion the next time."""
    workbench().store.settings.put(f"compare/form/{actor()}", None)
    SETUP.set(None)
    KEPT.set(None)


def to_dict(setup: Setup) -> dict[str, Any]:
    """Plain JSON data."""
    return {
        "columns": [
            {"spec": one.spec.to_dict(), "model": one.model, "kind": one.kind,
             "parameters": replace(PromptSpec(), parameters=one.parameters).to_dict()["parameters"],
             "prompt_id": one.prompt_id, "version_id": one.version_id, "title": one.title}
            for one in setup.columns
        ],
        "rows": [
            {"key": one.key, "title": one.title, "values": dict(one.values),
             "message": one.message, "reference": one.reference,
             "dataset_version_id": one.dataset_version_id, "case_id": one.case_id}
            for one in setup.table
        ],
        **{name: getattr(setup, name) for name in PLAIN},
        "left_out": sorted(setup.left_out),
    }  # fmt: skip


PLAIN = ("source", "message", "values", "file", "repeats", "blind", "title", "memo")


def from_dict(data: Mapping[str, Any]) -> Setup:
    """Read what `to_dict` wrote."""
    columns = [
        Column(
            number,
            PromptSpec.from_dict(one["spec"]),
            one["model"],
            parameters_from(one["parameters"]),
            one["kind"],
            one["prompt_id"],
            one["version_id"],
            one["title"],
        )
        for number, one in enumerate(data["columns"])
    ]
    rows = tuple(ComparedInput(**one) for one in data["rows"])
    plain = {name: data[name] for name in PLAIN}
    return Setup(columns, table=rows, left_out=set(data["left_out"]), **plain)
