"""Which encoding a text file is in, and where it is not."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from core.errors import InvalidInput

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "cp932": "CP932 (Shift_JIS)",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
}
"""Python's names, and how they are shown."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOK = 64 * 1024
# Python reads bytes that CP932 does not use as these, so that no byte fails.
_NOT_IN_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")


def sniff(data: bytes) -> str:
    """By its mark; else by where its zeros are; else the first that can read all of it."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:_LOOK]
    even, odd = head[::2].count(0), head[1::2].count(0)
    # Every line end and comma has a zero in UTF-16, and no text file has one elsewhere.
    if even != odd and (even or odd) and len(data) % 2 == 0:
        return "utf-16-le" if odd > even else "utf-16-be"
    for encoding in ("utf-8", "cp932"):
        if readable(data, encoding):
            return encoding
    return "utf-8"


def readable(data: bytes, encoding: str) -> bool:
    """Whether all of it can be read so."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding != "cp932" or not _NOT_IN_CP932.search(text)


def decode(data: bytes, encoding: str) -> str:
    """The text without its mark. InvalidInput that names the row which is not in the encoding."""
    if encoding not in ENCODINGS:
        raise InvalidInput("The encoding {encoding} is not known here.", encoding=encoding)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        raise InvalidInput(
            "Row {row} cannot be read as {encoding}. Choose another encoding, or save the file as "
            "UTF-8.",
            row=before.count("\n") + 1,
            encoding=ENCODINGS[encoding],
        ) from error
    if "\x00" in text:
        raise InvalidInput(
            "Row {row} has bytes that are no text. Is this a CSV, JSONL, XLSX or Parquet file?",
            row=text[: text.index("\x00")].count("\n") + 1,
        )
    return text.removeprefix("\ufeff")


def lines(text: str) -> Iterator[str]:
    """Lines with their ends; those of old Macs too."""
    end = "\n" if "\n" in text else "\r"
    start = 0
    while start < len(text):
        found = text.find(end, start)
        stop = len(text) if found < 0 else found + 1
        yield text[start:stop]
        start = stop
