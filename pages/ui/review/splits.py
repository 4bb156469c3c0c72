"""Items on which reviewers do not agree, and somebody who settles them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.records.comparisons import CHOICES
from core.records.review import RATINGS, Judgement, ReviewRound
from core.review.outcome import SplitItem
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.review import sheet as review_sheet
from pages.ui.review.words import judgement_words
from pages.ui.text import label
from pages.ui.verbatim import plain

SHOWN = 5


def splits(asked: ReviewRound, found: Sequence[SplitItem]) -> None:
    """A few at a time, those that wait first."""
    if not found:
        st.success(_("Reviewers agree on everything that two of them have judged."),
                   icon=":material/handshake:")  # fmt: skip
        return
    ordered = sorted(found, key=lambda one: one.adjudication is not None)
    settled = sum(one.adjudication is not None for one in found)
    st.caption(_("{count} items, {settled} of them settled. What you choose here counts instead of "
                 "the verdicts.").format(count=len(found), settled=settled))  # fmt: skip
    pages = -(-len(ordered) // SHOWN)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="review.splits.page") or 1
    for one in ordered[(page - 1) * SHOWN : page * SHOWN]:
        with st.container(border=True):
            split(asked, one)


def split(asked: ReviewRound, one: SplitItem) -> None:
    """An item: what was asked, the answers, who said what, and the choices."""
    draft, position = one.item.draft, one.item.slot.position
    for name, text in draft.fields.items():
        if text.strip():
            st.caption(label(name))
            plain(text)
    titles = {each.key: each.title for each in asked.competitors}
    with st.container(key=f"review.split.{position}"):
        review_sheet.texts(
            [answer.text for answer in draft.answers],
            [titles.get(answer.competitor, "") for answer in draft.answers],
            f"review.split.sheet.{position}",
        )
    for record in one.records:
        told = f"**{label(record.reviewer)}**: {label(judgement_words(asked, record.judgement))}"
        if record.judgement.comment:
            told += f" – {label(record.judgement.comment, most=400)}"
            if len(draft.answers) == 2:
                # Who writes "the left one" means what they saw on the left.
                was_left = titles.get(draft.answers[int(record.swapped)].competitor, "")
                told += " " + _("(left was {title})").format(title=label(was_left))
        st.markdown(told)
    if one.adjudication is not None:
        st.badge(
            _("Settled by {name}: {verdict}").format(
                name=label(one.adjudication.reviewer),
                verdict=label(judgement_words(asked, one.adjudication.judgement)),
            ),
            color="green", icon=":material/gavel:",
        )  # fmt: skip
    choices(asked, one)


def choices(asked: ReviewRound, one: SplitItem) -> None:
    """What holds for the item."""
    position = one.item.slot.position
    if asked.settings.kind == "single" and asked.settings.scale == "rubric":
        with st.form(f"review.settle.{position}", border=False):
            lines = {
                line.key: int(st.checkbox(label(line.text, most=200)))
                for line in asked.settings.rubric
            }
            if st.form_submit_button(_("Settle it so")):
                settle(asked, position, Judgement(lines=lines))
                st.rerun()
        return
    if asked.settings.kind == "pair":
        offered = [Judgement(choice=choice) for choice in CHOICES]
    else:
        values = RATINGS if asked.settings.scale == "rating" else (1, 0)
        offered = [Judgement(value=value) for value in values]
    with st.container(horizontal=True, gap="small"):
        for number, judgement in enumerate(offered):
            st.button(label(judgement_words(asked, judgement)),
                      key=f"review.settle.{position}.{number}", on_click=settle,
                      args=(asked, position, judgement))  # fmt: skip


def settle(asked: ReviewRound, position: int, judgement: Judgement) -> None:
    """Keep it."""
    try:
        workbench().reviews.adjudicate(asked.id, position, judgement, person())
    except WorkbenchError as error:
        say(error)
