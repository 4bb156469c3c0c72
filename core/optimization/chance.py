"""Chance made of hashes: the same seed and purpose give the same draw, in every process. Pure.

There is no generator whose state could be lost: a job that goes on draws what it would have drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def uniform(seed: int, *purpose: object) -> float:
    """A number from 0 (included) to 1 (excluded)."""
    text = json.dumps([seed, *(str(one) for one in purpose)], ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64


def shuffled(items: Sequence[T], name: Callable[[T], str], seed: int, *purpose: object) -> list[T]:
    """The items in an order of their names' hashes, whatever order they came in."""
    return sorted(items, key=lambda item: (uniform(seed, *purpose, name(item)), name(item)))


def sample(
    items: Sequence[T], name: Callable[[T], str], count: int, seed: int, *purpose: object
) -> list[T]:
    """So many of the items, or all when there are fewer."""
    return shuffled(items, name, seed, *purpose)[:count]
