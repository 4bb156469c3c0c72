"""The form of a new comparison: columns, rows, how often, and what it will cost."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.comparison.estimate import estimate
from core.records.catalogue import Price
from core.records.runs import Request
from pages.ui.compare import address as compare_address
from pages.ui.compare import begin as compare_begin
from pages.ui.compare import columns as compare_columns
from pages.ui.compare import plan as plans
from pages.ui.compare import rows as compare_rows
from pages.ui.compare import setup as setups
from pages.ui.compare import sources as sources
from pages.ui.compare.setup import Setup
from pages.ui.facts import money
from pages.ui.language import _, say
from pages.ui.resources import workbench
from pages.ui.text import code, label, shortened, visible

MOST_REPEATS = 10


def form() -> None:
    """Everything that is asked before running."""
    setup = sources.current()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("New comparison"), anchor=False)
        st.space("stretch")
        st.button(_("Start over"), icon=":material/restart_alt:", type="tertiary",
                  key="compare.over", on_click=setups.forget)  # fmt: skip
        st.button(_("All comparisons"), icon=":material/list:", type="tertiary",
                  key="compare.list", on_click=compare_address.show_list)  # fmt: skip
    st.header(_("Columns: who answers"), anchor=False)
    compare_columns.columns_fields(setup)
    rows, how = st.columns([3, 2], gap="large")
    with rows:
        st.header(_("Rows: what is asked"), anchor=False)
        compare_rows.rows_fields(setup)
    with how:
        st.header(_("How"), anchor=False)
        how_fields(setup)
        run_button(setup)
    setups.keep(setup)
    problem = compare_begin.PROBLEM.get()
    if problem is not None:
        say(problem)


def how_fields(setup: Setup) -> None:
    """Repeats, blind, title and memo."""
    for name in ("repeats", "blind", "title", "memo"):
        compare_rows.seed(setup, name, getattr(setup, name))
    setup.repeats = st.number_input(
        _("Repeats of each cell"), 1, MOST_REPEATS, key=setup.key("repeats"),
        help=_("Several answers to the same input show how stable a candidate is."),
    )  # fmt: skip
    setup.blind = st.toggle(
        _("Judge blind"), key=setup.key("blind"),
        help=_("Names, costs and times stay hidden, and the columns change places in each row, "
               "until you reveal them."),
    )  # fmt: skip
    suggested = shortened(visible(compare_begin.suggested_title(setup)), 80)
    setup.title = st.text_input(_("Title"), key=setup.key("title"), placeholder=suggested)
    setup.memo = st.text_area(_("Memo"), key=setup.key("memo"), height=80,
                              placeholder=_("What do you want to find out?"))  # fmt: skip


def run_button(setup: Setup) -> None:
    """How many calls, what they cost at most, and the button."""
    rows = plans.inputs(setup)
    columns = len(setup.columns)
    calls = columns * len(rows) * setup.repeats
    lacking = ""
    if not rows:
        lacking = _("There is no input yet. Choose value sets, give one input or upload a file.")
    elif names := compare_rows.lacking(setup):
        lacking = _("No value for {names} in some rows.").format(
            names=", ".join(code(name) for name in names)
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # No callback: that would run before the fields have been read.
        if st.button(_("Run comparison"), type="primary", icon=":material/play_arrow:",
                     key="compare.run", shortcut="Mod+Enter", disabled=bool(lacking)):  # fmt: skip
            compare_begin.start(setup)
        if not lacking:
            st.caption(cost_words(setup, calls))
    if lacking:
        st.caption(f":orange[:material/info:] {lacking}")


def cost_words(setup: Setup, calls: int) -> str:
    """The number of calls and the most they can cost."""
    counted = _("{columns} columns × {rows} inputs × {repeats} = {calls} calls").format(
        columns=len(setup.columns), rows=len(plans.inputs(setup)), repeats=setup.repeats,
        calls=f"{calls:,}",
    )  # fmt: skip
    now = datetime.now(UTC)

    def price(request: Request) -> Price | None:
        return workbench().catalogue.price(request.connection, request.model, now)

    found = estimate(plans.candidates(setup), plans.inputs(setup), setup.repeats, price)
    parts = [counted, _("at most {cost}").format(cost=label(money(found.most_usd)))]
    if found.unpriced:
        names = ", ".join(label(name) for name in found.unpriced)
        parts.append(_("no price is known for {names}").format(names=names))
    return " · ".join(parts)
