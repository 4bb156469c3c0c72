"""What the leaderboard shows, chosen by four fields and kept in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.evaluation.titles import PAIRWISE
from core.evaluation.titles import metric_title as title_of
from core.records.datasets import ALL_CASES, SPLITS, CaseSlice
from core.records.leaderboard import BoardChoice, Entry, MetricChoice
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import shortened, visible

SPLIT_NAMES = {
    "train": N_("Train split"),
    "validation": N_("Validation split"),
    "test": N_("Test split"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The choice so far; the baseline is chosen from what it finds."""

    choice: BoardChoice
    metric: MetricChoice
    which: CaseSlice
    slice_name: str


def wanted(choices: Sequence[BoardChoice]) -> Wanted:
    """The fields for dataset, metric and slice, and for the value of a column."""
    dataset, metric, cases, more = st.columns([5, 5, 5, 4], vertical_alignment="bottom")
    with dataset:
        chosen = _choose(
            _("Dataset"),
            "data",
            {one.version_id: f"{one.dataset} v{one.version}" for one in choices},
        )
    choice = next(one for one in choices if one.version_id == chosen)
    with metric:
        names = {f"{one.kind}.{one.metric}": one for one in choice.metrics}
        name = _choose(
            _("Metric"), "metric", {key: metric_title(one) for key, one in names.items()}
        )
    with cases:
        slices = _slices(choice)
        kept = _choose(
            _("Which cases"), "slice", {key: title for key, (title, _) in slices.items()}
        )
    title, which = slices[kept]
    with more:
        only = _only_where(choice, which)
    if only:
        which = replace(which, equals={**which.equals, **only})
        title = " · ".join([title, *(f"{column} = {value}" for column, value in only.items())])
    return Wanted(choice, names[name], which, title)


def _only_where(choice: BoardChoice, which: CaseSlice) -> Mapping[str, str]:
    """The column and the value that the cases must have; empty for any."""
    version = workbench().datasets.version(choice.version_id)
    columns = [one for one in version.columns if one not in which.equals]
    column, value = st.query_params.get("column", ""), st.query_params.get("value", "")
    given = f"{column} = {value}" if column in columns and value else _("Only where")
    with st.popover(shortened(visible(given), 18), icon=":material/filter_alt:", width="stretch",
                    key="leaderboard.only"):  # fmt: skip
        column = _choose(_("Column"), "column", {"": "–", **{one: one for one in columns}})
        if not column:
            return {}
        st.session_state["leaderboard.value"] = value
        value = st.text_input(_("has exactly the value"), key="leaderboard.value",
                              on_change=_keep_value)  # fmt: skip
    return {column: value} if value else {}


def _keep_value() -> None:
    st.query_params["value"] = st.session_state["leaderboard.value"]


def baseline(entries: Sequence[Entry], chosen: Entry | None) -> None:
    """The field for what everybody is compared with; unless chosen, the version in production."""
    titles = {one.key: entry_title(one, entries) for one in entries}
    if chosen is not None:
        titles = {chosen.key: titles[chosen.key], **titles}
    elif titles:
        titles = {"": _("Nobody is in production"), **titles}
    _choose(_("Compare with"), "with", titles)


def chosen_cluster(choice: BoardChoice) -> str:
    """The column whose values tell which cases belong together; empty for none."""
    column = st.query_params.get("cluster", "")
    return column if column in workbench().datasets.version(choice.version_id).columns else ""


def cluster(choice: BoardChoice) -> None:
    """The field for that column."""
    columns = workbench().datasets.version(choice.version_id).columns
    _choose(
        _("Cases belong together by"),
        "cluster",
        {"": _("Each stands alone"), **{one: one for one in columns}},
        _("A column such as the document that cases were cut from. Cases with the same value in "
          "it vary together: errors, tests and places then count them as one (cluster-robust "
          "errors)."),
    )  # fmt: skip


def _choose(words: str, name: str, options: Mapping[str, str], about: str | None = None) -> str:
    """A field whose value is the query's; the first option needs no place in the address."""
    place = f"leaderboard.{name}"
    first = next(iter(options), "")
    asked = st.query_params.get(name, first)
    st.session_state[place] = asked if asked in options else first

    def keep() -> None:
        st.query_params[name] = st.session_state[place]

    chosen = st.selectbox(
        words,
        list(options),
        format_func=lambda key: shortened(visible(options.get(key, key)), 60),
        key=place,
        on_change=keep,
        help=about,
    )
    return chosen or first


def _slices(choice: BoardChoice) -> dict[str, tuple[str, CaseSlice]]:
    found = {"": (_("All cases"), ALL_CASES)}
    datasets = workbench().datasets
    if datasets.version(choice.version_id).split is not None:
        for side in SPLITS:
            found[f"split.{side}"] = (_(SPLIT_NAMES[side]), CaseSlice(split=side))
    for one in datasets.slices(choice.dataset_id):
        found[f"slice.{one.name}"] = (one.name, one)
    return found


def metric_title(choice: MetricChoice) -> str:
    """A metric as it is chosen: how its results came about, then its name."""
    if choice.kind == "verdicts":
        return _("People's verdicts")
    if choice.kind == "battles":
        family = choice.metric.removeprefix(PAIRWISE)
        return _("Battles: {metric}").format(metric=title_of(family, _))
    return title_of(choice.metric, _)


def entry_title(entry: Entry, entries: Sequence[Entry]) -> str:
    """Prompt and version; with the model where the same prompt has several."""
    alike = [one for one in entries if one.title == entry.title]
    return entry.title if len(alike) < 2 else f"{entry.title} · {model_title(entry, entries)}"


def model_title(entry: Entry, entries: Sequence[Entry]) -> str:
    """The model's id; with its surface where two surfaces have the same."""
    _surface, _colon, model = entry.model.rpartition(":")
    names = {one.model for one in entries if one.model.rpartition(":")[2] == model}
    return model if len(names) < 2 else entry.model
