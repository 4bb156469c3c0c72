"""The leaderboard as files."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.evaluation import leaderboard_export
from core.evaluation.board import Board
from pages.ui.language import _
from pages.ui.leaderboard.address import Wanted


def export(wanted: Wanted, boards: Sequence[Board]) -> None:
    """What is shown, with every figure behind it."""
    with st.popover(_("Export"), icon=":material/download:"):
        st.download_button(
            "CSV",
            lambda: leaderboard_export.export_csv(_rows(wanted, boards)),
            "leaderboard.csv",
            "text/csv",
            key="leaderboard.csv",
            on_click="ignore",
        )
        st.download_button(
            "JSONL",
            lambda: leaderboard_export.export_jsonl(_rows(wanted, boards)),
            "leaderboard.jsonl",
            "application/x-ndjson",
            key="leaderboard.jsonl",
            on_click="ignore",
        )


def _rows(wanted: Wanted, boards: Sequence[Board]):  # type: ignore[no-untyped-def]
    return leaderboard_export.rows(wanted.choice, wanted.slice_name, boards)
