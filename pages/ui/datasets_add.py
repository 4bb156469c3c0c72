"""Keeping runs of the history as cases of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from core.datasets.from_runs import cases_of
from core.errors import WorkbenchError
from core.records.datasets import DatasetVersion
from core.records.runs import Run, RunFilter
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

    menu("filtered", runs, lambda: workbench().history.count(wanted, MOST_ADDED + 1))


def one(run: Run) -> None:
    """A single run."""
    menu("one", lambda: [run], lambda: 1)


def menu(key: str, runs: Callable[[], Iterable[Run]], count: Callable[[], int]) -> None:
    """Which dataset, and what the answers are to be. Read and counted once it is opened."""
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
        vouched = st.checkbox(
            _("The answers are right: keep them as the expected ones"),
            key=f"datasets.from.{key}.vouched",
            help=_("Otherwise they are kept as responses, to be scored."),
        )
        pressed = st.button(_("Add {count} runs").format(count=f"{number:,}"), type="primary",
                            key=f"datasets.from.{key}.add")  # fmt: skip
        if pressed:
            add(list(runs()), chosen, name, as_reference=vouched)


def add(runs: list[Run], dataset_id: str, name: str, *, as_reference: bool) -> None:
    """Make the version and show the way to it."""
    try:
        made = version_of(runs, dataset_id, name, as_reference=as_reference)
    except WorkbenchError as error:
        say(error)
        return
    st.success(_("Version {number} has {count} rows.").format(
        number=made.number, count=f"{made.rows:,}"))  # fmt: skip
    st.page_link("pages/improve/datasets.py", label=_("Open the dataset"),
                 icon=":material/table_rows:",
                 query_params={"dataset": made.dataset_id, "version": made.id})  # fmt: skip


def version_of(
    runs: list[Run], dataset_id: str, name: str, *, as_reference: bool
) -> DatasetVersion:
    """The dataset with the runs in it. Raises WorkbenchError."""
    cases, datasets = cases_of(runs, as_reference=as_reference), workbench().datasets
    if dataset_id:
        return datasets.add_cases(dataset_id, cases, actor=actor(), source="history")
    return datasets.create(name, cases, actor=actor(), source="history")
