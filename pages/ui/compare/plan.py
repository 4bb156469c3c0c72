"""What the form will run: its candidates and inputs, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFound
from core.prompts.authoring import NEW_PROMPT
from core.records.comparisons import Candidate, ComparedInput
from core.records.models import ModelRef
from core.records.prompts import PromptSpec, Version
from pages.ui import badges
from pages.ui.compare.setup import LETTERS, Column, Setup
from pages.ui.language import _
from pages.ui.prompt.settings import fitting, ref_of
from pages.ui.resources import workbench


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
    parameters, _refused = fitting(column.parameters, badges.capabilities(ref))
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


def versions_of(prompt_id: str) -> Sequence[Version]:
    """The versions of a prompt, newest first; none for one that is not saved or is gone."""
    if not prompt_id or prompt_id == NEW_PROMPT:
        return ()
    try:
        return workbench().store.prompts.versions(prompt_id)
    except NotFound:
        return ()


def inputs(setup: Setup) -> tuple[ComparedInput, ...]:
    """The rows as they are run."""
    if setup.source in ("file", "dataset"):
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
