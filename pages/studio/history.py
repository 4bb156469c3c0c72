"""History: every run, saved prompt or not."""

import streamlit as st

from core.records.runs import RunFilter
from pages.ui import history_detail, history_filters, history_list, history_timeline
from pages.ui.facts import money
from pages.ui.language import _
from pages.ui.resources import workbench

st.title(_("History"), anchor=False)

left = workbench().interrupted
if left.runs:
    st.warning(
        _("{count} calls were under way when the workbench ended last time. They may have been "
          "paid, at most {usd}.").format(count=left.runs, usd=money(left.at_most_usd))
        .replace("$", "\\$")
    )  # fmt: skip

listing, showing = st.columns([2, 3], gap="large")
with listing:
    wanted = history_filters.filters()
    history_list.export(wanted)
    history_detail.undo_deleted()
    history_list.guarded(wanted)
with showing:
    history_detail.compared()
    run_id = st.query_params.get("run")
    if wanted.prompt_id:
        run_tab, time_tab = st.tabs([_("Run"), _("Timeline of the prompt")])
        with time_tab:
            history_timeline.timeline(wanted.prompt_id)
    else:
        run_tab = st.container()
    with run_tab:
        if run_id:
            history_detail.detail(run_id)
        elif wanted == RunFilter():
            st.caption(_("Choose a run on the left to see its prompt, output and memo."))
