"""Who is evaluated: groups of prompt versions, each on models and with sets of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core.prompts.fingerprint import fingerprint
from core.prompts.template import variables_of
from core.records.comparisons import Candidate
from core.records.prompts import Prompt, Version
from core.store.prompts import PromptLine
from pages.ui import badges, state
from pages.ui.evaluate import parameters as evaluate_parameters
from pages.ui.evaluate.parameters import Value
from pages.ui.language import _
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import workbench
from pages.ui.text import label, visible


def candidates(columns: Sequence[str]) -> list[Candidate]:
    """The fields of every group, and the candidates that they mean.

    A prompt that the `columns` of the dataset can fill is suggested before others.
    """
    lines = workbench().store.prompts.list()
    prompts = {one.prompt.id: one for one in sorted(lines, key=lambda one: not fills(columns, one))}
    if not prompts:
        st.markdown(_("**No prompt is saved yet.** Save one; its versions can be evaluated."))
        st.page_link("pages/studio/prompt.py", label=_("Write a prompt"), icon=":material/edit:")
        return []
    found: list[Candidate] = []
    groups = state.EVALUATE_GROUPS.get()
    for number, group in enumerate(groups):
        with st.container(border=len(groups) > 1):
            found += group_fields(group, prompts, first=number == 0)
    st.button(_("Add another prompt"), icon=":material/add:", type="tertiary",
              key="evaluate.group.add", on_click=add_group)  # fmt: skip
    named = numbered(found)
    if named:
        st.caption(_("Candidates: {names}").format(
            names=label(", ".join(one.title for one in named), most=600)))  # fmt: skip
    return named


def fills(columns: Sequence[str], line: PromptLine) -> bool:
    """Whether the newest version finds its variables among the columns, and has any."""
    names = variables_of(line.latest.spec) if line.latest else []
    return bool(names) and set(names) <= set(columns)


def add_group() -> None:
    """One more prompt."""
    groups = state.EVALUATE_GROUPS.get()
    state.EVALUATE_GROUPS.set((*groups, max(groups) + 1))


def remove_group(group: int) -> None:
    """One prompt fewer."""
    groups = state.EVALUATE_GROUPS.get()
    state.EVALUATE_GROUPS.set(tuple(one for one in groups if one != group))


def group_fields(group: int, prompts: dict[str, PromptLine], *, first: bool) -> list[Candidate]:
    """A prompt, its versions, the models, and sets of parameters: all combinations of them."""
    key = f"evaluate.group.{group}"
    asked = st.query_params.get("prompt", "")
    ids = list(prompts)
    left, middle, right = st.columns([3, 2, 4])
    with left:
        prompt_id = st.selectbox(
            _("Prompt"), ids, key=f"{key}.prompt",
            index=ids.index(asked) if first and asked in ids else 0,
            format_func=lambda one: visible(prompts[one].prompt.name),
        )  # fmt: skip
    versions = {one.id: one for one in workbench().store.prompts.versions(prompt_id)}
    with middle:
        newest = next(iter(versions), None)
        chosen = st.multiselect(
            _("Versions"), list(versions), default=[newest] if newest else [],
            key=f"{key}.versions.{prompt_id}",
            format_func=lambda one: version_words(versions[one]),
        )  # fmt: skip
    with right:
        own = versions[newest].spec.model if newest else ""
        options = list(dict.fromkeys([*([str(ref_of(own))] if own else []), *model_options()]))
        models = st.multiselect(
            _("Models"), options, default=options[:1], key=f"{key}.models.{prompt_id}",
            format_func=lambda one: badges.model_words(ref_of(one)), accept_new_options=True,
        )  # fmt: skip
    sets = evaluate_parameters.sets_fields(group, [ref_of(one) for one in models])
    if not first:
        st.button(_("Remove"), icon=":material/close:", type="tertiary", key=f"{key}.remove",
                  on_click=remove_group, args=(group,))  # fmt: skip
    prompt = prompts[prompt_id].prompt
    return [
        candidate(prompt, versions[version], model, changes)
        for version in chosen
        for model in models
        for changes in sets
    ]


def candidate(
    prompt: Prompt, version: Version, model: str, changes: Mapping[str, Value]
) -> Candidate:
    """A version on a model; the key is given later."""
    ref = ref_of(model)
    told = evaluate_parameters.words(evaluate_parameters.sent(changes, ref))
    parameters = evaluate_parameters.changed(version.spec.parameters, changes, ref)
    return Candidate(
        "", f"{prompt.name} v{version.number} · {ref.model}{told}",
        replace(version.spec, parameters=parameters), str(ref), prompt.id, version.id,
    )  # fmt: skip


def numbered(found: list[Candidate]) -> list[Candidate]:
    """Each candidate once, with a key."""
    unique: dict[object, Candidate] = {}
    for one in found:
        unique.setdefault((fingerprint(one.spec), one.model, one.version_id), one)
    return [replace(one, key=f"c{number}") for number, one in enumerate(unique.values(), 1)]


def version_words(version: Version) -> str:
    """A version in a list."""
    marks = "".join(f" · {name}" for name in version.labels)
    return visible(f"v{version.number}{marks}")
