"""Keeping runs, the inputs of a comparison or reviewed answers as cases of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from core.datasets.from_runs import cases_of, cases_of_corrections, cases_of_inputs
from core.errors import WorkbenchError
from core.records.comparisons import Comparison
from core.records.datasets import Case, DatasetVersion
from core.records.runs import Run, RunFilter
from core.review.outcome import Feedback
from pages.ui.language import _, say
from pages.ui.resources import actor, workbench
from pages.ui.text import visible

MOST_ADDED = 5_000
NEW = ""


def filtered(wanted: RunFilter) -> None:
    """Every run that the filters let through."""

    def runs() -> list[Run]:
        batches = workbench().store.runs.iterate(wanted)
        return [run for batch in batches for run in batch]

    menu("filtered", lambda vouched: cases_of(runs(), as_reference=vouched),
         lambda: workbench().history.count(wanted, MOST_ADDED + 1))  # fmt: skip


def one(run: Run) -> None:
    """A single run."""
    menu("one", lambda vouched: cases_of([run], as_reference=vouched), lambda: 1)


def inputs(comparison: Comparison) -> None:
    """The rows of a comparison with their expected answers; the columns' answers stay there."""
    menu("comparison", lambda _vouched: cases_of_inputs(comparison),
         lambda: len(comparison.inputs), source="comparison")  # fmt: skip


def corrected(found: Sequence[Feedback]) -> None:
    """What reviewers were shown, with the answer as they would have it."""
    cases = cases_of_corrections(
        (one.case_id, one.fields, one.corrections[-1]) for one in found if one.corrections
    )
    menu("review", lambda _vouched: cases, lambda: len(cases), source="review")


def menu(
    key: str,
    cases: Callable[[bool], Sequence[Case]],
    count: Callable[[], int],
    *,
    source: Literal["history", "comparison", "review"] = "history",
) -> None:
    """Which dataset, and what answers are to be. Read and counted once it is opened."""
    answers = source == "history"
    opened = st.popover(_("Add to dataset"), icon=":material/playlist_add:",
                        key=f"datasets.from.{key}", on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        number = count()
        if not 0 < number <= MOST_ADDED:
            st.caption(_("Filter so that 1 to {most} runs are left.").format(
                most=f"{MOST_ADDED:,}"))  # fmt: skip
            return
        names = {line.dataset.id: line.dataset.name for line in workbench().datasets.list()}
        chosen = st.selectbox(
            _("Dataset"), [*names, NEW], key=f"datasets.from.{key}.which",
            format_func=lambda one: visible(names[one]) if one in names else _("A new dataset"),
        )  # fmt: skip
        name = ""
        if chosen == NEW:
            name = st.text_input(_("Name"), key=f"datasets.from.{key}.name")
        vouched = answers and st.checkbox(
            _("The answers are right: keep them as the expected ones"),
            key=f"datasets.from.{key}.vouched",
            help=_("Otherwise they are kept as responses, to be scored."),
        )
        words = {"history": _("Add {count} runs"), "comparison": _("Add {count} inputs"),
                 "review": _("Add {count} corrected rows")}[source]  # fmt: skip
        pressed = st.button(words.format(count=f"{number:,}"), type="primary",
                            key=f"datasets.from.{key}.add")  # fmt: skip
        if pressed:
            add(cases(vouched), chosen, name, source)


def add(cases: Sequence[Case], dataset_id: str, name: str, source: str) -> None:
    """Make the version and show the way to it."""
    try:
        made = version_of(cases, dataset_id, name, source)
    except WorkbenchError as error:
        say(error)
        return
    st.success(_("Version {number} has {count} rows.").format(
        number=made.number, count=f"{made.rows:,}"))  # fmt: skip
    st.page_link("pages/improve/datasets.py", label=_("Open the dataset"),
                 icon=":material/table_rows:",
                 query_params={"dataset": made.dataset_id, "version": made.id})  # fmt: skip


def version_of(cases: Sequence[Case], dataset_id: str, name: str, source: str) -> DatasetVersion:
    """The dataset with the cases in it. Raises WorkbenchError."""
    datasets = workbench().datasets
    if dataset_id:
        return datasets.add_cases(dataset_id, cases, actor=actor(), source=source)
    return datasets.create(name, cases, actor=actor(), source=source)
