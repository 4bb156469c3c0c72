"""Starters, code, import and export."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.prompts.get_code import get_code
from core.prompts.starters import load_starters
from core.records.prompts import PromptSpec
from pages.ui.language import _, language, say, words
from pages.ui.prompt.run import requests_of
from pages.ui.prompt.session import Editor, show, start_with
from pages.ui.resources import actor, workbench
from pages.ui.text import label

OPEN_MENU = "prompts.open"


def starters() -> None:
    """The gallery: a line per starter prompt."""
    found = sorted(load_starters(), key=lambda one: one.language != language())
    columns = st.columns(3)
    for number, one in enumerate(found):
        with columns[number % 3], st.container(gap=None):
            st.button(
                label(one.title(language())),
                key=f"starter.{one.name}",
                icon=":material/lightbulb:",
                type="tertiary",
                on_click=start_with,
                args=(one.spec,),
            )
            st.caption(label(one.description(language()), most=200))


def open_menu() -> None:
    """The menu of saved prompts; they are read when it is opened."""
    opened = st.popover(_("Open"), icon=":material/folder_open:", key=OPEN_MENU, on_change="rerun")
    if opened.open:
        with opened:
            open_entries()


def open_prompt(prompt_id: str) -> None:
    """Show it, and close the menu."""
    st.session_state[OPEN_MENU] = False
    show(prompt=prompt_id)


def open_entries() -> None:
    """Every saved prompt, as links."""
    search = st.text_input(_("Search"), key="prompts.search", type="search",
                           placeholder=_("Any text; Japanese too"))  # fmt: skip
    lines = workbench().store.prompts.list(search=search)
    if not lines:
        st.caption(_("No prompt fits.") if search else _("No saved prompt yet."))
    for line in lines[:100]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                label(line.prompt.name), key=f"prompts.{line.prompt.id}", type="tertiary",
                on_click=open_prompt, args=(line.prompt.id,),
            )  # fmt: skip
            st.caption(_("{count} versions").format(count=line.versions))
            for name in line.labels:
                st.badge(label(name), color="blue")


def code(editor: Editor, spec: PromptSpec, sets: Sequence[int]) -> None:
    """Python, curl and JSON for the prompt with the first chosen value set."""
    try:
        request, _values = requests_of(editor, spec, sets)[0]
    except WorkbenchError as error:
        st.caption(label(words(error), most=300))
        return
    bench = workbench()
    found = get_code(request, bench.connections[request.connection], bench.store.blobs.get)
    python, curl, body = st.tabs(["Python", "curl", "JSON"])
    python.code(found.python, language="python", wrap_lines=True)
    curl.code(found.curl, language="bash", wrap_lines=True)
    body.code(found.json, language="json", wrap_lines=True)
    st.caption(_("The key is read from the environment; it is never printed here."))


def files(editor: Editor) -> None:
    """Export this prompt, import another."""
    if editor.prompt is not None:
        exchange = workbench().exchange
        prompt_id = editor.prompt.id
        with st.container(horizontal=True):
            st.download_button(
                _("Export as JSON"),
                lambda: exchange.export_prompt(prompt_id),
                file_name="prompt.json",
                mime="application/json",
            )
            st.download_button(
                _("Export in the SDK's format"),
                lambda: exchange.export_sdk(prompt_id),
                file_name="prompt.sdk.json",
                mime="application/json",
            )
    else:
        st.caption(_("Save the prompt to export it."))
    upload = st.file_uploader(
        _("Import a prompt (JSON of the workbench or of the SDK)"), type=["json"]
    )
    if upload is not None and st.button(_("Import"), type="primary"):
        try:
            done = workbench().exchange.import_file(upload.getvalue(), actor=actor())
        except WorkbenchError as error:
            say(error)
            return
        st.toast(_("Imported {name}.").format(name=label(done.name)))
        show(prompt=done.prompt_id)
        st.rerun()
