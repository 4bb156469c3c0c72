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
export default function ({ data, parentElement }) {
  const row = parentElement.querySelector('#row')
  const save = (url, ending) => {
    const link = document.createElement('a')
    link.href = url
    link.download = data.name + ending
    link.click()
  }
  const drawing = () => {
    const shown = document.querySelector('.' + data.place + ' svg')
    if (!shown) return null
    const copy = shown.cloneNode(true)
    const box = shown.getBoundingClientRect()
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    copy.setAttribute('width', box.width)
    copy.setAttribute('height', box.height)
    const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
    back.setAttribute('width', '100%')
    back.setAttribute('height', '100%')
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
