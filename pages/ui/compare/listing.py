"""Saved comparisons: open, delete, begin another."""

from __future__ import annotations

import streamlit as st

from core.records.comparisons import ComparisonLine
from pages.ui import state
from pages.ui import undo as undoing
from pages.ui.compare import address as compare_address
from pages.ui.compare import begin as compare_begin
from pages.ui.facts import money
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label

MOST_SHOWN = 50


def heading() -> None:
    """The title and what can be begun."""
    st.title(_("Compare"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("New comparison"), icon=":material/add:", type="primary", key="compare.new",
                  on_click=compare_address.show_form)  # fmt: skip
        compare_begin.example_button("compare.example")


def listing() -> None:
    """The newest comparisons; without any, what one is good for."""
    undo_deleted()
    lines = workbench().comparisons.latest(MOST_SHOWN)
    if not lines:
        st.markdown(
            _("**Nothing was compared yet.** Put two to six candidates – models, prompt versions, "
              "parameters – side by side on the same inputs, watch them answer at once, judge "
              "them blind if you like, and keep the result under an address that you can show.")
        )  # fmt: skip
        if workbench().connections["sandbox"].live:
            st.caption(_("The example is done in one click and needs no key: three simulated "
                         "models, five Japanese and five English inquiries."))  # fmt: skip
        return
    for line in lines:
        with st.container(horizontal=True, vertical_alignment="top", border=True):
            with st.container(gap=None):
                one(line)
            st.button(":material/delete:", help=_("Delete"), key=f"compare.delete.{line.id}",
                      type="tertiary", on_click=delete, args=(line,))  # fmt: skip


def one(line: ComparisonLine) -> None:
    """One comparison: what was compared, how far it is, when and by whom."""
    st.button(
        label(line.title, most=100) or _("Untitled"),
        key=f"compare.open.{line.id}",
        type="tertiary",
        on_click=compare_address.show,
        args=(line.id,),
    )
    names = [_("hidden until revealed")] if line.blind else list(line.candidates)
    st.caption(" · ".join(label(name, most=50) for name in names))
    parts = [
        _("{columns} × {rows}").format(columns=len(line.candidates), rows=line.inputs),
        _("{count} repeats").format(count=line.repeats) if line.repeats > 1 else "",
        _("{done} of {all} answered").format(done=line.answered, all=line.cells)
        if line.answered < line.cells
        else "",
        _("verdicts: {count}").format(count=line.verdicts),
        label(money(line.cost_usd)) if line.cost_usd is not None and not line.blind else "",
        label(line.created_by),
        label(when(line.created_at)),
    ]
    st.caption(" · ".join(part for part in parts if part))
    if line.memo:
        st.caption(f":material/edit_note: {label(line.memo, most=150)}")


def delete(line: ComparisonLine) -> None:
    """Hide it, with undo."""
    workbench().comparisons.delete(line.id, actor=actor())
    state.UNDO.set(("comparison", line.id, line.title))
    compare_address.show_list()


def undo_deleted() -> None:
    """Bring back the comparison that was deleted last."""
    undoing.offer(
        "comparison",
        lambda _id, title: _("{name} was deleted. Its runs stay in the history.").format(
            name=label(title)),
        lambda id_, _title: workbench().comparisons.restore(id_, actor=actor()),
        key="compare.undo",
    )  # fmt: skip


def back_button() -> None:
    """To the list, as from an address that leads nowhere."""
    st.button(_("All comparisons"), icon=":material/list:", key="compare.list",
              on_click=compare_address.show_list)  # fmt: skip
