"""Beginning a migration: prompt, target, cases, metric, margin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.metrics import registry
from core.evaluation.titles import metric_title
from core.prompts.template import variables_of
from core.records.datasets import DatasetVersion
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.records.prompts import Version
from pages.ui import badges
from pages.ui.language import _, say
from pages.ui.migrate import listing as migrate_list
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import actor, workbench
from pages.ui.text import visible

METRICS = ("label_accuracy", "exact_match", "chrf", "rouge_l", "json_valid", "number_agreement")
"""Those that fit most prompts come first; the others of the registry follow."""


def form() -> None:
    """The form, open when the address asks for it or when there is nothing yet."""
    bench = workbench()
    prompts = bench.store.prompts.list()
    versions = newest_versions()
    opened = "prompt" in st.query_params or not bench.migrations.latest(1)
    with st.expander(_("New migration"), expanded=opened, icon=":material/add:"):
        if not prompts:
            st.caption(_("Save a prompt first: a migration moves a version of it."))
            st.page_link("pages/studio/prompt.py", label=_("Write a prompt"),
                         icon=":material/edit:")  # fmt: skip
            return
        if not versions:
            st.caption(_("Import a dataset first: both models are compared on its cases."))
            st.page_link("pages/improve/datasets.py", label=_("Datasets"),
                         icon=":material/dataset:")  # fmt: skip
            return
        names = {line.prompt.id: line.prompt.name for line in prompts}
        ids = list(names)
        asked = st.query_params.get("prompt", "")
        left, right = st.columns(2)
        prompt_id = left.selectbox(
            _("Prompt"), ids, index=ids.index(asked) if asked in names else first_pressing(ids),
            format_func=lambda one: visible(names[one]), key="migrate.prompt",
        )  # fmt: skip
        source = bench.migrations.source(prompt_id)
        today = ref_of(bench.migrations.model_of(source))
        options = [one for one in model_options() if one != str(today)]
        successor = badges.info(today).successor
        with right:
            target = st.selectbox(
                _("Model to move to"), options, key=f"migrate.target.{prompt_id}",
                index=options.index(str(successor)) if str(successor) in options else 0,
                format_func=lambda one: badges.model_words(ref_of(one)),
            )  # fmt: skip
        st.caption(_("Version {number} is moved; it names {model}.").format(
            number=source.number, model=visible(str(today))))  # fmt: skip
        fitting = sorted(versions, key=lambda one: not fits(source, one[1]))
        plan = the_rest(prompt_id, source.id, str(target or ""), fitting)
        st.button(_("Begin"), type="primary", key="migrate.begin", icon=":material/play_arrow:",
                  on_click=begin, args=(plan,))  # fmt: skip
        problem = st.session_state.pop("migrate.problem", None)
        if problem is not None:
            say(problem)


def the_rest(
    prompt_id: str, version_id: str, target: str, versions: Sequence[tuple[str, DatasetVersion]]
) -> MigrationPlan:
    """Cases, metric, margin, repeats and the reason."""
    left, right = st.columns(2)
    places = range(len(versions))
    chosen = left.selectbox(
        _("Dataset"), places, key=f"migrate.dataset.{prompt_id}",
        format_func=lambda n: f"{visible(versions[n][0])} ({versions[n][1].rows})",
    )  # fmt: skip
    others = [
        name
        for name in registry.names()
        if name not in METRICS and registry.definition(name).high is not None
    ]
    metric = right.selectbox(
        _("Metric that decides"), [*METRICS, *others], key="migrate.metric",
        format_func=lambda name: metric_title(name, _),
    )  # fmt: skip
    left, right = st.columns(2)
    margin = left.number_input(
        _("Margin (points)"), 0.5, 50.0, 3.0, 0.5, key="migrate.margin",
        help=_("What may be lost at most. The gate passes only when a greater loss is excluded."),
    )  # fmt: skip
    repeats = right.number_input(_("Repeats"), 1, 10, 1, key="migrate.repeats")
    reason = st.text_area(
        _("Why"),
        value=why(prompt_id),
        key=f"migrate.reason.{prompt_id}",
        height=80,
        placeholder=_("For example: the model retires on 2026-12-24."),
    )
    return MigrationPlan(
        prompt_id=prompt_id,
        source_version_id=version_id,
        source_model="",
        target_model=target,
        dataset_version_id=versions[chosen][1].id,
        metrics=(MetricSpec(str(metric)),),
        margin=float(margin) / 100,
        repeats=int(repeats),
        reason=reason,
    )


def why(prompt_id: str) -> str:
    """That the model of today ends, when that is known."""
    flow = workbench().migrations
    info = badges.info(ref_of(flow.model_of(flow.source(prompt_id))))
    if info.ends_on is None:
        return ""
    return _("{model} retires on {date}.").format(model=info.ref.model, date=info.ends_on)


def fits(source: Version, version: DatasetVersion) -> bool:
    """Whether the dataset has a column for every variable of the prompt."""
    names = variables_of(source.spec)
    return bool(names) and set(names) <= set(version.columns)


def newest_versions() -> list[tuple[str, DatasetVersion]]:
    """The newest version of every dataset, by name."""
    datasets = workbench().datasets
    return [(line.dataset.name, datasets.newest(line.dataset.id)) for line in datasets.list()]


def first_pressing(ids: Sequence[str]) -> int:
    """The place of a prompt whose model ends, the soonest first; the first one otherwise."""
    for line in workbench().models.lines(datetime.now(UTC)):
        for use in line.prompts:
            if line.days is not None and use.prompt_id in ids:
                return ids.index(use.prompt_id)
    return 0


def begin(plan: MigrationPlan) -> None:
    """Begin and open it."""
    try:
        migration = workbench().migrations.start(plan, actor=actor())
    except WorkbenchError as error:
        st.session_state["migrate.problem"] = error
    else:
        migrate_list.show(migration.id)
