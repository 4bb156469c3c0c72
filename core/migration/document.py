"""A document for print: headed sections of paragraphs, tables and marked differences. Pure."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from core.prompts.difference import Span


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text; `strong` for what decides."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under a head; an empty head draws none, as for pairs of name and value."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """One text before and after, with what was taken out and put in."""

    title: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    title: str
    parts: tuple[Paragraph | Table | Marked, ...]


SHORT = 12
"""Narrow characters that stay on one line; a Japanese one is as wide as two."""
LONGEST_WORD = 18
"""Longer ones are broken anywhere."""
WIDEST = 72
"""Narrow characters that a line of a page holds; in wider tables words are broken anywhere."""
_WORD = re.compile(r"[!-~]+?(?:-|(?=[^!-~]|$))")
"""What is not broken unless it must: up to a hyphen, a space, or a script without spaces."""
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.65 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", sans-serif;
  color: #0b0f19; background: #fff; max-width: 56rem; margin: 2.5rem auto; padding: 0 1.5rem;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
:lang(ja) > body { font-family: "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic",
  system-ui, sans-serif; line-break: strict; }
:lang(ja) :is(h1, h2, h3, th) { word-break: auto-phrase; }
h1 { font-size: 1.7rem; line-height: 1.3; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-bottom: .25rem;
  border-bottom: 1px solid #dfe4ee; }
.by { color: #5b6474; margin: 0 0 1.5rem; }
p { margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
p.strong { font-weight: 650; background: #eef3ff; border-radius: .5rem; padding: .7rem 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .92rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem; overflow-wrap: anywhere;
  border-bottom: 1px solid #dfe4ee; white-space: pre-wrap; }
th { background: #f4f6fb; font-weight: 600; overflow-wrap: break-word; }
td.short { white-space: nowrap; }
td.words { overflow-wrap: break-word; }
.marked { background: #f4f6fb; border-radius: .5rem; padding: .7rem 1rem; white-space: pre-wrap;
  overflow-wrap: anywhere; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
del { background: #fbd5d5; } ins { background: #c9f0d5; }
@media print {
  @page { size: A4; margin: 16mm; @bottom-right { content: counter(page) " / " counter(pages);
    font: 8pt system-ui, sans-serif; color: #5b6474; } }
  body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }
  th, td { padding: .35rem .45rem; }
  h2, h3, h2 + p:has(+ :is(table, h3)) { break-after: avoid; }
  tr { break-inside: avoid; }
  tbody tr:first-child:not(:last-child) { break-after: avoid; }
  tbody tr:last-child:not(:first-child) { break-before: avoid; }
  p { orphans: 2; widows: 2; }
}
"""


def as_html(title: str, by: str, sections: Iterable[Section], language: str) -> str:
    """One file that needs no network and runs no script. Every text is escaped."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    body = "\n".join(piece for section in sections for piece in _section(section))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="by">{escape(by)}</p>\n{body}\n</body>\n</html>\n'
    )


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    for part in section.parts:
        if isinstance(part, Paragraph):
            kind = ' class="strong"' if part.strong else ""
            yield f"<p{kind}>{escape(part.text)}</p>"
        elif isinstance(part, Table):
            yield _table(part)
        else:
            yield f"<h3>{escape(part.title)}</h3>" if part.title else ""
            yield f'<div class="marked">{"".join(map(_span, part.spans))}</div>'


def _table(table: Table) -> str:
    columns = itertools.zip_longest(*table.rows, fillvalue="")
    whole = sum(max(map(_least, column)) for column in columns) <= WIDEST
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(f"<tr>{_cells(row, bool(table.head), whole)}</tr>" for row in table.rows)
    return (
        f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{rows}</tbody></table>"
    )


def _cells(row: Sequence[str], headed: bool, whole: bool) -> str:
    name, rest = "".join(row[:1]), "".join(_cell(text, whole) for text in row[1:])
    return (_cell(name, whole) if headed else f'<th scope="row">{escape(name)}</th>') + rest


def _cell(text: str, whole: bool) -> str:
    """A date or a number stays on its line; with room for it, a name is broken between words."""
    kind = ""
    if _width(text) <= SHORT:
        kind = ' class="short"'
    elif whole and _longest_word(text) <= LONGEST_WORD:
        kind = ' class="words"'
    return f"<td{kind}>{escape(text)}</td>"


def _least(text: str) -> int:
    """The least width of a cell that is not broken where it should not be."""
    width, longest = _width(text), _longest_word(text)
    return width if width <= SHORT else longest if longest <= LONGEST_WORD else 1


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def _longest_word(text: str) -> int:
    return max(map(len, _WORD.findall(text)), default=1)


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.kind == "equal":
        return text
    return f"<del>{text}</del>" if span.kind == "removed" else f"<ins>{text}</ins>"
