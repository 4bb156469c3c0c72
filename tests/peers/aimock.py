"""Starts aimock, which `make test` installs with npm from the locked `package.json` beside this."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until

HERE = Path(__file__).resolve().parent
AIMOCK = HERE / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_aimock() -> Iterator[str]:
    """The address of a running aimock."""
    port = free_port()
    process = subprocess.Popen(
        ["node", str(AIMOCK), "-p", str(port), "-f", str(HERE / "fixtures")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int, seconds: float = 20.0) -> None:
    """Return as soon as something listens on the port."""

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    until(listens, seconds)
