"""What came over the wire, as a sandbox that obeys fault marks has counted it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def journal(sandbox_url: str) -> list[dict[str, Any]]:
    """Every call, whoever still knows of it."""
    with urllib.request.urlopen(f"{sandbox_url}/sandbox/journal", timeout=5) as answer:
        entries: list[dict[str, Any]] = json.load(answer)
    return entries


def calls(sandbox_url: str) -> int:
    """How many there were."""
    return len(journal(sandbox_url))
