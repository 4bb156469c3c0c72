"""The table of a board."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.board import Board, Line
from core.evaluation.results import Contrast
from core.evaluation.sentences import amount, bounds
from core.records.metrics import Scale
from pages.ui.facts import seconds
from pages.ui.language import N_, _
from pages.ui.leaderboard.address import model_title
from pages.ui.leaderboard.words import warning_of
from pages.ui.text import shortened, visible

VERDICTS = {
    "better": ("▲", N_("better")),
    "worse": ("▼", N_("worse")),
    "not_shown": ("=", N_("not shown")),
    "not_enough_data": ("?", N_("too few cases")),
    "incomplete": ("!", N_("incomplete")),
    "not_comparable": ("≠", N_("not comparable")),
}
NAME = 16
"""Columns of a prompt's name that fit into a wide cell, before its version."""
NARROW, MIDDLE, WIDE, WIDEST = 60, 90, 142, 210
"""Columns in pixels: all of them fit on a desktop."""


def table(board: Board, key: str) -> None:
    """One row per line."""
    entries = [line.entry for line in board.lines]
    rows = [_row(board, line, model_title(line.entry, entries)) for line in board.lines]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        alt=_("The leaderboard as a table"),
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
    if name == "cases":
        return len({line.interval.n if line.interval else 0 for line in board.lines}) > 1
    return True


def _row(board: Board, line: Line, model: str) -> dict[str, Any]:
    found, answered = line.interval, line.answered
    percent = board.info.scale == "share"
    warning = warning_of(line)
    star = "★ " if line.entry.production else ""
    return {
        "place": line.place,
        "candidate": star + _kept_version(visible(line.entry.title)),
        "value": None if found is None else found.value * (100 if percent else 1),
        "interval": "–" if found is None else span(found.low, found.high, board.info.scale),
        "model": f"{visible(model)} ⚠" if warning else visible(model),
        "against": _against(board, line),
        "cost": answered.usd_per_1000,
        "p50": seconds(answered.p50_ms),
        "p95": seconds(answered.p95_ms),
        "cases": 0 if found is None else found.n,
        "errors": line.errors,
        "warning": warning,
    }


def _kept_version(title: str) -> str:
    """A title for a narrow cell: the prompt's name may be cut, its version may not."""
    name, space, version = title.rpartition(" ")
    return f"{shortened(name, NAME)}{space}{version}" if name else shortened(title, NAME)


def _columns(board: Board) -> dict[str, Any]:
    config = st.column_config
    value: Any = config.NumberColumn(
        _value_title(board), format="%.2f" if board.info.scale == "rating" else "%.4g", width=MIDDLE
    )
    if board.info.scale == "share":
        value = config.ProgressColumn(
            _value_title(board), format="%.0f %%", min_value=0, max_value=100, width=MIDDLE
        )
    signs = " · ".join(f"{sign} {_(words)}" for sign, words in VERDICTS.values())
    return {
        "place": config.NumberColumn(
            _("Place"), width=NARROW, help=_("The same place: not shown to differ.")
        ),
        "candidate": config.TextColumn(
            _("Prompt version"), width=WIDEST, help=_("★ is in production.")
        ),
        "model": config.TextColumn(
            _("Model"), width=WIDE, help=_("⚠ has a note in the last column.")
        ),
        "value": value,
        "interval": config.TextColumn(_("95 %"), width=MIDDLE),
        "against": config.TextColumn(_("Against the baseline"), width=WIDE, help=signs),
        "cost": config.NumberColumn(
            _("$ / 1,000"), format="$%.2f", width=NARROW, help=_("Cost of 1,000 calls")
        ),
        "p50": config.TextColumn(
            _("p50"), width=NARROW, help=_("Half of the answers were as fast")
        ),
        "p95": config.TextColumn(_("p95"), width=NARROW, help=_("19 of 20 answers were as fast")),
        "cases": config.NumberColumn(_("Cases"), width=NARROW),
        "errors": config.NumberColumn(_("Errors"), width=NARROW),
        "warning": config.TextColumn(_("Caution"), width=WIDEST),
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
    """A comparison for a cell: a sign for the verdict, the difference with its interval."""
    sign, words = VERDICTS[contrast.verdict]
    void = contrast.verdict in ("incomplete", "not_comparable")
    if contrast.low is None or contrast.high is None or void:
        return f"{sign} {_(words)}"
    low, high = bounds(contrast, scale)
    return f"{sign} {amount(contrast.difference, scale)} ({low} … {high})"


def span(low: float, high: float, scale: Scale) -> str:
    """An interval for reading; open where there is no bound."""
    if low == -float("inf") or high == float("inf"):
        return "–"
    if scale == "share":
        return f"{100 * low:.0f}–{100 * high:.0f} %"
    return f"{low:.2f}–{high:.2f}" if scale == "rating" else f"{low:.3g}–{high:.3g}"
