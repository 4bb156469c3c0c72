"""The calendar: each model from its release to its end, and today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from core.lifecycle.calendar import Line
from pages.ui import badges
from pages.ui.language import _
from pages.ui.models.words import days_words

BACK = timedelta(days=270)
AHEAD = timedelta(days=400)
MOST_ROWS = 24
COLOURS = {"past": "#8a93a6", "soon": "#dc2626", "half": "#d97706", "later": "#2563eb"}


def chart(lines: Sequence[Line], now: datetime) -> None:
    """Bars over time. A bar without a known end fades out at the edge."""
    shown = [line for line in lines if line.info.released or line.info.ends_on][:MOST_ROWS]
    if not shown:
        return
    frame = pd.DataFrame([bar(line, now) for line in shown])
    start, end = now - BACK, now + AHEAD
    time = alt.X(
        "from:T",
        title=None,
        scale=alt.Scale(domain=[start.isoformat(), end.isoformat()]),
        axis=alt.Axis(format="%Y-%m", grid=True, labelOverlap=True),
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(height=12, cornerRadius=4, clip=True)
        .encode(
            x=time,
            x2="to:T",
            y=alt.Y("model:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                "band:N",
                scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
                legend=None,
            ),
            opacity=alt.Opacity(
                "open:N", scale=alt.Scale(domain=[False, True], range=[0.9, 0.45]), legend=None
            ),
            tooltip=[
                alt.Tooltip("model:N", title=_("Model")),
                alt.Tooltip("left:N", title=_("Left")),
                alt.Tooltip("end:N", title=_("End")),
            ],
        )
    )
    today = (
        alt.Chart(pd.DataFrame([{"now": now.isoformat()}]))
        .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color="#dc2626")
        .encode(x="now:T")
    )
    st.altair_chart(
        (bars + today).properties(height=alt.Step(24)),
        alt=_("Models from their release to their end; the dashed line is today."),
    )
    st.caption(
        _("Red ends within 30 days, orange within 180. Faint: an end is not announced, or may come "
          "from there on. The dashed line is today.")
    )  # fmt: skip


def bar(line: Line, now: datetime) -> dict[str, object]:
    """One bar."""
    info = line.info
    end = info.ends_on or info.ends_not_before
    surface = badges.SURFACES.get(info.ref.surface, info.ref.surface)
    far = (now + AHEAD * 2).date()
    band = {"past": "past", "week": "soon", "month": "soon", "quarter": "half", "half": "half"}
    return {
        "model": f"{info.ref.model} · {surface}",
        "from": (info.released or (now - BACK * 2).date()).isoformat(),
        "to": (end or far).isoformat(),
        "end": str(info.ends_on or (f"≥ {end}" if end else "–")),
        "open": info.ends_on is None,
        "band": band.get(line.urgency, "later"),
        "left": days_words(line),
    }
