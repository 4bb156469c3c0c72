"""Answers behind the figures: the tuning answers of a prompt, the test cases with both answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.metrics.reasons import reason_words
from core.records.optimizations import Measurement, Optimization, TestRow
from pages.ui.evaluate.words import metric_title
from pages.ui.language import _, say
from pages.ui.optimize.words import points
from pages.ui.resources import workbench
from pages.ui.text import label, sanitised, visible
from pages.ui.verbatim import plain

LONGEST_CELL = 200


def tuning(optimization: Optimization, template: int) -> None:
    """The tuning answers of a prompt, the worst first."""
    with st.expander(_("Its answers on the tuning cases"), icon=":material/table_rows:"):
        try:
            found = list(workbench().optimizations.rows(optimization.id, template))
        except WorkbenchError as error:
            say(error)
            return
        if not found:
            st.caption(_("It was not asked yet."))
            return
        found.sort(key=lambda one: (2.0 if one.score is None else one.score, one.case_id))
        st.dataframe(pd.DataFrame([_tuning_row(one) for one in found]), hide_index=True,
                     key=f"optimize.tuning.{template}", column_config={
                         "case": _("Case"),
                         "score": _("Score"),
                         "answer": st.column_config.TextColumn(_("Answer"), width="large"),
                         "why": st.column_config.TextColumn(_("Reason"), width="large"),
                     })  # fmt: skip


def _tuning_row(one: Measurement) -> dict[str, Any]:
    metrics = {metric_title(name).replace("\\", ""): round(value, 3)
               for name, value in one.metrics.items()}  # fmt: skip
    return {
        "case": visible(one.case_id),
        "score": _("error") if one.score is None else points(one.score),
        "answer": visible(one.response[:LONGEST_CELL]),
        "why": visible((one.error or reason_words(one.explanation, _))[:LONGEST_CELL]),
        **(metrics if len(metrics) > 1 else {}),
    }


def worse(optimization: Optimization) -> None:
    """The test cases that got worse, with both answers; the others on demand."""
    try:
        found = workbench().optimizations.test_rows(optimization.id)
    except WorkbenchError as error:
        say(error)
        return
    if not found:
        return
    lost = [one for one in found if change(one) < 0]
    st.subheader(_("Cases that got worse"), anchor=False)
    st.caption(_("{count} of {n} test cases. Choose one to read both answers.").format(
        count=len(lost), n=len(found)))  # fmt: skip
    if lost:
        choose(optimization, lost, "optimize.worse")
    with st.expander(_("All test cases"), icon=":material/table_rows:"):
        choose(optimization, found, "optimize.tested")


def change(one: TestRow) -> float:
    """How much better the best prompt did; an error is no change."""
    if one.start_score is None or one.best_score is None:
        return 0.0
    return one.best_score - one.start_score


def choose(optimization: Optimization, found: Sequence[TestRow], key: str) -> None:
    """The table, and below it the case that is chosen in it."""
    frame = pd.DataFrame([
        {
            "case": visible(one.case_id),
            "change": points(change(one), signed=True)
            if None not in (one.start_score, one.best_score) else _("error"),
            "start": visible(one.start_response[:LONGEST_CELL]),
            "best": visible(one.best_response[:LONGEST_CELL]),
        }
        for one in found
    ])  # fmt: skip
    event = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key=key,
        column_config={
            "case": _("Case"),
            "change": _("Change"),
            "start": st.column_config.TextColumn(_("Answer of the start"), width="medium"),
            "best": st.column_config.TextColumn(_("Answer of the best prompt"), width="medium"),
        },
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(found):
        one_case(found[picked[0]], key)


def one_case(one: TestRow, key: str) -> None:
    """Both answers in full, what was asked, and the way to the runs."""
    with st.container(border=True, key=f"{key}.case"):
        st.markdown(f"**{label(one.case_id)}**")
        for name, text in inputs(one).items():
            st.caption(label(name))
            plain(text or " ")
        sides = (
            (_("Answer of the start"), one.start_response, one.start_score, one.run_ids[0]),
            (_("Answer of the best prompt"), one.best_response, one.best_score, one.run_ids[1]),
        )
        for column, (title, text, score, run_id) in zip(st.columns(2), sides, strict=True):
            with column:
                st.markdown(f"{label(title)} · {_('score {score}').format(score=points(score))}")
                plain(text or " ")
                if run_id:
                    st.page_link("pages/studio/history.py", label=_("Open in history"),
                                 query_params={"run": run_id},
                                 icon=":material/history:")  # fmt: skip
        if one.explanation:
            st.markdown(sanitised(reason_words(one.explanation, _)))


def inputs(one: TestRow) -> Mapping[str, str]:
    """The values that were put into the prompt, as the run has them."""
    run_id = one.run_ids[0] or one.run_ids[1]
    if not run_id:
        return {}
    try:
        return workbench().store.runs.get(run_id).context.values
    except WorkbenchError:
        return {}
