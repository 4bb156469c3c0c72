"""What happened around one prompt, in order of time."""

from __future__ import annotations

import streamlit as st

from core.prompts.timeline import TimelineEvent
from pages.ui.facts import money
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.text import label

SIGNS = {"version": "●", "label": "◆", "memo": "✎", "run": "▸", "runs": "▸", "model_end": "⚠"}
TITLES = {
    "version": N_("Version {number} saved"),
    "label": N_("Label moved to version {number}"),
    "memo": N_("Memo"),
    "run": N_("Run"),
    "model_end": N_("The model ends"),
}


def timeline(prompt_id: str) -> None:
    """Versions, labels, memos, runs and the fate of the models, newest first."""
    events = workbench().history.timeline(prompt_id)
    if not events:
        st.caption(_("Nothing happened yet."))
    for event in events[:300]:
        st.markdown(f"{SIGNS[event.kind]} **{title(event)}** · {when(event.at)}"
                    + (f" · {label(event.who)}" if event.who else ""))  # fmt: skip
        text = event.text
        if event.kind == "model_end" and event.successor is not None:
            text = f"{text} → {event.successor}"
        if text:
            st.caption(label(text, most=300))


def title(event: TimelineEvent) -> str:
    """What happened, in a few words."""
    if event.kind == "runs":
        return (
            _("{count} runs, {failed} failed, {cost}")
            .format(count=event.runs, failed=event.failed, cost=money(event.cost_usd))
            .replace("$", "\\$")
        )
    if event.kind == "label" and event.version_number is None:
        return _("Label taken off")
    return _(TITLES[event.kind]).format(number=event.version_number or "–")
