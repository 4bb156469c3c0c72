"""The list of optimizations, and what one needs when there is none."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.optimization.optimizations import OptimizationResult
from core.records.optimizations import Optimization
from pages.ui import state
from pages.ui import undo as undoing
from pages.ui.evaluate.words import metrics_words
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize.words import MODES, STATUSES, VERDICTS, points
from pages.ui.resources import actor, workbench
from pages.ui.text import label

AT_ONCE = 20
SHOWN = state.Key[int]("optimize.shown", AT_ONCE)


def listing() -> None:
    """Every optimization, newest first."""
    undo()
    shown = SHOWN.get()
    found = workbench().optimizations.list(shown + 1)
    with st.container(horizontal=True):
        st.button(_("New optimization"), type="primary", icon=":material/add:", key="optimize.new",
                  on_click=optimize_address.show_new)  # fmt: skip
        st.button(_("Rewrite from rated answers"), icon=":material/auto_fix_high:",
                  key="optimize.examples", on_click=optimize_address.show_examples,
                  help=_("One call, from what an evaluation says of the answers."))  # fmt: skip
    if not found:
        empty()
    for one in found[:shown]:
        line(one)
    if len(found) > shown:
        st.button(_("Show more"), key="optimize.more", on_click=SHOWN.set,
                  args=(shown + AT_ONCE,))  # fmt: skip


def line(one: Optimization) -> None:
    """State, verdict, tuning score."""
    result = workbench().optimizations.result(one.id)
    words, colour = STATUSES[result.status]
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(f"**{label(one.title)}**", key=f"optimize.open.{one.id}", type="tertiary",
                      on_click=optimize_address.show, args=(one.id,))  # fmt: skip
            st.badge(_(words), color=colour)  # type: ignore[arg-type]
            if result.verdict is not None:
                said, tint = VERDICTS[result.verdict.verdict]
                st.badge(_(said), color=tint)  # type: ignore[arg-type]
            if one.applied_version_id:
                st.badge(_("applied"), color="blue", icon=":material/check:")
        st.caption(" · ".join([
            label(dataset_words(one)),
            label(one.draft.target_model),
            metrics_words(tuple(metric.metric for metric in one.draft.metrics)),
            _(MODES[one.draft.mode]),
            scores(result),
            _("{who}, {when}").format(who=label(one.created_by), when=label(when(one.created_at))),
        ]))  # fmt: skip
        if one.draft.memo:
            st.caption(label(one.draft.memo, most=200))


def scores(result: OptimizationResult) -> str:
    """How the tuning score moved, named as what it is."""
    start, best = result.start, result.best
    if start is None or best is None or start.score is None or best.score is None:
        return _("no score yet")
    return _("tuning score {start} → {best}").format(
        start=points(start.score), best=points(best.score)
    )


def dataset_words(one: Optimization) -> str:
    """The dataset and its version."""
    try:
        version = workbench().datasets.version(one.draft.dataset_version_id)
        return f"{workbench().datasets.get(version.dataset_id).name} v{version.number}"
    except NotFound:
        return "–"


def undo() -> None:
    """Bring back what was deleted just now."""
    undoing.offer(
        "optimization", lambda id_: _("The optimization was deleted."),
        lambda id_: workbench().optimizations.restore(id_, actor=actor()), key="optimize.undo",
    )  # fmt: skip


def empty() -> None:
    """What an optimization is for, and what it needs."""
    st.markdown(_(
        "**Nothing was optimized yet.** An optimization rewrites the instruction of a prompt from "
        "what its answers get wrong, tries what comes of it on your cases, and says at the end, on "
        "cases kept apart, whether the best prompt is really better than yours."
    ))  # fmt: skip
    st.markdown(_(
        "What it needs:\n"
        "- a **saved prompt** with variables such as `{question}`;\n"
        "- a **dataset** with a column for each variable, best 50 to 100 cases, among them some "
        "that the model gets wrong and some that it gets right. With fewer than 20 nobody can tell "
        "a gain from luck;\n"
        "- best a column `reference` with the **answer you expect**; a judge can do without.\n\n"
        "Two of five cases, or the test split of the dataset, are kept for the verdict."
    ))  # fmt: skip
    with st.container(horizontal=True):
        if not workbench().store.prompts.list():
            st.page_link("pages/studio/prompt.py", label=_("Write a prompt"),
                         icon=":material/edit:")  # fmt: skip
        if not workbench().datasets.list():
            st.page_link("pages/improve/datasets.py", label=_("Make a dataset"),
                         icon=":material/table_rows:")  # fmt: skip
