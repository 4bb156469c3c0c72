"""Text that people and models wrote. It is data: never HTML, never a remote image."""

from __future__ import annotations

import re
import unicodedata

import streamlit as st

from pages.ui.language import _

_MARKDOWN = "\\`*_{}[]()#+-.!|<>~$:&"
_FENCE = re.compile(r"(?m)^([ \t>]*(?:`{3,}|~{3,}))[ \t]*\w[^\n]*$")
_LINK = re.compile(r"\[([^\]\n]{0,500})\]\(\s*<?([^)\s>]{1,2000})>?[^)\n]{0,300}\)")
_REFERENCE = re.compile(r"(?m)^[ \t]{0,3}\[[^\]\n]{1,200}\]:[^\n]*$")
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp|mailto|file|data|javascript|vbscript):")
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2060\ufeff\U000e0000-\U000e007f]")
WORD_JOINER = "\u2060"


def label(text: str, most: int = 80) -> str:
    """Any text for a label, title, option or toast: one line, nothing in it is Markdown.

    `most` counts columns: a Japanese character takes two.
    """
    line = " ".join(visible(text).split())
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in shortened(line, most))


def shortened(line: str, most: int) -> str:
    """The beginning of a line that fits into so many columns."""
    width = 0
    for place, character in enumerate(line):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > most:
            return line[:place] + "…"
    return line


def visible(text: str) -> str:
    """Characters that hide or turn text are shown by their code point."""
    return _HIDDEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text)


def has_hidden(text: str) -> bool:
    """Whether there are characters that hide or turn text."""
    return bool(_HIDDEN.search(text))


def sanitised(text: str) -> str:
    """Markdown without images, links, diagrams, formulas and HTML; a link shows its address."""
    safe = visible(text)
    safe = safe.replace("![", f"!{WORD_JOINER}[")
    safe = _REFERENCE.sub(lambda m: m[0].replace("[", "\\[", 1), safe)
    safe = _LINK.sub(lambda m: f"{m[1]} ({m[2]})", safe)
    safe = _FENCE.sub(r"\1text", safe)
    safe = safe.replace("<", "\\<").replace("$", "\\$")
    safe = _BARE_LINK.sub(lambda m: f"{m[1]}:{WORD_JOINER}", safe)
    # `:red[...]`, `:material/...:` and shortcodes are Streamlit's own.
    return re.sub(r":(?=[a-z_-]+[\[/:])", ":" + WORD_JOINER, safe)


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
