"""Models: what ends when, and what here depends on it."""

from datetime import UTC, datetime

import streamlit as st

from core.records.models import ModelRef
from pages.ui.language import _
from pages.ui.models import calendar as models_calendar
from pages.ui.models import detail as models_detail
from pages.ui.models import refresh as models_refresh
from pages.ui.models import table as models_table
from pages.ui.resources import workbench

now = datetime.now(UTC)
chosen = st.query_params.get("model", "")

if chosen:
    ref = ModelRef.parse(chosen, workbench().settings.default_surface)
    models_detail.heading(ref, now)
    models_detail.detail(ref, now)
else:
    st.title(_("Models"), anchor=False)
    st.write(_("How long will the model under your product live? Every date has its source and "
               "the day it was checked; what depends on a model is counted from your own prompts "
               "and runs."))  # fmt: skip
    lines = workbench().models.lines(now)
    models_table.clock(now)
    models_table.drifts(now)
    models_table.alerts(lines)
    shown = models_table.filters(lines)
    models_calendar.chart(shown, now)
    models_table.table(shown)
    models_table.checked(now)
    models_refresh.refresh(now)
