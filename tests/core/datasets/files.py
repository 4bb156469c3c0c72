"""Files that people upload, and some that nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

TRIAGE = 'id,問い合わせ,ラベル\n1,"ログイン, できない",高\n2,ありがとう,低\n'


def xlsx(*rows: Sequence[Any], other: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if other:
        book.create_sheet(other).append([other])
        book.worksheets[1].append(["x"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet(**columns: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def repeated(text: str, rows: int) -> bytes:
    """A Parquet file of a few kilobytes that is as long as one likes."""
    return parquet(text=pa.DictionaryArray.from_arrays([0] * rows, [text]))


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, content)
    return file.getvalue()


SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData>%s</sheetData></worksheet>'
)


def with_sheet(rows: bytes) -> bytes:
    return with_part(xlsx(["a"], ["b"]), "xl/worksheets/sheet1.xml", SHEET % rows)
