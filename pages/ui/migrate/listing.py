"""The list of migrations."""

from __future__ import annotations

import streamlit as st

from core.migration.progress import next_step
from core.records.model_migrations import MigrationStep, ModelMigration
from core.records.models import ModelRef
from pages.ui import state
from pages.ui import undo as undoing
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label

STEP_NAMES: dict[MigrationStep, str] = {
    "fix": N_("Fix what the new model does not take"),
    "freeze": N_("Keep the old model's answers"),
    "evaluate": N_("Evaluate both on the same cases"),
    "optimise": N_("Fit the prompt to the new model"),
    "worse": N_("Look at the rows that got worse"),
    "review": N_("Let people judge, blind"),
    "gate": N_("Let the gate decide"),
    "decide": N_("Decide and sign"),
    "done": N_("Done"),
}
VERDICTS = {
    "pass": (N_("Pass"), "green"),
    "fail": (N_("Fail"), "red"),
    "not_enough_data": (N_("Not enough data"), "orange"),
    "incomplete": (N_("Incomplete"), "violet"),
}
DECISIONS = {"switch": N_("switched"), "keep": N_("not switched")}


def title(migration: ModelMigration) -> str:
    """The prompt and the two models."""
    name = workbench().store.prompts.get(migration.plan.prompt_id).name
    plan = migration.plan
    models = (
        ModelRef.parse(one, "sandbox").model for one in (plan.source_model, plan.target_model)
    )
    return f"{name}: {' → '.join(models)}"


def listing() -> None:
    """Every migration with where it stands."""
    found = workbench().migrations.latest()
    st.header(_("Migrations"), anchor=False)
    if not found:
        st.markdown(_("**No migration yet.** Begin one above; it can be left at any step and goes "
                      "on where it stopped."))  # fmt: skip
    for migration in found:
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    label(title(migration)),
                    key=f"migrate.open.{migration.id}",
                    type="tertiary",
                    icon=":material/move_up:",
                    on_click=show,
                    args=(migration.id,),
                )
                badges(migration)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{label(migration.created_by)}, {when(migration.created_at)}")
                st.button(_("Delete"), key=f"migrate.delete.{migration.id}", type="tertiary",
                          on_click=delete, args=(migration.id,))  # fmt: skip


def badges(migration: ModelMigration) -> None:
    """Step, verdict and decision."""
    step = next_step(migration)
    if step != "done":
        st.badge(_(STEP_NAMES[step]), color="blue")
    if migration.gate is not None:
        words, colour = VERDICTS[str(migration.gate["verdict"])]
        st.badge(_(words), color=colour)  # type: ignore[arg-type]
    if migration.decision is not None:
        st.badge(_(DECISIONS[migration.decision]), color="green", icon=":material/check:")


def show(migration_id: str) -> None:
    """Open one."""
    st.query_params.from_dict({"migration": migration_id})


def delete(migration_id: str) -> None:
    """Take it off the list, with undo."""
    workbench().migrations.delete(migration_id, actor=actor())
    state.UNDO.set(("migration", migration_id))


def undo_deleted() -> None:
    """Bring back the one that was deleted last."""
    undoing.offer(
        "migration", lambda id_: _("The migration was deleted."),
        lambda id_: workbench().migrations.delete(id_, deleted=False, actor=actor()),
        key="migrate.undo",
    )  # fmt: skip
