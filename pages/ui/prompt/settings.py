"""The right side of the prompt page: model, parameters, output format, tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import streamlit as st

from core.errors import WorkbenchError
from core.prompts.field_names import PARAMETERS
from core.prompts.json_text import function_declarations, response_schema
from core.records.catalogue import Capabilities, ParameterRule
from core.records.models import SURFACES, ModelRef
from core.records.prompts import DEFAULTS, Parameters
from pages.ui import badges
from pages.ui.language import N_, _, language, words
from pages.ui.prompt.session import Editor, get
from pages.ui.resources import workbench
from pages.ui.text import label

NAMES = PARAMETERS
LEFT_OUT = {
    "ignored": N_("Not offered, because this model ignores it: {names}"),
    "rejected": N_("Not offered, because this model refuses it: {names}"),
}


class Keyed(Protocol):
    """Names the widgets of one place: the prompt editor, a column of a comparison."""

    def key(self, name: str) -> str:
        """The key of a widget."""


def model_field(editor: Keyed) -> ModelRef:
    """The model picker: models of live connections, or any id typed in."""
    options = model_options()
    current = str(st.session_state.get(editor.key("model"), ""))
    if current:
        # First, since a browser that is slow to hear what was chosen sends the first one back.
        options = [current, *(one for one in options if one != current)]
    st.selectbox(
        _("Model"),
        options,
        key=editor.key("model"),
        format_func=lambda text: badges.model_words(ref_of(text)),
        accept_new_options=True,
        help=_("Another id can be typed in, as in gemini:gemini-3.8-flash."),
    )
    ref = ref_of(str(st.session_state.get(editor.key("model"), "")))
    badges.model(ref)
    if badges.info(ref).stage == "unknown":
        st.caption(_("This id is not in the catalogue: its price and parameters are not known."))
    return ref


def ref_of(text: str) -> ModelRef:
    """A model as typed or chosen."""
    return ModelRef.parse(text.strip(), workbench().settings.default_surface)


def model_options() -> list[str]:
    """Models of live connections; those that have ended come last."""
    bench = workbench()
    now = datetime.now(UTC)
    found = [
        info
        for surface in SURFACES
        if bench.connections[surface].live
        for info in bench.catalogue.models(surface, now)
    ]
    found.sort(key=lambda info: info.stage == "retired")
    return [str(info.ref) for info in found]


def fitting(given: Parameters, known: Capabilities) -> tuple[Parameters, list[str]]:
    """What of the parameters the model takes, and the names of those that it does not."""
    refused = [
        name
        for name in NAMES
        if getattr(given, name) != getattr(DEFAULTS, name)
        and ((rule := known.parameters.get(name)) is None or rule.status in ("ignored", "rejected"))
    ]
    return replace(given, **{name: getattr(DEFAULTS, name) for name in refused}), refused


def parameter_fields(editor: Keyed, ref: ModelRef) -> None:
    """Only what the model takes; what is left out is named in a line."""
    known = badges.capabilities(ref)
    if not known.known:
        st.caption(_("Unknown model: only parameters that every model takes are safe."))
    left_out: dict[str, list[str]] = {}
    for name, title in NAMES.items():
        rule = known.parameters.get(name)
        if rule is None or rule.status in ("ignored", "rejected"):
            if rule is not None:
                left_out.setdefault(rule.status, []).append(_(title))
            st.session_state[editor.key(f"parameter.{name}")] = (
                [] if name == "stop_sequences" else (False if name == "include_thoughts" else None)
            )
            continue
        field(editor, name, _(title), rule, known)
    for status, titles in left_out.items():
        st.caption(_(LEFT_OUT[status]).format(names=" · ".join(titles)))


def field(
    editor: Keyed,
    name: str,
    title: str,
    rule: ParameterRule,
    known: Capabilities,
    empty: str = "",
) -> None:
    """The widget of one parameter. An empty one is not sent, unless `empty` says what it means."""
    key = editor.key(f"parameter.{name}")
    note = rule.note_ja if language() == "ja" else rule.note_en
    if rule.status == "advised_against":
        title = f"{title} ⚠"
    if name == "thinking_level":
        st.selectbox(title, list(known.thinking_levels), index=None, key=key, help=note or None,
                     placeholder=empty or _("Model's default"))  # fmt: skip
    elif name == "include_thoughts" and empty:
        st.selectbox(title, [True, False], index=None, key=key, help=note or None,
                     format_func=lambda on: _("Yes") if on else _("No"),
                     placeholder=empty)  # fmt: skip
    elif name == "include_thoughts":
        st.session_state[key] = bool(st.session_state.get(key))
        st.toggle(title, key=key, help=note or None)
    elif name == "stop_sequences":
        value = list(st.session_state.get(key) or ())
        st.session_state[key] = value
        st.multiselect(title, value, key=key, accept_new_options=True, help=note or None,
                       placeholder=_("Type a text and press Enter"))  # fmt: skip
    else:
        number_field(key, title, rule, note, empty)


def number_field(key: str, title: str, rule: ParameterRule, note: str, empty: str = "") -> None:
    """A number that may be left empty."""
    whole = rule.step == 1
    kind: Callable[[float], float | int] = int if whole else float
    placeholder = _("Model's default")
    if empty:
        placeholder = empty
    elif rule.default is not None:
        placeholder += f" ({kind(rule.default)})"
    value = st.session_state.get(key)
    st.session_state[key] = None if value is None else kind(value)
    st.number_input(
        title,
        min_value=None if rule.minimum is None else kind(rule.minimum),
        max_value=None if rule.maximum is None else kind(rule.maximum),
        step=kind(rule.step or 0.1),
        value=None,
        key=key,
        placeholder=placeholder,
        help=note or None,
    )


def output_fields(editor: Editor, known: Capabilities) -> None:
    """Structured output by JSON Schema."""
    st.text_area(
        _("JSON Schema of the answer"),
        key=editor.key("schema"),
        height=180,
        placeholder='{"type": "object", "properties": {"priority": {"type": "string"}}}',
        disabled=not known.structured_output,
    )
    told(response_schema, str(get(editor, "schema", "")))
    if get(editor, "schema", "") and get(editor, "google_search", False):
        st.warning(_("Many models refuse structured output together with Google Search."))


def tool_fields(editor: Editor, known: Capabilities) -> None:
    """Function declarations and Google Search."""
    st.toggle(
        _("Ground with Google Search"),
        key=editor.key("google_search"),
        disabled=not known.google_search,
    )
    st.text_area(
        _("Function declarations (JSON array)"),
        key=editor.key("functions"),
        height=180,
        placeholder='[{"name": "get_order", "description": "…", "parameters": {"type": "object"}}]',
        disabled=not known.functions,
    )
    st.caption(_("Calls that the model asks for are shown; the workbench never executes them."))
    told(function_declarations, str(get(editor, "functions", "")))


def told(check: Callable[[str], object], text: str) -> None:
    """Say under a field what is wrong with its JSON."""
    try:
        check(text)
    except WorkbenchError as error:
        st.caption(f":red[{label(words(error), most=400)}]")
