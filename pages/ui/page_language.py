"""Tells the browser which language the page is in, and gives screen readers a live region."""

from __future__ import annotations

import streamlit as st

from pages.ui.language import language

_PAGE = st.components.v2.component(
    "workbench_page_language",
    html=(
        "<div id='live' role='status' aria-live='polite' "
        "style='position:absolute;left:-9999px'></div>"
    ),
    js="""
export default function ({ data, parentElement }) {
  document.documentElement.lang = data.language
  const live = parentElement.querySelector('#live')
  if (live.textContent !== data.say) live.textContent = data.say
}
""",
)


def announce(say: str = "") -> None:
    """Set the page's language; `say` is read out by screen readers."""
    _PAGE(data={"language": language(), "say": say}, key="page_language")
