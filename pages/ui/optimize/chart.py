"""The way of the tuning score: the best prompt so far, and every prompt that was scored."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.optimization.ledger import Ledger
from pages.ui.language import _
from pages.ui.optimize.words import template_state

BEST, TRIED = "#2f66e0", "#d97706"
# Readable on white and on near-black, and told apart without red and green.
HEIGHT = 260


def chart(ledger: Ledger) -> None:
    """Score over calls. One point tells nothing that the table does not."""
    if not ledger.points:
        return
    st.altair_chart(drawn(ledger), width="stretch", key="optimize.chart",
                    alt=_("The tuning score over the calls; the table has the same "
                          "numbers."))  # fmt: skip
    st.caption(_("Blue: the best prompt so far with its 95 % interval. Orange: every prompt that "
                 "was scored. This is the tuning score, on cases that the search has seen; the "
                 "verdict alone says whether anything got better."))  # fmt: skip


def drawn(ledger: Ledger) -> alt.LayerChart:
    """The chart."""
    calls = alt.X("calls:Q", title=_("Calls"), scale=alt.Scale(zero=True, nice=False),
                  axis=alt.Axis(format=",d", tickCount=6, tickMinStep=1))  # fmt: skip
    score = alt.Y("score:Q", title=_("Tuning score"), scale=alt.Scale(zero=False),
                  axis=alt.Axis(tickCount=6))  # fmt: skip
    tips = [
        alt.Tooltip("template:N", title=_("Prompt")),
        alt.Tooltip("state:N", title=_("State")),
        alt.Tooltip("score:Q", title=_("Tuning score"), format=".1f"),
        alt.Tooltip("span:N", title=_("95 %")),
        alt.Tooltip("calls:Q", title=_("Calls"), format=",d"),
    ]
    best = alt.Chart(points(ledger))
    tried = alt.Chart(templates(ledger))
    band = best.mark_area(color=BEST, opacity=0.14, interpolate="step-after").encode(
        x=calls, y=alt.Y("low:Q", title=_("Tuning score")), y2="high:Q"
    )
    line = best.mark_line(color=BEST, strokeWidth=2.5, interpolate="step-after").encode(
        x=calls, y=score
    )
    dots = best.mark_point(color=BEST, filled=True, size=50, opacity=1).encode(
        x=calls, y=score, tooltip=tips
    )
    others = tried.mark_point(color=TRIED, filled=True, size=60, opacity=0.85).encode(
        x=calls, y=score, tooltip=tips
    )
    found: alt.LayerChart = (band + line + others + dots).properties(height=HEIGHT)
    return found


def points(ledger: Ledger) -> pd.DataFrame:
    """The best prompt so far, after so many calls; the last one goes on until now."""
    rows = [_row(p.calls, p.template, _("best so far"), p.score, p.low, p.high)
            for p in ledger.points]  # fmt: skip
    last = ledger.points[-1]
    if ledger.calls > last.calls:
        rows.append(_row(ledger.calls, last.template, _("best so far"), last.score, last.low,
                         last.high))  # fmt: skip
    return pd.DataFrame(rows)


def templates(ledger: Ledger) -> pd.DataFrame:
    """Every scored prompt."""
    rows = [_row(t.calls, t.number, template_state(t, ledger.best), t.score, t.low, t.high)
            for t in ledger.templates if t.score is not None]  # fmt: skip
    return pd.DataFrame(rows)


def _row(
    calls: int, template: int, state: str, score: float, low: float | None, high: float | None
) -> dict[str, Any]:
    bounded = low is not None and high is not None
    return {
        "calls": calls,
        "template": template,
        "state": state,
        "score": 100 * score,
        "low": 100 * (low if low is not None else score),
        "high": 100 * (high if high is not None else score),
        "span": f"{100 * low:.1f} – {100 * high:.1f}" if bounded else "–",  # type: ignore[operator]
    }
