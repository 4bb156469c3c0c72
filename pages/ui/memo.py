"""The memo on a prompt, version or run: write, and see what it said before."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.errors import WorkbenchError
from core.records.memos import SubjectKind
from pages.ui.language import _, say
from pages.ui.resources import actor, workbench
from pages.ui.text import label, sanitised
from pages.ui.verbatim import plain


def when(moment: datetime) -> str:
    """A moment in the browser's time zone, for reading."""
    zone = st.context.timezone
    if zone:
        try:
            moment = moment.astimezone(ZoneInfo(zone))
        except ZoneInfoNotFoundError:
            return f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{moment:%Y-%m-%d %H:%M}"


def editor(kind: SubjectKind, subject_id: str, key: str, *, height: int = 110) -> None:
    """A Markdown memo in a form; every earlier text stays readable."""
    authoring = workbench().authoring
    revisions = authoring.memo_history(kind, subject_id)
    current = revisions[0] if revisions else None
    with st.form(f"memo.{key}.{kind}.{subject_id}", border=False):
        text = st.text_area(
            _("Memo"),
            value=current.text if current else "",
            height=height,
            placeholder=_("Why this way? What did you notice? Markdown works."),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            sent = st.form_submit_button(_("Save memo"))
            if current:
                st.caption(_("{who}, {when}").format(
                    who=label(current.created_by), when=when(current.created_at)))  # fmt: skip
    if sent and text != (current.text if current else ""):
        try:
            authoring.write_memo(kind, subject_id, text, actor=actor())
        except WorkbenchError as error:
            say(error)
        else:
            st.toast(_("Memo saved."))
            st.rerun()
    if current and current.text:
        st.markdown(sanitised(current.text))
    if len(revisions) > 1:
        with st.popover(_("Earlier texts ({count})").format(count=len(revisions) - 1)):
            for revision in revisions[1:20]:
                st.caption(_("{who}, {when}").format(
                    who=label(revision.created_by), when=when(revision.created_at)))  # fmt: skip
                plain(revision.text or " ")
