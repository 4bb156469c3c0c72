"""The table of a board."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.board import Board, Line
from core.evaluation.results import Contrast
from core.evaluation.sentences import amount
from core.records.metrics import Scale
from pages.ui.facts import seconds
from pages.ui.language import N_, _
from pages.ui.leaderboard_words import warning_of
from pages.ui.text import visible

VERDICTS = {
    "better": ("▲", N_("better")),
    "worse": ("▼", N_("worse")),
    "not_shown": ("=", N_("not shown")),
    "not_enough_data": ("?", N_("too few cases")),
    "incomplete": ("!", N_("incomplete")),
}


def table(board: Board, key: str) -> None:
    """One row per line."""
    rows = [_row(board, line) for line in board.lines]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        column_order=[name for name in rows[0] if _told(name, board)],
        column_config=_columns(board),
    )


def _told(name: str, board: Board) -> bool:
    """Whether a column says anything here."""
    if name == "against":
        return board.baseline is not None
    if name == "warning":
        return any(warning_of(line) for line in board.lines)
    if name == "errors":
        return any(line.errors for line in board.lines)
    return True


def _row(board: Board, line: Line) -> dict[str, Any]:
    found, answered = line.interval, line.answered
    star = "★ " if line.entry.production else ""
    return {
        "place": line.place,
        "candidate": star + visible(line.entry.title),
        "model": visible(line.entry.model),
        "value": None if found is None else found.value,
        "interval": "–" if found is None else span(found.low, found.high, board.info.scale),
        "against": _against(board, line),
        "cost": answered.usd_per_1000,
        "p50": seconds(answered.p50_ms),
        "p95": seconds(answered.p95_ms),
        "cases": 0 if found is None else found.n,
        "errors": line.errors,
        "warning": warning_of(line),
    }


def _columns(board: Board) -> dict[str, Any]:
    config = st.column_config
    value: Any = config.NumberColumn(_value_title(board), format="%.3g", width="small")
    if board.info.scale == "share":
        value = config.ProgressColumn(
            _value_title(board), format="percent", min_value=0.0, max_value=1.0, width="small"
        )
    return {
        "place": config.NumberColumn(
            _("Place"), width="small", help=_("The same place: not shown to differ.")
        ),
        "candidate": config.TextColumn(
            _("Prompt version"), width="medium", help=_("★ is in production.")
        ),
        "model": config.TextColumn(_("Model"), width="medium"),
        "value": value,
        "interval": config.TextColumn(_("95 %"), width="small"),
        "against": config.TextColumn(_("Against the baseline"), width="medium"),
        "cost": config.NumberColumn(_("Cost per 1,000"), format="$%.3f", width="small"),
        "p50": config.TextColumn(_("Time, p50"), width="small"),
        "p95": config.TextColumn(_("Time, p95"), width="small"),
        "cases": config.NumberColumn(_("Cases"), width="small"),
        "errors": config.NumberColumn(_("Errors"), width="small"),
        "warning": config.TextColumn(_("Heed"), width="medium"),
    }


def _value_title(board: Board) -> str:
    if board.kind != "scores":
        return _("Chance to win")
    return _("Pass rate") if board.info.scale == "share" else _("Mean")


def _against(board: Board, line: Line) -> str:
    if line.entry == board.baseline:
        return _("baseline")
    return "" if line.contrast is None else contrast_words(line.contrast, board.info.scale)


def contrast_words(contrast: Contrast, scale: Scale) -> str:
    """A comparison for a cell: a sign, the difference with its interval, the verdict."""
    sign, words = VERDICTS[contrast.verdict]
    if contrast.low is None or contrast.high is None:
        return f"{sign} {_(words)}"
    low, high = amount(contrast.low, scale), amount(contrast.high, scale)
    return f"{sign} {amount(contrast.difference, scale)} ({low} … {high}) {_(words)}"


def span(low: float, high: float, scale: Scale) -> str:
    """An interval for reading; open where there is no bound."""
    if low == -float("inf") or high == float("inf"):
        return "–"
    if scale == "share":
        return f"{100 * low:.0f}–{100 * high:.0f} %"
    return f"{low:.3g}–{high:.3g}"
