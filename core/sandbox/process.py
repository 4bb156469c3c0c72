"""Runs the sandbox as a child process, which ends with its parent however that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.sandbox.settings import LOOPBACK, SandboxSettings, listening_socket

__all__ = ["SandboxProcess", "SandboxSettings"]

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    """A running sandbox."""

    def __init__(self, process: subprocess.Popen[bytes], base_url: str) -> None:
        self._process = process
        self.base_url = base_url

    @classmethod
    def start(cls, settings: SandboxSettings) -> SandboxProcess:
        """Start it on a free port. Raises OSError when Python cannot be started.

        The child inherits a socket that listens already: whoever connects before the child is
        ready waits in its queue, and nobody else has to wait for the child.
        """
        with listening_socket(0) as listening:
            command = [
                sys.executable, "-m", "core.sandbox", "--until-eof",
                "--socket", str(listening.fileno()),
                "--latency-ms", str(settings.latency_ms),
                "--chunk-rate", str(settings.chunk_rate),
                "--batch-seconds", str(settings.batch_s),
                *(["--faults"] if settings.faults else []),
            ]  # fmt: skip
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                pass_fds=(listening.fileno(),),
            )  # fmt: skip
            return cls(process, f"http://{LOOPBACK}:{listening.getsockname()[1]}")

    def stop(self) -> None:
        """End it and wait."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
