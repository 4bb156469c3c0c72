"""The processes that a benchmark measures: the app, an empty app, the Gemini-protocol server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 60.0
NOWHERE = "http://127.0.0.1:9"  # a Gemini connection that is configured and never called


@dataclass(frozen=True, slots=True)
class Served:
    """A server that this benchmark started. `started` is the time.time() of the start."""

    process: subprocess.Popen[bytes]
    port: int
    started: float
    log: Path

    @property
    def url(self) -> str:
        """The address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Processor time used so far, all threads, children not counted."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """A TCP port of loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Iterator[Served]:
    """Start a server that reads PORT, wait until it listens, end it afterwards."""
    port = free_port()
    log = directory / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environ, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Served(process, port, time.time(), log)
    try:
        wait_until_listening(server)
        yield server
    except BaseException as error:
        error.add_note(f"The server printed:\n{printed(server)}")
        raise
    finally:
        end(process)


def printed(server: Served) -> str:
    """The end of what the server wrote."""
    return server.log.read_text("utf-8", errors="replace")[-3000:]


def wait_until_listening(server: Served) -> None:
    """Return when the port accepts a connection. Raises RuntimeError when it never does."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1):
                return
        except OSError:
            late = time.time() > server.started + START_LIMIT_S
            if late or server.process.poll() is not None:
                raise RuntimeError("The server did not start.") from None
            time.sleep(0.005)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and insist after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def workbench(directory: Path, gemini_url: str = "") -> Iterator[Served]:
    """The real app on a database in `directory`; its Gemini connection leads to `gemini_url`."""
    environ = {"WORKBENCH_DB": str(directory / "workbench.duckdb"), "HOST": "127.0.0.1"}
    if gemini_url:
        environ |= {"GEMINI_API_KEY": "local", "GOOGLE_GEMINI_BASE_URL": gemini_url}
    with served(["server.py"], directory, environ) as server:
        yield server


@dataclass(frozen=True, slots=True)
class GeminiServer:
    """`bench.gemini_server` in a process of its own, and its control routes."""

    url: str

    def plan(self, **fields: float) -> None:
        """Change how the next calls are answered, and begin a new journal."""
        self.ask("PUT", "/plan", json.dumps(fields).encode())
        self.ask("DELETE", "/journal")

    def journal(self) -> list[dict[str, Any]]:
        """Every stream since the plan was set: `sent` times, `text`, `finished`."""
        streams: list[dict[str, Any]] = json.loads(self.ask("GET", "/journal"))
        return streams

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """One HTTP exchange; the answer's body."""
        request = urllib.request.Request(self.url + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())


@contextmanager
def gemini_server(*options: str) -> Iterator[GeminiServer]:
    """Start the Gemini-protocol server, end it afterwards."""
    command = [sys.executable, "-m", "bench.gemini_server", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield GeminiServer(json.loads(process.stdout.readline())["url"])
        finally:
            end(process)
