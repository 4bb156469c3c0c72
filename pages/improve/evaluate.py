"""Evaluate: a dataset through prompt versions and models, scored and compared."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate import case as evaluate_case
from pages.ui.evaluate import failures as evaluate_failures
from pages.ui.evaluate import labels as evaluate_labels
from pages.ui.evaluate import listing as evaluate_list
from pages.ui.evaluate import manage as evaluate_manage
from pages.ui.evaluate import new as evaluate_new
from pages.ui.evaluate import progress as evaluate_progress
from pages.ui.evaluate import results as evaluate_results
from pages.ui.evaluate import rows as evaluate_rows
from pages.ui.language import _, say
from pages.ui.optimize import address as optimize_address
from pages.ui.resources import workbench
from pages.ui.review import address as review_address
from pages.ui.rubric import questions as question_review
from pages.ui.text import label

here = evaluate_address.address()

try:
    if here.view == evaluate_address.NEW:
        st.title(_("New evaluation"), anchor=False)
        evaluate_new.form()
    elif not here.evaluation_id:
        st.title(_("Evaluate"), anchor=False)
        evaluate_list.listing()
    else:
        evaluation = workbench().evaluations.get(here.evaluation_id)
        st.button(_("All evaluations"), icon=":material/arrow_back:", type="tertiary",
                  key="evaluate.back", on_click=evaluate_address.show)  # fmt: skip
        st.title(label(evaluation.title, most=120), anchor=False)
        st.caption(
            label(evaluate_list.dataset_words(evaluation))
            + " · " + ", ".join(label(one.title) for one in evaluation.candidates)
        )  # fmt: skip
        evaluate_progress.shown(evaluation)
        if evaluation.job_id is None:
            question_review.review(evaluation.id)
            evaluate_manage.delete(evaluation)
            st.stop()
        cluster = evaluate_results.chosen_cluster(evaluation, here.cluster)
        found = workbench().evaluations.results(evaluation.id, cluster)
        evaluate_results.summary(found)
        with st.container(horizontal=True, vertical_alignment="center"):
            evaluate_manage.export(evaluation, cluster)
            st.page_link("pages/improve/leaderboard.py", label=_("Leaderboard"),
                         icon=":material/leaderboard:")  # fmt: skip
            review_address.ask_link("evaluation", evaluation=evaluation.id)
            optimize_address.examples_link(evaluation.id)
            evaluate_manage.delete(evaluation)
        if not workbench().evaluations.is_busy(evaluation):
            evaluate_manage.rescore(found)
            evaluate_manage.questions(evaluation)
        st.header(_("Case by case"), anchor=False)
        evaluate_labels.labels(found)
        evaluate_failures.failures(found, here)
        chosen = evaluate_rows.rows(found, here) or here.case_id
        if chosen:
            evaluate_case.case(found, chosen)
except WorkbenchError as error:
    say(error)
    st.button(_("All evaluations"), key="evaluate.back.error", on_click=evaluate_address.show)
