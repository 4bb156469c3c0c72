"""What can be done with an optimization: title, note, copy, configuration, delete."""

from __future__ import annotations

import streamlit as st

from core.records.optimizations import Optimization
from pages.ui import state
from pages.ui.language import _
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import config as optimize_config
from pages.ui.resources import actor, workbench


def menu(optimization: Optimization) -> None:
    """All of it in one row."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(_("Title and memo"), icon=":material/edit:", key="optimize.note"):
            note(optimization)
        st.button(_("Copy"), icon=":material/content_copy:", key="optimize.copy",
                  help=_("The form with everything as it is here."),
                  on_click=optimize_address.show_new,
                  kwargs={"copy": optimization.id})  # fmt: skip
        optimize_config.export(optimization.draft, f"optimize.{optimization.id}")
        if optimization.job_id is not None:
            optimize_config.result_files(optimization)
        delete(optimization)


def note(optimization: Optimization) -> None:
    """Another title, and a note."""
    with st.form("optimize.note.form", border=False):
        title = st.text_input(_("Title"), optimization.title)
        memo = st.text_area(_("Memo"), optimization.draft.memo, height=110)
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        optimizations = workbench().optimizations
        if title.strip() and title.strip() != optimization.title:
            optimizations.rename(optimization.id, title, actor=actor())
        if memo != optimization.draft.memo:
            optimizations.write_memo(optimization.id, memo, actor=actor())
        st.rerun()


def delete(optimization: Optimization) -> None:
    """Off the list; the list offers to bring it back."""

    def act() -> None:
        workbench().optimizations.delete(optimization.id, actor=actor())
        state.UNDO.set(("optimization", optimization.id))
        optimize_address.show()

    st.button(_("Delete"), icon=":material/delete:", type="tertiary", key="optimize.delete",
              on_click=act)  # fmt: skip
