"""Shows text as it was written, by a person or a model."""

from __future__ import annotations

import json

import streamlit as st

from pages.ui.language import _
from pages.ui.text import has_hidden, sanitised, visible

LONGEST_INDENTED = 200_000


def answer(text: str, key: str, *, structured: bool = False) -> None:
    """An answer: rendered without anything that could fetch, or raw with a copy button."""
    rendered, raw = st.tabs([_("Rendered"), _("Raw")], key=f"answer.{key}")
    indented = indented_json(text) if structured else None
    with rendered:
        if indented is None:
            st.markdown(sanitised(text))
        else:
            st.code(visible(indented), language="json", wrap_lines=True)
    with raw:
        st.code(text, language=None, wrap_lines=True)
    if has_hidden(text):
        st.caption(_("This text holds invisible or direction-changing characters; they are shown "
                     "by their code points."))  # fmt: skip


def indented_json(text: str) -> str | None:
    """An object or a list with a line per value; None when the text is something else."""
    if len(text) > LONGEST_INDENTED:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return (
        json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, (dict, list)) else None
    )


def plain(text: str) -> None:
    """Text as it is, with line breaks and a copy button."""
    st.code(visible(text), language=None, wrap_lines=True)
