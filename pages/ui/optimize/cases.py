"""The cases of an optimization: a dataset, its version, and which of its rows."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.prompts.template import variables_of
from core.records.datasets import ALL_CASES, CaseSlice, DatasetVersion
from core.records.optimizations import OptimizationDraft
from core.records.prompts import PromptSpec
from pages.ui.language import _
from pages.ui.optimize.address import Address
from pages.ui.optimize.fields import Source
from pages.ui.resources import workbench
from pages.ui.text import label, visible

Datasets = Mapping[str, tuple[str, list[DatasetVersion]]]
"""Name and versions of every dataset, the newest first, by id."""


def datasets() -> Datasets:
    """All that there are."""
    known = workbench().datasets
    return {
        line.dataset.id: (line.dataset.name, list(known.versions(line.dataset.id)))
        for line in known.list()
    }


def fields(
    key: str,
    datasets: Datasets,
    source: Source,
    here: Address,
    given: OptimizationDraft | None,
) -> tuple[DatasetVersion, CaseSlice]:
    """A dataset, its version, and which of its cases; first one that has the variables."""
    wanted = here.dataset_version_id or (given.dataset_version_id if given else "")
    ids = list(datasets)
    fits = (id_ for id_, (_name, found) in datasets.items() if fit(source.spec, found[0]))
    owner = next((id_ for id_, (_name, found) in datasets.items()
                  if wanted in [one.id for one in found]), next(fits, ids[0]))  # fmt: skip
    left, middle, right = st.columns([3, 1, 3])
    with left:
        dataset_id = st.selectbox(
            _("Dataset"), ids, index=ids.index(owner), key=f"{key}.dataset",
            format_func=lambda one: visible(datasets[one][0]),
        )  # fmt: skip
    versions = {one.id: one for one in datasets[dataset_id][1]}
    with middle:
        version_id = st.selectbox(
            _("Version"), list(versions), key=f"{key}.data.{dataset_id}",
            index=list(versions).index(wanted) if wanted in versions else 0,
            format_func=lambda one: f"v{versions[one].number}",
        )  # fmt: skip
    version = versions[version_id]
    with right:
        which = slice_field(key, version)
    st.caption(_("Columns: {names}").format(names=label(", ".join(version.columns), most=300)))
    return version, which


def fit(spec: PromptSpec, version: DatasetVersion) -> bool:
    """Whether the prompt has variables, and each has a column."""
    names = variables_of(spec)
    return bool(names) and set(names) <= set(version.columns)


def slice_field(key: str, version: DatasetVersion) -> CaseSlice:
    """All cases, a kept slice, or the values of a column."""
    choices: dict[str, tuple[str, CaseSlice]] = {"": (_("All cases"), ALL_CASES)}
    for one in workbench().datasets.slices(version.dataset_id):
        choices[f"slice.{one.name}"] = (one.name, one)
    for column in version.columns:
        choices[f"column.{column}"] = (_("Only where {column} is …").format(column=column),
                                       ALL_CASES)  # fmt: skip
    chosen = st.selectbox(_("Which cases"), list(choices), key=f"{key}.cases.{version.id}",
                          format_func=lambda one: visible(choices[one][0]))  # fmt: skip
    column = chosen.removeprefix("column.")
    if column == chosen:
        return choices[chosen][1]
    value = st.text_input(_("has exactly the value"), key=f"{key}.value.{version.id}.{column}")
    return CaseSlice(equals={column: value}) if value else ALL_CASES
