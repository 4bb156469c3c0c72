"""The questions of an adaptive metric, for reading and mending before answers are scored."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.question_review import CaseQuestions
from core.evaluation.rubric_text import lines_from
from core.records.rubrics import QuestionSet
from pages.ui.language import _, say
from pages.ui.resources import actor, workbench
from pages.ui.rubric.titles import rubric_title
from pages.ui.text import label
from pages.ui.verbatim import plain

SHOWN = 10


def review(evaluation_id: str) -> None:
    """Make, edit and freeze the questions of each case; nothing when no metric asks any."""
    questions = workbench().question_review
    metrics = questions.metrics(evaluation_id)
    if not metrics:
        return
    by_signature = {metric.info.signature: metric for metric in metrics}
    signature = st.selectbox(
        _("Metric with questions"),
        list(by_signature),
        key=f"questions.{evaluation_id}.metric",
        format_func=lambda one: rubric_title(by_signature[one].info.name),
    )
    if signature is None:
        return
    cases = questions.cases(evaluation_id, signature)
    made = [one for one in cases if one.asked is not None]
    frozen = [one for one in made if one.asked is not None and one.asked.frozen]
    st.caption(_("{made} of {total} cases have questions, {frozen} of them are final. What is not "
                 "reviewed is made and made final when it is first scored.").format(
        made=len(made), total=len(cases), frozen=len(frozen)))  # fmt: skip
    with st.container(horizontal=True):
        if st.button(_("Make questions"), disabled=len(made) == len(cases),
                     key=f"questions.{evaluation_id}.make", icon=":material/quiz:"):  # fmt: skip
            make(evaluation_id, signature)
        if st.button(_("Make them final"), disabled=len(frozen) == len(made),
                     key=f"questions.{evaluation_id}.freeze", icon=":material/lock:"):  # fmt: skip
            questions.freeze(evaluation_id, signature, actor=actor())
            st.rerun()
    if made:
        page(evaluation_id, made)


def make(evaluation_id: str, signature: str) -> None:
    """Ask the judge for the next questions."""
    try:
        with st.spinner(_("The judge is making questions…")):
            done = workbench().question_review.prepare(evaluation_id, signature, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    for problem in done.problems[:3]:
        st.error(label(problem, 300))
    if not done.problems:
        st.rerun()


def page(evaluation_id: str, made: list[CaseQuestions]) -> None:
    """Some cases at a time, each with its questions in a text field."""
    pages = -(-len(made) // SHOWN)
    number = 1
    if pages > 1:
        number = st.pagination(pages, key=f"questions.{evaluation_id}.page") or 1
    for one in made[(number - 1) * SHOWN : number * SHOWN]:
        if one.asked is not None:
            with st.container(border=True):
                one_case(one, one.asked)


def one_case(one: CaseQuestions, asked: QuestionSet) -> None:
    """A case with its prompt and its questions."""
    st.markdown(f"**{label(one.case.id)}**")
    plain(one.case.fields.get("prompt", "")[:2_000] or " ")
    if asked.frozen:
        plain("\n".join(f"- {question.text}" for question in asked.questions))
        return
    written = "\n".join(question.text for question in asked.questions)
    with st.form(f"questions.{asked.key}.form", border=False):
        text = st.text_area(_("Questions, one a line; yes must be good"), written, height=150,
                            key=f"questions.{asked.key}.{hash(written)}")  # fmt: skip
        sent = st.form_submit_button(_("Keep these questions"),
                                     key=f"questions.{asked.key}.keep")  # fmt: skip
    if sent:
        try:
            workbench().question_review.edit(asked, lines_from(text), actor=actor())
        except WorkbenchError as error:
            say(error)
        else:
            st.rerun()
