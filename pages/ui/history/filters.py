"""The filters of the history: a search field, a panel, and a chip for each that is set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import streamlit as st

from core.errors import NotFound
from core.records.runs import OUTCOMES
from pages.ui import badges
from pages.ui.history import address as history_address
from pages.ui.history.address import FILTERS, FIRST_DAY, LAST_DAY, NO, YES
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import label, visible

TITLES = {
    "prompt": N_("Prompt"),
    "version": N_("Version"),
    "label": N_("Label"),
    "connection": N_("Connection"),
    "model": N_("Model"),
    "outcome": N_("Outcome"),
    "person": N_("Person"),
    "from": N_("From"),
    "to": N_("To"),
    "mincost": N_("Cost from ($)"),
    "maxcost": N_("Cost to ($)"),
    "starred": N_("Starred"),
    "saved": N_("Saved prompt"),
    "deleted": N_("Show deleted runs"),
}


def search() -> None:
    """The search field; it searches while one types, and waits for an IME to finish."""
    st.text_input(
        _("Search prompts, outputs and memos"),
        key=widget("q", st.query_params.get("q", "")),
        type="search",
        live=True,
        placeholder=_("Any text; Japanese too"),
        on_change=take,
        args=("q", str),
    )


def panel() -> None:
    """Everything that can be filtered by; what there is to choose is read when it is opened."""
    opened = st.popover(_("Filters"), icon=":material/tune:", key="history.filters",
                        on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        left, right = st.columns(2)
        runs = workbench().store.runs
        prompts = workbench().store.prompts.list()
        calls = runs.models()
        prompt = st.query_params.get("prompt", "")
        with left:
            choice("prompt", {line.prompt.id: line.prompt.name for line in prompts})
            if prompt:
                versions = workbench().store.prompts.versions(prompt)
                choice("version", {one.id: str(one.number) for one in versions})
            choice("label", same({name for line in prompts for name in line.labels}))
            choice("outcome", {one: badges.outcome_words(one) for one in OUTCOMES})
            day("from")
            cost("mincost")
            choice("starred", {YES: _("Yes"), NO: _("No")})
        with right:
            choice("connection", {c: badges.SURFACES.get(c, c) for c, _model in calls})
            choice("model", same(model for _connection, model in calls))
            choice("person", same(runs.actors()))
            day("to")
            cost("maxcost")
            choice("saved", {YES: _("Yes"), NO: _("No")})
        deleted = st.query_params.get("deleted") == YES
        st.toggle(_("Show deleted runs"), key=widget("deleted", deleted), on_change=take,
                  args=("deleted", yes_or_nothing))  # fmt: skip


def chips() -> None:
    """What is set, each to be taken off with a click."""
    names = [name for name in FILTERS if st.query_params.get(name)]
    if not names:
        return
    with st.container(horizontal=True, gap="small", key="history.chips"):
        for name in names:
            st.button(
                chip(name),
                key=f"history.chip.{name}",
                icon=":material/close:",
                icon_position="right",
                help=_("Take this filter off"),
                on_click=history_address.put,
                args=(name, ""),
            )
        st.button(_("Clear all"), key="history.clear", type="tertiary",
                  on_click=history_address.clear)  # fmt: skip


def chip(name: str) -> str:
    """A filter in words."""
    if name == "deleted":
        return _("Deleted runs")
    shown = label(words(name, st.query_params[name]), most=40)
    return f"{_(TITLES[name])}: {shown}"


def words(name: str, value: str) -> str:
    """What a filter's value is called."""
    store = workbench().store
    try:
        if name == "prompt":
            return store.prompts.get(value).name
        if name == "version":
            return str(store.prompts.version(value).number)
    except NotFound:
        return value
    if name == "outcome":
        return next((badges.outcome_words(one) for one in OUTCOMES if one == value), value)
    if name == "connection":
        return badges.SURFACES.get(value, value)
    if name in ("starred", "saved"):
        return _("Yes") if value == YES else _("No")
    return value


def choice(name: str, options: Mapping[str, str]) -> None:
    """One of several values, or none."""
    chosen = st.query_params.get(name)
    titles = dict(options)
    if chosen:
        titles.setdefault(chosen, words(name, chosen))
    st.selectbox(
        _(TITLES[name]),
        list(titles),
        index=None,
        placeholder=_("All"),
        format_func=lambda value: visible(titles.get(value) or str(value)),
        key=widget(name, chosen),
        on_change=take,
        args=(name, str),
    )


def day(name: str) -> None:
    """A day, or none."""
    value = history_address.day(st.query_params.get(name, ""))
    st.date_input(
        _(TITLES[name]),
        value=None,
        min_value=FIRST_DAY,
        max_value=LAST_DAY,
        format="YYYY-MM-DD",
        key=widget(name, value),
        on_change=take,
        args=(name, date.isoformat),
    )


def cost(name: str) -> None:
    """An amount, or none."""
    value = history_address.amount(st.query_params.get(name, ""))
    st.number_input(_(TITLES[name]), min_value=0.0, value=None, format="%.6f", step=0.001,
                    key=widget(name, value), on_change=take, args=(name, plain_number))  # fmt: skip


def widget(name: str, value: object) -> str:
    """The key of a filter's widget: its name, set to what the address says where that differs."""
    key = f"history.filter.{name}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def take(name: str, as_text: Callable[[object], str]) -> None:
    """Bring a widget's value into the address."""
    value = st.session_state[f"history.filter.{name}"]
    history_address.put(name, "" if value is None else as_text(value))


def same(values: Iterable[str]) -> dict[str, str]:
    """Values that are called what they are, in order."""
    return {value: value for value in sorted(set(values))}


def yes_or_nothing(value: object) -> str:
    """A switch in the address."""
    return YES if value else ""


def plain_number(value: object) -> str:
    """An amount without an exponent."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
