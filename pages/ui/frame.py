"""What stands around every page: the wordmark, and how much room there is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

WORDMARK = Path(__file__).with_name("wordmark.svg")
# Streamlit leaves room for a toolbar that this app does not show. Line breaks of an answer stay;
# Markdown alone would join its lines.
STYLE = """
[data-testid="stMainBlockContainer"] { padding-top: 3.25rem; padding-bottom: 4rem; }
[data-testid="stSidebarLogo"], [data-testid="stHeaderLogo"] { height: 1.75rem; max-width: 13rem; }
[class*="st-key-answer-"] p { white-space: pre-wrap; }
[class*="st-key-starter-"] button p { text-align: left; }
[class*="st-key-prompt-"] textarea { min-height: 4.5rem; max-height: 60vh; }
[class*="st-key-prompt-"][class*="-turn-"] textarea { min-height: 7rem; }
"""


def draw() -> None:
    """Put the wordmark and the style in place."""
    st.logo(WORDMARK, size="large", link=None)
    st.html(f"<style>{STYLE}</style>")
