"""Compare: two to six candidates on the same inputs, side by side."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.compare import address as compare_address
from pages.ui.compare import form as compare_form
from pages.ui.compare import grid as compare_grid
from pages.ui.compare import head as compare_head
from pages.ui.compare import judge as compare_judge
from pages.ui.compare import listing as compare_list
from pages.ui.compare import running as compare_running
from pages.ui.compare import tally as compare_tally
from pages.ui.language import say

here = compare_address.address()

if here.new:
    compare_form.form()
    st.stop()
if not here.comparison_id:
    compare_list.heading()
    compare_list.listing()
    st.stop()

try:
    shown = compare_head.read(here.comparison_id)
    compare_head.heading(shown, here)
    if compare_running.is_running(shown.comparison):
        # Takes the place of what an earlier run drew, which else stays until this one ends.
        st.empty()
        # Last: it follows the streams until they end.
        compare_running.follow(shown.comparison, shown.cells)
    with st.container():
        if here.view == "judge":
            compare_judge.judging(shown.comparison, shown.cells, here)
        else:
            compare_head.notices(shown)
            compare_tally.results(shown.comparison, shown.verdicts)
            compare_grid.grid(shown, here)
except WorkbenchError as error:
    say(error)
    compare_list.back_button()
