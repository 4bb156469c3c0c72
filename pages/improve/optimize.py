"""Optimize: a better prompt for a model, and whether it really is better."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import examples as optimize_examples
from pages.ui.optimize import listing as optimize_list
from pages.ui.optimize import manage as optimize_manage
from pages.ui.optimize import new as optimize_new
from pages.ui.optimize import progress as optimize_progress
from pages.ui.optimize import result as optimize_result
from pages.ui.optimize import steps as optimize_steps
from pages.ui.resources import workbench
from pages.ui.text import label, sanitised

here = optimize_address.address()

try:
    if here.view == optimize_address.NEW:
        st.title(_("New optimization"), anchor=False)
        optimize_new.form(here)
    elif here.view == optimize_address.EXAMPLES:
        st.title(_("Rewrite from rated answers"), anchor=False)
        optimize_examples.form(here)
    elif not here.optimization_id:
        st.title(_("Optimize"), anchor=False)
        optimize_list.listing()
    else:
        found = workbench().optimizations.result(here.optimization_id)
        one = found.optimization
        st.button(_("All optimizations"), icon=":material/arrow_back:", type="tertiary",
                  key="optimize.back", on_click=optimize_address.show)  # fmt: skip
        st.title(label(one.title, most=120), anchor=False)
        st.caption(" · ".join([
            label(optimize_list.dataset_words(one)),
            label(one.draft.target_model),
            _("{who}, {when}").format(who=label(one.created_by), when=label(when(one.created_at))),
        ]))  # fmt: skip
        if one.draft.memo:
            st.markdown(sanitised(one.draft.memo))
        if found.status == "running":
            optimize_progress.shown(one)
        else:
            if found.status != "draft":
                optimize_result.verdict(found, simulated=optimize_result.is_simulated(one))
            optimize_progress.shown(one)
            optimize_result.best_prompt(found)
            optimize_steps.finished(found, here.template)
        optimize_manage.menu(one)
except WorkbenchError as error:
    say(error)
    st.button(_("All optimizations"), key="optimize.back.error", on_click=optimize_address.show)
