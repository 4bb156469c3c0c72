"""Where the columns of a new comparison come from, and how one is made from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core.comparison.inputs import of_cases
from core.records.comparisons import MOST_COLUMNS, Candidate, ComparedInput, Comparison
from core.records.datasets import Case
from core.records.prompts import Part, PromptSpec, Turn, Version
from pages.ui import badges
from pages.ui.compare.plan import value_sets, versions_of
from pages.ui.compare.setup import SETUP, Column, Setup, from_dict, new_epoch, stored
from pages.ui.language import _
from pages.ui.prompt.session import default_model
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import actor, workbench


def current() -> Setup:
    """What the person was setting up, here or before; else a first suggestion."""
    setup = SETUP.get()
    if setup is None:
        kept = stored()
        setup = from_dict(kept) if kept else suggestion()
        SETUP.set(setup)
    return setup


def suggestion() -> Setup:
    """The newest prompt on two models; without a prompt, a text to write."""
    lines = workbench().store.prompts.list()
    latest = lines[0].latest if lines else None
    if latest is None:
        model = default_model()
        return begin([Column(0, PromptSpec(model=model), model)])
    return begin([column_of_version(latest)])


def begin(columns: Sequence[Column]) -> Setup:
    """A form with these columns, and another model beside a single one."""
    setup = Setup(list(columns))
    if value_sets(setup):
        setup.source = "sets"
    if len(columns) == 1:
        with_other_model(setup, 0)
    return setup


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
    return Setup(
        columns_of(comparison.candidates),
        source="dataset" if comparison.inputs[0].case_id else "file",
        table=comparison.inputs, repeats=comparison.repeats,
        blind=comparison.blind, title=comparison.title,
    )  # fmt: skip


def columns_of(candidates: Sequence[Candidate]) -> list[Column]:
    """Columns that ask what these candidates are asked."""
    return [
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
        for number, one in enumerate(candidates)
    ]


def begin_with_cases(
    version_id: str, cases: Sequence[Case], candidates: Sequence[Candidate]
) -> Setup:
    """Candidates of an evaluation on some of its cases."""
    setup = Setup(columns_of(candidates), source="dataset")
    setup.table = rows_of_cases(setup, version_id, cases)
    return setup


def rows_of_cases(
    setup: Setup, version_id: str, cases: Sequence[Case]
) -> tuple[ComparedInput, ...]:
    """The rows of the form from cases of a dataset."""
    found = of_cases(version_id, cases, [one.spec for one in setup.columns])
    return tuple(replace(one, key=str(number)) for number, one in enumerate(found, 1))


def with_other_model(setup: Setup, place: int) -> None:
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
    insert(setup, place, replace(one, model=model, epoch=new_epoch()))


def with_other_version(setup: Setup, place: int) -> None:
    """Add the column once more with the newest version that is not beside it yet."""
    one = setup.columns[place]
    read_widgets(one)
    taken = {other.version_id for other in setup.columns if other.model == one.model}
    free = [v for v in versions_of(one.prompt_id) if v.id not in taken]
    if not free:
        return
    other = replace(
        one, version_id=free[0].id, spec=free[0].spec, parameters=free[0].spec.parameters,
        epoch=new_epoch(),
    )  # fmt: skip
    insert(setup, place, other)


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


def insert(setup: Setup, place: int, column: Column) -> None:
    """Put a column behind a place, while there is room."""
    if len(setup.columns) < MOST_COLUMNS:
        setup.columns.insert(place + 1, column)


def move(setup: Setup, place: int, step: int) -> None:
    """Swap a column with its neighbour."""
    columns = setup.columns
    columns[place], columns[place + step] = columns[place + step], columns[place]


def choose_source(column: Column, source: str) -> None:
    """Take a prompt, the draft, or a text that is written here."""
    column.version_id = ""
    if source == "text":
        # Only what the fields of the card show: nothing is sent that cannot be seen or changed.
        text = column.spec.turns[-1].text if column.spec.turns else ""
        column.spec = PromptSpec(
            system=column.spec.system, turns=(Turn("user", (Part(text),)),), model=column.spec.model
        )
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
    column.epoch = new_epoch()
