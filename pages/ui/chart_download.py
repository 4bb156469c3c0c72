"""Saves a chart that the page shows as SVG or PNG, drawn by the browser itself."""

from __future__ import annotations

import streamlit as st

from pages.ui.language import _

# Vega draws SVG into the page; it is copied as it stands, with the page's background behind it.
_BUTTONS = st.components.v2.component(
    "workbench_chart_download",
    html="<div id='row'></div>",
    css="""
#row { display: flex; gap: .4rem; justify-content: flex-end; }
button { font: inherit; font-size: .85rem; padding: .2rem .7rem; cursor: pointer;
  border-radius: .6rem; border: 1px solid var(--st-border-color); background: transparent;
  color: var(--st-text-color); }
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
""",
    js="""
const EDGE = 64
export default function ({ data, parentElement }) {
  const row = parentElement.querySelector('#row')
  const save = (url, ending) => {
    const link = document.createElement('a')
    link.href = url
    link.download = data.name + ending
    link.click()
  }
  const drawing = () => {
    const shown = document.querySelector('.' + data.place + ' svg.marks')
    if (!shown) return null
    const copy = shown.cloneNode(true)
    const { width, height } = shown.getBoundingClientRect()
    // Alone, the picture is set in another font than the page; its labels may be wider.
    const box = { x: -EDGE, y: -EDGE / 4, width: width + 2 * EDGE, height: height + EDGE / 2 }
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    copy.setAttribute('width', box.width)
    copy.setAttribute('height', box.height)
    copy.setAttribute('viewBox', [box.x, box.y, box.width, box.height].join(' '))
    const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
    for (const side of ['x', 'y', 'width', 'height']) back.setAttribute(side, box[side])
    back.setAttribute('fill', getComputedStyle(parentElement.host || parentElement)
      .getPropertyValue('--st-background-color') || 'white')
    copy.insertBefore(back, copy.firstChild)
    return { text: new XMLSerializer().serializeToString(copy), box }
  }
  const address = (text) => 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text)
  const svg = () => { const one = drawing(); if (one) save(address(one.text), '.svg') }
  const png = () => {
    const one = drawing()
    if (!one) return
    const image = new Image()
    image.onload = () => {
      const canvas = document.createElement('canvas')
      canvas.width = 2 * one.box.width
      canvas.height = 2 * one.box.height
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
      save(canvas.toDataURL('image/png'), '.png')
    }
    image.src = address(one.text)
  }
  row.replaceChildren(...[['SVG', svg], ['PNG', png]].map(([kind, work]) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = kind
    button.title = data.help.replace('KIND', kind)
    button.onclick = work
    return button
  }))
}
""",
)


def buttons(place: str, name: str) -> None:
    """Two buttons for the chart in the container with the key `place`."""
    _BUTTONS(
        data={
            "place": "st-key-" + place.replace(".", "-"),
            "name": name,
            "help": _("Save the chart as {kind}").format(kind="KIND"),
        },
        key=f"download.{place}",
    )
