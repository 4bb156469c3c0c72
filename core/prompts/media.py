"""Images and PDFs that people attach: recognised by their bytes, never by their name."""

from __future__ import annotations

from core.errors import InvalidInput

MAX_BYTES = 20_000_000
ACCEPTED = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/heic",
    "image/heif",
    "application/pdf",
)

_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis")
_HEIF = (b"mif1", b"msf1")


def sniff(data: bytes, name: str = "") -> str:
    """The MIME type of a file. InvalidInput when it is empty, too large, broken or another type."""
    if not data:
        raise InvalidInput("The file {name} is empty. Choose another one.", name=name)
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            "The file {name} has {size} MB; the limit is {limit} MB. Choose a smaller one.",
            name=name,
            size=f"{len(data) / 1_000_000:.1f}",
            limit=MAX_BYTES // 1_000_000,
        )
    mime_type = _by_magic(data)
    if mime_type is None:
        raise InvalidInput(
            "The file {name} is not an image or a PDF. PNG, JPEG, WebP, GIF, HEIC and PDF work.",
            name=name,
        )
    if not _complete(data, mime_type):
        raise InvalidInput(
            "The file {name} is broken: it begins as {type} but is cut off or damaged. "
            "Export it again and add the new file.",
            name=name,
            type=mime_type,
        )
    return mime_type


def _by_magic(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        return "image/heic" if brand in _HEIC else "image/heif" if brand in _HEIF else None
    # Readers allow some bytes before the header of a PDF.
    return "application/pdf" if b"%PDF-" in data[:1024] else None


def _complete(data: bytes, mime_type: str) -> bool:
    """Whether the end is there too; pixels are not decoded."""
    if mime_type == "image/png":
        return data[12:16] == b"IHDR" and b"IDAT" in data and b"IEND" in data[-64:]
    if mime_type == "image/jpeg":
        return b"\xff\xda" in data and b"\xff\xd9" in data[-65536:]
    if mime_type == "image/webp":
        return len(data) >= 8 + int.from_bytes(data[4:8], "little") and len(data) > 20
    if mime_type == "image/gif":
        return len(data) > 13 and b"\x3b" in data[-64:]
    if mime_type == "application/pdf":
        return b"%%EOF" in data[-4096:] and (b"startxref" in data or b"/Root" in data)
    return b"meta" in data[:4096] and len(data) > 64
