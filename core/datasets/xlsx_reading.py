"""XLSX by openpyxl, row after row, after a look at what it will unpack to."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from core.datasets.raw_row import RawRow
from core.errors import InvalidInput

MOST_SHEET = 200 * 2**20
"""Bytes that a sheet may unpack to; it is read piece by piece."""
MOST_PART = 40 * 2**20
"""The same for parts that are read at once, such as the texts that cells share."""
MOST_PARTS = 2_000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError,
    IndexError, EOFError, OSError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises, depending on which part of the file is damaged."""


def xlsx_rows(data: bytes, sheet: str) -> Iterator[RawRow]:
    """First the names of the sheets as row 0, then the rows of the one chosen, or the first."""
    number = 0
    try:
        refuse_bomb(data)
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        names = [one.title for one in book.worksheets]
        yield RawRow(0, names)
        chosen = book[sheet] if sheet in names else book.worksheets[0]
        # What the file says about its size is not to be relied on: each row is as long as it is.
        chosen.reset_dimensions()
        for number, row in enumerate(chosen.iter_rows(values_only=True), 1):
            cells = _texts(row)
            if cells:
                yield RawRow(number, cells)
    except _BROKEN as error:
        raise InvalidInput(
            "Row {row}: the file is damaged or is no XLSX workbook ({problem}). Open it in a "
            "spreadsheet program and save it again, or save it as CSV.",
            row=number + 1,
            problem=str(error)[:100] or type(error).__name__,
        ) from error


def refuse_bomb(data: bytes) -> None:
    """InvalidInput when the parts would unpack to more than is sensible."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise _too_large(f"{len(parts)} parts")
        for part in parts:
            is_sheet = part.filename.startswith("xl/worksheets/sheet")
            if part.file_size > (MOST_SHEET if is_sheet else MOST_PART):
                raise _too_large(f"{part.filename}: {part.file_size // 2**20} MB")
            if part.filename.endswith(".xml"):
                with archive.open(part) as file:
                    # Entities can unpack without end, and no spreadsheet program writes them.
                    if b"<!" in file.read(2_000):
                        raise _too_large(f"{part.filename}: <!DOCTYPE")


def _too_large(what: str) -> InvalidInput:
    return InvalidInput(
        "The workbook unpacks to more than can be read here ({what}). Save the sheet as CSV.",
        what=what,
    )


def _texts(row: tuple[Any, ...]) -> list[str | None]:
    cells = [_text(cell) for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
