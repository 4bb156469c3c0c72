"""How long, how often and how many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_CONCURRENCY = {"gemini": 32, "platform": 32, "sandbox": 64}


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds. `output_tokens` is assumed where a request sets no output limit."""

    attempts: int = 5
    deadline_s: float = 600.0
    first_byte_timeout_s: float = 180.0
    idle_timeout_s: float = 60.0
    longest_backoff_s: float = 60.0
    output_tokens: int = 65_536
    concurrency: Mapping[str, int] = field(default_factory=dict)

    def ceiling(self, surface: str) -> int:
        """The most calls at once to one model of a connection."""
        return self.concurrency.get(surface, DEFAULT_CONCURRENCY.get(surface, 8))
