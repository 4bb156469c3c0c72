"""A comparison as one HTML file that needs no network, no server and no trust in its answers.

All that people and models wrote is in the file once, as the escaped text of a plain table, which
is also what is read without scripts and what is printed. The script draws the grid from it and
from the figures beside it. A policy in the file's head allows this script and style, by their
hashes, and nothing else: no fetch, no image, no frame, no form.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from core.comparison import assets
from core.comparison.view_data import View

_COLOURS = """
:root { color-scheme: light dark; }
body { margin: 0; background: var(--st-background-color, #fff); }
@media (prefers-color-scheme: dark) {
  :root { --st-text-color: #eef1f8; --st-background-color: #0e121b; --st-border-color: #2b3346;
    --st-secondary-background-color: #171d2a; --st-primary-color: #2f66e0; --st-link-color: #8fb0ff; }
}
main { max-width: 110rem; margin: 0 auto; padding: clamp(1rem, 3vw, 2.5rem); --wb-height: 92vh; }
main h1 { margin: 0 0 .25rem; font-size: clamp(1.4rem, 3vw, 2rem); line-height: 1.25; overflow-wrap: anywhere; }
main h2 { margin: 0 0 .35rem; font-size: .95rem; }
main .by { margin: 0 0 1.25rem; color: var(--wb-quiet); font-size: .88rem; overflow-wrap: anywhere; }
main .box { margin: 0 0 1rem; padding: .85rem 1.1rem; border-radius: .75rem; background: var(--wb-soft);
  overflow-wrap: anywhere; max-width: 60rem; }
main .box p { margin: .2rem 0; white-space: pre-wrap; }
main .notice { background: var(--wb-notable); }
#plain table { border-collapse: collapse; width: 100%; table-layout: fixed; }
#plain th, #plain td { border: 1px solid var(--wb-line); padding: .5rem .65rem; vertical-align: top;
  text-align: start; overflow-wrap: anywhere; white-space: pre-wrap; font-size: .85rem; }
#plain th[scope=row] { width: 16%; font-weight: 500; background: var(--wb-soft); }
.scripted #plain { display: none; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root { --st-text-color: #000; --st-background-color: #fff; --st-border-color: #999;
    --st-secondary-background-color: #f2f2f2; --st-link-color: #000; color-scheme: light; }
  main { padding: 0; }
  .scripted #plain { display: block; }
  #shown { display: none; }
  #plain thead { display: table-header-group; }
  #plain tr { break-inside: avoid-page; }
  #plain th, #plain td { font-size: 8pt; }
}
"""  # noqa: E501 - a style sheet

# Before the table is there, so that it does not flash up.
_FIRST = "document.documentElement.classList.add('scripted')"

_START = """
const view = JSON.parse(document.getElementById('data').textContent)
const cells = document.querySelectorAll('#plain td')
view.rows.forEach((row, r) => row.cells.forEach((cell, c) => {
  const first = cell.variants?.[0]
  if (first && first.text === null) {
    const place = cells[r * view.columns.length + c]
    first.text = (place.querySelector('.text') ?? place).textContent
  }
}))
const sceneOf = () => Number(/^#scene=(\\d+)$/.exec(location.hash)?.[1] ?? 0)
const shown = mountComparison(document.getElementById('shown'), view, {
  onScene: (scene) => {
    if (scene !== sceneOf()) location.hash = scene ? `scene=${scene}` : ''
  },
  scene: sceneOf()
})
addEventListener('hashchange', () => shown.present(sceneOf()))
"""


def export_html(view: View) -> str:
    """The file's text. `view` is what `view_data.view_of` (or `blinded`) gives."""
    words = view["words"]
    script = f"'use strict';\n(() => {{\n{assets.script()}\n{_START}\n}})()"
    style = f"{assets.style()}\n{_COLOURS}"
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash(_FIRST)} {_hash(script)}; style-src {_hash(style)}"
    )
    title = escape(view["title"])
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(view["language"])}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>{style}</style>",
        f"<script>{_FIRST}</script>",
        "</head>",
        '<body><main class="wb">',
        f"<h1>{title}</h1>",
        f'<p class="by">{escape(words["exported"])} · {escape(view["created"])}</p>',
        *_box(words["memo"], [view["memo"]] if view["memo"] else []),
        *_box(words["notices"], view["notices"], "notice"),
        *_box(words["verdicts"], view["tally"]),
        f'<noscript><p class="box">{escape(words["without_script"])}</p></noscript>',
        '<div id="shown"></div>',
        *_table(view),
        f'<script type="application/json" id="data">{_data(view)}</script>',
        f"<script>{script}</script>",
        "</main></body></html>",
    ]
    return "\n".join(parts)


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _box(heading: str, lines: Iterable[str], kind: str = "") -> Iterator[str]:
    told = [f"<p>{_text(line)}</p>" for line in lines]
    if told:
        yield f'<section class="box {kind}"><h2>{escape(heading)}</h2>{"".join(told)}</section>'


def _table(view: View) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{_heading(column)}</th>' for column in view["columns"])
    yield f'<div id="plain"><table><thead><tr><th></th>{heads}</tr></thead><tbody>'
    for number, row in enumerate(view["rows"], 1):
        cells = "".join(_cell(cell, view["words"]) for cell in row["cells"])
        yield f'<tr><th scope="row">{number}. {_input(row, view["words"])}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _heading(column: View) -> str:
    pieces = [column["letter"], column["title"], column.get("surface"), column.get("model")]
    told = " · ".join(piece for piece in dict.fromkeys(pieces) if piece)
    return _text(told)


def _input(row: View, words: View) -> str:
    pieces = [row["title"]]
    if "message" in row and row["message"] != row["title"]:
        pieces.append(row["message"])
    else:
        pieces += [f"{name}: {value}" for name, value in row.get("values", ())]
    if "reference" in row:
        pieces.append(f"{words['reference']}: {row['reference']}")
    return _text("\n".join(pieces))


def _cell(cell: View, words: View) -> str:
    """The first wording; the others are in the data. `.text` sets it off where more is said."""
    variants = cell.get("variants") or [{}]
    first = variants[0]
    text, problem = first.get("text"), first.get("problem")
    more = []
    if cell.get("answers", 0) > 1:
        more.append(words["distinct"].format(distinct=cell["distinct"], answers=cell["answers"]))
    if problem:
        more.append(problem)
    if text is None:
        return f"<td>{_text(' · '.join(more) or words['waiting'])}</td>"
    if not more:
        return f"<td>{_text(text)}</td>"
    return f'<td><span class="text">{_text(text)}</span>\n[{_text(" · ".join(more))}]</td>'


def _text(text: str) -> str:
    # A parser would turn a carriage return into a line feed, and drop NUL.
    return escape(text, quote=False).replace("\r", "&#13;").replace("\0", "\ufffd")


def _data(view: View) -> str:
    """JSON that is safe inside a script element; first wordings are read from the table."""
    rows = [row | {"cells": [_without_text(cell) for cell in row["cells"]]} for row in view["rows"]]
    # The heading has told these.
    rest = {k: v for k, v in view.items() if k not in ("memo", "notices", "tally", "created")}
    data = json.dumps(rest | {"rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return (
        data.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _without_text(cell: View) -> View:
    variants: list[dict[str, Any]] = cell.get("variants") or []
    if not variants or "text" not in variants[0]:
        return cell
    return cell | {"variants": [variants[0] | {"text": None}, *variants[1:]]}
