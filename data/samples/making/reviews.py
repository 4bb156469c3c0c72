"""Product reviews with the summary that a careful reader would write."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from data.samples.making.phrases import spoken
from data.samples.making.reviews_ja import (
    ASIDES,
    BAD_ENDINGS,
    GOOD_ENDINGS,
    KINDS,
    MIXED_ENDINGS,
    OPENINGS,
    Kind,
    Point,
)

REVIEWS = 320
# Praise and complaints, stars that people give for that, and how often.
MOODS = (
    ((3, 0), (5,), 16),
    ((2, 0), (5, 4), 14),
    ((2, 1), (4,), 30),
    ((1, 1), (3, 4), 16),
    ((1, 2), (2, 3), 16),
    ((0, 2), (1, 2), 8),
)


def rows() -> Iterator[dict[str, str]]:
    """Each review once, the kinds of product in turn."""
    chance = random.Random(20260202)
    seen: set[str] = set()
    while len(seen) < REVIEWS:
        row = _row(KINDS[len(seen) % len(KINDS)], chance)
        if row["レビュー"] not in seen:
            seen.add(row["レビュー"])
            yield {"id": f"R-{len(seen):04}", **row}


def _row(kind: Kind, chance: random.Random) -> dict[str, str]:
    name, praise, complaints = kind
    (liked, missed), stars, _ = chance.choices(MOODS, [weight for _, _, weight in MOODS])[0]
    good = chance.sample(praise, liked)
    bad = chance.sample(complaints, missed)
    endings = BAD_ENDINGS if missed > liked else MIXED_ENDINGS if missed else GOOD_ENDINGS
    parts = [chance.choice(OPENINGS), *_told(good, chance), chance.choice(ASIDES)]
    told = _told(bad, chance)
    if told and liked:
        told[0] = chance.choice(("ただ、", "一方で、", "残念なのは一点。", "")) + told[0]
    parts += [*told, chance.choice(endings)]
    return {
        "product": name,
        "stars": str(chance.choice(stars)),
        "レビュー": "".join(spoken(part, chance, {}) for part in parts),
        "reference": summary(good, bad),
    }


def _told(points: Sequence[Point], chance: random.Random) -> list[str]:
    return [chance.choice(ways) for _, ways in points]


def summary(good: Sequence[Point], bad: Sequence[Point]) -> str:
    """One sentence for what is praised, one for what is missed."""
    if not bad:
        return f"{_points(good)}に満足している。"
    if not good:
        return f"{_points(bad)}に不満がある。"
    return f"{_points(good)}を評価している。{_points(bad)}は不満。"


def _points(points: Sequence[Point]) -> str:
    return ("点と、" if len(points) == 2 else "点、").join(short for short, _ in points) + "点"
