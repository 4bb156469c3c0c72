"""The top of a round: its state, its links, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.access import Person
from core.errors import WorkbenchError
from core.records.review import ReviewRound
from core.review.review_export import ReviewExport
from pages.ui import state
from pages.ui.language import N_, _, say
from pages.ui.memo import when
from pages.ui.resources import person, workbench
from pages.ui.review import address as review_address
from pages.ui.review.listing import UNDO
from pages.ui.review.words import ORDER_WORDS, SCALE_WORDS, STATES, due_words
from pages.ui.state import Key
from pages.ui.text import label
from pages.ui.verbatim import plain

FORMS: dict[ReviewExport, tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "jsonl": ("JSONL", "application/x-ndjson"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}
NAMES = {
    "progress": N_("Progress"),
    "results": N_("Results"),
    "splits": N_("Disagreements"),
    "judges": N_("Judges"),
    "feedback": N_("What was said"),
}
LINK = Key[tuple[str, str]]("review.link", ("", ""))
DAYS = {7: N_("7 days"), 30: N_("30 days"), 0: N_("Without end")}


def heading(asked: ReviewRound) -> None:
    """Title, state, facts and actions."""
    st.button(_("All rounds"), icon=":material/arrow_back:", type="tertiary", key="review.back",
              on_click=review_address.show)  # fmt: skip
    words, colour = STATES[asked.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(label(asked.settings.title, most=120), anchor=False, width="content")
        st.badge(_(words), color=colour)  # type: ignore[arg-type]
    st.caption(facts(asked))
    with st.container(horizontal=True, vertical_alignment="center"):
        if asked.open:
            invite(asked)
            st.button(_("Review it yourself"), icon=":material/rate_review:", key="review.self",
                      on_click=review_address.show,
                      args=(asked.id, review_address.JUDGE))  # fmt: skip
            act(_("Close the round"), "close", ":material/lock:", workbench().reviews.close, asked)
        else:
            act(_("Take verdicts again"), "reopen", ":material/lock_open:",
                workbench().reviews.reopen, asked)  # fmt: skip
        export(asked)
        st.button(_("Delete"), icon=":material/delete:", type="tertiary", key="review.delete",
                  on_click=delete, args=(asked,))  # fmt: skip


def facts(asked: ReviewRound) -> str:
    """What is judged, from where, by how many."""
    settings = asked.settings
    scale = _("Pairs") if settings.kind == "pair" else _(SCALE_WORDS[settings.scale])
    parts = [
        label(asked.source.title, most=60),
        " – ".join(label(one.title) for one in asked.competitors[:4]),
        scale,
        _("{count} items").format(count=f"{asked.items:,}"),
        _("{count} reviewers per item").format(count=settings.reviewers),
        _(ORDER_WORDS[settings.order]),
        due_words(asked),
    ]
    return " · ".join(part for part in parts if part)


def act(
    words: str, key: str, icon: str, work: Callable[[str, Person], None], asked: ReviewRound
) -> None:
    """A button for something that may not be allowed."""

    def press() -> None:
        try:
            work(asked.id, person())
        except WorkbenchError as error:
            say(error)

    st.button(words, icon=icon, key=f"review.{key}", on_click=press)


def invite(asked: ReviewRound) -> None:
    """Links to the bare page: make one, see who came by it, take it back."""
    with st.popover(_("Invite"), icon=":material/link:", type="primary", key="review.invite"):
        made, link = LINK.get()
        if made == asked.id:
            st.markdown(_("**Send this link.** It is shown this once only; whoever has it can "
                          "review this round and see nothing else."))  # fmt: skip
            plain(link)
        with st.form("review.invite.form", border=False):
            name = st.text_input(_("For whom (only you see this)"), max_chars=100)
            days = st.selectbox(_("Valid for"), list(DAYS), index=1,
                                format_func=lambda one: _(DAYS[one]))  # fmt: skip
            sent = st.form_submit_button(_("Make a link"), key="review.invite.make")
        if sent:
            make_link(asked, name.strip(), days)
        for one in workbench().reviews.invites(asked.id, person()):
            with st.container(horizontal=True, vertical_alignment="center"):
                told = [label(one.label) or _("Link"), label(when(one.created_at))]
                if one.joined:
                    told.append(label(", ".join(one.joined), most=60))
                if one.revoked_at is not None:
                    told.append(_("taken back"))
                elif one.expires_at is not None and one.expires_at <= datetime.now(UTC):
                    told.append(_("over"))
                st.caption(" · ".join(told))
                if one.revoked_at is None:
                    st.button(_("Take back"), type="tertiary", key=f"review.revoke.{one.id}",
                              on_click=revoke, args=(asked.id, one.id))  # fmt: skip


def make_link(asked: ReviewRound, name: str, days: int) -> None:
    """A new link, shown once."""
    until = datetime.now(UTC) + timedelta(days=days) if days else None
    try:
        _made, token = workbench().reviews.invite(asked.id, person(), name, until)
    except WorkbenchError as error:
        say(error)
        return
    LINK.set((asked.id, review_address.link(asked.id, token)))
    st.rerun()


def revoke(round_id: str, invite_id: str) -> None:
    """Let nobody in by it any more."""
    try:
        workbench().reviews.revoke(round_id, invite_id, person())
    except WorkbenchError as error:
        say(error)
        return
    LINK.set(("", ""))


def export(asked: ReviewRound) -> None:
    """Every verdict as a file, made when somebody downloads it."""
    with st.popover(_("Export"), icon=":material/download:", key="review.export"):
        for form, (name, mime) in FORMS.items():
            st.download_button(name, maker(asked.id, form), f"review.{form}", mime,
                               key=f"review.export.{form}", on_click="ignore")  # fmt: skip
        st.caption(_("One line per verdict. CSV opens in Excel; formulas in it are made "
                     "harmless."))  # fmt: skip


def maker(round_id: str, form: ReviewExport) -> Callable[[], bytes]:
    """Makes the file, outside of the page's script."""
    reviews, asking = workbench().reviews, person()
    return lambda: reviews.export(round_id, form, asking)


def delete(asked: ReviewRound) -> None:
    """Off the list; the list offers to bring it back."""
    try:
        workbench().reviews.delete(asked.id, person())
    except WorkbenchError as error:
        say(error)
        return
    state.UNDO.set((UNDO, asked.id, asked.open))
    review_address.show()


def views(current: str) -> str:
    """The views, bound to the address."""
    chosen = current if current in review_address.VIEWS else "progress"
    st.session_state["review.view"] = chosen
    st.segmented_control(
        _("View"), review_address.VIEWS, format_func=lambda one: _(NAMES[one]), key="review.view",
        label_visibility="collapsed", required=True, on_change=choose,
    )  # fmt: skip
    return chosen


def choose() -> None:
    """Bring the view into the address."""
    st.query_params["view"] = st.session_state["review.view"] or "progress"
