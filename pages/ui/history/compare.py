"""Two runs of the history side by side."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.records.runs import Run
from pages.ui import badges, difference, facts
from pages.ui.compare import begin as compare_begin
from pages.ui.history import address as history_address
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.prompt.versions import field_words
from pages.ui.resources import workbench
from pages.ui.text import label, visible


def comparison(held_id: str, run_id: str) -> None:
    """The difference between the run that is held and the chosen one."""
    if not held_id:
        return
    with st.container(border=True, key="history.compared"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(_("Compare two runs"), anchor=False)
            st.button(_("Close"), key="compare.close", icon=":material/close:", type="tertiary",
                      on_click=history_address.compare_with, args=("",))  # fmt: skip
        if run_id in ("", held_id):
            st.caption(_("Now choose the other run in the list."))
            return
        try:
            found = workbench().history.compare(held_id, run_id)
        except NotFound as error:
            say(error)
            return
        compare_begin.runs_button((held_id, run_id))
        for column, run in zip(st.columns(2), (found.left, found.right), strict=True):
            with column:
                summary(run)
        names = (title(found.left), title(found.right))
        for one in found.request:
            st.markdown(f"**{field_words(one)}**")
            key = f"runs.{one.field}.{one.left_turn}.{one.right_turn}"
            difference.show(one.left, one.right, names, key)
        if not found.request:
            st.caption(_("Both were asked the same."))
        st.markdown(f"**{_('Output')}**")
        difference.show(found.left.reply.text, found.right.reply.text, names, "runs.output")


def title(run: Run) -> str:
    """A run over its side; shown as text."""
    return visible(f"{when(run.created_at)} · {run.request.model}")


def summary(run: Run) -> None:
    """How a run ended and what it took."""
    badges.outcome(run.reply.outcome)
    facts.strip(run.reply.usage, run.cost_usd, run.reply.first_token_ms, run.reply.total_ms,
                run.reply.outcome)  # fmt: skip
    if run.memo:
        st.caption(f":material/edit_note: {label(run.memo, most=200)}")
