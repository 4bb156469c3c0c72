"""The columns of a new comparison: prompt, model and parameters of each candidate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import streamlit as st

from core.prompts.authoring import NEW_PROMPT
from core.records.comparisons import MOST_COLUMNS
from core.records.models import ModelRef
from core.records.prompts import DEFAULTS, Parameters, Version
from pages.ui import badges
from pages.ui.compare import plan as plans
from pages.ui.compare import sources as sources
from pages.ui.compare.setup import LETTERS, Column, Setup
from pages.ui.language import _
from pages.ui.prompt import settings as prompt_settings
from pages.ui.resources import actor, workbench
from pages.ui.text import label, visible

IN_A_LINE = 3
LONGEST_EXCERPT = 260


def columns_fields(setup: Setup) -> None:
    """A card per candidate, three in a line."""
    for begin in range(0, len(setup.columns), IN_A_LINE):
        line = setup.columns[begin : begin + IN_A_LINE]
        for number, place in enumerate(st.columns(max(2, len(line)), gap="medium")):
            if number < len(line):
                with place, st.container(border=True, key=f"compare.column.{begin + number}"):
                    card(setup, begin + number)
    if len(setup.columns) < MOST_COLUMNS:
        st.button(_("Add column"), icon=":material/add:", key="compare.add", type="tertiary",
                  on_click=add, args=(setup,))  # fmt: skip


def card(setup: Setup, place: int) -> None:
    """One candidate."""
    column = setup.columns[place]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{LETTERS[place]}**")
        st.space("stretch")
        menu(setup, place)
    prompt_field(column)
    if column.kind == "text":
        text_fields(column)
    else:
        words(column)
    marks(column)
    seed(column, "model", column.model)
    ref = prompt_settings.model_field(column)
    column.model = str(st.session_state[column.key("model")] or "")
    parameters_field(column, ref)
    twin = next((n for n in range(place) if same(setup.columns[n], column)), None)
    if twin is not None:
        st.caption(":orange[:material/content_copy:] "
                   + _("The same as column {letter}: change one of them.").format(
                       letter=LETTERS[twin]))  # fmt: skip
    full = len(setup.columns) == MOST_COLUMNS
    with st.container(horizontal=True, gap="small"):
        st.button(_("Same prompt, other model"), key=column.key("othermodel"), type="tertiary",
                  icon=":material/add:", disabled=full,
                  on_click=sources.with_other_model, args=(setup, place))  # fmt: skip
        if len(plans.versions_of(column.prompt_id)) > 1:
            st.button(_("Same model, other version"), key=column.key("otherversion"),
                      type="tertiary", icon=":material/add:", disabled=full,
                      on_click=sources.with_other_version, args=(setup, place))  # fmt: skip


def menu(setup: Setup, place: int) -> None:
    """Order and removal."""
    column = setup.columns[place]
    last = len(setup.columns) - 1
    for icon, words, step, disabled in (
        (":material/chevron_left:", _("Move left"), -1, place == 0),
        (":material/chevron_right:", _("Move right"), 1, place == last),
    ):
        st.button(icon, help=words, key=column.key(f"move{step}"), type="tertiary",
                  disabled=disabled, on_click=sources.move, args=(setup, place, step))  # fmt: skip
    st.button(":material/close:", help=_("Remove column"), key=column.key("remove"),
              type="tertiary", disabled=last < 1, on_click=setup.columns.remove,
              args=(column,))  # fmt: skip


def seed(column: Column, name: str, value: object) -> None:
    """Give a widget its value when it is new or was away."""
    if column.key(name) not in st.session_state:
        st.session_state[column.key(name)] = value


def changed(column: Column, name: str, change: Callable[[Column, str], None]) -> None:
    """A choice was made."""
    change(column, st.session_state[column.key(name)])


def prompt_field(column: Column) -> None:
    """Which prompt, and which of its versions."""
    names = prompt_options(column)
    chosen = column.prompt_id if column.kind == "prompt" else column.kind
    st.session_state[column.key("source")] = chosen
    st.selectbox(_("Prompt"), list(names), key=column.key("source"),
                 format_func=lambda one: names.get(one, one), on_change=changed,
                 args=(column, "source", sources.choose_source))  # fmt: skip
    if column.kind != "prompt" or column.prompt_id == NEW_PROMPT:
        return
    versions = {one.id: version_words(one) for one in plans.versions_of(column.prompt_id)}
    if workbench().authoring.draft(actor(), column.prompt_id) is not None or not column.version_id:
        versions = {"": _("Draft, as it is in the editor"), **versions}
    if column.version_id not in versions:
        versions[column.version_id] = _("Deleted version")
    st.session_state[column.key("version")] = column.version_id
    st.selectbox(_("Version"), list(versions), key=column.key("version"),
                 format_func=versions.__getitem__, on_change=changed,
                 args=(column, "version", sources.choose_version))  # fmt: skip


def prompt_options(column: Column) -> dict[str, str]:
    """Where a prompt can come from, each with its name."""
    names = {"text": _("Write it here")}
    if column.kind == "given":
        names["given"] = label(column.title or _("From a run"))
    if workbench().authoring.draft(actor(), NEW_PROMPT) or column.prompt_id == NEW_PROMPT:
        names[NEW_PROMPT] = _("Unsaved draft")
    names |= {one.prompt.id: label(one.prompt.name) for one in workbench().store.prompts.list()}
    if column.kind == "prompt" and column.prompt_id not in names:
        names[column.prompt_id] = _("Deleted prompt")
    return names


def version_words(version: Version) -> str:
    """A version as an option: number, labels, message."""
    parts = [f"v{version.number}", *version.labels, version.message]
    return label(" · ".join(part for part in parts if part))


def text_fields(column: Column) -> None:
    """A prompt that is written here."""
    seed(column, "system", column.spec.system)
    seed(column, "message", column.spec.turns[-1].text)
    st.text_area(_("System instruction"), key=column.key("system"), height=90)
    st.text_area(
        _("User message"), key=column.key("message"), height=90,
        placeholder=_("What you want to know. Example: Classify this ticket: {ticket}"),
    )  # fmt: skip
    sources.read_widgets(column)


def words(column: Column) -> None:
    """The beginning of the prompt, so that one sees which it is."""
    spec = column.spec
    text = plans.excerpt(f"{spec.system} {spec.turns[-1].text}", LONGEST_EXCERPT)
    st.caption(label(visible(text), most=2 * LONGEST_EXCERPT))


def marks(column: Column) -> None:
    """What else is sent."""
    spec = column.spec
    files = sum(part.media is not None for turn in spec.turns for part in turn.parts)
    found = [
        _("{count} messages").format(count=len(spec.turns)) if len(spec.turns) > 1 else "",
        _("{count} files").format(count=files) if files else "",
        _("Structured output") if spec.response_schema.strip() else "",
        _("Functions declared") if spec.functions.strip() else "",
        _("Grounded with Google Search") if spec.google_search else "",
    ]
    if any(found):
        st.caption(" · ".join(one for one in found if one))


def same(one: Column, other: Column) -> bool:
    """Whether two columns send the same to the same model."""
    return (one.spec, one.model, one.parameters) == (other.spec, other.model, other.parameters)


def parameters_field(column: Column, ref: ModelRef) -> None:
    """The parameters, in a popover that holds only what the model takes."""
    known = badges.capabilities(ref)
    kept, refused = prompt_settings.fitting(column.parameters, known)
    count = sum(getattr(kept, one.name) != getattr(DEFAULTS, one.name) for one in fields(kept))
    title = _("Parameters: {count} set").format(count=count) if count else _("Parameters")
    opened = st.popover(title, icon=":material/tune:", key=column.key("parameters"),
                        on_change="rerun")  # fmt: skip
    names = [one.name for one in fields(Parameters)]
    if opened.open:
        with opened:
            for name in names:
                seed(column, f"parameter.{name}", getattr(column.parameters, name))
            prompt_settings.parameter_fields(column, ref)
            shown = {name: st.session_state[column.key(f"parameter.{name}")] for name in names}
            shown["stop_sequences"] = tuple(shown["stop_sequences"] or ())
            column.parameters = Parameters(**shown)
    elif refused:
        left_out = ", ".join(_(prompt_settings.NAMES[name]) for name in refused)
        st.caption(_("Not sent to this model: {names}").format(names=left_out))


def add(setup: Setup) -> None:
    """Another column: the last one on another model."""
    sources.with_other_model(setup, len(setup.columns) - 1)
