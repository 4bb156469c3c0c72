"""Shows text as it was written, by a person or a model."""

from __future__ import annotations

import streamlit as st

from pages.ui.language import _
from pages.ui.text import has_hidden, sanitised, visible


def answer(text: str, key: str) -> None:
    """An answer: rendered without anything that could fetch, or raw with a copy button."""
    rendered, raw = st.tabs([_("Rendered"), _("Raw")], key=f"answer.{key}")
    with rendered:
        st.markdown(sanitised(text))
    with raw:
        st.code(text, language=None, wrap_lines=True)
    if has_hidden(text):
        st.caption(_("This text holds invisible or direction-changing characters; they are shown "
                     "by their code points."))  # fmt: skip


def plain(text: str) -> None:
    """Text as it is, with line breaks and a copy button."""
    st.code(visible(text), language=None, wrap_lines=True)
