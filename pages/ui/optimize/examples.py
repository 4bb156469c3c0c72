"""Rewriting from rated answers: an evaluation's answers become examples of one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import WorkbenchError
from core.optimization.examples import ExampleKind
from core.optimization.improve import MANAGED, Improvement
from core.records.comparisons import Candidate
from core.records.evaluations import Evaluation
from core.records.models import ModelRef
from core.records.optimizations import Feedback, OptimizationDraft, WeightedMetric
from pages.ui import state
from pages.ui.language import N_, _, say
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import once as optimize_once
from pages.ui.optimize.address import Address
from pages.ui.optimize.fields import default_title
from pages.ui.resources import actor, workbench
from pages.ui.text import label, visible

OFFERED = 50
KINDS: dict[ExampleKind, str] = {
    "rubrics": N_("Verdicts on questions ({count})"),
    "expected": N_("Expected answers ({count})"),
}
LONGEST_CELL = 200


def form(here: Address) -> None:
    """Which answers, who rewrites, and what came of it."""
    st.button(_("All optimizations"), icon=":material/arrow_back:", type="tertiary",
              key="optimize.back", on_click=optimize_address.show)  # fmt: skip
    st.caption(
        _("The answers of an evaluation, each with a judge's verdicts or with the answer that was "
          "expected, go into one call that rewrites the instruction. Nothing is measured, and "
          "nothing is saved before you say so.")
    )  # fmt: skip
    offered = {one.id: one for one in evaluations(here.evaluation_id)}
    if not offered:
        st.info(_("There is no evaluation yet. Its answers are the examples."))
        st.page_link("pages/improve/evaluate.py", label=_("New evaluation"),
                     icon=":material/speed:", query_params={"view": "new"})  # fmt: skip
        return
    one, candidate = chosen(offered, here)
    found = workbench().rewriting.examples(one.id, candidate.key)
    if not found:
        st.info(_("No answer of this candidate was rated: it takes a dataset with expected answers "
                  "or a metric that asks questions, such as General quality. Answers to test cases "
                  "are left out."))  # fmt: skip
        return
    kind = kind_field(found, f"examples.{one.id}.{candidate.key}")
    shown_examples(found[kind], f"examples.{one.id}.{kind}")
    model = ask(one, candidate, kind, found[kind])
    kept = state.REWRITTEN.get()
    if kept is not None and kept[0] == (one.id, candidate.key, kind, model):
        proposal(one, candidate, kept[1], len(found[kind]))


def evaluations(asked: str) -> Sequence[Evaluation]:
    """Those that were started, the newest first; the one that was asked for among them."""
    known = workbench().evaluations
    found = [one for one in known.list(OFFERED) if one.job_id is not None]
    if asked and asked not in [one.id for one in found]:
        found.insert(0, known.get(asked))
    return found


def chosen(offered: Mapping[str, Evaluation], here: Address) -> tuple[Evaluation, Candidate]:
    """An evaluation and one of its candidates."""
    ids = list(offered)
    left, right = st.columns(2)
    with left:
        evaluation_id = st.selectbox(
            _("Evaluation"), ids, key="examples.evaluation",
            index=ids.index(here.evaluation_id) if here.evaluation_id in ids else 0,
            format_func=lambda one: visible(offered[one].title),
        )  # fmt: skip
    one = offered[evaluation_id]
    candidates = {each.key: each for each in one.candidates}
    with right:
        key = st.selectbox(
            _("Whose answers"), list(candidates), key=f"examples.candidate.{one.id}",
            index=list(candidates).index(here.candidate) if here.candidate in candidates else 0,
            format_func=lambda each: visible(candidates[each].title),
        )  # fmt: skip
    return one, candidates[key]


def kind_field(found: Mapping[ExampleKind, Sequence[Feedback]], key: str) -> ExampleKind:
    """What tells right from wrong; the service takes one of them at a time."""
    options = list(found)
    kind: ExampleKind = st.segmented_control(
        _("What rates the answers"), options, default=options[0], key=f"{key}.kind",
        required=True,
        format_func=lambda one: _(KINDS[one]).format(count=len(found[one])),
    )  # fmt: skip
    return kind


def shown_examples(found: Sequence[Feedback], key: str) -> None:
    """The examples, those first in which something is wrong."""
    wrong = sum(not one.is_fine for one in found)
    with st.expander(_("{count} examples, {wrong} of them with something wrong").format(
            count=len(found), wrong=wrong), icon=":material/table_rows:"):  # fmt: skip
        st.dataframe(pd.DataFrame([_row(one) for one in found]), hide_index=True, key=key,
                     column_config={
                         "input": st.column_config.TextColumn(_("Input"), width="medium"),
                         "answer": st.column_config.TextColumn(_("Answer"), width="medium"),
                         "rated": st.column_config.TextColumn(_("Rated by"), width="large"),
                     })  # fmt: skip


def _row(one: Feedback) -> dict[str, Any]:
    verdicts = " / ".join(f"{'✓' if passed else '✗'} {text}" for text, passed in one.rubrics)
    return {
        "input": visible(one.input[:LONGEST_CELL]),
        "answer": visible(one.response[:LONGEST_CELL]),
        "rated": visible((verdicts or one.expected)[: 2 * LONGEST_CELL]),
    }


def ask(
    one: Evaluation, candidate: Candidate, kind: ExampleKind, examples: Sequence[Feedback]
) -> str:
    """Who rewrites, and the button; the model that is chosen."""
    own = str(ModelRef.parse(candidate.model, workbench().settings.default_surface))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            _("Model that rewrites"), optimize_once.rewriters(own), key="examples.model",
            format_func=model_title, accept_new_options=True,
        )  # fmt: skip
        asked = st.button(_("Propose"), key="examples.ask", icon=":material/auto_fix_high:",
                          disabled=not model, type="primary")  # fmt: skip
        st.button(_("Optimize with them"), key="examples.optimize", icon=":material/speed:",
                  help=_("A job that measures; its optimizer reads these answers first."),
                  on_click=begin_job, args=(one, candidate, tuple(examples)))  # fmt: skip
    if model == MANAGED:
        st.caption(
            _("The examples are sent to the few-shot optimizer of Agent Platform. Your account "
              "needs {role}; the service bills it by itself, outside the caps kept here.").format(
                  role=label("roles/aiplatform.user"))
        )  # fmt: skip
    if asked:
        try:
            with st.spinner(_("The model is writing …")):
                found = workbench().rewriting.once(candidate.spec, examples, model=str(model),
                                                   actor=actor())  # fmt: skip
        except WorkbenchError as error:
            say(error)
        else:
            state.REWRITTEN.set(((one.id, candidate.key, kind, model), found))
    return str(model)


def begin_job(one: Evaluation, candidate: Candidate, examples: tuple[Feedback, ...]) -> None:
    """Let the form of a job begin with prompt, cases, metrics and these answers."""
    epoch, _given = state.OPTIMIZE_GIVEN.get()
    draft = OptimizationDraft(
        title=default_title(one.title, candidate.model),
        spec=candidate.spec,
        dataset_version_id=one.dataset_version_id,
        target_model=candidate.model,
        metrics=tuple(WeightedMetric(metric) for metric in one.metrics),
        prompt_id=candidate.prompt_id,
        version_id=candidate.version_id,
        optimizer_model=candidate.model,
        judge=one.judge,
        aggregation="weighted_average",
        feedback=examples,
    )
    state.OPTIMIZE_GIVEN.set((epoch + 1, draft))
    optimize_address.show_new()


def model_title(option: str) -> str:
    """A model, or the platform's own optimizer."""
    if option == MANAGED:
        return _("Managed: few-shot optimizer of Agent Platform")
    return optimize_once.model_title(option)


def proposal(one: Evaluation, candidate: Candidate, found: Improvement, count: int) -> None:
    """What was proposed, and a button that saves it."""
    if not optimize_once.shown(candidate.spec, found, "examples"):
        return
    new = candidate.prompt_id is None
    with st.container(horizontal=True, vertical_alignment="center"):
        saved = st.button(
            _("Save as a new prompt") if new else _("Save as a new version"), type="primary",
            icon=":material/save:", key="examples.save",
        )  # fmt: skip
        st.caption(_("Whether it is better, nobody knows yet: an evaluation or an optimization "
                     "tells."))  # fmt: skip
    if saved:
        try:
            version = workbench().rewriting.save(one.id, candidate.key, found, count, actor=actor())
        except WorkbenchError as error:
            say(error)
            return
        with st.container(horizontal=True, key="examples.saved"):
            st.page_link("pages/studio/prompt.py", icon=":material/check_circle:",
                         label=_("Saved as version {number}").format(number=version.number),
                         query_params={"version": version.id})  # fmt: skip
            st.page_link("pages/improve/evaluate.py", label=_("Evaluate before and after"),
                         icon=":material/speed:",
                         query_params={"view": "new", "prompt": version.prompt_id})  # fmt: skip
