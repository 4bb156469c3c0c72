"""The list of evaluations, and what to do when there is none."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.records.evaluations import Evaluation
from pages.ui import state
from pages.ui import undo as undoing
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate.words import STATUSES, metrics_words
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label

SHOWN = 25


def listing() -> None:
    """Every evaluation, newest first."""
    undo()
    shown = state.EVALUATE_SHOWN.get() or SHOWN
    found = workbench().evaluations.list(shown + 1)
    st.button(_("New evaluation"), type="primary", icon=":material/add:", key="evaluate.new",
              on_click=evaluate_address.show_new)  # fmt: skip
    if not found:
        empty()
    for evaluation in found[:shown]:
        line(evaluation)
    if len(found) > shown:
        st.button(_("Older"), key="evaluate.older", on_click=state.EVALUATE_SHOWN.set,
                  args=(shown + SHOWN,))  # fmt: skip


def line(evaluation: Evaluation) -> None:
    """One evaluation."""
    status = workbench().evaluations.status_of(evaluation)
    words, colour = STATUSES[status]
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(f"**{label(evaluation.title)}**", key=f"evaluate.open.{evaluation.id}",
                      type="tertiary", on_click=evaluate_address.show,
                      args=(evaluation.id,))  # fmt: skip
            st.badge(_(words), color=colour)  # type: ignore[arg-type]
        st.caption(" · ".join([
            label(dataset_words(evaluation)),
            _("{count} candidates").format(count=len(evaluation.candidates)),
            metrics_words(evaluation.metrics),
            _("{who}, {when}").format(who=label(evaluation.created_by),
                                      when=label(when(evaluation.created_at))),
        ]))  # fmt: skip


def dataset_words(evaluation: Evaluation) -> str:
    """The dataset and its version."""
    try:
        return workbench().evaluations.dataset_name(evaluation)
    except NotFound:
        return "–"


def undo() -> None:
    """Bring back what was deleted just now."""
    undoing.offer(
        "evaluation", lambda id_: _("The evaluation was deleted."),
        lambda id_: workbench().evaluations.restore(id_, actor=actor()), key="evaluate.undo",
    )  # fmt: skip


def empty() -> None:
    """What an evaluation is for, and what it needs."""
    st.markdown(_(
        "**Nothing was evaluated yet.** An evaluation sends every case of a dataset through prompt "
        "versions and models, scores every answer, and says which candidate is better and how sure "
        "that is."
    ))  # fmt: skip
    if not workbench().datasets.list():
        st.markdown(_("It needs a dataset: a table of inputs, best with the answers you expect."))
        st.page_link("pages/improve/datasets.py", label=_("Make a dataset"),
                     icon=":material/table_rows:")  # fmt: skip
