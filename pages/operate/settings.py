"""Settings: language, connections, limits, the database."""

import streamlit as st

from core.i18n import LANGUAGES
from core.records.models import SURFACES
from pages.ui import settings_parts
from pages.ui.language import _, choose_language, language
from pages.ui.resources import actor
from pages.ui.text import label

st.title(_("Settings"), anchor=False)
st.caption(_("You are {name}.").format(name=label(actor())))

chosen = st.segmented_control(
    _("Language"),
    list(LANGUAGES),
    default=language(),
    format_func=lambda name: LANGUAGES[name],
    required=True,
    key="settings.language",
)
if chosen and chosen != language():
    choose_language(chosen)
    st.rerun()

st.header(_("Connections"), anchor=False)
st.caption(_("Keys and addresses come from the environment or the administrator's file, never "
             "from a form. They are not stored and not shown."))  # fmt: skip
for surface in SURFACES:
    settings_parts.connection(surface)

st.header(_("Pace"), anchor=False)
settings_parts.gates()

st.header(_("Spending"), anchor=False)
settings_parts.spending()

st.header(_("Database"), anchor=False)
settings_parts.database()

st.header(_("About"), anchor=False)
settings_parts.about()
