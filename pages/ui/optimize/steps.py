"""What was tried: the best so far against the start, the growing table, one prompt in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.optimization.ledger import Ledger, Rejected
from core.optimization.optimizations import OptimizationResult
from core.optimization.parts import shown_demonstrations
from core.records.optimizations import Demonstration, Template
from pages.ui import difference
from pages.ui.evaluate.words import metric_title
from pages.ui.language import _
from pages.ui.optimize import chart as optimize_chart
from pages.ui.optimize import rows as optimize_rows
from pages.ui.optimize import tree as optimize_tree
from pages.ui.optimize.words import (
    REJECTIONS,
    TEMPLATE_STATES,
    points,
    template_state,
    tuning_words,
)
from pages.ui.text import label, visible
from pages.ui.verbatim import plain

LONGEST_CELL = 240
LONG, TALLEST = 700, 420
"""Characters of a prompt from which its difference scrolls, and in how many pixels."""
SHARED = 24
"""A beginning at least as long as this is left out of the table when it is the start's."""


def live(ledger: Ledger) -> None:
    """While it runs: best so far, curve, table."""
    if not ledger.templates:
        st.caption(_("The start is asked first."))
        return
    optimize_chart.chart(ledger)
    st.subheader(_("Best so far"), anchor=False)
    best_prompt(ledger)
    optimize_tree.tree(ledger, "optimize.live")
    chosen = table(ledger, "optimize.live")
    if chosen is not None:
        one_prompt(ledger, chosen, "optimize.live")


def finished(found: OptimizationResult, asked: int | None) -> None:
    """When it does not run: worse cases, curve, table, one prompt with its answers."""
    if not found.ledger.templates:
        return
    if found.verdict is not None:
        optimize_rows.worse(found.optimization)
    optimize_chart.chart(found.ledger)
    optimize_tree.tree(found.ledger, "optimize.all")
    chosen = table(found.ledger, "optimize.all")
    number = asked if chosen is None else chosen
    if number is not None:
        one_prompt(found.ledger, number, "optimize.all")
        if any(one.number == number for one in found.ledger.templates):
            optimize_rows.tuning(found.optimization, number)


def best_prompt(ledger: Ledger) -> None:
    """The best prompt against the start, by characters."""
    start, best = ledger.start_template, ledger.best_template
    if start is None or best is None or best.number == 0:
        st.caption(_("Nothing beats the start."))
        return
    st.caption(_("Tuning score {start} for the start, {best} for this one.").format(
        start=label(tuning_words(start)), best=label(tuning_words(best))))  # fmt: skip
    compare(start, best, "optimize.best")


def compare(start: Template, other: Template, key: str) -> None:
    """Two prompts side by side; examples are shown below, they are new as a whole."""
    if start.instruction == other.instruction and other.demonstrations:
        st.caption(_("The instruction is that of the start; only examples were added."))
    else:
        long = max(len(start.instruction), len(other.instruction)) > LONG
        with st.container(height=TALLEST if long else "content", border=False):
            difference.show(start.instruction, other.instruction, (title(start), title(other)), key)
    examples(other.demonstrations)


def title(one: Template) -> str:
    """What a prompt is called among those that were tried."""
    return _("Prompt {number}").format(number=one.number) if one.number else _("The start")


def examples(demonstrations: Sequence[Demonstration]) -> None:
    """The examples of a prompt as they are sent."""
    if demonstrations:
        with st.expander(_("{count} examples").format(count=len(demonstrations)),
                         icon=":material/format_list_numbered:"):  # fmt: skip
            plain(shown_demonstrations(demonstrations))


# -- the table --


def table(ledger: Ledger, key: str) -> int | None:
    """Every prompt that was tried or rejected; the number of the one that is chosen in it."""
    st.subheader(_("What was tried"), anchor=False)
    frame = rows(ledger)
    event = st.dataframe(frame, hide_index=True, on_select="rerun", selection_mode="single-row",
                         key=f"{key}.table", column_config=columns(ledger))  # fmt: skip
    picked = event["selection"]["rows"]
    if not picked or picked[0] >= len(ledger.templates):
        return None
    return ledger.templates[picked[0]].number


def rows(ledger: Ledger) -> pd.DataFrame:
    """Templates by number, then what was rejected."""
    start = ledger.templates[0].instruction if ledger.templates else ""
    lines = [_template_row(one, ledger.best, start) for one in ledger.templates]
    lines += [_rejected_row(one, start) for one in ledger.rejected]
    names = list(columns(ledger))
    unknown = {name: "–" for name in names if name.startswith("metric.")}
    return pd.DataFrame([{**unknown, **line} for line in lines], columns=names)


def _template_row(one: Template, best: int, start: str) -> dict[str, Any]:
    return {
        "step": one.step,
        "number": str(one.number),
        "prompt": cell(one.instruction, start if one.number else ""),
        "score": points(one.score),
        "span": "–" if one.low is None or one.high is None
        else f"{points(one.low)} – {points(one.high)}",
        "cases": one.scored,
        **{f"metric.{name}": f"{value:.3f}" for name, value in one.metrics.items()},
        "examples": len(one.demonstrations),
        "state": template_state(one, best),
        "parent": "–" if one.parent is None else str(one.parent),
        "calls": one.calls,
    }  # fmt: skip


def _rejected_row(one: Rejected, start: str) -> dict[str, Any]:
    reason = _(REJECTIONS.get(one.reason, one.reason))
    return {
        "step": one.step,
        "number": "–",
        "prompt": cell(one.instruction, start),
        "score": "–",
        "span": "–",
        "state": f"{_(TEMPLATE_STATES['rejected'])}: {reason} {visible(one.detail)}".strip(),
        "parent": str(one.parent),
        "cases": 0,
        "examples": 0,
        "calls": one.calls,
    }


def cell(text: str, start: str) -> str:
    """A prompt on one line, from where it leaves the start: rewrites often begin alike."""
    alike = (n for n, (a, b) in enumerate(zip(text, start, strict=False)) if a != b)
    shared = next(alike, min(len(text), len(start)))
    shown = text if shared < SHARED or shared == len(text) else f"… {text[shared:]}"
    return visible(" ".join(shown.split())[:LONGEST_CELL])


def columns(ledger: Ledger) -> dict[str, Any]:
    """Titles of the columns; the metrics are those that were measured."""
    names = dict.fromkeys(name for one in ledger.templates for name in one.metrics)
    metrics = {
        f"metric.{name}": st.column_config.TextColumn(
            _("{metric} (mean)").format(metric=metric_title(name).replace("\\", ""))
        )
        for name in names
    }
    with_examples = any(one.demonstrations for one in ledger.templates)
    return {
        "step": st.column_config.NumberColumn(_("Step"), width="small"),
        "number": st.column_config.TextColumn(_("No."), width="small"),
        "prompt": st.column_config.TextColumn(_("Prompt"), width=260),
        "score": st.column_config.TextColumn(_("Tuning score")),
        "span": st.column_config.TextColumn(_("95 % interval")),
        "state": st.column_config.TextColumn(_("State")),
        "cases": st.column_config.NumberColumn(_("Cases"), width="small"),
        **metrics,
        **({"examples": st.column_config.NumberColumn(_("Examples"), width="small")}
           if with_examples else {}),
        "parent": st.column_config.TextColumn(_("Made from"), width="small"),
        "calls": st.column_config.NumberColumn(_("Calls"), width="small"),
    }  # fmt: skip


def one_prompt(ledger: Ledger, number: int, key: str) -> None:
    """A prompt in full, against the one that it was made from."""
    found = {one.number: one for one in ledger.templates}
    one = found.get(number)
    if one is None:
        st.caption(_("There is no prompt {number}.").format(number=number))
        return
    with st.container(border=True, key=f"{key}.one"):
        st.markdown(f"**{title(one)}** · {label(template_state(one, ledger.best))}")
        before = found.get(one.parent) if one.parent is not None else None
        if before is not None and before.instruction != one.instruction:
            difference.show(before.instruction, one.instruction,
                            (title(before), title(one)), f"{key}.one")  # fmt: skip
        else:
            plain(one.instruction or " ")
        examples(one.demonstrations)
