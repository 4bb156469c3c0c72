"""What can be done with an evaluation: score again, save as files, delete."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.evaluations import ExportForm
from core.evaluation.results import Results
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from pages.ui import state
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate import metrics as evaluate_metrics
from pages.ui.language import _, language, say
from pages.ui.resources import actor, workbench
from pages.ui.rubric import questions as question_review

FORMS: dict[ExportForm, tuple[str, str]] = {
    "html": ("HTML", "text/html"),
    "csv": ("CSV", "text/csv"),
    "jsonl": ("JSONL", "application/x-ndjson"),
}


def export(evaluation: Evaluation, cluster: str) -> None:
    """The evaluation as files; each is made when somebody downloads it."""
    with st.popover(_("Export"), icon=":material/download:", key="evaluate.export"):
        for form, (name, mime) in FORMS.items():
            made = maker(evaluation.id, form, cluster)
            st.download_button(name, made, f"evaluation.{form}", mime,
                               key=f"evaluate.export.{form}", on_click="ignore")  # fmt: skip
        st.caption(_("HTML is a report in one file that needs nothing else. CSV opens in Excel; "
                     "formulas in it are made harmless. JSONL has everything."))  # fmt: skip


def maker(evaluation_id: str, form: ExportForm, cluster: str) -> Callable[[], bytes]:
    """Makes the file, outside of the page's script."""
    evaluations, chosen = workbench().evaluations, language()
    return lambda: b"".join(
        evaluations.export(evaluation_id, form, language=chosen, cluster=cluster)
    )


def rescore(found: Results) -> None:
    """Other metrics on the same answers."""
    evaluation = found.evaluation
    opened = st.expander(_("Score these answers by other metrics"), icon=":material/rule:",
                         key="evaluate.rescore", on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        st.caption(_("No answer is asked for again, and no score is made twice. The metrics that "
                     "are chosen here are those of the evaluation from then on."))  # fmt: skip
        version = workbench().datasets.version(evaluation.dataset_version_id)
        key = f"evaluate.again.{evaluation.id}"
        given = [asked_for(one) for one in evaluation.metrics]
        specs = evaluate_metrics.computed(key, version.columns, given)
        judged, judge = evaluate_metrics.judged(key, given, evaluation.judge)
        if st.button(_("Score"), icon=":material/play_arrow:", key=f"{key}.start"):
            try:
                workbench().evaluations.rescore(
                    evaluation.id, [*specs, *judged], actor=actor(), judge=judge or None
                )
            except WorkbenchError as error:
                say(error)
            else:
                st.rerun()


def questions(evaluation: Evaluation) -> None:
    """The questions of adaptive metrics, where there are any."""
    opened = st.expander(_("Questions of the judge"), icon=":material/quiz:",
                         key="evaluate.questions", on_change="rerun")  # fmt: skip
    if opened.open:
        with opened:
            question_review.review(evaluation.id)


def asked_for(spec: MetricSpec) -> MetricSpec:
    """A spec as a form shows it: labels found among the cases were not chosen by anybody."""
    options = {name: value for name, value in spec.options.items() if name != "labels"}
    return MetricSpec(spec.name, options)


def delete(evaluation: Evaluation) -> None:
    """Off the list; the list offers to bring it back."""

    def act() -> None:
        workbench().evaluations.delete(evaluation.id, actor=actor())
        state.UNDO.set(("evaluation", evaluation.id))
        evaluate_address.show()

    st.button(_("Delete"), icon=":material/delete:", type="tertiary", key="evaluate.delete",
              on_click=act)  # fmt: skip
