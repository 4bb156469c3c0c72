"""Which prompt was made from which, as a tree that grows to the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import streamlit as st

from core.optimization.ledger import Ledger
from core.records.optimizations import Template
from pages.ui.language import _
from pages.ui.optimize.words import points, template_state

BEST, TRIED, EDGE = "#2f66e0", "#d97706", "#707783"
LINE, LEAST = 26, 90
"""Pixels of a line, and of a tree of one or two lines."""


class Place(NamedTuple):
    """Where a prompt stands: generations after the start, and its line."""

    generation: int
    line: float


def tree(ledger: Ledger, key: str) -> None:
    """Drawn once something was made from the start."""
    if len(ledger.templates) < 2:
        return
    with st.expander(_("Which prompt was made from which"), icon=":material/account_tree:"):
        st.altair_chart(drawn(ledger), width="stretch", key=f"{key}.tree",
                        alt=_("A tree of the prompts; the table names for each the one that it was "
                              "made from."))  # fmt: skip
        st.caption(_("Blue: the way from the start to the best prompt. Orange: what did not take "
                     "its place. Beside each number stands the tuning score."))  # fmt: skip


def places(templates: Sequence[Template]) -> dict[int, Place]:
    """A place for each: children below each other, a parent beside the middle of its children."""
    numbers = {one.number for one in templates}
    children: dict[int | None, list[int]] = {}
    for one in sorted(templates, key=lambda one: one.number):
        parent = one.parent if one.parent in numbers and one.parent != one.number else None
        children.setdefault(parent, []).append(one.number)
    found: dict[int, Place] = {}
    lines = 0
    # Not recursive: a lineage may be as long as the search had steps.
    open_ = [(number, 0, False) for number in reversed(children.get(None, []))]
    while open_:
        number, generation, is_done = open_.pop()
        below = children.get(number, [])
        if below and not is_done:
            open_.append((number, generation, True))
            open_ += [(one, generation + 1, False) for one in reversed(below)]
        elif below:
            ends = found[below[0]].line, found[below[-1]].line
            found[number] = Place(generation, sum(ends) / 2)
        else:
            found[number] = Place(generation, float(lines))
            lines += 1
    return found


def lineage(ledger: Ledger) -> set[int]:
    """The best prompt and all that it descends from."""
    parents = {one.number: one.parent for one in ledger.templates}
    way: set[int] = set()
    number: int | None = ledger.best
    while number is not None and number not in way:
        way.add(number)
        number = parents.get(number)
    return way


def drawn(ledger: Ledger) -> alt.LayerChart:
    """The chart: edges, dots, and a number with the score at each."""
    where, way = places(ledger.templates), lineage(ledger)
    nodes, edges = [], []
    for one in ledger.templates:
        place, on_way = where[one.number], one.number in way
        nodes.append(_node(one, place, on_way, template_state(one, ledger.best)))
        if one.parent is not None and one.parent in where:
            start = where[one.parent]
            edges.append({"x": start.generation, "y": start.line, "x2": place.generation,
                          "y2": place.line, "way": on_way})  # fmt: skip
    lines = max(place.line for place in where.values())
    across = alt.X("x:Q", axis=None, scale=alt.Scale(nice=False, zero=False, padding=24))
    down = alt.Y("y:Q", axis=None, scale=alt.Scale(reverse=True, nice=False, padding=18))
    colour = alt.condition("datum.way", alt.value(BEST), alt.value(TRIED))
    base = alt.Chart(pd.DataFrame(nodes))
    links = alt.Chart(pd.DataFrame(edges, columns=["x", "y", "x2", "y2", "way"])).mark_rule(
        strokeWidth=1.5
    ).encode(x=across, y=down, x2="x2:Q", y2="y2:Q",
             color=alt.condition("datum.way", alt.value(BEST), alt.value(EDGE)))  # fmt: skip
    tips = [alt.Tooltip("number:N", title=_("Prompt")), alt.Tooltip("state:N", title=_("State")),
            alt.Tooltip("score:N", title=_("Tuning score")),
            alt.Tooltip("step:N", title=_("Step"))]  # fmt: skip
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=across, y=down, color=colour, tooltip=tips
    )
    words = base.mark_text(dy=-11, fontSize=11, color=EDGE).encode(x=across, y=down, text="words:N")
    found: alt.LayerChart = (links + dots + words).properties(
        height=max(LEAST, int(LINE * (lines + 2)))
    )
    return found


def _node(one: Template, place: Place, on_way: bool, state: str) -> dict[str, Any]:
    score = points(one.score)
    return {
        "x": place.generation,
        "y": place.line,
        "way": on_way,
        "number": str(one.number),
        "state": state,
        "score": score,
        "step": str(one.step),
        "words": f"{one.number}: {score}",
    }
