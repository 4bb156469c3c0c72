"""The job as a configuration of the managed optimizer, and its result as that one's files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import streamlit as st

from core.errors import InvalidInput
from core.evaluation.metrics import registry
from core.optimization.vapo_config import (
    NOT_LOCAL,
    VapoConfig,
    config_of,
    draft_of,
    local_names,
    local_problems,
    read_config,
)
from core.records.optimizations import Optimization, OptimizationDraft
from pages.ui import state
from pages.ui.evaluate import metrics as evaluate_metrics
from pages.ui.language import _, say, words
from pages.ui.resources import workbench
from pages.ui.text import label

MOST_MB = 2


def import_field() -> None:
    """A configuration whose job the form takes over."""
    epoch, given = state.OPTIMIZE_GIVEN.get()
    with st.expander(_("From a configuration (JSON)"), icon=":material/upload_file:"):
        st.caption(_("A configuration of the data-driven optimizer of Agent Platform, or one that "
                     "was saved here. The cases are chosen below; paths in it are not "
                     "read."))  # fmt: skip
        upload = st.file_uploader(_("Configuration"), type=["json"], key=f"optimize.config.{epoch}",
                                  max_upload_size=MOST_MB)  # fmt: skip
        if upload is not None and st.button(_("Take it over"), key="optimize.config.take"):
            take_over(upload.getvalue(), upload.name)
    if given is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(begins_with(given), width="content")
            st.button(_("Begin anew"), type="tertiary", key="optimize.config.forget",
                      on_click=state.OPTIMIZE_GIVEN.set, args=((epoch + 1, None),))  # fmt: skip


def begins_with(given: OptimizationDraft) -> str:
    """Where the form has its values from."""
    rated = sum(bool(one.input) for one in given.feedback)
    if rated:
        return _("The form begins with an evaluation; {count} of its answers go along, for the "
                 "optimizer to read.").format(count=rated)  # fmt: skip
    return _("The form begins with the configuration “{name}”.").format(name=label(given.title))


def take_over(data: bytes, name: str) -> None:
    """Let the form begin with it, or say everything that is wrong with it."""
    try:
        config = read_config(data)
        problems = [*config.problems, *local_problems(config), *unknown_metrics(config)]
        draft = None if problems else draft_of(
            config, title=name.removesuffix(".json"), dataset_version_id="",
            default_surface=workbench().settings.default_surface,
        )  # fmt: skip
    except InvalidInput as error:
        problems, draft = [error], None
    if draft is None:
        lines = "\n".join(f"- {label(words(one), most=300)}" for one in problems)
        st.error(_("Nothing was taken over.") + "\n" + lines, icon=":material/error:")
        return
    epoch, _given = state.OPTIMIZE_GIVEN.get()
    state.OPTIMIZE_GIVEN.set((epoch + 1, draft))
    st.rerun()


def unknown_metrics(config: VapoConfig) -> list[InvalidInput]:
    """Metrics that the form could not show: it would leave them out without a word."""
    computed, judged = registry.names(), evaluate_metrics.single_names()
    return [
        InvalidInput(
            "There is no metric {name}. Computed: {computed}. Judged by a model: {judged}.",
            name=name, computed=", ".join(computed), judged=", ".join(judged),
        )
        for name in local_names(config)
        if name not in (*computed, *judged, *NOT_LOCAL)
    ]  # fmt: skip


def export(draft: OptimizationDraft, key: str) -> None:
    """The job as a configuration."""
    try:
        name, text = "optimization.json", config_text(draft)
    except ValueError as error:  # functions that are no JSON yet
        say(InvalidInput("The configuration is not JSON: {problem}.", problem=error))
        return
    st.download_button(
        _("Configuration"), text, name, "application/json", key=f"{key}.config",
        icon=":material/download:", type="tertiary", on_click="ignore",
        help=_("As JSON, for the managed optimizer or for python -m core optimize. Paths and the "
               "project are yours to fill in."),
    )  # fmt: skip


def config_text(draft: OptimizationDraft) -> str:
    """The configuration, with the dataset's name where its path belongs."""
    places = {"input_data_path": data_name(draft), "output_path": "results"}
    return json.dumps({**config_of(draft), **missing(draft, places)}, ensure_ascii=False, indent=2)


def missing(draft: OptimizationDraft, places: dict[str, str]) -> dict[str, str]:
    """Places that the job was not imported with."""
    return {name: text for name, text in places.items() if not draft.vapo.get(name)}


def data_name(draft: OptimizationDraft) -> str:
    """What the dataset would be called as a file."""
    datasets = workbench().datasets
    version = datasets.version(draft.dataset_version_id)
    return f"{datasets.get(version.dataset_id).name}.jsonl"


def result_files(optimization: Optimization) -> None:
    """Result files in the managed optimizer's format; made when somebody downloads them."""
    st.download_button(
        _("Result files"), zipped(optimization.id), "optimization.zip", "application/zip",
        key="optimize.files", icon=":material/folder_zip:", type="tertiary", on_click="ignore",
        help=_("templates.json, eval_results.json and optimized_results.json, as the managed "
               "optimizer writes them."),
    )  # fmt: skip


def zipped(optimization_id: str) -> Callable[[], bytes]:
    """Makes the archive, outside of the page's script."""
    optimizations = workbench().optimizations

    def make() -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in optimizations.result_files(optimization_id).items():
                file = name if name.endswith(".json") else f"{name}.json"
                archive.writestr(file, json.dumps(data, ensure_ascii=False, indent=2))
        return buffer.getvalue()

    return make
