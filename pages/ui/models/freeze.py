"""Keeping a model's answers before it ends: what is kept already, and keeping more."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.access import MAY
from core.errors import WorkbenchError
from core.evaluation.plan import Estimate
from core.lifecycle.calendar import Line
from core.records.datasets import DatasetVersion
from core.records.freezes import Freeze, FreezePlan
from core.records.model_use import PromptUse
from pages.ui import state
from pages.ui.evaluate import listing as evaluate_list
from pages.ui.evaluate import new as evaluate_new
from pages.ui.evaluate.words import STATUSES, seconds_words
from pages.ui.facts import money
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.migrate import begin as migrate_begin
from pages.ui.migrate import evidence as migrate_evidence
from pages.ui.resources import actor, person, workbench
from pages.ui.text import label, visible

KEY = "models.freeze"
SHOWN = 10


def section(line: Line) -> None:
    """What is kept of the model; for a model that prompts name, the way to keep more."""
    kept = workbench().freezes.of_model(line.info.ref, SHOWN + 1)
    if not line.prompts and not kept:
        return
    st.header(_("Kept answers"), anchor=False)
    st.caption(_("Once a model has ended nobody can ask it any more. What it answered on a dataset "
                 "is kept: migrations, the gate and evaluations that reuse answers take it from "
                 "here and pay nothing again."))  # fmt: skip
    for one in kept[:SHOWN]:
        entry(one)
    if len(kept) > SHOWN:
        st.page_link("pages/improve/evaluate.py", label=_("Older ones are among the evaluations"),
                     icon=":material/bar_chart:")  # fmt: skip
    if not line.prompts:
        return
    if not {"run", "write"} <= MAY[person().role]:
        st.caption(_("Keeping answers takes the role of an editor."))
        return
    opened = st.popover(_("Keep its answers"), icon=":material/ac_unit:",
                        key=f"{KEY}.form.{state.FREEZE_FORM.get()}",
                        on_change="rerun")  # fmt: skip
    if opened.open:
        with opened:
            form(line)


def entry(freeze: Freeze) -> None:
    """One freeze: the link, what it holds, and how far it is while it runs."""
    evaluation = freeze.evaluation
    status = workbench().evaluations.status_of(evaluation)
    words, colour = STATUSES[status]
    asked = label(evaluation.candidates[0].title), label(evaluate_list.dataset_words(evaluation))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link(
            "pages/improve/evaluate.py", icon=":material/ac_unit:", label=" · ".join(asked),
            query_params={"evaluation": evaluation.id},
        )  # fmt: skip
        st.badge(_(words), color=colour)  # type: ignore[arg-type]
        numbers = _("{cases} cases, {repeats} answers each: {answers} kept, {failed} failed")
        st.caption(
            numbers.format(
                cases=f"{freeze.cases:,}", repeats=evaluation.repeats,
                answers=f"{freeze.answers:,}", failed=f"{freeze.failed:,}",
            ) + f" · {label(evaluation.created_by)}, {label(when(evaluation.created_at))}",
            width="content",
        )  # fmt: skip
    if status == "running":
        migrate_evidence.watched(evaluation.id, f"freeze.{evaluation.id}")


def form(line: Line) -> None:
    """Prompt version, cases and repeats; what it takes; the button."""
    if line.days is not None and line.days <= 0:
        st.caption(_(":orange[This model has ended: if anything answers, it is another one.]"))
    uses = {use.version_id: use for use in line.prompts}
    version_id = st.selectbox(
        _("Prompt version"), list(uses), key=f"{KEY}.prompt.{line.info.ref}",
        format_func=lambda one: version_words(uses[one]),
    )  # fmt: skip
    versions = datasets_for(version_id)
    if not versions:
        st.caption(_("It needs a dataset: a table of inputs, best with the answers you expect."))
        st.page_link("pages/improve/datasets.py", label=_("Make a dataset"),
                     icon=":material/table_rows:")  # fmt: skip
        return
    dataset = dataset_field(versions, version_id)
    which = evaluate_new.cases_field(dataset, KEY)
    repeats = st.number_input(
        _("Repeats"), 1, 20, 3, key=f"{KEY}.repeats", width=160,
        help=_("How often every case is asked. Several answers show how much the model varies."),
    )  # fmt: skip
    plan = FreezePlan(version_id, dataset.id, int(repeats), which)
    try:
        estimate = estimate_of(plan)
    except WorkbenchError as error:
        say(error)
        return
    takes(estimate)
    st.button(_("Keep {count} answers").format(count=f"{estimate.calls:,}"), type="primary",
              icon=":material/ac_unit:", key=f"{KEY}.start", on_click=start,
              args=(plan,))  # fmt: skip
    problem = st.session_state.pop(f"{KEY}.problem", None)
    if problem is not None:
        say(problem)


def version_words(use: PromptUse) -> str:
    """A version with its labels."""
    words = _("{name}, version {number}").format(name=use.name, number=use.number)
    return visible(f"{words} ({', '.join(use.labels)})" if use.labels else words)


def datasets_for(version_id: str) -> Sequence[tuple[str, DatasetVersion]]:
    """The newest version of every dataset; those whose columns fill the prompt come first."""
    source = workbench().store.prompts.version(version_id)
    return sorted(migrate_begin.newest_versions(),
                  key=lambda one: not migrate_begin.fits(source, one[1]))  # fmt: skip


def dataset_field(
    versions: Sequence[tuple[str, DatasetVersion]], version_id: str
) -> DatasetVersion:
    """A dataset, and which of its versions."""
    left, right = st.columns([3, 1])
    names = {one.dataset_id: name for name, one in versions}
    dataset_id = left.selectbox(
        _("Dataset"), list(names), key=f"{KEY}.dataset.{version_id}",
        format_func=lambda one: visible(names[one]),
    )  # fmt: skip
    known = {one.id: one for one in workbench().datasets.versions(dataset_id)}
    chosen = right.selectbox(
        _("Version"), list(known), key=f"{KEY}.version.{dataset_id}",
        format_func=lambda one: f"v{known[one].number}",
    )  # fmt: skip
    return known[chosen]


def estimate_of(plan: FreezePlan) -> Estimate:
    """The estimate; kept for as long as the plan stays the same."""
    kept = state.FREEZE_ESTIMATE.get()
    if kept is None or kept[0] != plan:
        kept = (plan, workbench().freezes.estimate(plan))
        state.FREEZE_ESTIMATE.set(kept)
    found: Estimate = kept[1]
    return found


def takes(found: Estimate) -> None:
    """Calls, cost and time in one line, and what will stop it."""
    cost = _("unknown") if found.cost_usd is None else "≈ " + money(round(found.cost_usd, 4))
    st.markdown(
        _("{cases} cases, {calls} calls · cost {cost} · time ≈ {time}").format(
            cases=f"{found.cases:,}", calls=f"{found.calls:,}", cost=label(cost),
            time=seconds_words(found.seconds),
        )
    )  # fmt: skip
    st.caption(_("At most: what was asked word for word before is not asked again."))
    evaluate_new.cautions(found)


def start(plan: FreezePlan) -> None:
    """Begin, and close the form: the list shows how far it is."""
    try:
        workbench().freezes.start(plan, actor=actor())
    except WorkbenchError as error:
        st.session_state[f"{KEY}.problem"] = error
    else:
        # A new form is closed; one that is closed from here opens again when a fragment reruns.
        state.FREEZE_FORM.set(state.FREEZE_FORM.get() + 1)
