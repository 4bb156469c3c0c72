"""Files that only a library can unpack, read in a process of its own: `python -m` this module.

A small XLSX or Parquet file can ask for any amount of memory and time, and the libraries are
written in C. So a child reads them, with limits of its own; it prints a row per line, and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from core.datasets.raw_row import RawRow
from core.datasets.table import SECONDS
from core.errors import InvalidInput

Kind = Literal["xlsx", "parquet", "json"]
ROOT = Path(__file__).resolve().parents[2]
MEMORY = 448 * 2**20
"""Bytes that the child may have. What it needs to start is a fourth of it."""
# No key of a service goes to where strangers' files are read. One allocator and one thread, or
# address space runs out before memory does.
_ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ},
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "PYTHONIOENCODING": "utf-8",
}


def read_apart(data: bytes, kind: Kind, sheet: str = "") -> Iterator[RawRow]:
    """The rows of the file, the header first. InvalidInput when it cannot be read."""
    child = subprocess.Popen(
        [sys.executable, "-m", "core.datasets.apart", kind, sheet],
        cwd=ROOT,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    alarm = threading.Timer(SECONDS, child.kill)
    alarm.start()
    row = RawRow(0, [])
    ended = False
    try:
        _send(child.stdin, data)
        for line in child.stdout or ():
            message = json.loads(line)
            if isinstance(message, dict):
                ended = True
                if message:
                    template, values = message["template"], message["values"]
                    raise InvalidInput(template, **values)
                break
            row = RawRow(*message)
            yield row
    except json.JSONDecodeError:
        ended = False
    finally:
        alarm.cancel()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    if not ended:
        raise InvalidInput(
            "The file cannot be read beyond row {row}: it is damaged, or unpacking it takes more "
            "than {seconds} seconds or {megabytes} MB. Save it as CSV, or divide it.",
            row=row.number,
            seconds=SECONDS,
            megabytes=MEMORY // 2**20,
        )


def _send(pipe: IO[bytes] | None, data: bytes) -> None:
    # A child that ends early has said why, or dies of its limits; reading finds out.
    if pipe is not None:
        with suppress(OSError):
            pipe.write(data)
            pipe.close()


def main(kind: str, sheet: str) -> None:
    """The child: bytes on stdin, rows on stdout, at the end `{}` or why it stopped."""
    _limit_memory()
    data = sys.stdin.buffer.read()
    try:
        for number, cells in _rows(data, kind, sheet):
            _print([number, cells])
        _print({})
    except InvalidInput as error:
        _print({"template": error.template, "values": {k: str(v) for k, v in error.values.items()}})


def _rows(data: bytes, kind: str, sheet: str) -> Iterator[RawRow]:
    # Each is imported in the child alone, and only the one that is needed.
    if kind == "xlsx":
        from core.datasets.xlsx_reading import xlsx_rows

        return xlsx_rows(data, sheet)
    if kind == "parquet":
        from core.datasets.parquet_reading import parquet_rows

        return parquet_rows(data)
    from core.datasets.json_reading import json_rows

    return json_rows(data.decode())


def _print(message: object) -> None:
    text = json.dumps(message, ensure_ascii=True)
    sys.stdout.buffer.write(text.encode() + b"\n")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit holds there too.
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main(*sys.argv[1:3])
