"""Processes that are there to be killed.

They are forked from a process that has imported the workbench already: importing takes seconds,
which would be most of such a test, and is not what a kill is to meet.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
_forks = get_context("forkserver")
_forks.set_forkserver_preload(
    ["google.genai", "aiohttp", "core.workbench", "core.evaluation.wiring",
     "core.optimization.wiring", "core.migration.unattended", "core.review.wiring"]
)  # fmt: skip


class Child:
    """A running script of this folder."""

    def __init__(self, script: str, *arguments: str, environ: Mapping[str, str]) -> None:
        reader, writer = os.pipe()
        self._out = os.fdopen(reader, encoding="utf-8")
        with Connection(writer, readable=False) as printed:
            self._process = _forks.Process(
                target=_run, args=(script, arguments, dict(environ), printed), daemon=True
            )
            with _no_main():
                self._process.start()

    def line(self) -> str:
        """The next thing it prints; it must not have died by itself."""
        line = self._out.readline()
        assert line, "the child died by itself"
        return line.rstrip("\n")

    def wait_for(self, wanted: str) -> None:
        """Until it prints exactly this."""
        while self.line() != wanted:
            continue

    def kill(self) -> list[str]:
        """`kill -9`, and the whole lines that it had printed since."""
        self._process.kill()
        # The kill may have cut the last line.
        return self._out.read().split("\n")[:-1]

    def killed(self) -> bool:
        """Whether it ended by the kill; else it had come to its end before."""
        self._process.join(60)
        return self._process.exitcode == -signal.SIGKILL

    def ended(self) -> list[str]:
        """Wait for its end; what it printed until then."""
        printed = self._out.read().splitlines()
        self._process.join(120)
        assert self._process.exitcode == 0
        return printed

    def close(self) -> None:
        """Whatever has happened, nothing of it is left."""
        self._process.kill()
        self._process.join()
        self._out.close()


@contextmanager
def child(script: str, *arguments: str, environ: Mapping[str, str]) -> Iterator[Child]:
    """Run a script of this folder in a process of its own."""
    started = Child(script, *arguments, environ=environ)
    try:
        yield started
    finally:
        started.close()


@contextmanager
def _no_main() -> Iterator[None]:
    """A child imports what its parent ran first; a page test leaves there the app, which opens."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _run(
    script: str, arguments: tuple[str, ...], environ: dict[str, str], printed: Connection
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    os.dup2(printed.fileno(), 1)
    printed.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.argv = [script, *arguments]
    runpy.run_path(str(Path(__file__).with_name(script)), run_name="__main__")
