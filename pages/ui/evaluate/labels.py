"""Which labels a candidate mixes up, and how well it finds each."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from core.evaluation.label_report import METRIC, Labels
from core.evaluation.results import Results
from pages.ui.evaluate.words import brief, signature_title
from pages.ui.language import _
from pages.ui.resources import workbench
from pages.ui.text import label, shortened, visible

MOST_IN_MATRIX = 20
"""Labels on a side of the picture; with more of them only the table is readable."""
CELL = 46
LONGEST = 24


def labels(found: Results) -> None:
    """Matrix and figures of one candidate, for each metric that finds labels."""
    named = [info.name for info in found.infos.values()]
    for signature, info in found.infos.items():
        if info.name != METRIC:
            continue
        title = signature_title(signature, info.name, named)
        opened = st.expander(_("Which labels are mixed up ({metric})").format(metric=title),
                             icon=":material/grid_on:", key=f"evaluate.labels.{signature}",
                             on_change="rerun")  # fmt: skip
        if opened.open:
            with opened:
                of_candidates(found, signature)


def of_candidates(found: Results, signature: str) -> None:
    """The candidate that is chosen."""
    told = workbench().evaluations.labels(found.evaluation.id, signature)
    if not told:
        st.caption(_("No answer was scored yet."))
        return
    people = {key: name for key, name in brief(found.evaluation).items() if key in told}
    key = st.segmented_control(
        _("Candidate"), list(people), default=next(iter(people)), required=True,
        key=f"evaluate.labels.of.{signature}", format_func=lambda one: label(people[one], 60),
        label_visibility="collapsed",
    )  # fmt: skip
    one = told[key or next(iter(people))]
    summary(one)
    if drawable(one):
        matrix(one, key=f"evaluate.labels.matrix.{signature}")
    elif len(one.matrix.labels) > MOST_IN_MATRIX:
        st.caption(_("With more than {count} labels there is no picture; the table has them all.")
                   .format(count=MOST_IN_MATRIX))  # fmt: skip
    classes(one, key=f"evaluate.labels.table.{signature}")


def summary(one: Labels) -> None:
    """The mean over the labels, and answers without any."""
    parts = []
    if one.macro_f1 is not None:
        parts.append(_("Macro F1: {value}, the plain mean over the labels.").format(
            value=f"{100 * one.macro_f1:.1f} %"))  # fmt: skip
    if one.without:
        parts.append(_("No clear label in {count} answers.").format(count=f"{one.without:,}"))
    st.caption(" ".join(parts))


def drawable(one: Labels) -> bool:
    """Whether there are few enough labels, and each still has a name of its own when cut."""
    names = [name_of(name) for name in (*one.matrix.labels, None)]
    return len(one.matrix.labels) <= MOST_IN_MATRIX and len(set(names)) == len(names)


def cells(one: Labels) -> pd.DataFrame:
    """A row for each expected label and what was found."""
    found: list[str | None] = [*one.matrix.labels]
    if one.without:
        found.append(None)
    rows = []
    for expected in one.matrix.labels:
        total = sum(one.matrix.count(expected, other) for other in found)
        for other in found:
            count = one.matrix.count(expected, other)
            rows.append({
                "expected": name_of(expected),
                "found": name_of(other),
                "count": count,
                "share": count / total if total else 0.0,
                "right": _("right") if other == expected else _("wrong"),
            })  # fmt: skip
    return pd.DataFrame(rows)


def name_of(one: str | None) -> str:
    """A label for a chart."""
    return _("no clear label") if one is None else shortened(visible(one), LONGEST)


def matrix(one: Labels, key: str) -> None:
    """Expected labels down, found ones across; each row's shares as depth of colour."""
    data = cells(one)
    order = [name_of(name) for name in one.matrix.labels]
    across = [*order, name_of(None)] if one.without else order
    base = alt.Chart(data).encode(
        x=alt.X("found:N", sort=across, title=_("Found"),
                axis=alt.Axis(orient="top", labelAngle=0 if len(across) < 6 else -40)),
        y=alt.Y("expected:N", sort=order, title=_("Expected")),
        tooltip=[
            alt.Tooltip("expected:N", title=_("Expected")),
            alt.Tooltip("found:N", title=_("Found")),
            alt.Tooltip("count:Q", title=_("Answers"), format=","),
            alt.Tooltip("share:Q", title=_("Share of the expected"), format=".0%"),
        ],
    )  # fmt: skip
    # Right answers blue, wrong ones orange: told apart by those who see no red and green.
    boxes = base.mark_rect(stroke="#64748b", strokeOpacity=0.25).encode(
        color=alt.Color("right:N", title=None,
                        legend=alt.Legend(orient="bottom", symbolStrokeWidth=0),
                        scale=alt.Scale(domain=[_("right"), _("wrong")],
                                        range=["#2f66e0", "#d97706"])),
        opacity=alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1],
                                                                    range=[0.04, 0.75])),
    )  # fmt: skip
    ink = "#f8fafc" if st.context.theme.type == "dark" else "#0b0f19"
    counts = (
        base.transform_filter("datum.count > 0")
        .mark_text(fontSize=13, color=ink)
        .encode(text=alt.Text("count:Q", format=","))
    )
    drawn = (boxes + counts).properties(height=CELL * len(order) + 90)
    words = _("Expected labels by found labels; the table has each label's figures.")
    st.altair_chart(drawn, width="stretch", key=key, alt=words)


def classes(one: Labels, key: str) -> None:
    """Precision, recall and F1 of every label."""

    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * value

    st.dataframe(
        pd.DataFrame([
            {
                "label": visible(score.label),
                "expected": score.expected,
                "precision": percent(score.precision),
                "recall": percent(score.recall),
                "f1": percent(score.f1),
                "others": ", ".join(f"{name_of(name)} ({count:,})"
                                    for name, count in one.matrix.mistaken(score.label)),
            }
            for score in one.classes
        ]),
        hide_index=True,
        placeholder="–",
        key=key,
        alt=_("Precision, recall and F1 of every label"),
        column_config={
            "label": st.column_config.TextColumn(_("Label")),
            "expected": st.column_config.NumberColumn(_("Expected"), width="small"),
            "precision": st.column_config.NumberColumn(
                _("Precision"), help=_("Of the answers with this label, how many are right."),
                format="%.1f %%"),
            "recall": st.column_config.NumberColumn(
                _("Recall"), help=_("Of the cases that expect this label, how many get it."),
                format="%.1f %%"),
            "f1": st.column_config.NumberColumn("F1", format="%.1f %%"),
            "others": st.column_config.TextColumn(_("Taken for"), width="large"),
        },
    )  # fmt: skip
