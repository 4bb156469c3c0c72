"""A new evaluation: dataset, candidates, metrics, and what it will take before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.model_metric import self_preference
from core.evaluation.plan import Estimate
from core.records.comparisons import Candidate
from core.records.datasets import ALL_CASES, SPLITS, CaseSlice, DatasetLine, DatasetVersion
from core.records.evaluations import Evaluation
from pages.ui import state
from pages.ui.datasets.rows import SPLIT_NAMES
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate import candidates as evaluate_candidates
from pages.ui.evaluate import metrics as evaluate_metrics
from pages.ui.evaluate.words import seconds_words
from pages.ui.facts import money
from pages.ui.language import _, say
from pages.ui.resources import actor, workbench
from pages.ui.text import label, visible

KEY = "evaluate.new"


def form() -> None:
    """The whole form, from top to bottom."""
    st.button(_("All evaluations"), icon=":material/arrow_back:", type="tertiary",
              key="evaluate.back", on_click=evaluate_address.show)  # fmt: skip
    lines = {one.dataset.id: one for one in workbench().datasets.list()}
    if not lines:
        st.markdown(_("It needs a dataset: a table of inputs, best with the answers you expect."))
        st.page_link("pages/improve/datasets.py", label=_("Make a dataset"),
                     icon=":material/table_rows:")  # fmt: skip
        return
    st.header(_("Dataset"), anchor=False)
    version, which, final = dataset_fields(lines)
    st.header(_("Candidates"), anchor=False)
    candidates = evaluate_candidates.candidates(version.columns)
    st.header(_("Metrics"), anchor=False)
    specs = evaluate_metrics.computed(KEY, version.columns)
    judged, judge = evaluate_metrics.judged(KEY)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        repeats = st.number_input(
            _("Repeats"), 1, 20, 1, key=f"{KEY}.repeats", width=120,
            help=_("How often every case is asked. Answers to one case count as one case."),
        )  # fmt: skip
        reuse = st.toggle(
            _("Reuse answers"), key=f"{KEY}.reuse",
            help=_("What an earlier evaluation asked word for word is not asked and paid again."),
        )  # fmt: skip
        title = st.text_input(_("Title"), key=f"{KEY}.title",
                              placeholder=lines[version.dataset_id].dataset.name)  # fmt: skip
    engine = engine_field()
    draft = Evaluation(
        id="",
        title=title.strip() or default_title(lines[version.dataset_id], candidates),
        dataset_version_id=version.id,
        candidates=tuple(candidates),
        metrics=(*specs, *judged),
        repeats=int(repeats),
        created_at=datetime.now(UTC),
        created_by=actor(),
        cases=which,
        judge=judge,
        reuse=reuse,
        final=final,
        engine=engine,
    )
    if candidates:
        before_starting(draft)


def engine_field() -> Literal["local", "batch"]:
    """Whether answers are asked for now, or as a batch."""
    names: dict[Literal["local", "batch"], str] = {"local": _("At once"), "batch": _("Batch")}
    hints = [
        _("every answer as soon as it comes"),
        _("half price; results may take up to 24 hours"),
    ]
    engine = st.radio(_("Answers"), list(names), format_func=names.__getitem__, captions=hints,
                      horizontal=True, key=f"{KEY}.engine")  # fmt: skip
    if engine == "batch":
        st.caption(_("Until its results are here, a batch reserves the most that it can cost. "
                     "Prompts with an output limit reserve less."))  # fmt: skip
    return engine


def default_title(line: DatasetLine, candidates: Sequence[Candidate]) -> str:
    """What it is called unless somebody says so."""
    prompts = dict.fromkeys(one.title.rpartition(" · ")[0] for one in candidates)
    return f"{line.dataset.name}: {', '.join(prompts)}"[:200]


def dataset_fields(lines: Mapping[str, DatasetLine]) -> tuple[DatasetVersion, CaseSlice, bool]:
    """The dataset, its version, and which of its cases."""
    asked = st.query_params.get("dataset", "")
    ids = list(lines)
    left, middle, right = st.columns([3, 1, 3])
    with left:
        dataset_id = st.selectbox(
            _("Dataset"), ids, index=ids.index(asked) if asked in ids else first_fitting(lines),
            key=f"{KEY}.dataset", format_func=lambda one: visible(lines[one].dataset.name),
        )  # fmt: skip
    versions = {one.id: one for one in workbench().datasets.versions(dataset_id)}
    with middle:
        version_id = st.selectbox(
            _("Version"), list(versions), key=f"{KEY}.version.{dataset_id}",
            format_func=lambda one: f"v{versions[one].number}",
        )  # fmt: skip
    version = versions[version_id]
    with right:
        which = cases_field(version)
    sealed = version.split is not None and version.split.sealed
    final = False
    if sealed and which.split == "test":
        final = st.toggle(
            _("Open the sealed test split for a final evaluation"), key=f"{KEY}.final",
            help=_("It is recorded who opened it and for which evaluation."),
        )  # fmt: skip
    count = workbench().datasets.count(version.id, which, final=final) if (
        final or not (sealed and which.split == "test")
    ) else 0  # fmt: skip
    st.caption(_("{count} cases").format(count=f"{count:,}"))
    return version, which, final


def first_fitting(lines: Mapping[str, DatasetLine]) -> int:
    """The place of the first dataset that a prompt fits; of the first one when there is none."""
    prompts = workbench().store.prompts.list()
    for place, line in enumerate(lines.values()):
        if any(evaluate_candidates.fills(line.latest.columns, prompt) for prompt in prompts):
            return place
    return 0


def cases_field(version: DatasetVersion, form: str = KEY) -> CaseSlice:
    """All cases, one side of the split, a kept slice, or the values of a column."""
    choices: dict[str, tuple[str, CaseSlice]] = {"": (_("All cases"), ALL_CASES)}
    if version.split is not None:
        for side in SPLITS:
            title = _("Split: {name}").format(name=_(SPLIT_NAMES[side]))
            choices[f"split.{side}"] = (title, CaseSlice(split=side))
    for one in workbench().datasets.slices(version.dataset_id):
        choices[f"slice.{one.name}"] = (one.name, one)
    left, right = st.columns(2)
    with left:
        key = st.selectbox(_("Which cases"), list(choices), key=f"{form}.cases.{version.id}",
                           format_func=lambda one: visible(choices[one][0]))  # fmt: skip
    which = choices[key][1]
    with right:
        column = st.selectbox(_("Only where"), ["", *version.columns],
                              key=f"{form}.column.{version.id}",
                              format_func=lambda one: visible(one) or "–")  # fmt: skip
    if not column:
        return which
    value = st.text_input(_("has exactly the value"), key=f"{form}.value.{version.id}.{column}")
    return replace(which, equals={**which.equals, column: value})


def before_starting(draft: Evaluation) -> None:
    """Calls, cost, time, and what it can show; then the start."""
    try:
        estimate = estimate_of(draft)
    except WorkbenchError as error:
        say(error)
        return
    with st.container(border=True, key="evaluate.estimate"):
        figures(estimate, batched=draft.engine == "batch")
        if draft.judge and self_preference(draft.judge, [one.model for one in draft.candidates]):
            st.caption(_(":orange[The judge is also a candidate. Models tend to prefer their own "
                         "answers: better choose another judge.]"))  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(_("Start"), type="primary", icon=":material/play_arrow:",
                      key="evaluate.start", on_click=start, args=(draft,))  # fmt: skip
            st.button(_("Keep and start later"), type="tertiary", key="evaluate.keep",
                      on_click=start, args=(draft, False))  # fmt: skip
    problem = state.EVALUATE_PROBLEM.get()
    if problem is not None:
        state.EVALUATE_PROBLEM.set(None)
        say(problem)


def estimate_of(draft: Evaluation) -> Estimate:
    """The estimate; kept for as long as the draft stays the same."""
    key = replace(draft, created_at=datetime.min, title="")
    kept = state.EVALUATE_ESTIMATE.get()
    if kept is None or kept[0] != key:
        kept = (key, workbench().evaluations.estimate(draft))
        state.EVALUATE_ESTIMATE.set(kept)
    found: Estimate = kept[1]
    return found


def figures(found: Estimate, *, batched: bool) -> None:
    """The estimate in words."""
    cost = _("unknown") if found.cost_usd is None else "≈ " + money(round(found.cost_usd, 4))
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Answers"), f"{found.calls:,}", width="content")
        st.metric(_("Calls of the judge"), f"{found.judge_calls:,}", width="content")
        st.metric(_("Cost"), cost.replace("$", "\\$"), width="content")
        time = _("up to 24 hours") if batched else "≈ " + seconds_words(found.seconds)
        st.metric(_("Time"), time, width="content")
    cautions(found)
    if found.detectable is None:
        st.caption(_("One case can show no difference. Thirty are a start."))
    else:
        st.caption(
            _("With {cases} cases a true difference of {points} points in a pass rate is found in "
              "four runs of five; smaller ones are likely to be missed.").format(
                cases=f"{found.cases:,}", points=f"{100 * found.detectable:.0f}")
        )  # fmt: skip


def cautions(found: Estimate) -> None:
    """What will stop it: no price, or more than may be spent."""
    if found.unpriced:
        text = _(":orange[No price is known for {models}; the spending cap will stop it.]")
        st.caption(text.format(models=label(", ".join(found.unpriced), most=200)))
    cap = workbench().settings.caps.job_usd
    if found.cost_usd is not None and found.cost_usd > cap:
        text = _(":orange[That is more than the spending cap of {cap} for a job; it will stop.]")
        st.caption(text.format(cap=label(money(cap))))


def start(draft: Evaluation, begin: bool = True) -> None:
    """Keep it, begin, and show it."""
    evaluations = workbench().evaluations
    try:
        kept = evaluations.create(replace(draft, created_at=datetime.now(UTC)))
        if begin:
            evaluations.start(kept.id, actor=actor())
    except WorkbenchError as error:
        state.EVALUATE_PROBLEM.set(error)
        return
    state.EVALUATE_GROUPS.set((0,))
    evaluate_address.show(kept.id)
