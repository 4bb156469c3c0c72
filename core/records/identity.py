"""Identifiers: UUID version 7 (RFC 9562), sortable by time."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable


class Identities:
    """Makes ids that increase strictly within this object, whatever the clock does.

    Clock and randomness come in through the door, so a test can make them repeat.
    """

    def __init__(
        self,
        now_ns: Callable[[], int] = time.time_ns,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._now_ns = now_ns
        self._random_bits = random_bits
        self._last = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        """A fresh id: 48 bits of milliseconds, 12 of sub-millisecond count, 62 of chance."""
        nanoseconds = self._now_ns()
        stamp = (nanoseconds // 1_000_000 << 12) | (nanoseconds % 1_000_000 * 4096 // 1_000_000)
        with self._lock:
            # RFC 9562 section 6.2: a clock that stands or steps back must not break the order.
            stamp = self._last = max(stamp, self._last + 1)
        value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
        value |= 0b10 << 62 | self._random_bits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
