"""Runs the sandbox as a child process, which ends with its parent however that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.sandbox.settings import SandboxSettings

__all__ = ["SandboxProcess", "SandboxSettings"]

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    """A running sandbox."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._base_url = ""

    @classmethod
    def start(cls, settings: SandboxSettings, port: int = 0) -> SandboxProcess:
        """Start it; returns before it listens. Raises OSError when Python cannot be started."""
        command = [
            sys.executable, "-m", "core.sandbox", "--until-eof",
            "--port", str(port),
            "--latency-ms", str(settings.latency_ms),
            "--chunk-rate", str(settings.chunk_rate),
            *(["--faults"] if settings.faults else []),
        ]  # fmt: skip
        return cls(
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )

    @property
    def base_url(self) -> str:
        """Its address; waits until it listens. Raises RuntimeError when it ended instead."""
        if not self._base_url:
            assert self._process.stdout is not None
            self._base_url = self._process.stdout.readline().strip()
            if not self._base_url:
                raise RuntimeError("The sandbox server ended before it listened.")
        return self._base_url

    def stop(self) -> None:
        """End it and wait."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
