"""What a reviewer is shown of an item: what was asked, the reference, the answer or the two."""

from __future__ import annotations

import streamlit as st

from core.records.review import Handed, Highlight
from pages.ui.language import _
from pages.ui.review import sheet as review_sheet
from pages.ui.text import label, sanitised, visible

# Large enough for a phone at arm's length; choices fill the line and can be hit by a thumb.
STYLE = """
[class*="st-key-review-text"] p, [class*="st-key-review-side"] p,
[class*="st-key-review-text"] li, [class*="st-key-review-side"] li
  { font-size: 1.15rem; line-height: 1.8; }
[class*="st-key-review-text"] p, [class*="st-key-review-side"] p
  { white-space: pre-wrap; overflow-wrap: anywhere; }
.st-key-review-choices button, .st-key-review-skips button
  { min-height: 3.25rem; }
.st-key-review-choices button p, .st-key-review-lines button p { font-size: 1.05rem; }
.st-key-review-lines button { min-height: 3rem; }
.st-key-review-lines [class*="st-key-review-line-"] button { justify-content: flex-start; }
@media (max-width: 640px) {
  .st-key-review-choices > div { flex: 1 1 44%; }
  .st-key-review-skips > div { flex: 1 1 100%; }
}
/* Where there is no keyboard, nothing should speak of keys. */
@media (hover: none) and (pointer: coarse) {
  .st-key-review-keys, .st-key-review-choices kbd, .st-key-review-skips kbd,
  .st-key-review-lines kbd, .st-key-review-actions kbd { display: none; }
}
"""
INPUTS = ("prompt", "input", "question", "context")


def item(handed: Handed, plain: bool) -> tuple[Highlight, ...]:
    """All of it; returns the passages that were marked. `plain` shows answers as typed."""
    fields = {name: text for name, text in handed.fields.items() if text.strip()}
    for name, text in fields.items():
        title = _("What was asked") if len(fields) == 1 or name in INPUTS else visible(name)
        block(title, text, f"review.text.{name}")
    if handed.reference:
        block(_("A good answer"), handed.reference, "review.text.reference")
    names = [_("Left answer"), _("Right answer")] if handed.kind == "pair" else [_("The answer")]
    before = handed.before.highlights if handed.before else ()
    if plain:
        return review_sheet.show(handed.answers, names, handed.lease_id, before)
    for number, side in enumerate(st.columns(len(handed.answers), gap="medium")):
        with side, st.container(border=True, key=f"review.side.{number}"):
            st.markdown(f"**{label(names[number])}**")
            st.markdown(sanitised(handed.answers[number]) or " ")
    return before


def block(title: str, text: str, key: str) -> None:
    """A text with its name, line breaks kept."""
    with st.container(key=key, gap=None):
        st.caption(label(title))
        # A backslash at a line's end would be a break of Markdown's own.
        st.markdown("\n\n".join(_paragraph(part) for part in visible(text).split("\n\n")))


def _paragraph(text: str) -> str:
    return "\n".join(label(line, most=20_000) for line in text.split("\n"))
