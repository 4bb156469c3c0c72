"""Shows two texts with what was taken out and what was put in."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.prompts.difference import difference
from pages.ui.language import _
from pages.ui.text import visible

# Built with textContent only: the texts are data and cannot become markup.
_VIEW = st.components.v2.component(
    "workbench_difference",
    html="<div id='room'><div id='pair'></div></div>",
    css="""
#room { container-type: inline-size; }
#pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
@container (max-width: 560px) { #pair { grid-template-columns: 1fr; } }
.side { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; line-height: 1.7;
  padding: .75rem 1rem; border-radius: .5rem; background: var(--st-secondary-background-color);
  color: var(--st-text-color); font-size: .95rem; margin: 0; }
.name { font-size: .85rem; opacity: .75; margin-bottom: .25rem; color: var(--st-text-color); }
del { background: rgba(220, 38, 38, .22); text-decoration: line-through; border-radius: .2rem; }
ins { background: rgba(22, 163, 74, .25); text-decoration: none; border-radius: .2rem; }
""",
    js="""
export default function ({ data, parentElement }) {
  const pair = parentElement.querySelector('#pair')
  pair.replaceChildren(...data.sides.map((side) => {
    const box = document.createElement('div')
    const name = document.createElement('div')
    name.className = 'name'
    name.textContent = side.name
    const text = document.createElement('div')
    text.className = 'side'
    for (const [kind, piece] of side.spans) {
      const tag = kind === 'removed' ? 'del' : kind === 'added' ? 'ins' : 'span'
      const span = document.createElement(tag)
      span.textContent = piece
      text.append(span)
    }
    box.append(name, text)
    return box
  }))
}
""",
)


def show(left: str, right: str, names: tuple[str, str], key: str) -> None:
    """Both texts side by side, changed characters marked."""
    if left == right:
        st.caption(_("The two are identical."))
        return
    found = difference(visible(left), visible(right))
    sides: list[dict[str, Any]] = [
        {"name": name, "spans": [[span.kind, span.text] for span in spans]}
        for name, spans in zip(names, (found.left, found.right), strict=True)
    ]
    _VIEW(data={"sides": sides}, key=f"difference.{key}")
