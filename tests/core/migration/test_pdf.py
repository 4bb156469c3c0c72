"""A dossier is printed by the browser that is there, Japanese and all; without one it says so."""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path

import pytest

from core.errors import WorkbenchError
from core.migration.document import Paragraph, Section, as_html
from core.migration.pdf import as_pdf, browser
from core.migration.pdf_text import searchable

TEXT = "移行の承認：緊急・高・中・低 ㈱髙島"


def characters(pdf: bytes) -> set[str]:
    """What the fonts' notes say is drawn, as a reader finds them: by the last table of objects.

    A glyph that is missing in every font has no note.
    """
    places: dict[int, int] = {}
    at = int(pdf[: pdf.rindex(b"%%EOF")].rsplit(b"startxref", 1)[1])
    while True:
        table, _, rest = pdf[at:].partition(b"trailer")
        assert table.startswith(b"xref")
        for first, many, rows in re.findall(rb"(\d+) (\d+)\n((?:\d{10} \d{5} [nf] ?\n)+)", table):
            lines = rows.splitlines()
            assert len(lines) == int(many)
            for number, line in enumerate(lines, int(first)):
                places.setdefault(number, int(line[:10]))
        before = re.search(rb"/Prev (\d+)", rest.partition(b"startxref")[0])
        if before is None:
            break
        at = int(before[1])
    found = set()
    for number, place in places.items():
        head = re.match(rb"(\d+) 0 obj\n<<([^>]*)>> stream\r?\n", pdf[place : place + 300])
        if head is None:
            continue
        assert int(head[1]) == number
        length = re.search(rb"/Length (\d+)", head[2])
        assert length is not None
        begin = place + head.end()
        text = pdf[begin : begin + int(length[1])]
        text = zlib.decompress(text) if b"/FlateDecode" in head[2] else text
        if b"begincmap" in text:
            found |= {chr(int(to, 16)) for to in re.findall(rb"<[0-9A-F]+> <([0-9A-F]{4})>$",
                                                            text.upper(), re.MULTILINE)}  # fmt: skip
    return found


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is here")
def test_japanese_is_printed_as_japanese() -> None:
    html = as_html("移行", "by", [Section("判定", (Paragraph(TEXT),))], "ja")
    pdf = as_pdf(html, browser())
    assert pdf.startswith(b"%PDF-")
    assert [one for one in TEXT if one.strip() and one not in characters(pdf)] == []


def test_what_is_no_such_pdf_stays_as_it_is() -> None:
    for data in (
        b"",
        b"%PDF-1.4 nothing",
        b"trailer\n<</Size 1\n/Root 1 0 R>>\nstartxref\n0\n%%EOF",
    ):
        assert searchable(data) == data


def test_without_a_browser_it_says_what_to_do(tmp_path: Path) -> None:
    assert browser({"PATH": str(tmp_path)}) is None or not sys.platform.startswith("linux")
    with pytest.raises(WorkbenchError, match="print it from any browser"):
        as_pdf("<p>x</p>", None)


def program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("body", "words"),
    [("exit 7", "exit code 7"), ("exit 0", "wrote no file"), ("sleep 30", "more than 0.2 s")],
)
def test_a_browser_that_fails_is_an_error_in_words(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(WorkbenchError, match=re.escape(words)):
        as_pdf("<p>x</p>", program(tmp_path / "chromium", body), 0.2)
    with pytest.raises(WorkbenchError, match="could not make"):
        as_pdf("<p>x</p>", str(tmp_path))


def test_the_named_browser_comes_first(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine", "exit 0")
    assert browser({"CHROMIUM": mine, "PATH": str(tmp_path)}) == mine
    assert browser({"CHROMIUM": "nonsense", "PATH": str(tmp_path)}) is None
    google = program(tmp_path / "google-chrome", "exit 0")
    assert browser({"PATH": str(tmp_path)}) == google
