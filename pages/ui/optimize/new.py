"""A new optimization: prompt, cases, models, metrics, limits; then what is to be known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.errors import WorkbenchError
from core.optimization.parts import instruction_of
from core.records.optimizations import OptimizationDraft
from core.records.prompts import PromptSpec
from core.store.prompts import PromptLine
from pages.ui import state
from pages.ui.evaluate.candidates import version_words
from pages.ui.language import _, say
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import before as optimize_before
from pages.ui.optimize import cases as optimize_cases
from pages.ui.optimize import config as optimize_config
from pages.ui.optimize import engine as optimize_engine
from pages.ui.optimize import fields as optimize_fields
from pages.ui.optimize import listing as optimize_list
from pages.ui.optimize import metrics as optimize_metrics
from pages.ui.optimize import reviewed as optimize_reviewed
from pages.ui.optimize.address import Address
from pages.ui.optimize.cases import Datasets
from pages.ui.optimize.fields import Source
from pages.ui.resources import workbench
from pages.ui.text import visible
from pages.ui.verbatim import plain


def form(here: Address) -> None:
    """The whole form, from top to bottom."""
    st.button(_("All optimizations"), icon=":material/arrow_back:", type="tertiary",
              key="optimize.back", on_click=optimize_address.show)  # fmt: skip
    versions = optimize_cases.datasets()
    prompts = {one.prompt.id: one for one in workbench().store.prompts.list()}
    epoch, given = state.OPTIMIZE_GIVEN.get()
    if given is None and here.copy_of:
        given = draft_of(here.copy_of)
        if given is not None and here.is_local:
            given = replace(given, engine="local")
    optimize_config.import_field()
    if not versions or not (prompts or given):
        optimize_list.empty()
        return
    key = f"optimize.new.{epoch}.{here.copy_of}{here.review}{'.'.join(here.reasons)}"
    st.header(_("Prompt"), anchor=False)
    source = prompt_fields(key, prompts, versions, here, given)
    st.header(_("Dataset"), anchor=False)
    version, which = optimize_cases.fields(
        f"{key}.{source.prompt_id}", versions, source, here, given
    )
    st.header(_("Models"), anchor=False)
    models = optimize_fields.models(key, source, here.model, given)
    st.header(_("Metrics"), anchor=False)
    metrics, judge, aggregation = optimize_metrics.metrics(key, version.columns, given)
    st.header(_("Search and limits"), anchor=False)
    chosen = optimize_engine.engine(key, models.target, given)
    search = optimize_fields.search(key, given)
    said = optimize_reviewed.wishes(here.review, here.reasons, version.id) if here.review else ()
    more = optimize_fields.more(key, source, given, said)
    optimize_before.before_starting(OptimizationDraft(
        title=more.title or optimize_fields.default_title(source.name, models.target),
        spec=source.spec,
        dataset_version_id=version.id,
        target_model=models.target,
        metrics=metrics,
        prompt_id=source.prompt_id,
        version_id=source.version_id,
        optimizer_model=models.optimizer,
        judge=judge,
        source_model=models.source,
        aggregation=aggregation,
        mode=search.mode,
        engine=chosen.engine,
        steps=search.steps,
        candidates_per_step=search.candidates,
        demo_set_size=search.demo_set_size,
        demo_candidates=search.demo_candidates,
        data_limit=more.data_limit,
        max_calls=search.max_calls,
        max_usd=search.max_usd,
        language=more.language,
        frozen=more.frozen,
        feedback=more.feedback,
        max_characters=more.max_characters,
        repeats=more.repeats,
        seed=more.seed,
        cases=which,
        memo=more.memo,
        vapo=chosen.vapo,
    ))  # fmt: skip


def draft_of(optimization_id: str) -> OptimizationDraft | None:
    """What another optimization was made of; None when it is not there any more."""
    try:
        return workbench().optimizations.get(optimization_id).draft
    except WorkbenchError as error:
        say(error)
        return None


# -- what is rewritten --


def prompt_fields(
    key: str,
    prompts: Mapping[str, PromptLine],
    datasets: Datasets,
    here: Address,
    given: OptimizationDraft | None,
) -> Source:
    """A version of a prompt, or the one that was given without being saved here."""
    ids = list(prompts)
    unsaved = given is not None and given.prompt_id not in prompts
    options = [*([""] if unsaved else []), *ids]
    asked = here.prompt_id or (given.prompt_id or "" if given else "") or prompt_of(here.version_id)
    if not asked and not unsaved:
        asked = fitting(prompts, datasets)
    left, right = st.columns([3, 2])
    with left:
        prompt_id = st.selectbox(
            _("Prompt"), options, index=options.index(asked) if asked in options else 0,
            key=f"{key}.prompt",
            format_func=lambda one: visible(prompts[one].prompt.name) if one
            else _("The prompt of the configuration"),
        )  # fmt: skip
    if not prompt_id:
        assert given is not None
        shown(given.spec)
        return Source(given.spec, given.title, None, None)
    found = {one.id: one for one in workbench().store.prompts.versions(prompt_id)}
    wanted = here.version_id or (given.version_id or "" if given else "")
    with right:
        version_id = st.selectbox(
            _("Version"), list(found), key=f"{key}.version.{prompt_id}",
            index=list(found).index(wanted) if wanted in found else 0,
            format_func=lambda one: version_words(found[one]),
        )  # fmt: skip
    version = found[version_id]
    shown(version.spec)
    return Source(version.spec, prompts[prompt_id].prompt.name, prompt_id, version.id)


def fitting(prompts: Mapping[str, PromptLine], datasets: Datasets) -> str:
    """The first prompt for which there is a dataset; empty when there is none."""
    newest = [found[0] for _name, found in datasets.values()]
    for prompt_id, line in prompts.items():
        if line.latest and any(optimize_cases.fit(line.latest.spec, one) for one in newest):
            return prompt_id
    return ""


def prompt_of(version_id: str) -> str:
    """The prompt that a version in the address belongs to."""
    if not version_id:
        return ""
    try:
        return workbench().store.prompts.version(version_id).prompt_id
    except WorkbenchError:
        return ""


def shown(spec: PromptSpec) -> None:
    """What of the prompt is rewritten."""
    with st.expander(_("What is rewritten"), icon=":material/edit_note:"):
        st.caption(
            _("The system instruction; the messages stay as they are.") if spec.system.strip()
            else _("The first message, because there is no system instruction.")
        )  # fmt: skip
        plain(instruction_of(spec) or " ")
