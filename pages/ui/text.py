"""Text that people and models wrote. It is data: never HTML, never a remote image."""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = "\\`*_{}[]()#+-.!|<>~$:&"
_FENCE = re.compile(r"(?m)^([ \t>]*(?:`{3,}|~{3,}))[ \t]*\w[^\n]*$")
_LINK = re.compile(r"\[([^\]\n]{0,500})\]\(\s*<?([^)\s>]{1,2000})>?[^)\n]{0,300}\)")
_REFERENCE = re.compile(r"(?m)^[ \t]{0,3}\[[^\]\n]{1,200}\]:[^\n]*$")
# What Markdown turns into a link by itself: an address with a scheme, `www.` and e-mail.
_BARE_LINK = re.compile(
    r"(?i)(?:https?|ftp|mailto|xmpp|file|data|javascript|vbscript):|www(?=\.)|(?<=[\w.+-])@"
)
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2060\ufeff\U000e0000-\U000e007f]")
WORD_JOINER = "\u2060"


def label(text: str, most: int = 80) -> str:
    """Any text for a label, title, option or toast: one line, nothing in it is Markdown.

    `most` counts columns: a Japanese character takes two.
    """
    line = unlinked(shortened(" ".join(visible(text).split()), most))
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in line)


def code(text: str, most: int = 80) -> str:
    """Any text as code for a label: one line; nothing is escaped, for inside code no mark works."""
    line = shortened(" ".join(visible(text).split()), most)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


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


def unlinked(text: str) -> str:
    """Addresses in the text stay readable but do not become links."""
    return _BARE_LINK.sub(lambda m: f"{m[0]}{WORD_JOINER}", text)


def sanitised(text: str) -> str:
    """Markdown without images, links, diagrams, formulas and HTML; a link shows its address."""
    safe = visible(text)
    safe = safe.replace("![", f"!{WORD_JOINER}[")
    safe = _REFERENCE.sub(lambda m: m[0].replace("[", "\\[", 1), safe)
    safe = _LINK.sub(lambda m: f"{m[1]} ({m[2]})", safe)
    safe = _FENCE.sub(r"\1text", safe)
    safe = safe.replace("<", "\\<").replace("$", "\\$")
    safe = unlinked(safe)
    # `:red[...]`, `:material/...:` and shortcodes are Streamlit's own.
    return re.sub(r":(?=[a-z_-]+[\[/:])", ":" + WORD_JOINER, safe)
