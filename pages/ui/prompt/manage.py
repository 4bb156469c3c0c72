"""Renaming and deleting a prompt."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.records.prompts import Prompt
from pages.ui import state
from pages.ui import undo as undoing
from pages.ui.language import _, say
from pages.ui.prompt.session import Editor, show
from pages.ui.resources import actor, workbench
from pages.ui.text import label


def menu(editor: Editor) -> None:
    """Rename or delete the prompt that is open."""
    prompt = editor.prompt
    if prompt is None or prompt.deleted_at is not None:
        return
    # Another key for another name: the menu closes when it was renamed.
    with st.popover(
        _("More"), icon=":material/more_horiz:", key=f"manage.{prompt.id}.{prompt.name}"
    ):
        with st.form("rename", border=False):
            name = st.text_input(_("Name of the prompt"), value=prompt.name)
            sent = st.form_submit_button(_("Rename"))
        if sent and name.strip() != prompt.name:
            rename(editor, prompt, name)
        st.button(
            _("Delete prompt"),
            icon=":material/delete:",
            key="prompt.delete",
            on_click=delete,
            args=(prompt,),
            help=_("Its versions and memos can be brought back; its runs stay in the history."),
        )


def rename(editor: Editor, prompt: Prompt, name: str) -> None:
    """Give it another name; a name that is taken is refused with words."""
    try:
        workbench().authoring.rename(prompt.id, name, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    editor.prompt = workbench().store.prompts.get(prompt.id)
    st.rerun()


def delete(prompt: Prompt) -> None:
    """Hide it, with undo."""
    workbench().authoring.delete(prompt.id, actor=actor())
    state.UNDO.set(("prompt", prompt.id, prompt.name))
    show()


def in_the_bin(editor: Editor) -> None:
    """Say that the prompt was deleted, and offer to bring it back."""
    prompt = editor.prompt
    if prompt is None or prompt.deleted_at is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(_("This prompt was deleted. It is not in the lists any more."),
                   icon=":material/delete:")  # fmt: skip
        st.button(_("Bring back"), icon=":material/undo:", key="prompt.back",
                  on_click=bring_back, args=(prompt,))  # fmt: skip


def bring_back(prompt: Prompt) -> None:
    """Take it out of the bin; a name that was taken meanwhile is refused with words."""
    try:
        workbench().authoring.undelete(prompt.id, actor=actor())
    except WorkbenchError as error:
        say(error)
    else:
        show(prompt=prompt.id)


def undo_deleted() -> None:
    """Bring back the prompt that was deleted last."""

    def bring_back(prompt_id: str, _name: str) -> None:
        workbench().authoring.undelete(prompt_id, actor=actor())
        show(prompt=prompt_id)

    undoing.offer(
        "prompt", lambda _id, name: _("{name} was deleted.").format(name=label(name)), bring_back,
        key="prompt.undelete",
    )  # fmt: skip
