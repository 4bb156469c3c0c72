"""Making the text of a printed PDF searchable: 行 is found as 行. Pure.

Chromium notes for each glyph one character that it stands for. Where fonts draw two characters
with one glyph it notes the lower one, so that 行 is copied and searched as the radical ⾏, and ・
as a hyphenation point. What is drawn is right; the notes are corrected in an update appended to the
file, as the format foresees (ISO 32000, 7.5.6).
"""

from __future__ import annotations

import re
import unicodedata
import zlib

_STREAM = re.compile(rb"(\d+) 0 obj\n<</Filter /FlateDecode\n/Length (\d+)>> stream\r?\n", re.ASCII)
_TRAILER = re.compile(
    rb"trailer\n<<(/Size \d+\n/Root .*?)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL
)
_CHARACTER = re.compile(rb"^(<[0-9A-Fa-f]{2,4}> )<([0-9A-Fa-f]{4})>$", re.MULTILINE)
_RADICALS = range(0x2E80, 0x2FE0)
_LIKE = {0x2027: 0x30FB}
"""The hyphenation point and the Japanese middle dot share a glyph."""


def searchable(pdf: bytes) -> bytes:
    """The file with its notes corrected; as it was when there is nothing to correct."""
    trailer = _TRAILER.search(pdf)
    if trailer is None:
        return pdf
    offsets: list[tuple[int, int]] = []
    added = bytearray()
    for found in _STREAM.finditer(pdf):
        text = _text(pdf[found.end() : found.end() + int(found[2])])
        corrected = _CHARACTER.sub(_corrected, text) if b"begincmap" in text else text
        if corrected != text:
            offsets.append((int(found[1]), len(pdf) + len(added)))
            added += b"%d 0 obj\n<</Length %d>> stream\n" % (int(found[1]), len(corrected))
            added += corrected + b"\nendstream\nendobj\n"
    if not offsets:
        return pdf
    table = b"0 1\n0000000000 65535 f \n"
    table += b"".join(b"%d 1\n%010d 00000 n \n" % one for one in offsets)
    start = len(pdf) + len(added)
    end = b"trailer\n<<%s\n/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1], trailer[2], start)
    return pdf + bytes(added) + b"xref\n" + table + end


def _text(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def _corrected(found: re.Match[bytes]) -> bytes:
    code = int(found[2], 16)
    if code in _RADICALS:
        plain = unicodedata.normalize("NFKC", chr(code))
        code = ord(plain) if len(plain) == 1 else code
    code = _LIKE.get(code, code)
    return found[1] + b"<%04X>" % code
