"""CSV, TSV and their relatives."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from core.datasets.encodings import lines
from core.datasets.table import LONGEST_CELL, Collector
from core.errors import InvalidInput

DELIMITERS = (",", "\t", ";", "|")
NO_DELIMITER = "\x1f"
"""For files of one column: a character that separates units and is in no text."""
_ROWS = 50
_HEAD = 256 * 1024


def sniff_delimiter(text: str) -> str:
    """The one that cuts most rows into as many cells as the header has; none for one column."""
    head = text[:_HEAD]
    best = max(DELIMITERS, key=lambda delimiter: _fit(head, delimiter))
    return best if _fit(head, best)[1] > 1 else NO_DELIMITER


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Share of the first rows that are as wide as the header, and that width."""
    widths = []
    try:
        widths += [len(row) for row in islice(_rows(text, delimiter, strict=False), _ROWS) if row]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] == 1:
        return (0.0, 0)
    return Counter(widths)[widths[0]] / len(widths), widths[0]


def read_csv(text: str, delimiter: str, into: Collector) -> None:
    """The rows; the first one that is not empty is the header."""
    try:
        _read(text, delimiter, into, strict=_is_strict(text, delimiter))
    except csv.Error as error:
        raise InvalidInput("The file cannot be read as CSV ({problem}).", problem=error) from error


def _read(text: str, delimiter: str, into: Collector, *, strict: bool) -> None:
    names: list[str] | None = None
    number = 0
    if not strict:
        into.note(InvalidInput(
            "Some quotation marks are not as CSV needs them; cells near them may be cut wrongly. "
            "Look at the rows before you import them."
        ))  # fmt: skip
    rows = _rows(text, delimiter, strict=strict)
    while True:
        number += 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            if "field limit" not in str(error):
                raise
            raise InvalidInput(
                "Row {row} has a cell of more than {most} characters. Shorten it, or close the "
                "quotation mark before it.",
                row=number,
                most=LONGEST_CELL,
            ) from error
        if cells is None:
            return
        if names is not None:
            into.cells(number, names, cells)
        elif any(cells):
            names = into.header(cells)


def _is_strict(text: str, delimiter: str) -> bool:
    """Whether every quotation mark is where CSV wants it."""
    if '"' not in text:
        return True
    try:
        for _ in _rows(text, delimiter, strict=True):
            pass
    except csv.Error as error:
        return "field limit" in str(error)
    return True


def _rows(text: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    # The limit belongs to the process, and the standard one is less than what is allowed here.
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines(text), delimiter=delimiter, strict=strict)
