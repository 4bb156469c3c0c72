"""The grid: every answer, its facts and figures, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.comparison import assets
from core.comparison.blind import shown_orders
from core.comparison.view_data import View, blinded, view_of
from core.errors import WorkbenchError, fill
from core.i18n import translator
from core.records.comparisons import Cell, Comparison, Verdict
from pages.ui import compare_address
from pages.ui.language import language, say
from pages.ui.resources import actor, workbench
from pages.ui.state import Key

if TYPE_CHECKING:
    from pages.ui.compare_head import Shown

PROBLEM = Key[WorkbenchError | None]("compare.grid.problem", None)


@cache
def component() -> Any:
    """The grid and the presenter as one component; nothing in it can become markup."""
    return st.components.v2.component(
        "workbench_comparison",
        html="<div class='wb-host'></div>",
        css=assets.style(),
        js=assets.component(),
    )


def grid(shown: Shown) -> None:
    """All answers; while they are hidden, in the order of each row and without names."""
    key = f"compare.grid.{shown.comparison.id}"
    problem = PROBLEM.get()
    if problem is not None:
        say(problem)
        PROBLEM.set(None)

    def act() -> None:
        action = st.session_state[key].get("action")
        if isinstance(action, dict):
            perform(shown.comparison, action)

    component()(data={"view": view_of_shown(shown, language()), "actions": True}, key=key,
                on_action_change=act)  # fmt: skip


def view(comparison_id: str, in_language: str) -> View:
    """The comparison as the grid and the exported page show it."""
    comparisons = workbench().comparisons
    comparison = comparisons.get(comparison_id)
    cells, verdicts = comparisons.grid(comparison_id), comparisons.verdicts(comparison_id)
    return whole_view(comparison, cells, verdicts, in_language)


def view_of_shown(shown: Shown, in_language: str) -> View:
    """The same from what the page has read already."""
    return whole_view(shown.comparison, shown.cells, shown.verdicts, in_language)


def whole_view(
    comparison: Comparison, cells: Sequence[Cell], verdicts: Sequence[Verdict], in_language: str
) -> View:
    """Everything of it; while it is blind, nothing that tells who is who."""
    memo = workbench().authoring.memo("comparison", comparison.id)
    translated = translator(in_language)
    told = [
        fill(translated(one.template), dict(one.values))
        for one in workbench().comparisons.notices(comparison, cells)
    ]
    found = view_of(
        comparison, cells, verdicts, memo.text if memo else "", language=in_language, notices=told
    )
    if not comparison.blind:
        return found
    rows = [row.key for row in comparison.inputs]
    keys = [one.key for one in comparison.candidates]
    return blinded(found, shown_orders(comparison.seed, rows, keys))


def perform(comparison: Comparison, action: dict[str, Any]) -> None:
    """What the reader asked for in the grid: run again, stop, open a run, judge."""
