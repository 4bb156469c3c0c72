"""The answers of an item in large text: what differs is marked, and passages can be marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.records.review import Highlight
from core.review.telling import pieces
from pages.ui.language import _
from pages.ui.text import has_hidden, visible

# Built with textContent only: the texts are data and cannot become markup. One colour for both
# sides, since red and green would tell which of the two is thought of as the old one.
_SHEET = st.components.v2.component(
    "workbench_review_sheet",
    html="<div id='sheet'></div>",
    css="""
#sheet { display: grid; gap: 1rem; grid-template-columns: repeat(var(--sides), 1fr); }
@media (max-width: 640px) { #sheet { grid-template-columns: 1fr; } }
.side { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.8; font-size: 1.15rem;
  padding: 1rem 1.15rem; border-radius: .6rem; border: 1px solid var(--st-border-color);
  background: var(--st-secondary-background-color); color: var(--st-text-color); }
.name { font-size: .95rem; font-weight: 600; margin-bottom: .35rem; color: var(--st-text-color); }
.other { background: rgba(234, 179, 8, .22); border-radius: .2rem; }
.tells { background: rgba(234, 179, 8, .42); border-radius: .2rem; font-weight: 700; }
.marked { text-decoration: underline 3px var(--st-primary-color); text-underline-offset: .25em; }
button { font: inherit; font-size: .85rem; margin: .4rem .4rem 0 0; padding: .3rem .7rem;
  cursor: pointer; border-radius: .6rem; border: 1px solid var(--st-border-color);
  background: transparent; color: var(--st-text-color); }
button:disabled { opacity: .5; cursor: default; }
""",
    js="""
export default function ({ data, parentElement, setStateValue }) {
  const sheet = parentElement.querySelector('#sheet')
  sheet.style.setProperty('--sides', data.sides.length)
  // Marks live as long as the item is shown; another item begins with what it was given.
  if (sheet.dataset.item !== data.item) {
    sheet.dataset.item = data.item
    sheet.marks = data.marks.map((one) => [...one])
  }
  const tell = () => {
    setStateValue('marks', { item: data.item, marks: sheet.marks })
    draw()
  }
  const points = (text) => Array.from(text).length
  // The selected passage when it lies within this text, else null.
  const selected = (text) => {
    const root = parentElement.getRootNode()
    const chosen = (root.getSelection ? root.getSelection() : null) || document.getSelection()
    if (!chosen || !chosen.rangeCount) return null
    const ranges = chosen.getComposedRanges
      ? chosen.getComposedRanges({ shadowRoots: [root] }) : [chosen.getRangeAt(0)]
    const range = ranges[0]
    const inside = (node) => text.contains(node)
    if (!range || !inside(range.startContainer) || !inside(range.endContainer)) return null
    const measure = document.createRange()
    measure.selectNodeContents(text)
    measure.setEnd(range.startContainer, range.startOffset)
    const start = points(measure.toString())
    measure.setEnd(range.endContainer, range.endOffset)
    const end = points(measure.toString())
    return end > start ? [start, end] : null
  }
  // A button that would do nothing looks so. One listener for the life of the sheet.
  sheet.look = () => parentElement.querySelectorAll('button.add').forEach((add) => {
    add.disabled = !selected(add.previousElementSibling)
  })
  if (!sheet.watched) {
    sheet.watched = true
    document.addEventListener('selectionchange', () => sheet.look())
  }
  const draw = () => sheet.replaceChildren(...data.sides.map((side, number) => {
    const box = document.createElement('div')
    if (side.name) {
      const name = document.createElement('div')
      name.className = 'name'
      name.textContent = side.name
      box.append(name)
    }
    const text = document.createElement('div')
    text.className = 'side'
    text.lang = ''
    const mine = sheet.marks.filter(([answer]) => answer === number)
    let place = 0
    for (const [kind, piece, tells] of side.spans) {
      let run = ''
      let before = null
      const flush = () => {
        if (!run) return
        const span = document.createElement('span')
        span.className = [
          tells ? 'tells' : kind === 'other' ? 'other' : '', before ? 'marked' : '',
        ].join(' ').trim()
        span.textContent = run
        text.append(span)
        run = ''
      }
      for (const character of Array.from(piece)) {
        const marked = mine.some(([, start, end]) => start <= place && place < end)
        if (marked !== before) { flush(); before = marked }
        run += character
        place += 1
      }
      flush()
    }
    box.append(text)
    if (!data.words) return box
    const add = document.createElement('button')
    add.type = 'button'
    add.className = 'add'
    add.disabled = true
    add.textContent = data.words.mark
    // Else the press would take the selection away before it can be read.
    add.onpointerdown = (event) => event.preventDefault()
    add.onclick = () => {
      const passage = selected(text)
      if (!passage) return
      sheet.marks.push([number, ...passage])
      tell()
    }
    box.append(add)
    if (mine.length) {
      const clear = document.createElement('button')
      clear.type = 'button'
      clear.textContent = data.words.clear
      clear.onclick = () => {
        sheet.marks = sheet.marks.filter(([answer]) => answer !== number)
        tell()
      }
      box.append(clear)
    }
    return box
  }))
  draw()
}
""",
)


def show(
    answers: Sequence[str], names: Sequence[str], item: str, marks: Sequence[Highlight] = ()
) -> tuple[Highlight, ...]:
    """Draw one answer or two; returns the passages marked so far. `item` tells items apart."""
    found = _SHEET(
        data={
            "item": item,
            "sides": [
                {"name": name, "spans": spans}
                for name, spans in zip(names, _spans(answers), strict=True)
            ],
            "marks": [[one.answer, one.start, one.end] for one in marks],
            "words": {"mark": _("Mark the selected text"), "clear": _("Take the marks off")},
        },
        default={"marks": None},
        on_marks_change=lambda: None,
        key="review.sheet",
    )
    if any(has_hidden(text) for text in answers):
        st.caption(_("An answer holds invisible or direction-changing characters."))
    if len(answers) == 2 and answers[0] != answers[1]:
        st.caption(_("Coloured: what only one of them has. Bold: numbers, names and polite words "
                     "among it."))  # fmt: skip
    told = found.get("marks")
    # One component for all items, so that the next one is drawn at once; what it last told may
    # be about the item before.
    if isinstance(told, dict) and told.get("item") == item:
        return _highlights(told.get("marks"), answers)
    return tuple(marks)


def texts(answers: Sequence[str], names: Sequence[str], key: str) -> None:
    """Draw them to be read only."""
    _SHEET(
        data={
            "item": key,
            "sides": [
                {"name": visible(name), "spans": spans}
                for name, spans in zip(names, _spans(answers), strict=True)
            ],
            "marks": [],
            "words": None,
        },
        default={"marks": None},
        on_marks_change=lambda: None,
        key=key,
    )


def _spans(texts: Sequence[str]) -> list[list[list[str]]]:
    if len(texts) != 2 or texts[0] == texts[1]:
        return [[["same", text, ""]] for text in texts]
    return [
        [["other" if one.other else "same", one.text, one.tells or ""] for one in side]
        for side in pieces(texts[0], texts[1])
    ]


def _highlights(value: Any, texts: Sequence[str]) -> tuple[Highlight, ...]:
    """What the browser sent, as far as it fits the texts: anybody can send anything."""
    kept = []
    for one in value if isinstance(value, list) else ():
        match one:
            case [int(answer), int(start), int(end)] if 0 <= answer < len(texts):
                if 0 <= start < end <= len(texts[answer]):
                    kept.append(Highlight(answer, start, end))
            case _:
                continue
    return tuple(kept[:50])
