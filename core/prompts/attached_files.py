"""The files that printed code reads: which, and under what names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.records.prompts import Media
from core.records.runs import Request

# Smaller ones stand in the code, in base64.
INLINE_BELOW = 32_000

_EXTENSIONS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


def file_names(request: Request) -> dict[str, str]:
    """A distinct and harmless name for each file that the code reads, by SHA-256."""
    names: dict[str, str] = {}
    for media in attached(request):
        if media.size < INLINE_BELOW or media.sha256 in names:
            continue
        stem = re.sub(r"[^\w.-]", "_", media.name).lstrip(".-") or "file"
        if not re.search(r"\.\w{1,5}$", stem):
            kind = media.mime_type.partition("/")[2]
            stem = f"{stem}.{_EXTENSIONS.get(media.mime_type, kind)}"
        if stem in names.values():
            stem = f"{media.sha256[:8]}-{stem}"
        names[media.sha256] = stem
    return names


def file_note(names: Mapping[str, str]) -> list[str]:
    """A comment that tells which files to save; no line when there are none."""
    return [f"# Save these files here first: {', '.join(names.values())}"] if names else []


def attached(request: Request) -> list[Media]:
    """All files of a request, in order."""
    return [part.media for turn in request.turns for part in turn.parts if part.media]
