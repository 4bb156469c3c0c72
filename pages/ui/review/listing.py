"""The list of rounds, and what to do when there is none."""

from __future__ import annotations

import streamlit as st

from core.records.review import RoundLine
from pages.ui import undo as undoing
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import person, workbench
from pages.ui.review import address as review_address
from pages.ui.review.words import STATES, due_words
from pages.ui.text import label

UNDO = "review"


def listing() -> None:
    """Every round, newest first."""
    undo()
    found = workbench().reviews.rounds(person())
    st.button(_("New round"), type="primary", icon=":material/add:", key="review.new",
              on_click=review_address.show_new)  # fmt: skip
    if not found:
        empty()
    for one in found:
        line(one)


def line(one: RoundLine) -> None:
    """A round with its progress."""
    words, colour = STATES[one.round.state]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(f"**{label(one.round.settings.title)}**", type="tertiary",
                      key=f"review.open.{one.round.id}", on_click=review_address.show,
                      args=(one.round.id,))  # fmt: skip
            st.badge(_(words), color=colour)  # type: ignore[arg-type]
        st.progress(
            min(1.0, one.verdicts / one.wanted) if one.wanted else 1.0,
            text=_("{done} of {wanted} verdicts").format(
                done=f"{one.verdicts:,}", wanted=f"{one.wanted:,}"
            ),
        )
        st.caption(" · ".join(part for part in (
            _("{count} items").format(count=f"{one.round.items:,}"),
            _("Reviewers so far: {count}").format(count=one.reviewers),
            due_words(one.round),
            _("{who}, {when}").format(who=label(one.round.created_by),
                                      when=label(when(one.round.created_at))),
        ) if part))  # fmt: skip


def undo() -> None:
    """Bring back what was deleted just now."""

    def bring_back(round_id: str, was_open: bool) -> None:
        workbench().reviews.reopen(round_id, person())
        if not was_open:
            workbench().reviews.close(round_id, person())

    undoing.offer(UNDO, lambda _id, _open: _("The round was deleted."), bring_back,
                  key="review.restore")  # fmt: skip


def empty() -> None:
    """What a round is for, and what it needs."""
    st.markdown(_(
        "**No round yet.** In a round people judge answers without knowing which model or prompt "
        "wrote them. They get a link, a page with nothing else on it, and one key per verdict. "
        "What they say shows which answers are better, and how far the judges can be trusted."
    ))  # fmt: skip
    st.markdown(_(
        "- Take the answers of an **evaluation**, of a **comparison**, of the **columns of a "
        "dataset**, or of the **history**.\n"
        "- Ask two people or more about the same items, and you see how far they agree.\n"
        "- Thirty items are a start; one takes about twenty seconds."
    ))  # fmt: skip


def handed_out() -> None:
    """The rounds that somebody may review who may do nothing else."""
    st.title(_("Review"), anchor=False)
    found = [one.round for one in workbench().reviews.rounds(person()) if one.round.open]
    if not found:
        st.info(_("There is nothing to review for you at the moment."),
                icon=":material/done_all:")  # fmt: skip
    for one in found:
        with st.container(border=True, gap="small"):
            st.markdown(f"**{label(one.settings.title)}**")
            st.button(_("Begin"), type="primary", key=f"review.begin.{one.id}",
                      on_click=review_address.show, args=(one.id,))  # fmt: skip
