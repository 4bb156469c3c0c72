"""Output of commands: results to stdout, words for people to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_text(text: str, end: str = "\n") -> None:
    """A part of the result, at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def note(text: str) -> None:
    """A word to the person; not part of the result."""
    sys.stderr.write(text + "\n")


def one_line(text: str | None, width: int) -> str:
    """A text cut to a width, on one line and without control characters."""
    line = " ".join((text or "").split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= width else line[: width - 1] + "…"


def write_file(path: str, chunks: Iterable[bytes]) -> int:
    """Write a file, or stdout for `-`; returns the bytes. A file is there whole or not at all."""
    if path == "-":
        return sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    size = 0
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size
