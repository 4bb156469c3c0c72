"""What reviewers wrote: reasons, comments, better answers; and what can be made of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.records.review import ReviewRound
from core.review.outcome import Feedback
from pages.ui.datasets import add as datasets_add
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.review import reasons as review_reasons
from pages.ui.review.words import label_words, reason_title
from pages.ui.text import label
from pages.ui.verbatim import plain

SHOWN = 10


def feedback(asked: ReviewRound) -> None:
    """Reasons to choose from, answers with what was said, corrections kept as a version."""
    found = workbench().reviews.feedback(asked.id, person())
    if not found:
        st.caption(_("Nobody has given a reason, a comment or a better answer yet."))
        return
    corrections(asked, found)
    chosen = review_reasons.reasons(asked)
    shown = [one for one in found if not chosen or set(chosen) & set(one.reasons)]
    pages = -(-len(shown) // SHOWN)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="review.feedback.page") or 1
    for one in shown[(page - 1) * SHOWN : page * SHOWN]:
        answer(asked, one)


def answer(asked: ReviewRound, one: Feedback) -> None:
    """An answer with what was said of it."""
    titles = {each.key: each.title for each in asked.competitors}
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{label(titles.get(one.competitor, one.case_id))}**", width="content")
            st.badge(label(label_words(asked, one.label)), color="blue")
            for code in one.reasons:
                st.badge(label(reason_title(code)), color="gray")
        plain(one.answer or " ")
        if one.passages:
            quoted = " / ".join(f"“{label(text, most=300)}”" for text in one.passages)
            st.markdown(f":material/format_ink_highlighter: {quoted}")
        for comment in one.comments:
            st.markdown(f":material/chat: {label(comment, most=1_000)}")
        for correction in one.corrections:
            st.caption(_("How it should have been"))
            plain(correction)


def optimizing(asked: ReviewRound, found: Sequence[Feedback]) -> None:
    """Comments become wishes of an optimization of the same dataset."""
    if asked.source.dataset_version_id is None or not any(one.comments for one in found):
        return
    query = {"view": "new", "round": asked.id, "dataset": asked.source.dataset_version_id}
    st.page_link("pages/improve/optimize.py", label=_("Optimize a prompt with these comments"),
                 icon=":material/auto_fix_high:", query_params=query)  # fmt: skip


def corrections(asked: ReviewRound, found: Sequence[Feedback]) -> None:
    """Better answers become the expected answers of a new dataset version."""
    count = len({one.case_id for one in found if one.corrections})
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("{count} cases have a better answer.").format(count=count), width="content")
        datasets_add.corrected(found)
        if asked.source.dataset_version_id is None:
            return
        pressed = st.button(_("Keep as a new dataset version"), icon=":material/table_rows:",
                            key="review.corrections")  # fmt: skip
    if pressed:
        try:
            made = workbench().reviews.keep_corrections(asked.id, person())
        except WorkbenchError as error:
            say(error)
            return
        st.success(_("Version {number} has them as expected answers.").format(number=made.number))
        st.page_link("pages/improve/datasets.py", label=_("Show version {number}").format(
            number=made.number), icon=":material/table_rows:",
            query_params={"dataset": made.dataset_id, "version": made.id})  # fmt: skip
