"""Output of commands: results to stdout, words for people to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.commands.verb import WrongUsage


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
    """Write a file, or stdout for `-`; returns the bytes. A file is there whole or not at all.

    WrongUsage when it cannot be written.
    """
    if path == "-":
        return sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
    target = Path(path)
    try:
        return _write_whole(target, chunks)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror}.") from error


def check_writable(path: str | None) -> None:
    """Before work that is paid for: WrongUsage when the folder of a file is not there."""
    if path and path != "-" and (not Path(path).parent.is_dir() or Path(path).is_dir()):
        raise WrongUsage(f"{path} cannot be written: choose a file in a folder that exists.")


def _write_whole(target: Path, chunks: Iterable[bytes]) -> int:
    part = target.with_name(f"{target.name}.part")
    size = 0
    with part.open("wb") as file:
        try:
            for chunk in chunks:
                size += file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return size
