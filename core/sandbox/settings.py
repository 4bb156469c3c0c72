"""How the sandbox is run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """`latency_ms` until the first chunk; `chunk_rate` chunks a second. `faults` obeys fault
    switches in requests: for tests only."""

    latency_ms: float = 20.0
    chunk_rate: float = 60.0
    faults: bool = False
