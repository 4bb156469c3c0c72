"""The choices of a reviewer: one key each, reasons, a comment, a better answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.records.comparisons import CHOICES
from core.records.review import RATINGS, Handed, Judgement, ReviewRound
from pages.ui.language import _
from pages.ui.review.words import (
    CHOICE_WORDS,
    PASS_WORDS,
    RATING_WORDS,
    SKIP_REASONS,
    reason_title,
)
from pages.ui.state import Key
from pages.ui.text import label

LINES = Key[tuple[str, Mapping[str, int]]]("review.lines", ("", {}))
Decide = Callable[[Judgement], None]


def choices(asked: ReviewRound, handed: Handed, decide: Decide) -> None:
    """The verdicts that there are, as buttons with the keys 1 to 6."""
    if handed.scale == "rubric" and handed.kind == "single":
        rubric(asked, handed, decide)
        return
    before = handed.before
    # A button of an item that is no longer shown must not judge the one that is.
    with st.container(horizontal=True, gap="small", key="review.choices"):
        for number, (name, words, judgement) in enumerate(offered(handed), 1):
            same = before is not None and (before.choice, before.value) == (
                judgement.choice,
                judgement.value,
            )
            st.button(words, key=f"review.choice.{name}.{handed.lease_id}", shortcut=str(number),
                      width="stretch", type="primary" if same else "secondary",
                      on_click=decide, args=(judgement,))  # fmt: skip


def offered(handed: Handed) -> list[tuple[str, str, Judgement]]:
    """Name, words and judgement of each verdict, in the order of its key."""
    if handed.kind == "pair":
        return [(one, _(CHOICE_WORDS[one]), Judgement(choice=one)) for one in CHOICES]
    if handed.scale == "rating":
        return [(str(one), _(RATING_WORDS[one]), Judgement(value=one)) for one in RATINGS]
    return [(name, _(PASS_WORDS[value]), Judgement(value=value))
            for name, value in (("pass", 1), ("fail", 0))]  # fmt: skip


def rubric(asked: ReviewRound, handed: Handed, decide: Decide) -> None:
    """A line each: its key turns it to yes, then to no; Enter hands all of them in."""
    kept, lines = LINES.get()
    if kept != handed.lease_id:
        lines = dict(handed.before.lines) if handed.before else {}
        LINES.set((handed.lease_id, lines))

    def turn(key: str) -> None:
        LINES.set((handed.lease_id, {**lines, key: 0 if lines.get(key) == 1 else 1}))

    signs = {None: ":gray[○]", 1: f":green[✓ {_('yes')}]", 0: f":red[✗ {_('no')}]"}
    st.caption(_("Press a point for yes, and once more for no."))
    with st.container(gap="small", key="review.lines"):
        for number, line in enumerate(asked.settings.rubric, 1):
            st.button(f"{signs[lines.get(line.key)]} {label(line.text, most=200)}",
                      key=f"review.line.{number}.{handed.lease_id}", width="stretch",
                      shortcut=str(number) if number < 10 else None,
                      on_click=turn, args=(line.key,))  # fmt: skip
        waiting = any(line.key not in lines for line in asked.settings.rubric)
        st.button(_("Hand in"), key=f"review.choice.done.{handed.lease_id}", shortcut="Enter",
                  type="primary", width="stretch", disabled=waiting,
                  on_click=decide, args=(Judgement(lines=lines),))  # fmt: skip


def skips(handed: Handed, skip: Callable[[str], None], back: Callable[[], None]) -> None:
    """Why the item is skipped, instead of the choices."""
    st.markdown(_("**Why do you skip it?** Others will judge it."))
    with st.container(horizontal=True, gap="small", key="review.skips"):
        for number, (code, words) in enumerate(SKIP_REASONS.items(), 1):
            st.button(_(words), key=f"review.skip.{code}.{handed.lease_id}", shortcut=str(number),
                      width="stretch", on_click=skip, args=(code,))  # fmt: skip
        st.button(_("Judge it after all"), key=f"review.skip.back.{handed.lease_id}",
                  type="tertiary", shortcut="Left", on_click=back)  # fmt: skip


def words_key(handed: Handed, name: str) -> str:
    """Where the session keeps what is written about this item."""
    return f"review.{name}.{handed.lease_id}"


def why(asked: ReviewRound, handed: Handed) -> None:
    """Reasons, a comment and a better answer; all of it may be left out."""
    before = handed.before or Judgement()
    if asked.settings.reasons:
        st.pills(_("Why? (optional, before you choose)"), list(asked.settings.reasons),
                 selection_mode="multi",
                 default=[one for one in before.reasons if one in asked.settings.reasons],
                 format_func=lambda code: label(reason_title(code)), wrap=True,
                 key=words_key(handed, "why"), on_change="ignore")  # fmt: skip
    with st.expander(_("Comment or a better answer"), icon=":material/edit:",
                     expanded=bool(before.comment or before.correction),
                     key="review.more"):  # fmt: skip
        st.text_area(_("Comment"), before.comment, height=80, max_chars=20_000,
                     key=words_key(handed, "comment"), on_change="ignore")  # fmt: skip
        st.text_area(_("How it should have been"), before.correction, height=140,
                     max_chars=20_000, key=words_key(handed, "correction"), on_change="ignore",
                     help=_("It can become the expected answer of the dataset."))  # fmt: skip


def written(handed: Handed) -> tuple[tuple[str, ...], str, str]:
    """Reasons, comment and better answer as they stand in the session."""
    state = st.session_state
    return (
        tuple(state.get(words_key(handed, "why")) or ()),
        str(state.get(words_key(handed, "comment")) or "").strip(),
        str(state.get(words_key(handed, "correction")) or "").strip(),
    )
