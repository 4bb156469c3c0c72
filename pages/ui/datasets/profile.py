"""What is in a version, in charts and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.datasets.checks import ColumnProfile, Profile
from core.records.datasets import DatasetVersion
from pages.ui.datasets.importing import PII
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import label, visible

BINS = 24
SHOWN = 8
LANGUAGES = {
    "ja": N_("Japanese"), "ko": N_("Korean"), "han": N_("Kanji only"),
    "latin": N_("Latin script"), "other": N_("No letters"),
}  # fmt: skip


@st.cache_data(max_entries=16, show_spinner=False)
def profile_of(version_id: str, sealed: bool) -> Profile:
    """The profile, made once for a version; sealing it makes another."""
    return workbench().datasets.profile(version_id)


def profile(version: DatasetVersion) -> None:
    """The whole view."""
    sealed = version.split is not None and version.split.sealed
    with st.spinner(_("Looking at the rows…")):
        found = profile_of(version.id, sealed)
    if sealed:
        st.caption(_("The cases of the sealed test split are not looked at."))
    figures(found)
    problems(found)
    names = [one.name for one in found.columns]
    if not names:
        return
    longest = max(found.columns, key=lambda one: one.median or 0)
    labels = [one for one in found.columns if one.labels]
    left, right = st.columns(2, gap="large")
    with left:
        chosen = st.selectbox(_("Column"), names, index=names.index(longest.name),
                              format_func=visible, key="datasets.profile.column")  # fmt: skip
        column = next(one for one in found.columns if one.name == chosen)
        lengths(column)
        languages(column)
    with right:
        if labels:
            balance(labels)
        else:
            st.caption(_("No column has few enough different values to be a label."))
    repeated, missing, personal = st.columns(3, gap="large")
    with repeated:
        repeats(found)
    with missing:
        empties(found)
    with personal:
        personal_data(found)
    columns_table(found.columns)


def figures(found: Profile) -> None:
    """The numbers that matter first."""
    near = "–" if found.near is None else f"{len(found.near):,}"
    for place, (name, value) in zip(st.columns(4), (
        (_("Rows"), f"{found.cases:,}"),
        (_("Same input more than once"), f"{len(found.duplicates):,}"),
        (_("Nearly the same"), near),
        (_("Rows with personal data"),
         f"{len({id_ for one in found.pii for id_ in one.case_ids}):,}"),
    ), strict=True):  # fmt: skip
        place.metric(name, value)


def problems(found: Profile) -> None:
    """What to look at, with the ids."""
    if found.conflicts:
        st.warning(_("{count} inputs have different expected answers; no answer is right for both: "
                     "{ids}").format(count=len(found.conflicts),
                                     ids=_groups(found.conflicts)))  # fmt: skip
    if found.crossing:
        pairs = ", ".join(f"{a} = {b}" for a, b in found.crossing[:SHOWN])
        words = _("(Nearly) the same input on different sides of the split, {count} times; what is "
                  "learnt from one helps with the other: {ids}")  # fmt: skip
        st.warning(words.format(count=len(found.crossing), ids=label(pairs, most=300)))
    if found.duplicates:
        st.caption(_("Same input: {ids}").format(ids=_groups(found.duplicates)))
    if found.near:
        pairs = ", ".join(f"{one.a} ~ {one.b} ({one.share:.0%})" for one in found.near[:SHOWN])
        st.caption(_("Nearly the same: {ids}").format(ids=label(pairs, most=400)))
    if found.near is None:
        st.caption(_("Near-duplicates are looked for in up to 20,000 rows."))
    for one in found.pii:
        st.caption(_("Looks like {kind} in {column}: {ids}").format(
            kind=_(PII[one.kind]), column=label(one.column),
            ids=label(", ".join(one.case_ids[:SHOWN]), most=200)))  # fmt: skip


def _groups(groups: Sequence[Sequence[str]]) -> str:
    return label("; ".join(" = ".join(group[:4]) for group in groups[:SHOWN]), most=400)


def lengths(column: ColumnProfile) -> None:
    """How long the texts are."""
    if not column.lengths:
        st.caption(_("Every cell is empty."))
        return
    words = _("Length in characters: {shortest} to {longest}, half of them up to {median}")
    st.caption(words.format(
        shortest=f"{column.shortest:,}", longest=f"{column.longest:,}",
        median=f"{column.median:,.0f}"))  # fmt: skip
    frame = pd.DataFrame(binned(column.lengths), columns=["from", "to", "rows"])
    chart = (
        alt.Chart(frame, height=220)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", bin="binned", title=_("Characters")),
            x2="to:Q",
            y=alt.Y("rows:Q", title=_("Number of rows")),
            tooltip=[
                alt.Tooltip("from:Q", title=_("From")),
                alt.Tooltip("to:Q", title=_("To")),
                alt.Tooltip("rows:Q", title=_("Number of rows")),
            ],
        )
    )
    st.altair_chart(chart, alt=_("Histogram of text lengths"))


def binned(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """Counts in bins of equal, whole width."""
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // BINS))
    counts: dict[int, int] = {}
    for value in values:
        place = (value - low) // width
        counts[place] = counts.get(place, 0) + 1
    return [
        (low + place * width, low + (place + 1) * width, count)
        for place, count in sorted(counts.items())
    ]


def languages(column: ColumnProfile) -> None:
    """In which scripts the texts are."""
    total = sum(column.languages.values())
    if not total:
        return
    ordered = sorted(column.languages.items(), key=lambda one: -one[1])
    parts = [f"{_(LANGUAGES[name])} {count / total:.0%}" for name, count in ordered]
    st.caption(_("Language by script: {parts}").format(parts=" · ".join(parts)))
    bars({_(LANGUAGES[name]): count for name, count in ordered}, _("Rows per language"))


def repeats(found: Profile) -> None:
    """How many rows say what another one says."""
    st.markdown("**" + _("Repeated rows") + "**")
    same = sum(len(group) - 1 for group in found.duplicates)
    counts = {_("Only once"): found.cases - same, _("Same input"): same}
    if found.near is not None:
        near = len({one.b for one in found.near})
        counts[_("Nearly the same")] = near
        counts[_("Only once")] -= near
    bars(counts, _("Rows that repeat others"))


def empties(found: Profile) -> None:
    """Which columns have empty cells."""
    st.markdown("**" + _("Empty cells") + "**")
    counts = {visible(one.name)[:40]: one.empty for one in found.columns if one.empty}
    if counts:
        bars(counts, _("Empty cells per column"))
    else:
        st.caption(_("Every cell is filled."))


def personal_data(found: Profile) -> None:
    """Which kinds of personal data there seem to be."""
    st.markdown("**" + _("Personal data") + "**")
    rows: dict[str, set[str]] = {}
    for one in found.pii:
        rows.setdefault(_(PII[one.kind]), set()).update(one.case_ids)
    if rows:
        bars({kind: len(ids) for kind, ids in rows.items()}, _("Rows with personal data, by kind"))
    else:
        st.caption(_("None was found."))


def bars(counts: Mapping[str, int], alt_text: str, title: str = "") -> None:
    """Numbers of rows by name."""
    frame = pd.DataFrame({"name": list(counts), "rows": list(counts.values())})
    chart = (
        alt.Chart(frame, height=60 + 30 * len(counts))
        .mark_bar()
        .encode(
            x=alt.X("rows:Q", title=_("Number of rows"), axis=alt.Axis(tickMinStep=1, tickCount=5)),
            y=alt.Y("name:N", sort="-x", title=None, axis=alt.Axis(labelOverlap=False)),
            tooltip=[
                alt.Tooltip("name:N", title=title),
                alt.Tooltip("rows:Q", title=_("Number of rows")),
            ],
        )
    )
    st.altair_chart(chart, alt=alt_text)


def balance(columns: Sequence[ColumnProfile]) -> None:
    """How many rows each label has."""
    names = [one.name for one in columns]
    start = names.index("reference") if "reference" in names else 0
    chosen = st.selectbox(_("Label"), names, index=start, format_func=visible,
                          key="datasets.profile.label")  # fmt: skip
    counts: Mapping[str, int] = next(one.labels for one in columns if one.name == chosen)
    bars({visible(one)[:40]: count for one, count in counts.items()}, _("Rows per label"),
         _("Label"))  # fmt: skip
    rarest = min(counts.values())
    if rarest < 10:
        st.caption(_("The rarest label has {count} rows: results for it alone will be "
                     "uncertain.").format(count=rarest))  # fmt: skip


def columns_table(columns: Sequence[ColumnProfile]) -> None:
    """Every column in a line."""
    st.subheader(_("Columns"), anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                _("Column"): [visible(one.name) for one in columns],
                _("Filled"): [one.filled for one in columns],
                _("Empty"): [one.empty for one in columns],
                _("Different values"): [one.distinct for one in columns],
                _("Median length"): [one.median for one in columns],
                _("Longest"): [one.longest for one in columns],
            }
        ),
        hide_index=True,
        alt=_("Every column in a line"),
    )
