"""How the sandbox is run."""

from __future__ import annotations

import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """`latency_ms` until the first chunk; `chunk_rate` chunks a second; `batch_s` until a batch has
    its results. `faults` obeys fault switches in requests: for tests only."""

    latency_ms: float = 20.0
    chunk_rate: float = 60.0
    faults: bool = False
    batch_s: float = 3.0


def listening_socket(port: int) -> socket.socket:
    """A socket that listens on loopback; 0 takes a free port. OSError when the port is taken."""
    return socket.create_server((LOOPBACK, port), backlog=128)
