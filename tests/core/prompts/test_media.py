from __future__ import annotations

import base64

import pytest

from core.errors import InvalidInput
from core.prompts.media import MAX_BYTES, sniff

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\xff\xda\x00\x08" + b"x" * 40 + b"\xff\xd9"
WEBP = b"RIFF" + (20).to_bytes(4, "little") + b"WEBPVP8L" + b"x" * 20
GIF = b"GIF89a" + b"\x01\x00\x01\x00\x00\x00\x00" + b"x" * 20 + b"\x3b"
PDF = b"%PDF-1.7\n1 0 obj\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00\x00\x00\x40meta" + b"x" * 64


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (GIF, "image/gif"),
        (PDF, "application/pdf"),
        (HEIC, "image/heic"),
    ],
)
def test_known_by_their_bytes(data: bytes, mime_type: str) -> None:
    assert sniff(data, "misnamed.txt") == mime_type


@pytest.mark.parametrize("data", [PNG, JPEG, WEBP, GIF, PDF, HEIC])
def test_cut_off(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"photo\.png is broken"):
        sniff(data[: len(data) // 2], "photo.png")


@pytest.mark.parametrize(
    "data",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"hello", b"PK\x03\x04", b"\x00" * 100],
    ids=["svg", "text", "zip", "zeros"],
)
def test_another_type(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"PNG, JPEG, WebP, GIF, HEIC and PDF"):
        sniff(data, "picture.png")


def test_empty_and_too_large() -> None:
    with pytest.raises(InvalidInput, match="empty"):
        sniff(b"", "a.png")
    with pytest.raises(InvalidInput, match=r"limit is 20 MB"):
        sniff(PNG + b"x" * MAX_BYTES, "a.png")
