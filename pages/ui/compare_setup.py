"""A comparison before it runs: its columns and rows, as the form keeps them.

The form outlives its widgets: another page, F5 and tomorrow show what was set up, because it is
kept for the person. Widgets are keyed by an `epoch`, as in the prompt editor.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import streamlit as st

from core.errors import NotFound
from core.prompts.authoring import NEW_PROMPT
from core.prompts.template import variables_of
from core.records.comparisons import MOST_COLUMNS, Candidate, ComparedInput, Comparison
from core.records.models import ModelRef
from core.records.prompts import (
    DEFAULTS,
    Parameters,
    Part,
    PromptSpec,
    Turn,
    Version,
    parameters_from,
)
from pages.ui import badges
from pages.ui.language import _
from pages.ui.prompt_session import default_model
from pages.ui.prompt_settings import fitting, model_options, ref_of
from pages.ui.resources import actor, workbench
from pages.ui.state import Key

Kind = Literal["text", "prompt", "given"]
Source = Literal["one", "sets", "file"]
LETTERS = "ABCDEF"
_epochs = itertools.count(1)


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
    epoch: int = field(default_factory=lambda: next(_epochs))

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
    epoch: int = field(default_factory=lambda: next(_epochs))

    def key(self, name: str) -> str:
        """The key of a widget of the form."""
        return f"compare.{self.epoch}.{name}"

    @property
    def variables(self) -> list[str]:
        """The variables of all columns, each once."""
        return list(dict.fromkeys(n for one in self.columns for n in variables_of(one.spec)))


SETUP = Key[Setup | None]("compare.setup", None)
KEPT = Key[Any]("compare.kept", None)


# -- where it is kept --


def current() -> Setup:
    """What the person was setting up, here or before; else a first suggestion."""
    setup = SETUP.get()
    if setup is None:
        stored = workbench().store.settings.get(f"compare/form/{actor()}")
        setup = from_dict(stored) if stored else suggestion()
        SETUP.set(setup)
    return setup


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
             "message": one.message, "reference": one.reference}
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


# -- beginnings --


def suggestion() -> Setup:
    """The newest prompt on two models; without a prompt, a text to write."""
    lines = workbench().store.prompts.list()
    latest = lines[0].latest if lines else None
    if latest is None:
        model = default_model()
        first = Column(0, PromptSpec(model=model), model)
        return with_other_model(Setup([first]), 0)
    return begin([column_of_version(latest)])


def begin(columns: Sequence[Column]) -> Setup:
    """A form with these columns, and another model beside a single one."""
    setup = Setup(list(columns))
    if value_sets(setup):
        setup.source = "sets"
    return with_other_model(setup, 0) if len(columns) == 1 else setup


def column_of_version(version: Version) -> Column:
    """A saved version on its own model."""
    model = version.spec.model or default_model()
    return Column(
        0, version.spec, model, version.spec.parameters, "prompt", version.prompt_id, version.id
    )


def column_of_draft(slot: str, spec: PromptSpec) -> Column:
    """What a person's draft of a prompt (or of none yet) says now."""
    return Column(0, spec, spec.model or default_model(), spec.parameters, "prompt", slot)


def column_of_run(run_id: str) -> tuple[Column, Mapping[str, str]]:
    """What a run was asked with, and its values. NotFound when there is none."""
    found = workbench().history.open_in_editor(run_id)
    model = str(found.model)
    if found.base_version_id:
        version = workbench().store.prompts.version(found.base_version_id)
        return replace(column_of_version(version), model=model), found.values
    spec = replace(found.spec, value_sets=())
    return Column(0, spec, model, spec.parameters, "given", title=_("From a run")), found.values


def begin_with_runs(run_ids: Sequence[str]) -> Setup:
    """Columns as the runs were asked, on the input of the first one."""
    found = [column_of_run(one) for one in run_ids]
    setup = begin([column for column, _values in found])
    setup.source, setup.values = "one", dict(found[0][1])
    return setup


def setup_of(comparison: Comparison) -> Setup:
    """The form that would make this comparison again."""
    columns = [
        Column(
            number,
            one.spec,
            one.model,
            one.spec.parameters,
            "prompt" if one.prompt_id and one.version_id else "given",
            one.prompt_id or "",
            one.version_id or "",
            title="" if one.version_id else one.title,
        )
        for number, one in enumerate(comparison.candidates)
    ]
    return Setup(
        columns, source="file", table=comparison.inputs, repeats=comparison.repeats,
        blind=comparison.blind, title=comparison.title,
    )  # fmt: skip


# -- changes --


def with_other_model(setup: Setup, place: int) -> Setup:
    """Add the column once more on a model that it is not on yet: its successor, if it has one."""
    one = setup.columns[place]
    read_widgets(one)
    taken = {other.model for other in setup.columns if other.spec == one.spec}
    ref = ref_of(one.model)
    successor = badges.info(ref).successor
    known = model_options()
    same = [text for text in known if ref_of(text).surface == ref.surface]
    wanted = [*([str(successor)] if successor else []), *same, *known]
    model = next((text for text in wanted if text not in taken), one.model)
    return insert(setup, place, replace(one, model=model, epoch=next(_epochs)))


def with_other_version(setup: Setup, place: int) -> Setup:
    """Add the column once more with the newest version that is not beside it yet."""
    one = setup.columns[place]
    read_widgets(one)
    taken = {other.version_id for other in setup.columns if other.model == one.model}
    free = [v for v in versions_of(one.prompt_id) if v.id not in taken]
    if not free:
        return setup
    other = replace(
        one, version_id=free[0].id, spec=free[0].spec, parameters=free[0].spec.parameters,
        epoch=next(_epochs),
    )  # fmt: skip
    return insert(setup, place, other)


def read_widgets(column: Column) -> None:
    """Take over what was typed just before a button was pressed: its callback comes first."""
    shown = st.session_state
    column.model = str(shown.get(column.key("model")) or column.model)
    if column.kind == "text":
        message = str(shown.get(column.key("message"), column.spec.turns[-1].text))
        column.spec = replace(
            column.spec,
            system=str(shown.get(column.key("system"), column.spec.system)),
            turns=(Turn("user", (Part(message),)),),
        )


def insert(setup: Setup, place: int, column: Column) -> Setup:
    """Put a column behind a place, while there is room."""
    if len(setup.columns) < MOST_COLUMNS:
        setup.columns.insert(place + 1, column)
    return setup


def move(setup: Setup, place: int, step: int) -> None:
    """Swap a column with its neighbour."""
    columns = setup.columns
    columns[place], columns[place + step] = columns[place + step], columns[place]


def choose_source(column: Column, source: str) -> None:
    """Take a prompt, the draft, or a text that is written here."""
    column.version_id = ""
    if source in ("text", "given"):
        column.kind, column.prompt_id = source, ""  # type: ignore[assignment]
        return
    column.kind, column.prompt_id = "prompt", source
    draft = workbench().authoring.draft(actor(), source)
    found = versions_of(source)
    if found:
        choose_version(column, found[0].id)
    elif draft is not None:
        choose_version(column, "")


def choose_version(column: Column, version_id: str) -> None:
    """Take a version of the prompt; an empty id means the draft."""
    column.version_id = version_id
    if version_id:
        spec = workbench().store.prompts.version(version_id).spec
    else:
        draft = workbench().authoring.draft(actor(), column.prompt_id)
        spec = draft.spec if draft else column.spec
    column.spec, column.parameters = spec, spec.parameters
    column.epoch = next(_epochs)


def versions_of(prompt_id: str) -> Sequence[Version]:
    """The versions of a prompt, newest first; none for one that is not saved or is gone."""
    if not prompt_id or prompt_id == NEW_PROMPT:
        return ()
    try:
        return workbench().store.prompts.versions(prompt_id)
    except NotFound:
        return ()


# -- what will run --


def candidates(setup: Setup) -> tuple[Candidate, ...]:
    """The columns as they are run, named by what tells them apart."""
    prompts = {prompt_words(one) for one in setup.columns}
    models = {one.model for one in setup.columns}
    return tuple(
        Candidate(
            key=letter.lower(),
            title=title_of(one, prompts=len(prompts) > 1, models=len(models) > 1),
            spec=spec_of(one),
            model=str(ref_of(one.model)),
            prompt_id=one.prompt_id if one.prompt_id != NEW_PROMPT and one.prompt_id else None,
            version_id=one.version_id or None,
        )
        for letter, one in zip(LETTERS, setup.columns, strict=False)
    )


def spec_of(column: Column) -> PromptSpec:
    """What is sent: the source with the model and the parameters of the column."""
    ref = ref_of(column.model)
    parameters, _refused = fitting(column.parameters, workbench().catalogue.capabilities(ref))
    return replace(column.spec, model=str(ref), parameters=parameters)


def title_of(column: Column, *, prompts: bool, models: bool) -> str:
    """The model, the prompt, or both: whichever differs between the columns."""
    parts = []
    if prompts or not models:
        parts.append(prompt_words(column))
    if models or not prompts:
        parts.append(model_title(ref_of(column.model)))
    return " · ".join(parts)


def model_title(ref: ModelRef) -> str:
    """The model's name for people, without the hint that it is simulated."""
    return badges.info(ref).title.replace(" (simulated)", "")


def prompt_words(column: Column) -> str:
    """The prompt and version of a column."""
    if column.kind != "prompt":
        return column.title or _("Own text")
    if column.prompt_id == NEW_PROMPT:
        return _("Unsaved draft")
    try:
        name = workbench().store.prompts.get(column.prompt_id).name
    except NotFound:
        return _("Deleted prompt")
    number = next((v.number for v in versions_of(column.prompt_id) if v.id == column.version_id),
                  None)  # fmt: skip
    return f"{name} v{number}" if number else _("{name}, draft").format(name=name)


def inputs(setup: Setup) -> tuple[ComparedInput, ...]:
    """The rows as they are run."""
    if setup.source == "file":
        return setup.table
    if setup.source == "sets":
        return tuple(one for one in value_sets(setup) if one.key not in setup.left_out)
    if setup.variables:
        values = {name: setup.values.get(name, "") for name in setup.variables}
        given = {name: text for name, text in values.items() if text}
        return (ComparedInput("1", excerpt(" ".join(given.values())), given),)
    return (ComparedInput("1", excerpt(setup.message), message=setup.message or None),)


def value_sets(setup: Setup) -> list[ComparedInput]:
    """The value sets of all columns' prompts, equal ones once."""
    found: dict[tuple[tuple[str, str], ...], ComparedInput] = {}
    for column in setup.columns:
        for one in column.spec.value_sets:
            values = {name: text for name, text in one.values.items() if text}
            mark = tuple(sorted(values.items()))
            if values and mark not in found:
                name = "" if one.name.isdigit() else f"{one.name}: "
                title = name + excerpt(" ".join(values.values()))
                found[mark] = ComparedInput(str(len(found) + 1), title, values)
    return list(found.values())


def excerpt(text: str, most: int = 60) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
