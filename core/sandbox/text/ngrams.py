"""Similarity of texts by character n-grams: needs no words, so Japanese and English are alike."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

MOST_CHARACTERS = 20_000
_NOISE = re.compile(r"[\s、。，．,.!?！？「」『』()（）\[\]{}:：;；\"'`*#>|~-]+")


@lru_cache(maxsize=4096)
def profile(text: str, sizes: tuple[int, ...]) -> Counter[str]:
    """How often each n-gram occurs, after NFKC, case folding and without punctuation."""
    plain = _NOISE.sub(" ", unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold())
    plain = plain.strip()
    return Counter(
        gram
        for size in sizes
        for start in range(len(plain) - size + 1)
        if not (gram := plain[start : start + size]).isspace()
    )


def similarity(left: str, right: str, sizes: tuple[int, ...] = (2, 3)) -> float:
    """Cosine of the n-gram counts, damped by square root: 0 nothing shared, 1 the same."""
    one, other = profile(left, sizes), profile(right, sizes)
    if not one or not other:
        return 0.0
    small, large = sorted((one, other), key=len)
    shared = sum(math.sqrt(small[gram] * large[gram]) for gram in small if gram in large)
    return shared / math.sqrt(sum(one.values()) * sum(other.values()))


def coverage(part: str, whole: str, sizes: tuple[int, ...] = (2, 3)) -> float:
    """Share of the n-grams of `part` that `whole` has, from 0 to 1."""
    wanted, there = profile(part, sizes), profile(whole, sizes)
    total = sum(wanted.values())
    return sum(n for gram, n in wanted.items() if gram in there) / total if total else 0.0


def vector(text: str, dimensions: int) -> list[float]:
    """N-gram counts hashed into a vector of length 1."""
    values = [0.0] * dimensions
    for gram, number in profile(text, (1, 2, 3)).items():
        digest = hashlib.blake2b(gram.encode("utf-8", "replace"), digest_size=8).digest()
        place = int.from_bytes(digest, "big")
        values[place % dimensions] += math.sqrt(number) * (1 if place >> 63 else -1)
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]
