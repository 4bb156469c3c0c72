"""Texts that are nearly the same: candidates by MinHash, decided by the real share of n-grams."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

MOST_COMPARED = 20_000
"""Texts beyond which nobody waits for the answer."""
NEAR = 0.8
"""Share of common 3-grams (Jaccard) from which two texts are nearly the same."""
_BANDS, _ROWS = 20, 5
_LONGEST = 2_000
_MOST_IN_BUCKET = 50
_MOST_PAIRS = 1_000


class NearPair(NamedTuple):
    """Two cases and the share of 3-grams that they have in common."""

    a: str
    b: str
    share: float


def near_pairs(texts: Sequence[str], at_least: float = NEAR) -> list[NearPair]:
    """Pairs of places in `texts`, the nearest first, at most a thousand.

    Found with a probability of over 99.9 % at a share of 0.8; a pair that is given is one.
    """
    grams = [_grams(text[:_LONGEST]) for text in texts]
    pairs: set[tuple[int, int]] = set()
    for bucket in _buckets(grams):
        # A bucket of hundreds is one boilerplate text; a part of its pairs tells that as well.
        pairs.update(combinations(bucket[:_MOST_IN_BUCKET], 2))
    near = [
        NearPair(str(a), str(b), share)
        for a, b in pairs
        if (share := _share(grams[a], grams[b])) >= at_least
    ]
    return sorted(near, key=lambda pair: (-pair.share, int(pair.a), int(pair.b)))[:_MOST_PAIRS]


def _grams(text: str) -> frozenset[int]:
    padded = f" {text} "
    return frozenset(zlib.crc32(padded[n : n + 3].encode()) for n in range(len(padded) - 2))


def _share(a: frozenset[int], b: frozenset[int]) -> float:
    common = len(a & b)
    return common / (len(a) + len(b) - common) if common else 0.0


def _buckets(grams: Sequence[frozenset[int]]) -> list[list[int]]:
    """Places whose signatures agree in all rows of some band."""
    fixed = np.random.Generator(np.random.PCG64(20261124))
    # Multiplication overflows on purpose: its upper half is then a hash of its own per factor.
    factors = fixed.integers(0, 2**64, _BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    found: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    for place, mine in enumerate(grams):
        if not mine:
            continue
        hashes = np.fromiter(mine, dtype=np.uint64, count=len(mine))
        mixed = (hashes[:, None] * factors) >> np.uint64(32)
        signature = mixed.min(axis=0).reshape(_BANDS, _ROWS)
        for band in range(_BANDS):
            found[band, signature[band].tobytes()].append(place)
    return [places for places in found.values() if len(places) > 1]
