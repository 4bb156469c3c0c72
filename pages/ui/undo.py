"""Bringing back what was deleted just now: one line with a button, the same on every page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import WorkbenchError
from pages.ui import state
from pages.ui.language import _, say


def offer(
    kind: str, told: Callable[..., str], bring_back: Callable[..., object], *, key: str
) -> None:
    """Say what was deleted, with the way back; nothing when it was something of another kind.

    `told` and `bring_back` get what `state.UNDO` holds after the kind.
    """
    undo = state.UNDO.get()
    if undo is None or undo[0] != kind:
        return

    def restore() -> None:
        try:
            bring_back(*undo[1:])
        except WorkbenchError as error:
            say(error)
        else:
            state.UNDO.set(None)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told(*undo[1:]), width="content")
        st.button(_("Undo"), icon=":material/undo:", key=key, on_click=restore)
