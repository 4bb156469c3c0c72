"""What happened around one prompt, in order of time."""

from __future__ import annotations

import streamlit as st

from core.prompts.timeline import TimelineEvent
from pages.ui import badges
from pages.ui.facts import money
from pages.ui.history import address as history_address
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.state import Key
from pages.ui.text import label

MOST_AT_ONCE = 40
SHOWN = Key[tuple[str, int]]("history.timeline", ("", MOST_AT_ONCE))
ICONS = {
    "version": ":blue[:material/commit:]",
    "label": ":green[:material/label:]",
    "memo": ":violet[:material/edit_note:]",
    "run": ":gray[:material/play_arrow:]",
    "runs": ":gray[:material/play_arrow:]",
    "model_end": ":orange[:material/event_busy:]",
}
TITLES = {
    "version": N_("Version {number} saved"),
    "label": N_("Label moved to version {number}"),
    "run": N_("Run"),
    "model_end": N_("The model ends"),
}
MEMOS = {
    "prompt": N_("Memo on the prompt"),
    "version": N_("Memo on version {number}"),
    "run": N_("Memo on a run"),
}


def switch(prompt_id: str | None) -> None:
    """Runs or timeline, once the runs of one prompt are shown."""
    if not prompt_id:
        return
    names = {"runs": _("Runs"), "timeline": _("Timeline")}
    wanted = st.query_params.get("view", "")
    st.session_state["history.view"] = wanted if wanted in names else "runs"
    st.radio(_("View"), list(names), format_func=names.__getitem__, horizontal=True,
             key="history.view", label_visibility="collapsed", on_change=choose)  # fmt: skip


def choose() -> None:
    """Bring the view into the address."""
    history_address.show_view(st.session_state["history.view"])


def timeline(prompt_id: str) -> None:
    """Versions, labels, memos, runs and the fate of the models, newest first."""
    events = workbench().history.timeline(prompt_id)
    if not events:
        st.caption(_("Nothing happened yet."))
    shown_for, count = SHOWN.get()
    if shown_for != prompt_id:
        count = MOST_AT_ONCE
    for event in events[:count]:
        one(event)
    if len(events) > count:
        st.button(_("Show more"), key="timeline.more", on_click=SHOWN.set,
                  args=((prompt_id, count + MOST_AT_ONCE),))  # fmt: skip


def one(event: TimelineEvent) -> None:
    """One event: what, when, who, and the way there."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(ICONS[event.kind], width="content")
        with st.container(gap=None):
            about = [label(when(event.at)), label(event.who)]
            st.markdown(f"**{title(event)}** :gray[· {' · '.join(part for part in about if part)}]")
            if words(event):
                st.caption(words(event))
        link(event)


def title(event: TimelineEvent) -> str:
    """What happened, in a few words."""
    if event.kind == "runs":
        return _("{count} runs, {failed} failed, {cost}").format(
            count=event.runs, failed=event.failed, cost=label(money(event.cost_usd))
        )
    if event.kind == "label" and event.version_number is None:
        return _("Label taken off")
    text = MEMOS[event.memo_on or "prompt"] if event.kind == "memo" else TITLES[event.kind]
    return _(text).format(number=event.version_number or "–")


def words(event: TimelineEvent) -> str:
    """What it said."""
    text = label(event.text, most=300)
    if event.kind == "model_end" and event.successor is not None:
        return _("{model}. Successor: {successor}").format(
            model=text, successor=label(event.successor.model)
        )
    if event.outcome and event.outcome != "ok":
        outcome = next((words for key, words in badges.OUTCOMES.items() if key == event.outcome))
        return f":{outcome[1]}[{_(outcome[0])}] · {text}"
    return text


def link(event: TimelineEvent) -> None:
    """Open the version or the run."""
    if event.run_id:
        st.button(_("Open"), type="tertiary", key=f"timeline.open.{event.at}.{event.run_id}",
                  on_click=history_address.show_run, args=(event.run_id,))  # fmt: skip
    elif event.version_id:
        st.page_link("pages/studio/prompt.py", label=_("Open"), icon="",
                     query_params={"version": event.version_id})  # fmt: skip
