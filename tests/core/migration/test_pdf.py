"""A dossier is printed by the browser that is there, Japanese and all; without one it says so."""

from __future__ import annotations

import re
import sys
import unicodedata
import zlib
from pathlib import Path

import pytest

from core.errors import WorkbenchError
from core.migration.document import Paragraph, Section, as_html
from core.migration.pdf import as_pdf, browser

TEXT = "移行の承認：緊急、高、中、低 ㈱髙島"


def streams(pdf: bytes) -> bytes:
    """Everything in a PDF that is compressed, in the clear."""
    found = []
    for piece in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(piece))
        except zlib.error:
            continue
    return b"\n".join(found)


def characters(pdf: bytes) -> set[str]:
    """What the fonts' maps from glyphs say is drawn. A glyph that is missing has no character.

    Two characters that share a glyph (行 and the radical ⾏) are told as either.
    """
    codes = set()
    for low, high, to in re.findall(
        rb"<([0-9A-F]{2,4})> (?:<([0-9A-F]{2,4})> )?<([0-9A-F]{4})>", streams(pdf).upper()
    ):
        many = int(high, 16) - int(low, 16) + 1 if high else 1
        codes |= {int(to, 16) + n for n in range(many)}
    found = {chr(code) for code in codes}
    return found | {unicodedata.normalize("NFKC", one) for one in found}


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is here")
def test_japanese_is_printed_as_japanese() -> None:
    html = as_html("移行", "by", [Section("判定", (Paragraph(TEXT),))], "ja")
    pdf = as_pdf(html, browser())
    assert pdf.startswith(b"%PDF-")
    assert [one for one in TEXT if one.strip() and one not in characters(pdf)] == []


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
