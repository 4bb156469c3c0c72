"""The left side of the prompt page: instruction, messages, files, variables."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import WorkbenchError
from core.prompts.template import variables_of
from core.records.prompts import Part, PromptSpec, Turn, ValueSet
from pages.ui import state
from pages.ui.language import _, say
from pages.ui.prompt.session import Editor, add_set, add_turn, get, put, spec_of
from pages.ui.resources import workbench
from pages.ui.text import code, label


def editor_fields(editor: Editor) -> PromptSpec:
    """Draw the fields; returns the prompt as they show it."""
    st.text_area(
        _("System instruction"),
        key=editor.key("system"),
        height="content",
        placeholder=_("Who the model is, what it must keep to. Variables in braces: {name}"),
    )
    for place, one in enumerate(list(editor.turns)):
        message(editor, place, one)
    with st.container(horizontal=True):
        st.button(
            _("Add message"),
            icon=":material/add:",
            key=editor.key("add"),
            on_click=add_next_turn,
            args=(editor,),
        )
        files(editor)
    return spec_of(editor)


def message(editor: Editor, place: int, one: int) -> None:
    """One message with its role and what can be done to it."""
    role = str(get(editor, f"role.{one}", "user"))
    title = _("User message") if role == "user" else _("Model message")
    if len(editor.turns) > 1:
        title = f"{place + 1}. {title}"
    st.text_area(
        title,
        key=editor.key(f"turn.{one}"),
        height="content",
        placeholder=_("What you want to know. Example: Classify this ticket: {ticket}"),
    )
    for number, item in enumerate(editor.media.get(one, ())):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f":material/attach_file: {label(item.name or item.mime_type)} · "
                f"{max(item.size / 1000, 1):,.0f} kB"
            )
            st.button(
                _("Remove file"),
                key=editor.key(f"unfile.{one}.{number}"),
                type="tertiary",
                on_click=editor.media[one].remove,
                args=(item,),
            )
    if len(editor.turns) > 1:
        with st.container(horizontal=True, gap="small"):
            st.segmented_control(
                _("Role"),
                ["user", "model"],
                key=editor.key(f"role.{one}"),
                format_func=lambda value: _("User") if value == "user" else _("Model"),
                label_visibility="collapsed",
                required=True,
            )
            for name, icon, step in ((_("Up"), "↑", -1), (_("Down"), "↓", 1)):
                st.button(
                    icon,
                    help=name,
                    key=editor.key(f"move.{one}.{step}"),
                    type="tertiary",
                    disabled=not 0 <= place + step < len(editor.turns),
                    on_click=move,
                    args=(editor, place, step),
                )
            st.button(
                "✕",
                help=_("Remove message"),
                key=editor.key(f"remove.{one}"),
                type="tertiary",
                on_click=editor.turns.remove,
                args=(one,),
            )


def add_next_turn(editor: Editor) -> None:
    """The other side's message."""
    last = str(get(editor, f"role.{editor.turns[-1]}", "user"))
    add_turn(editor, Turn("model" if last == "user" else "user", (Part(),)))


def move(editor: Editor, place: int, step: int) -> None:
    """Swap a message with its neighbour."""
    turns = editor.turns
    turns[place], turns[place + step] = turns[place + step], turns[place]


def files(editor: Editor) -> None:
    """Attach images and PDFs to the last user message."""
    users = [one for one in editor.turns if get(editor, f"role.{one}", "user") == "user"]
    with st.popover(_("Attach file"), icon=":material/attach_file:", disabled=not users):
        uploads = st.file_uploader(
            _("Images or PDF, up to 20 MB"),
            type=["png", "jpg", "jpeg", "webp", "gif", "heic", "pdf"],
            accept_multiple_files=True,
            key=editor.key(f"files.{sum(map(len, editor.media.values()))}"),
            on_change=state.NOT_ATTACHED.set,
            args=((),),
        )
        if st.button(_("Attach"), key=editor.key("attach"), disabled=not uploads):
            attach(editor, users[-1], uploads)
        for error in state.NOT_ATTACHED.get():
            say(error)


def attach(editor: Editor, turn: int, uploads: Sequence[UploadedFile]) -> None:
    """Take the files over; those that cannot be read are named and left out."""
    refused = []
    for upload in uploads:
        try:
            item = workbench().authoring.upload(upload.getvalue(), upload.name)
        except WorkbenchError as error:
            refused.append(error)
        else:
            editor.media[turn].append(item)
    state.NOT_ATTACHED.set(tuple(refused))
    st.rerun()


def variables_fields(editor: Editor, spec: PromptSpec) -> list[int]:
    """Value sets for the variables of the prompt; returns which sets to run."""
    names = variables_of(spec)
    if not names:
        return editor.sets[:1]
    st.subheader(_("Variables"))
    shown = [one for one in editor.sets if one in editor.sets]
    titles = {one: str(get(editor, f"set.{one}", "")) for one in shown}
    chosen: list[int] = shown[:1]
    if len(shown) > 1:
        picked = st.pills(
            _("Value sets to run"),
            shown,
            selection_mode="multi",
            default=shown[:1],
            key=editor.key("sets"),
            format_func=lambda one: label(titles.get(one, "?") or "?"),
        )
        chosen = [one for one in shown if one in picked]
    for tab, one in zip(st.tabs([label(titles[one] or "?") for one in shown]), shown, strict=True):
        with tab:
            value_set(editor, one, names)
    st.button(
        _("Add value set"),
        icon=":material/add:",
        key=editor.key("addset"),
        on_click=lambda: add_set(editor, ValueSet(str(len(editor.sets) + 1))),
    )
    return chosen


def value_set(editor: Editor, one: int, names: list[str]) -> None:
    """One field per variable."""
    values = get(editor, f"values.{one}", {})
    for name in names:
        key = f"value.{one}.{name}"
        if editor.key(key) not in st.session_state:
            put(editor, key, values.get(name, ""))  # type: ignore[attr-defined]
        st.text_area(code(name), key=editor.key(key), height="content")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Name of the set"), key=editor.key(f"set.{one}"))
        st.button(
            _("Delete set"),
            key=editor.key(f"delset.{one}"),
            type="tertiary",
            disabled=len(editor.sets) == 1,
            on_click=editor.sets.remove,
            args=(one,),
        )
