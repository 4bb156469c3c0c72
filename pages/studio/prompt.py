"""Prompt: write, choose a model, run, remember."""

import streamlit as st

from core.errors import NotFound, WorkbenchError
from core.records.prompts import EMPTY_TURNS
from pages.ui import badges, lint_findings, memo, state
from pages.ui.compare import begin as compare_begin
from pages.ui.language import _, say
from pages.ui.optimize import once as optimize_once
from pages.ui.prompt import editor as prompt_editor
from pages.ui.prompt import files as prompt_files
from pages.ui.prompt import manage as prompt_manage
from pages.ui.prompt import run as prompt_run
from pages.ui.prompt import session as prompt_session
from pages.ui.prompt import settings as prompt_settings
from pages.ui.prompt import versions as prompt_versions
from pages.ui.text import label

try:
    editor = prompt_session.open_editor()
except NotFound as error:
    st.title(_("Prompt"), anchor=False)
    say(error)
    with st.container(horizontal=True):
        prompt_files.open_menu()
        st.button(_("Start a new prompt"), on_click=prompt_session.show)
    st.stop()

# -- title --

with st.container(horizontal=True, vertical_alignment="center"):
    st.title(label(editor.prompt.name) if editor.prompt else _("New prompt"), anchor=False)
    if editor.base:
        st.badge(_("Version {number}").format(number=editor.base.number), color="blue")
bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
prompt_manage.undo_deleted()
prompt_manage.in_the_bin(editor)
empty = editor.prompt is None and editor.saved.turns == EMPTY_TURNS and not editor.saved.system
if empty:
    with st.expander(_("Start from an example"), expanded=not st.query_params.get("group")):
        prompt_files.starters()

# -- editor left, model right --

left, right = st.columns([3, 2], gap="large")
with right:
    ref = prompt_settings.model_field(editor)
    known = badges.capabilities(ref)
    with st.expander(_("Parameters"), expanded=False):
        prompt_settings.parameter_fields(editor, ref)
    with st.expander(_("Structured output")):
        prompt_settings.output_fields(editor, known)
    with st.expander(_("Tools")):
        prompt_settings.tool_fields(editor, known)
with left:
    prompt_editor.editor_fields(editor)
    spec = prompt_session.spec_of(editor)
    sets = prompt_editor.variables_fields(editor, spec)
    spec = prompt_session.spec_of(editor)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        times = st.number_input(_("Times"), 1, 100, 1, key="prompt.times", width=110)
        st.button(
            _("Run"),
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Mod+Enter",
            key="prompt.run",
            on_click=prompt_run.start,
            args=(editor, sets, times),
        )
        prompt_run.estimate(editor, spec, sets)
with right:
    lint_findings.refusals(spec)
    lint_findings.for_another_model(editor, spec)
    optimize_once.improve(editor, spec)

try:
    prompt_session.autosave(editor, spec)
except WorkbenchError as error:
    say(error)
else:
    with left:
        prompt_run.problem(spec, sets)

with bar:
    prompt_versions.save_form(editor, spec)
    prompt_files.open_menu()
    st.button(
        _("New"), icon=":material/add:", key="prompt.new", on_click=prompt_session.start_empty
    )
    with st.popover(_("Examples"), icon=":material/lightbulb:"):
        if not empty:
            prompt_files.starters()
    compare_begin.prompt_button(editor)
    prompt_manage.menu(editor)
    if editor.saved_at is not None:
        st.caption(_("Draft saved {when}").format(when=memo.when(editor.saved_at)))
        st.button(
            _("Discard draft"), type="tertiary", on_click=prompt_session.discard, args=(editor,)
        )
    if editor.crossed:
        st.caption(_("Another tab changed this draft, too. What it wrote can be brought back."))
    if (state.UNDO.get() or ("",))[0] == "draft":
        st.button(_("Bring back the earlier draft"), on_click=prompt_session.restore_discarded)

# -- answer, then everything about the prompt --

answers = st.container()
about = st.tabs([_("Versions"), _("Memo"), _("Get code"), _("Import and export")])
with about[0]:
    prompt_versions.versions(editor)
with about[1]:
    if editor.prompt:
        memo.editor("prompt", editor.prompt.id, "prompt")
    else:
        st.caption(_("A prompt has a memo once it is saved."))
with about[2]:
    prompt_files.code(editor, spec, sets)
with about[3]:
    prompt_files.files(editor)

# Last: it follows the streams until they end.
prompt_run.answers(editor, answers)
