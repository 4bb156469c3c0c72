"""Waiting for what another thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_NAP_S = 0.05


def until(reached: Callable[[], object], seconds: float = 60.0) -> None:
    """Look again and again, ever more seldom: looking costs the other thread its time."""
    end = time.monotonic() + seconds
    nap = 0.002
    while not reached():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(nap)
        nap = min(nap * 1.5, LONGEST_NAP_S)
