"""The audit log, for administrators: who did what, and what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core.access import MAY
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import person, workbench
from pages.ui.text import visible

SHOWN = 50
FORMS: dict[Literal["csv", "jsonl"], tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "jsonl": ("JSONL", "application/x-ndjson"),
}


def audit() -> None:
    """The newest entries, and all of them as files; nothing for others."""
    if "audit" not in MAY[person().role]:
        return
    st.header(_("Audit log"), anchor=False)
    found = workbench().reviews.audit(person(), SHOWN)
    if not found:
        st.caption(_("Nothing is logged yet."))
        return
    st.dataframe(
        [
            {
                _("When"): when(one.at),
                _("Who"): visible(one.who),
                _("What"): one.action,
                _("Of"): visible(f"{one.subject} {one.detail}".strip()),
                _("Allowed"): one.allowed,
            }
            for one in found
        ],
        hide_index=True, width="stretch", height=240,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        for form, (name, mime) in FORMS.items():
            st.download_button(name, maker(form), f"audit.{form}", mime,
                               key=f"settings.audit.{form}", on_click="ignore")  # fmt: skip
        st.caption(_("Entries cannot be changed: each one's hash covers the one before."))


def maker(form: Literal["csv", "jsonl"]) -> Callable[[], bytes]:
    """Makes the file, outside of the page's script."""
    reviews, asking = workbench().reviews, person()
    return lambda: reviews.export_audit(form, asking)
