"""Rows of a comparison that are cases of a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.records.comparisons import MOST_INPUTS, ComparedInput
from core.records.datasets import ALL_CASES, Case, CaseSlice, DatasetVersion
from pages.ui.compare import sources as sources
from pages.ui.compare.setup import Setup
from pages.ui.language import _, say
from pages.ui.resources import workbench
from pages.ui.text import label, visible

MOST_SHOWN = 8
FIRST_COUNT = 20


def cases_fields(setup: Setup) -> None:
    """Which dataset, which of its cases and how many; what was taken stays until it is replaced."""
    datasets = workbench().datasets
    lines = {one.dataset.id: one for one in datasets.list()}
    if not lines:
        st.page_link("pages/improve/datasets.py", label=_("Make a dataset"),
                     icon=":material/table_rows:")  # fmt: skip
        return
    taken_from = setup.table[0].dataset_version_id if setup.table else None
    here = next((n for n, one in enumerate(lines.values()) if one.latest.id == taken_from), 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset_id = st.selectbox(
            _("Dataset"), list(lines), index=here, key=setup.key("dataset"),
            format_func=lambda one: visible(lines[one].dataset.name),
        )  # fmt: skip
        slices = {"": ALL_CASES, **{one.name: one for one in datasets.slices(dataset_id)}}
        name = st.selectbox(
            _("Cases"), list(slices), key=setup.key(f"slice.{dataset_id}"),
            format_func=lambda one: visible(one) or _("All cases"),
        )  # fmt: skip
        count = st.number_input(_("How many"), 1, MOST_INPUTS, FIRST_COUNT,
                                key=setup.key("count"), width=140)  # fmt: skip
        taken = st.button(_("Take a sample"), icon=":material/casino:", key="compare.sample",
                          help=_("The same cases each time, whatever their order."))  # fmt: skip
    if taken:
        take(setup, lines[dataset_id].latest, slices[name], int(count))
    if not setup.table:
        st.caption(_("No rows yet."))
    beginning(setup.table)


def take(setup: Setup, version: DatasetVersion, which: CaseSlice, count: int) -> None:
    """Put a sample into the form."""
    try:
        cases = sample(workbench().datasets.cases(version.id, which), count)
    except WorkbenchError as error:
        say(error)
        return
    setup.table = sources.rows_of_cases(setup, version.id, cases)


def sample(cases: Sequence[Case], count: int) -> list[Case]:
    """So many cases by a hash of their ids, in their order."""
    ranked = sorted(cases, key=lambda one: hashlib.sha256(one.id.encode("utf-8")).digest())
    chosen = {one.id for one in ranked[:count]}
    return [one for one in cases if one.id in chosen]


def beginning(rows: Sequence[ComparedInput]) -> None:
    """The first rows, and how many more."""
    for one in rows[:MOST_SHOWN]:
        asked = " ".join(one.values.values()) or one.message or ""
        text = f"{one.case_id}: {asked}" if one.case_id else one.title or asked
        st.caption(label(text, most=140))
    if len(rows) > MOST_SHOWN:
        st.caption(_("… and {count} more").format(count=len(rows) - MOST_SHOWN))
