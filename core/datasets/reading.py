"""Any uploaded file to a table: what it is, how it is read, and its rows, before it is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.datasets.apart import read_apart
from core.datasets.csv_reading import NO_DELIMITER, read_csv, sniff_delimiter
from core.datasets.encodings import decode, sniff
from core.datasets.jsonl_reading import read_jsonl
from core.datasets.raw_row import RawRow
from core.datasets.table import MOST_BYTES, Collector, Table
from core.errors import InvalidInput

FileKind = Literal["csv", "jsonl", "json", "xlsx", "parquet"]


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file was understood. `encoding` and `delimiter` are empty where there are none."""

    name: str
    kind: FileKind
    table: Table
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What the user decides instead of the sniffing; empty leaves it to that."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


def read_file(
    data: bytes,
    name: str,
    how: ReadAs = ReadAs(),
    clock: Callable[[], float] = time.monotonic,
) -> Preview:
    """Read all of it. The kind is told by the content, not by the name. Raises InvalidInput."""
    if not data.strip():
        raise InvalidInput("The file {name} is empty.", name=name)
    if len(data) > MOST_BYTES:
        raise InvalidInput(
            "The file {name} has {megabytes} MB; at most {most} MB can be uploaded. Divide it.",
            name=name,
            megabytes=round(len(data) / 2**20, 1),
            most=MOST_BYTES // 2**20,
        )
    into = Collector(clock)
    if data.startswith(b"PK\x03\x04"):
        return _read_xlsx(data, name, how.sheet, into)
    if data.startswith(b"PAR1"):
        rows = read_apart(data, "parquet")
        names = into.header(_by_place(next(rows)))
        for row in rows:
            into.cells(row.number, names, _by_place(row))
        return Preview(name, "parquet", into.table())
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            "{name} is an old Excel file or is protected by a password. Save it as XLSX or CSV.",
            name=name,
        )
    return _read_text(data, name, how, into)


def _read_text(data: bytes, name: str, how: ReadAs, into: Collector) -> Preview:
    encoding = how.encoding or sniff(data)
    text = decode(data, encoding)
    if re.match(r"\s*\{", text) and not how.delimiter:
        read_jsonl(text, into)
        return Preview(name, "jsonl", into.table(), encoding)
    if re.match(r"\s*\[\s*\{", text) and not how.delimiter:
        for row in read_apart(text.encode(), "json"):
            if isinstance(row.cells, dict):
                into.fields(row.number, row.cells)
        return Preview(name, "json", into.table(), encoding)
    delimiter = how.delimiter or sniff_delimiter(text)
    read_csv(text, delimiter, into)
    shown = "" if delimiter == NO_DELIMITER else delimiter
    return Preview(name, "csv", into.table(), encoding, shown)


def _read_xlsx(data: bytes, name: str, sheet: str, into: Collector) -> Preview:
    rows = read_apart(data, "xlsx", sheet)
    sheets = tuple(cell or "" for cell in _by_place(next(rows)))
    names: list[str] | None = None
    for row in rows:
        cells = _by_place(row)
        if names is not None:
            # Spreadsheets leave empty cells at the end of a row out.
            into.cells(row.number, names, [*cells, *[None] * (len(names) - len(cells))])
        elif any(cells):
            names = into.header(cells)
    chosen = sheet if sheet in sheets else sheets[0]
    return Preview(name, "xlsx", into.table(), sheet=chosen, sheets=sheets)


def _by_place(row: RawRow) -> list[str | None]:
    return list(row.cells)
