"""Settings: who and which language, connections, limits, the database."""

import streamlit as st

from core.records.models import SURFACES
from pages.ui.language import _
from pages.ui.settings import audit as settings_audit
from pages.ui.settings import connections as settings_connections
from pages.ui.settings import parts as settings_parts

st.title(_("Settings"), anchor=False)

settings_parts.person()
settings_parts.language_choice()

st.header(_("Connections"), anchor=False)
st.caption(_("Keys and addresses come from the environment or the administrator's file, never "
             "from a form. They are not stored and not shown."))  # fmt: skip
for surface in SURFACES:
    settings_connections.connection(surface)

left, right = st.columns(2, gap="large")
with left:
    st.header(_("Spending"), anchor=False)
    settings_parts.spending()
with right:
    st.header(_("Pace"), anchor=False)
    settings_parts.gates()

left, right = st.columns(2, gap="large")
with left:
    st.header(_("Database"), anchor=False)
    settings_parts.database()
with right:
    st.header(_("About"), anchor=False)
    settings_parts.about()

settings_audit.audit()
