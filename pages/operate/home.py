"""Home: the four steps of the story with their state, and what needs attention."""

import streamlit as st

from pages.ui import badges, home_attention
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.text import label

bench = workbench()
st.title("Prompt Workbench", anchor=False)
st.write(_("Keep prompts and what you learned about them, and be ready when the model under your "
           "product retires."))  # fmt: skip
home_attention.simulated_note()

st.header(_("What needs attention"), anchor=False)
home_attention.attention()

st.header(_("The way to a newer model"), anchor=False)
prompts = bench.store.prompts.list()
steps = (
    (
        _("1. Manage prompts"),
        _("{prompts} prompts with {versions} versions").format(
            prompts=len(prompts), versions=sum(line.versions for line in prompts)
        ),
        _("Write, run, note what you saw; every version and run is kept."),
    ),
    (
        _("2. Optimise for the new model"),
        _("By hand: fork a version, run it on the new model, compare the versions."),
        "",
    ),
    (_("3. Evaluate in numbers"), _("Today: read runs side by side in the history."), ""),
    (
        _("4. Automate"),
        _("Today: `python -m core run` does the same from scripts and schedules."),
        "",
    ),
)
for column, (title, now, more) in zip(st.columns(4, border=True), steps, strict=True):
    with column:
        st.markdown(f"**{title}**")
        st.write(now)
        if more:
            st.caption(more)

left, right = st.columns(2, gap="large")
with left:
    st.header(_("Prompts"), anchor=False)
    for line in prompts[:6]:
        st.page_link(
            "pages/studio/prompt.py",
            label=label(line.prompt.name),
            icon=":material/edit:",
            query_params={"prompt": line.prompt.id},
        )
        st.caption(_("{count} versions · changed {when}").format(
            count=line.versions, when=when(line.updated_at)))  # fmt: skip
    st.page_link("pages/studio/prompt.py", label=_("Write a new prompt"), icon=":material/add:")
with right:
    st.header(_("Latest runs"), anchor=False)
    runs = home_attention.latest_runs()
    if not runs:
        st.caption(_("Nothing was run yet."))
    for run in runs:
        st.page_link(
            "pages/studio/history.py",
            label=label(run.input_excerpt or "–", most=60),
            icon=":material/history:",
            query_params={"run": run.id},
        )
        st.caption(f"{badges.outcome_words(run.outcome)} · {label(run.requested_model)} · "
                   f"{when(run.created_at)}")  # fmt: skip
