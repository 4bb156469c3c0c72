"""History: every run, saved prompt or not."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.datasets import add as datasets_add
from pages.ui.history import address as history_address
from pages.ui.history import compare as history_compare
from pages.ui.history import detail as history_detail
from pages.ui.history import filters as history_filters
from pages.ui.history import listing as history_list
from pages.ui.history import timeline as history_timeline
from pages.ui.home import attention as home_attention
from pages.ui.language import _, say
from pages.ui.review import address as review_address

here = history_address.address()
history_list.style()
st.title(_("History"), anchor=False)
home_attention.interrupted_note()

with st.container(horizontal=True, vertical_alignment="bottom"):
    history_filters.search()
    history_filters.panel()
    history_list.export(here.wanted)
    datasets_add.filtered(here.wanted)
    review_address.ask_link("history", **history_address.filters())
history_filters.chips()
history_detail.undo_deleted()
history_timeline.switch(here.wanted.prompt_id)

try:
    history_compare.comparison(here.compare_with, here.run_id)
    if here.timeline and here.wanted.prompt_id:
        history_timeline.timeline(here.wanted.prompt_id)
    elif not here.run_id:
        history_list.listing(here, wide=True)
    else:
        shown, how, runs = st.columns([5, 2, 3], gap="medium")
        with shown:
            run = history_detail.find(here.run_id)
            if run is not None:
                history_detail.heading(run)
                history_detail.content(run)
        with how:
            if run is not None:
                history_detail.parameters(run)
        with runs:
            st.header(_("Runs"), anchor=False)
            history_list.listing(here, wide=False)
except WorkbenchError as error:
    say(error)
