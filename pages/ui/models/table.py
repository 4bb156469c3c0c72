"""The table of models, its alerts and filters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import fill
from core.lifecycle.calendar import DATES, Line, is_stale
from core.records.models import SURFACES
from pages.ui import badges, urgency
from pages.ui.language import N_, _
from pages.ui.models.words import cost_words, days_words, other_words, prompt_words
from pages.ui.resources import workbench
from pages.ui.state import MODELS_SHOWN
from pages.ui.text import label, visible

STAGES = {
    "current": N_("current"),
    "preview": N_("preview"),
    "retiring": N_("retiring"),
    "retired": N_("retired"),
    "unknown": N_("not in the catalogue"),
}


def alerts(lines: Sequence[Line]) -> None:
    """Models in use that end within half a year, the soonest first."""
    pressing = [line for line in lines if line.used and line.urgency in urgency.PRESSING]
    for line in pressing:
        name = label(f"{badges.SURFACES[line.info.ref.surface]} · {line.info.ref.model}")
        successor = label(line.info.successor.model) if line.info.successor else "–"
        text = _("**{model}**: {when}. Prompts: {prompts} · judges: {judges} · references in "
                 "datasets: {references} · runs in 30 days: {runs} · successor: "
                 "{successor}").format(
            model=name, when=days_words(line), prompts=len(line.prompts),
            judges=sum(use.kind == "judge" for use in line.others),
            references=f"{sum(use.count for use in line.others):,}",
            runs=f"{line.calls.runs:,}", successor=successor,
        )  # fmt: skip
        grave = line.urgency in urgency.GRAVE
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{urgency.mark(line.urgency)} {text}", width="stretch")
            st.button(
                _("Look at it"),
                key=f"models.alert.{line.info.ref}",
                type="primary" if grave else "secondary",
                on_click=show,
                args=(str(line.info.ref),),
            )
    if not pressing:
        st.markdown(":green[:material/check_circle:] " + _("No model that you use ends within "
                                                           "180 days."))  # fmt: skip


def clock(now: datetime) -> None:
    """Days left are counted by this machine's clock: what speaks against it, in words."""
    for doubt in workbench().models.clock_doubts(now):
        st.warning(label(fill(_(doubt.template), doubt.values), most=400),
                   icon=":material/schedule:")  # fmt: skip


def drifts(now: datetime) -> None:
    """Names that do not mean one model any more: said at once and in words."""
    for one in workbench().models.drifts(now, badges.SURFACES):
        st.warning(one.said(_, label), icon=":material/alt_route:")
        st.page_link("pages/studio/history.py", label=_("Show these runs"),
                     icon=":material/history:",
                     query_params={"connection": one.ref.surface,
                                   "model": one.ref.model})  # fmt: skip


def filters(lines: Sequence[Line]) -> list[Line]:
    """The lines that are to be shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        surface = st.segmented_control(
            _("Connection"), list(SURFACES), key="models.surface",
            format_func=lambda name: badges.SURFACES[name],
        )  # fmt: skip
        ended = st.toggle(_("Show what has ended unused"), key="models.ended")
    return [
        line
        for line in lines
        if (surface is None or line.info.ref.surface == surface)
        and (ended or line.used or line.urgency != "past")
    ]


def table(lines: Sequence[Line]) -> None:
    """One row per model; choosing one opens it."""
    now = datetime.now(UTC)
    differ = [
        any(one.fact in DATES for one in workbench().models.disagreements(line.info.ref, now))
        for line in lines
    ]
    frame = pd.DataFrame([row(*both, now) for both in zip(lines, differ, strict=True)])
    MODELS_SHOWN.set(tuple(str(line.info.ref) for line in lines))
    picked = st.dataframe(
        frame,
        key="models.table",
        hide_index=True,
        on_select=open_row,
        selection_mode="single-row",
        height=min(38 + 35 * max(len(lines), 1), 640),
        column_config=columns(),
    )
    if not picked["selection"]["rows"]:
        st.caption(_("Choose a row to see its dates, sources and prices."))


def columns() -> dict[str, Any]:
    """Titles of the columns; those that are asked about first fit on a desktop."""
    text = st.column_config.TextColumn
    return {
        "model": text(_("Model"), pinned=True, width=156),
        "surface": text(_("Connection"), width=104),
        "left": text(_("Left"), width=140),
        "end": text(
            _("End"), width=92, help=_("≠: sources differ, or the date has moved; open the row.")
        ),
        "prompts": text(_("Prompts"), width=130),
        "runs": st.column_config.NumberColumn(_("Runs, 30 days"), width=100),
        "cost": text(_("Cost, 30 days"), width=100),
        "others": text(
            _("Other uses"), width=110,
            help=_("References that it wrote, evaluations that it judges, migrations and "
                   "optimizations to it, comparisons with it."),
        ),
        "successor": _("Successor"),
        "stage": _("Stage"),
        "checked": text(_("Checked on"), help=_("⚠: not checked for 60 days; trust it less.")),
    }  # fmt: skip


def row(line: Line, differ: bool, now: datetime) -> dict[str, object]:
    """A line as the table shows it; `differ` marks dates on which sources do not agree."""
    info = line.info
    return {
        "model": visible(info.ref.model),
        "surface": badges.SURFACES.get(info.ref.surface, info.ref.surface),
        "left": days_words(line),
        "end": f"{info.ends_on or ''}{' ≠' if differ else ''}",
        "prompts": visible(prompt_words(line)),
        "runs": line.calls.runs,
        "cost": cost_words(line),
        "others": visible(other_words(line)),
        "successor": info.successor.model if info.successor else "",
        "stage": _(STAGES[info.stage]),
        "checked": f"{info.checked_on or '–'}{' ⚠' if is_stale(info, now) else ''}",
    }


def open_row() -> None:
    """Open the model of the chosen row."""
    rows = st.session_state["models.table"]["selection"]["rows"]
    shown = MODELS_SHOWN.get()
    if rows and rows[0] < len(shown):
        show(shown[rows[0]])


def show(ref: str) -> None:
    """Open a model."""
    st.query_params["model"] = ref


def checked(now: datetime) -> None:
    """How old the facts are."""
    catalogue = workbench().catalogue
    stale = sum(
        is_stale(info, now) for surface in SURFACES for info in catalogue.models(surface, now)
    )
    words = _("Facts checked on {date}.").format(date=catalogue.checked_on)
    if stale:
        words += " " + _("{count} models were not checked for 60 days: trust them less.").format(
            count=stale
        )
    st.caption(words)
