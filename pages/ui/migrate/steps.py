"""The steps of a migration: what is done, what is next, and how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from core.errors import WorkbenchError, fill
from core.i18n import translator
from core.lifecycle.lint import fixed
from core.migration import evidence
from core.migration.progress import next_step
from core.records.model_migrations import STEPS, MigrationStep, ModelMigration
from core.records.models import ModelRef
from pages.ui import badges, lint_findings
from pages.ui.language import _, language, say
from pages.ui.memo import when
from pages.ui.migrate import evidence as migrate_evidence
from pages.ui.migrate import listing as migrate_list
from pages.ui.migrate.listing import STEP_NAMES
from pages.ui.models import table as models_table
from pages.ui.resources import actor, person, workbench
from pages.ui.text import label

DONE, NOW, LATER = ":green[:material/check_circle:]", ":blue[:material/radio_button_checked:]", (
    ":gray[:material/radio_button_unchecked:]"
)  # fmt: skip


def heading(migration: ModelMigration) -> None:
    """What is moved where, and the way back."""
    st.button(_("All migrations"), icon=":material/arrow_back:", type="tertiary",
              key="migrate.back", on_click=st.query_params.clear)  # fmt: skip
    st.title(label(migrate_list.title(migration)), anchor=False)
    for words, model in (
        (_("Now"), migration.plan.source_model), (_("New"), migration.plan.target_model),
    ):  # fmt: skip
        with badges.row():
            st.caption(words, width=56)
            badges.model_parts(ModelRef.parse(model, "sandbox"))
    if migration.plan.reason:
        st.caption(label(migration.plan.reason, most=300))


def steps(migration: ModelMigration) -> None:
    """Every step in its place; only those that are reached can be used."""
    step = next_step(migration)
    problem = st.session_state.pop("migrate.problem", None)
    for number, name in enumerate(STEPS[:-1], 1):
        place = STEPS.index(name)
        mark = DONE if place < STEPS.index(step) else (NOW if name == step else LATER)
        with st.container(border=name == step, gap="small", key=f"migrate.step.{name}"):
            st.markdown(f"{mark} **{number}. {_(STEP_NAMES[name])}**")
            if place <= STEPS.index(step):
                BODIES[name](migration, name == step)
            if name == step and problem is not None:
                say(problem)
    migrate_evidence.dossier(migration)


def act(work: Callable[[], object]) -> None:
    """Do something to the migration; what goes wrong is told at the step."""
    try:
        work()
    except WorkbenchError as error:
        st.session_state["migrate.problem"] = error


def fix(migration: ModelMigration, current: bool) -> None:
    """The findings, and the version that is to take the old one's place."""
    flow = workbench().migrations
    if not current:
        version = workbench().store.prompts.version(str(migration.candidate_version_id))
        st.page_link(
            "pages/studio/prompt.py",
            label=_("Version {number}: {message}").format(
                number=version.number, message=label(version.message or "–")),
            query_params={"version": version.id}, icon=":material/edit_note:",
        )  # fmt: skip
        other_candidate(migration)
        return
    found = flow.findings(migration)
    spec = workbench().store.prompts.version(migration.plan.source_version_id).spec
    if not found:
        st.markdown(_("The new model takes everything as it is."))
    lint_findings.listed(spec, found, "migrate.lint")
    message = st.text_input(
        _("Message of the version"), key="migrate.message",
        value=_("For {model}").format(model=ModelRef.parse(migration.plan.target_model, "").model),
    )  # fmt: skip
    st.button(
        _("Save the version for the new model"), type="primary", key="migrate.adopt",
        on_click=act,
        args=(partial(flow.adopt, migration.id, fixed(spec, found), message, actor=actor()),),
    )  # fmt: skip


def other_candidate(migration: ModelMigration) -> None:
    """Take another version of the prompt for the new model; its numbers begin anew."""
    flow = workbench().migrations
    others = {
        version.id: version
        for version in workbench().store.prompts.versions(migration.plan.prompt_id)
        if flow.model_of(version) == migration.plan.target_model
        and version.id != migration.candidate_version_id
    }
    if not others or migration.decision is not None:
        return
    with st.popover(_("Take another version"), icon=":material/swap_horiz:"):
        st.caption(_("What was measured of the one before no longer counts."))
        chosen = st.selectbox(
            _("Version"), list(others), key="migrate.other",
            format_func=lambda one: f"{others[one].number} {others[one].message}".strip(),
        )  # fmt: skip
        st.button(_("Take it"), key="migrate.choose", on_click=act,
                  args=(partial(flow.choose, migration.id, chosen, actor=actor()),))  # fmt: skip


def freeze(migration: ModelMigration, current: bool) -> None:
    """Record the old model's answers while it still gives them."""
    flow = workbench().migrations
    if migration.freeze_id is not None:
        migrate_evidence.progress(migration.freeze_id, "freeze")
        return
    if not current:
        st.caption(_("Left out."))
        return
    st.write(_("Once the old model has ended nobody can ask it any more. Its answers on the "
               "dataset are kept, so that the comparison stays possible; they are not paid for "
               "again when both are evaluated."))  # fmt: skip
    with st.container(horizontal=True):
        st.button(_("Keep the answers"), type="primary", key="migrate.freeze", on_click=act,
                  args=(partial(flow.freeze, migration.id, actor=actor()),))  # fmt: skip
        skip_button(migration, "freeze", _("Leave out"))


def evaluate(migration: ModelMigration, current: bool) -> None:
    """Both on the same cases."""
    flow = workbench().migrations
    if migration.evaluation_id is not None:
        migrate_evidence.progress(migration.evaluation_id, "evaluation")
        migrate_evidence.summary(migration)
        return
    version = workbench().datasets.version(migration.plan.dataset_version_id)
    st.write(_("{rows} cases, both models, {repeats} answers each; what was kept is not asked for "
               "again.").format(rows=version.rows, repeats=migration.plan.repeats))  # fmt: skip
    st.button(_("Evaluate both"), type="primary", key="migrate.evaluate", on_click=act,
              args=(partial(flow.evaluate, migration.id, actor=actor()),))  # fmt: skip


def optimise(migration: ModelMigration, current: bool) -> None:
    """Make the prompt better for the new model, by hand or by a job, and take the version."""
    for optimization_id in optimizations_of(migration):
        st.page_link("pages/improve/optimize.py", label=_("Open the optimization"),
                     icon=":material/auto_fix_high:",
                     query_params={"optimization": optimization_id})  # fmt: skip
    if not current:
        st.caption(_("Left out, or done with another version above."))
        return
    st.write(
        _(
            "Is the new model not good enough yet? Change the prompt for it by hand or by a job, "
            "save a version that names the new model, and take it above under “Take another "
            "version”."
        )
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/studio/prompt.py", label=_("Edit the version"), icon=":material/edit:",
            query_params={"version": str(migration.candidate_version_id)},
        )  # fmt: skip
        st.page_link(
            "pages/improve/optimize.py", label=_("Optimize it for the new model"),
            icon=":material/auto_fix_high:",
            query_params={"view": "new", "prompt": migration.plan.prompt_id,
                          "version": str(migration.candidate_version_id),
                          "dataset": migration.plan.dataset_version_id,
                          "model": migration.plan.target_model},
        )  # fmt: skip
        skip_button(migration, "optimise", _("It is good enough: go on"))


def optimizations_of(migration: ModelMigration) -> list[str]:
    """Those that began with the candidate, or that it came from."""
    noted = migration.optimization_id
    found = [
        one.id
        for one in workbench().store.optimizations.list()
        if one.draft.version_id == migration.candidate_version_id
        and one.draft.target_model == migration.plan.target_model
    ]
    return [noted, *(one for one in found if one != noted)] if noted is not None else found


def worse(migration: ModelMigration, current: bool) -> None:
    """The rows on which the new one is worse."""
    migrate_evidence.worse_rows(migration)
    if current:
        flow = workbench().migrations
        st.button(_("I have looked at them"), type="primary", key="migrate.worse", on_click=act,
                  args=(partial(flow.look_at_worse, migration.id, actor=actor()),))  # fmt: skip


def review(migration: ModelMigration, current: bool) -> None:
    """A round of blind pairs for people, or none."""
    flow = workbench().migrations
    if migration.review_id is not None:
        migrate_evidence.reviewed(migration.review_id)
        return
    if not current:
        st.caption(_("Left out."))
        return
    st.write(_("People see the old and the new answer without knowing which is which, those that "
               "differ most first. What they say is in the dossier; the gate decides by the "
               "metric."))  # fmt: skip
    title = migrate_list.title(migration)
    with st.container(horizontal=True):
        st.button(_("Make a round"), type="primary", key="migrate.review", on_click=act,
                  args=(partial(flow.review, migration.id, title, person()),))  # fmt: skip
        skip_button(migration, "review", _("Leave out"))


def gate(migration: ModelMigration, current: bool) -> None:
    """The verdict in one sentence."""
    flow = workbench().migrations
    if migration.gate is not None:
        verdict(migration)
    else:
        st.write(_("Margin: {points} points. The gate knows four outcomes: pass, fail, not enough "
                   "data, and incomplete because of the service.").format(
                       points=f"{100 * migration.plan.margin:g}"))  # fmt: skip
    if migration.decision is None:
        models_table.clock(datetime.now(UTC))
        st.button(
            _("Ask the gate") if migration.gate is None else _("Ask again"),
            type="primary" if current else "secondary", key="migrate.gate", on_click=act,
            args=(partial(flow.gate, migration.id, actor=actor()),),
        )  # fmt: skip


def verdict(migration: ModelMigration) -> None:
    """The gate's sentence."""
    assert migration.gate is not None
    words, colour = migrate_list.VERDICTS[str(migration.gate["verdict"])]
    template, values = evidence.sentence(migration.gate)
    text = fill(translator(language())(template), values)
    st.markdown(f":{colour}-badge[{_(words)}] {label(text, most=400)}")


def decide(migration: ModelMigration, current: bool) -> None:
    """Sign, or take it back."""
    flow = workbench().migrations
    if migration.decision is not None:
        words = _(migrate_list.DECISIONS[migration.decision])
        at = when(migration.decided_at) if migration.decided_at else ""
        st.markdown(f"**{label(words)}** · {label(migration.decided_by)}, {label(at)}")
        st.button(
            _("Take the decision back"),
            key="migrate.undecide",
            icon=":material/undo:",
            on_click=act,
            args=(partial(flow.undo, migration.id, actor=actor()),),
        )
        return
    name = st.text_input(_("Name of whoever decides"), value=actor(), key="migrate.name")
    memo = st.text_area(_("Memo"), key="migrate.memo", height=80)
    st.caption(_("Switching puts the label production on the new version. It can be taken back."))
    with st.container(horizontal=True):
        st.button(
            _("Switch to the new model"), type="primary", key="migrate.decide.switch",
            on_click=act,
            args=(partial(flow.decide, migration.id, "switch", name=name, memo=memo,
                          actor=actor()),),
        )  # fmt: skip
        st.button(
            _("Stay with the old model"), key="migrate.decide.keep", on_click=act,
            args=(partial(flow.decide, migration.id, "keep", name=name, memo=memo,
                          actor=actor()),),
        )  # fmt: skip


def skip_button(migration: ModelMigration, step: MigrationStep, words: str) -> None:
    """Leave a step out."""
    flow = workbench().migrations
    st.button(words, key=f"migrate.skip.{step}", on_click=act,
              args=(partial(flow.skip, migration.id, step, "", actor=actor()),))  # fmt: skip


BODIES: dict[MigrationStep, Callable[[ModelMigration, bool], None]] = {
    "fix": fix,
    "freeze": freeze,
    "evaluate": evaluate,
    "optimise": optimise,
    "worse": worse,
    "review": review,
    "gate": gate,
    "decide": decide,
}
