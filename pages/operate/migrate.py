"""Migrate: a guided move of a prompt to another model, up to the signature."""

import streamlit as st

from core.errors import NotFound
from pages.ui.language import _, say
from pages.ui.migrate import begin as migrate_begin
from pages.ui.migrate import listing as migrate_list
from pages.ui.migrate import steps as migrate_steps
from pages.ui.resources import workbench

chosen = st.query_params.get("migration", "")

if chosen:
    try:
        migration = workbench().migrations.get(chosen)
    except NotFound as error:
        say(error)
        st.button(_("All migrations"), on_click=st.query_params.clear)
        st.stop()
    migrate_steps.heading(migration)
    migrate_steps.steps(migration)
else:
    st.title(_("Migrate"), anchor=False)
    st.write(_("Move a prompt to the next model with evidence: fix what the new model does not "
               "take, keep the old answers, compare both on the same cases, let the gate decide, "
               "and sign."))  # fmt: skip
    migrate_list.undo_deleted()
    migrate_begin.form()
    migrate_list.listing()
