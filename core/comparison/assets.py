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
def style() -> str:
    """The style sheet; colours follow Streamlit's theme where there is one."""
    return "\n".join((VIEW / name).read_text("utf-8") for name in STYLES)
