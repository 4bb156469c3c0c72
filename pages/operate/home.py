"""Home: the four steps of the story with their state, and what needs attention."""

import streamlit as st

from pages.ui.compare import begin as compare_begin
from pages.ui.home import attention as home_attention
from pages.ui.home import story as home_story
from pages.ui.language import _
from pages.ui.resources import workbench

prompts = workbench().store.prompts.list()

st.title("Prompt Workbench", anchor=False)
st.write(_("Keep prompts and what you learned about them, and be ready when the model under your "
           "product retires."))  # fmt: skip
home_attention.simulated_note()
compare_begin.invitation()

st.header(_("The way to a newer model"), anchor=False)
with st.container(key="home.story"):
    home_story.steps(prompts)

st.header(_("What needs attention"), anchor=False)
with st.container(key="home.attention"):
    home_attention.attention()

st.html(f"<style>{home_story.STYLE}</style>")
left, right = st.columns(2, gap="large")
with left:
    st.header(_("Prompts"), anchor=False)
    with st.container(key="home.prompts"):
        home_story.recent_prompts(prompts)
with right:
    st.header(_("Latest runs"), anchor=False)
    with st.container(key="home.runs"):
        home_story.recent_runs()
