"""The chart of a board: values with their intervals, or quality against cost or time."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.evaluation.board import Board
from core.evaluation.frontier import frontier
from core.evaluation.words import without_common_words
from core.records.leaderboard import MetricChoice
from pages.ui import chart_download
from pages.ui.language import N_, _
from pages.ui.leaderboard.address import entry_title, metric_title, model_title
from pages.ui.leaderboard.table import contrast_words, span
from pages.ui.text import shortened, visible

VIEWS = {
    "intervals": N_("Intervals"),
    "cost": N_("Quality and cost"),
    "time": N_("Quality and time"),
}
HEIGHT_PER_LINE = 34
AROUND = 110
"""Axis, its title and the legend are within a chart's height."""
# Readable on white and on near-black, and told apart without red and green.
COLOURS = ["#2f66e0", "#d97706", "#0d9488", "#a855f7", "#dc2626", "#64748b", "#65a30d", "#db2777"]


def chart(board: Board, key: str) -> None:
    """The view that is chosen, with files of it."""
    data = frame(board)
    if data.empty:
        return
    views = [
        name for name in VIEWS
        if name == "intervals" or data["cost" if name == "cost" else "time"].notna().any()
    ]  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            _("Chart"), views, format_func=lambda name: _(VIEWS[name]), default=views[0],
            key=f"{key}.view", label_visibility="collapsed", required=True,
        )  # fmt: skip
        st.space("stretch")
        chart_download.buttons(f"{key}.picture", name="leaderboard")
    drawn = _intervals(board, data) if view in (None, "intervals") else _frontier(board, data, view)
    with st.container(key=f"{key}.picture"):
        st.altair_chart(drawn, width="stretch", alt=_("The board as a chart; the table has the "
                        "same numbers."))  # fmt: skip


def frame(board: Board) -> pd.DataFrame:
    """What the chart draws: lines with a value, the best first."""
    entries = [line.entry for line in board.lines]
    scale = board.info.scale
    full = [visible(entry_title(one, entries)) for one in entries]
    rows: list[dict[str, Any]] = []
    for line, name, brief in zip(board.lines, full, without_common_words(full), strict=True):
        found = line.interval
        if found is None:
            continue
        bounded = abs(found.low) != float("inf") and abs(found.high) != float("inf")
        answered = line.answered
        rows.append(
            {
                "name": shortened(brief, 44),
                "full": name,
                "model": visible(model_title(line.entry, entries)),
                "place": "–" if line.place is None else str(line.place),
                "value": found.value,
                "low": found.low if bounded else found.value,
                "high": found.high if bounded else found.value,
                "span": span(found.low, found.high, scale),
                "cost": answered.usd_per_1000,
                "time": None if answered.p50_ms is None else answered.p50_ms / 1000,
                "slow": None if answered.p95_ms is None else answered.p95_ms / 1000,
                "cases": found.n,
                "against": "" if line.contrast is None else contrast_words(line.contrast, scale),
            }
        )
    return pd.DataFrame(rows)


def _value_axis(board: Board) -> tuple[str, str, alt.Scale]:
    """Title, format and scale of the quality."""
    if board.kind != "scores":
        return _("Chance to win against the average"), ".0%", alt.Scale(domain=[0, 1])
    title = metric_title(MetricChoice(board.kind, board.info.name))
    if board.info.scale == "share":
        return title, ".0%", alt.Scale(zero=False)
    return title, ".3~g", alt.Scale(zero=False)


def _tooltip(board: Board) -> list[alt.Tooltip]:
    title, form, _scale = _value_axis(board)
    return [
        alt.Tooltip("full:N", title=_("Prompt version")),
        alt.Tooltip("model:N", title=_("Model")),
        alt.Tooltip("place:N", title=_("Place")),
        alt.Tooltip("value:Q", title=title, format=form),
        alt.Tooltip("span:N", title=_("95 %")),
        alt.Tooltip("against:N", title=_("Against the baseline")),
        alt.Tooltip("cost:Q", title=_("Cost per 1,000"), format="$,.3f"),
        alt.Tooltip("time:Q", title=_("Seconds, p50"), format=".2f"),
        alt.Tooltip("slow:Q", title=_("Seconds, p95"), format=".2f"),
        alt.Tooltip("cases:Q", title=_("Cases")),
    ]


def _model_colour() -> alt.Color:
    return alt.Color(
        "model:N", title=_("Model"), scale=alt.Scale(range=COLOURS),
        legend=alt.Legend(orient="bottom", columns=2, labelLimit=150, title=None),
    )  # fmt: skip


def _intervals(board: Board, data: pd.DataFrame) -> alt.LayerChart:
    title, form, scale = _value_axis(board)
    names = alt.Y("name:N", sort=list(data["name"]), title=None, axis=alt.Axis(labelLimit=190))
    base = alt.Chart(data).encode(y=names, color=_model_colour(), tooltip=_tooltip(board))
    rules = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=alt.X("low:Q", title=title, axis=alt.Axis(format=form, tickCount=6), scale=scale),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(x=alt.X("value:Q"))
    found: alt.LayerChart = (rules + points).properties(height=HEIGHT_PER_LINE * len(data) + AROUND)
    return found


def _frontier(board: Board, data: pd.DataFrame, view: str) -> alt.LayerChart:
    title, form, scale = _value_axis(board)
    price = "cost" if view == "cost" else "time"
    priced = data[data[price].notna()]
    good = -priced["value"].abs() if board.info.direction == "zero" else priced["value"]
    if board.info.direction == "lower":
        good = -good
    best = priced.iloc[frontier(list(zip(priced[price], good, strict=True)))]
    most = float(priced[price].max()) or 1.0
    across = alt.X(
        f"{price}:Q",
        title=_("US dollars per 1,000 calls") if view == "cost" else _("Seconds per answer, p50"),
        axis=alt.Axis(format="$,.2~f" if view == "cost" else ",.2~f", tickCount=6),
        scale=alt.Scale(domain=[0, 1.08 * most], nice=False),
    )
    up = alt.Y("value:Q", title=title, axis=alt.Axis(format=form), scale=scale)
    base = alt.Chart(priced).encode(x=across, color=_model_colour(), tooltip=_tooltip(board))
    edge = (
        alt.Chart(best)
        .mark_line(strokeDash=[5, 4], color="#64748b", interpolate="step-after")
        .encode(x=across, y=up)
    )
    rules = base.mark_rule(strokeWidth=2, opacity=0.45).encode(
        y=alt.Y("low:Q", title=title, axis=alt.Axis(format=form), scale=scale), y2="high:Q"
    )
    points = base.mark_point(filled=True, size=130, opacity=1).encode(y=up)
    # Only the best are named, others tell their name when pointed at; names stay inside.
    far = best[price] > 0.6 * most
    named = {"x": across, "y": up, "text": "name:N", "color": _model_colour()}
    left = alt.Chart(best[~far]).mark_text(align="left", dx=9, dy=-12, fontSize=12).encode(**named)
    right = (
        alt.Chart(best[far]).mark_text(align="right", dx=-9, dy=-12, fontSize=12).encode(**named)
    )
    found: alt.LayerChart = (edge + rules + points + left + right).properties(height=320 + AROUND)
    return found
