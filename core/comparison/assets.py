"""The script and the style of the grid and the presenter, each as one text.

The modules in `view/` import each other by name. A page's component and the exported file take
them as one script without imports, so the names in them are unique.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

VIEW = Path(__file__).resolve().parent / "view"
# In the order in which they build on each other.
SCRIPTS = ("difference.js", "parts.js", "cell.js", "grid.js", "present.js", "compare.js")
STYLES = ("grid.css", "present.css")

_IMPORT = re.compile(r"^import [^;]*? from '[^']+'\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|class)", re.MULTILINE)


@cache
def script() -> str:
    """All modules as one script; it defines `mountComparison(host, view, hooks)`."""
    sources = ((VIEW / name).read_text("utf-8") for name in SCRIPTS)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", source)) for source in sources)


@cache
def component() -> str:
    """The script as the module of a Streamlit component with an element `.wb-host`.

    `data.view` is shown. With `data.actions` (True, or the types of which buttons are wanted)
    what the reader asks for comes back as the trigger `action`: `{type, row, column, run}`, and
    `{type: "scene", scene}` when the presenter shows another scene or, with 0, closes. `data.scene`
    opens the presenter.
    """
    return f"{script()}\n{_COMPONENT}"


@cache
def style() -> str:
    """The style sheet; colours follow Streamlit's theme where there is one."""
    return "\n".join((VIEW / name).read_text("utf-8") for name in STYLES)


_COMPONENT = """
const mounted = new WeakMap()
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector('.wb-host')
  const scene = data.scene ?? 0
  const before = mounted.get(host)
  if (before) {
    before.trigger = setTriggerValue
    before.shown.update(data.view)
    if (scene !== before.scene && scene !== before.shown.scene()) before.shown.present(scene)
    before.scene = scene
    return
  }
  const one = { trigger: setTriggerValue, scene }
  one.shown = mountComparison(host, data.view, {
    onAction: data.actions ? (action) => one.trigger('action', action) : undefined,
    actions: data.actions === true ? ALL_ACTIONS : data.actions,
    scene
  })
  mounted.set(host, one)
}
"""
