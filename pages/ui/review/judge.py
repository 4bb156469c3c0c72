"""A reviewer at work: one item after the other, quickly, without knowing whose answers they are."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st

from core.access import Person
from core.errors import WorkbenchError
from core.records.review import (
    Handed,
    Highlight,
    Judgement,
    Nothing,
    ReviewProgress,
    ReviewRound,
)
from pages.ui.evaluate.words import seconds_words
from pages.ui.language import N_, _, say
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.review import choices as review_choices
from pages.ui.review import item as review_item
from pages.ui.state import Key
from pages.ui.text import label, sanitised

QUICKEST_S = 0.3
"""A verdict on an item that was on the screen for less is a key pressed twice."""
SHOWN = Key[tuple[str, float]]("review.shown", ("", 0.0))
BEFORE = Key[Handed | None]("review.before", None)
SKIPPING = Key[str]("review.skipping", "")
PROBLEM = Key[WorkbenchError | None]("review.problem", None)
TOO_QUICK = Key[bool]("review.too_quick", False)
PLAIN = "review.plain"
PLAINLY = {
    "pair": N_(
        "Read what was asked, then both answers. Press the button that says which of them you "
        "would rather get. Trust your first impression; you can take it back."
    ),
    "rating": N_(
        "Read what was asked, then the answer. Press the button that says how good it is. Trust "
        "your first impression; you can take it back."
    ),
    "pass_fail": N_(
        "Read what was asked, then the answer. Would you use it as it is? Trust your first "
        "impression; you can take it back."
    ),
    "rubric": N_(
        "Read what was asked, then the answer. Say of each point below whether the answer meets "
        "it, then hand it in."
    ),
}
"""What to do when whoever made the round wrote nothing."""


def page(asked: ReviewRound, reviewer: Person) -> None:
    """The round's name, what to do, and the item at hand."""
    st.html(f"<style>{review_item.STYLE}</style>")
    st.title(label(asked.settings.title, most=120), anchor=False)
    # Read once: who comes back finds the item sooner.
    instructions(asked, workbench().reviews.progress(asked.id, reviewer).mine == 0)
    # Kept in the session from the first item on; a widget in a fragment would forget it.
    st.session_state.setdefault(PLAIN, asked.settings.kind == "pair")
    judging(asked, reviewer)


def instructions(asked: ReviewRound, first: bool) -> None:
    """What is to be judged and how, with examples and the keys."""
    settings = asked.settings
    with st.expander(_("What to do"), icon=":material/menu_book:",
                     expanded=first, key="review.instructions"):  # fmt: skip
        if settings.instructions:
            st.markdown(sanitised(settings.instructions))
        else:
            st.markdown(_(PLAINLY[settings.scale if settings.kind == "single" else "pair"]))
        for example in settings.examples:
            with st.container(border=True, gap="small"):
                st.markdown(sanitised(example.answer))
                st.markdown(f"**{label(example.verdict)}**  \n{sanitised(example.why)}")
        with st.container(key="review.keys"):
            st.caption(_("Press the number on a button to choose it, ← to take the last verdict "
                         "back, → to skip. While you type, the keys only type."))  # fmt: skip
        if settings.due_at is not None:
            st.caption(_("Please finish by {when}.").format(when=label(when(settings.due_at))))


@st.fragment
def judging(asked: ReviewRound, reviewer: Person) -> None:
    """The next item; a verdict draws this part of the page alone."""
    reviews = workbench().reviews
    tell()
    try:
        handed = reviews.next_item(asked.id, reviewer)
        progress(reviews.progress(asked.id, reviewer))
    except WorkbenchError as error:
        say(error)
        return
    if isinstance(handed, Nothing):
        finished(handed)
        actions(asked, reviewer, None)
        return
    before = BEFORE.get()
    if before is not None and before.lease_id == handed.lease_id:
        handed = before
    if SHOWN.get()[0] != handed.lease_id:
        SHOWN.set((handed.lease_id, time.monotonic()))
    marks = review_item.item(handed, bool(st.session_state.get(PLAIN)))
    if SKIPPING.get() == handed.lease_id:
        review_choices.skips(
            handed,
            lambda reason: skip(asked, handed, reason, reviewer),
            lambda: SKIPPING.set(""),
        )
        return
    review_choices.choices(
        asked, handed, lambda judgement: decide(asked, handed, judgement, marks, reviewer)
    )
    review_choices.why(asked, handed)
    actions(asked, reviewer, handed)


def tell() -> None:
    """What went wrong with the last press."""
    problem = PROBLEM.get()
    if problem is not None:
        say(problem)
        PROBLEM.set(None)
    if TOO_QUICK.get():
        st.info(_("That was quick: this answer had only just come up. Nothing was counted; please "
                  "choose once more."), icon=":material/double_arrow:")  # fmt: skip
        TOO_QUICK.set(False)


def progress(found: ReviewProgress) -> None:
    """How far one is, how long it takes, and whether one may stop."""
    total = found.mine + found.open_to_me
    done = _("You have judged {done} of {total}").format(done=f"{found.mine:,}", total=f"{total:,}")
    if found.seconds is not None and found.open_to_me:
        done += " · " + _("about {time} left").format(
            time=seconds_words(found.seconds * found.open_to_me))  # fmt: skip
    st.progress(found.mine / total if total else 1.0, text=done)
    stop = found.stop
    if stop is not None and stop.can_stop and found.mine and found.open_to_me:
        words = (
            _("You can stop now: the result cannot flip any more.")
            if stop.certain
            else _("You can stop now: the result will not flip (wrong in {share} of 100 rounds at "
                   "most). Going on makes it more exact.").format(share=f"{100 * stop.error:.0f}")
        )  # fmt: skip
        st.success(words, icon=":material/flag:")


def finished(nothing: Nothing) -> None:
    """Why there is nothing to judge."""
    if nothing.why == "closed":
        st.info(_("This round is closed. Thank you for your help."), icon=":material/lock:")
    elif nothing.why == "others":
        st.info(_("What is left is in the hands of others right now. Some of it may come back."),
                icon=":material/hourglass_empty:")  # fmt: skip
        st.button(_("Look again"), icon=":material/refresh:", key="review.again")
    else:
        st.success(_("Thank you. There is nothing left for you to judge."),
                   icon=":material/done_all:")  # fmt: skip


def actions(asked: ReviewRound, reviewer: Person, handed: Handed | None) -> None:
    """Back, skip, and how answers are shown."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small",
                      key="review.actions"):  # fmt: skip
        st.button(_("Take the last one back"), icon=":material/undo:", shortcut="Left",
                  key="review.undo", on_click=undo, args=(asked, reviewer))  # fmt: skip
        if handed is None:
            return
        st.button(_("Skip"), icon=":material/skip_next:", shortcut="Right",
                  key=f"review.skip.{handed.lease_id}", on_click=SKIPPING.set,
                  args=(handed.lease_id,))  # fmt: skip
        words = _("Mark differences") if handed.kind == "pair" else _("Show as plain text")
        st.toggle(words, key=PLAIN, persist_state="session")


def decide(
    asked: ReviewRound, handed: Handed, judgement: Judgement, marks: tuple[Highlight, ...],
    reviewer: Person,
) -> None:  # fmt: skip
    """Keep the verdict; the next item follows."""
    lease_id, since = SHOWN.get()
    if lease_id == handed.lease_id and time.monotonic() - since < QUICKEST_S:
        TOO_QUICK.set(True)
        return
    reasons, comment, correction = review_choices.written(handed)
    whole = replace(judgement, reasons=reasons, comment=comment, correction=correction,
                    highlights=marks)  # fmt: skip
    try:
        workbench().reviews.verdict(asked.id, handed.lease_id, whole, reviewer)
    except WorkbenchError as error:
        PROBLEM.set(error)
        return
    BEFORE.set(None)


def skip(asked: ReviewRound, handed: Handed, reason: str, reviewer: Person) -> None:
    """Leave the item to others."""
    try:
        workbench().reviews.skip(asked.id, handed.lease_id, reason, reviewer)
    except WorkbenchError as error:
        PROBLEM.set(error)
    SKIPPING.set("")
    BEFORE.set(None)


def undo(asked: ReviewRound, reviewer: Person) -> None:
    """Take the last verdict or skip back; its item comes again as it was left."""
    try:
        handed = workbench().reviews.undo(asked.id, reviewer)
    except WorkbenchError as error:
        PROBLEM.set(error)
        return
    BEFORE.set(handed)
    SHOWN.set(("", 0.0))
    if handed is not None:
        for name in ("why", "comment", "correction"):
            st.session_state.pop(review_choices.words_key(handed, name), None)
