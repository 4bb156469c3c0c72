"""Blobs: the bytes of images and PDFs, named by their SHA-256."""

from __future__ import annotations

import hashlib

from core.errors import NotFound
from core.store.handle import Handle


class Blobs:
    """Content-addressed bytes; the same bytes are stored once."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def put(self, data: bytes, mime_type: str) -> str:
        """Keep the bytes and return their SHA-256 in hexadecimal."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._handle.execute(
            "insert into blobs select ?, ?, ? "
            "where not exists (select 1 from blobs where sha256 = ?)",
            [sha256, mime_type, data, sha256],
        )
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes. NotFound when they were never stored here."""
        row = self._handle.row("select bytes from blobs where sha256 = ?", [sha256])
        if row is None:
            raise NotFound(
                "The attached file {id} is not in this database. Attach it again.", id=sha256[:12]
            )
        return bytes(row[0])

    def has(self, sha256: str) -> bool:
        """Whether the bytes are here."""
        return self._handle.row("select 1 from blobs where sha256 = ?", [sha256]) is not None
