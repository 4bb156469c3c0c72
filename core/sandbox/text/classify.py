"""Classification by similarity to the labels, definitions and examples found in the prompt."""

from __future__ import annotations

import random

from core.sandbox.models import Profile
from core.sandbox.text.ngrams import coverage, similarity
from core.sandbox.text.reading import Asked

DEFINITION_WEIGHT = 1.0
EXAMPLE_WEIGHT = 1.6
SPREAD = 0.12
"""How far temperature 1 moves a score at most."""


def scores(asked: Asked, profile: Profile) -> dict[str, float]:
    """Similarity of the subject to each label, higher is nearer."""
    found: dict[str, float] = {}
    for label in asked.labels:
        meaning = f"{label} {asked.definitions.get(label, '')[: profile.definitions]}"
        near = [
            similarity(asked.subject, text, profile.ngrams)
            for text, answer in asked.examples[: profile.examples]
            if same(answer, label)
        ]
        found[label] = (
            DEFINITION_WEIGHT * similarity(asked.subject, meaning, profile.ngrams)
            + 0.5 * coverage(meaning, asked.subject, profile.ngrams)
            + EXAMPLE_WEIGHT * max(near, default=0.0)
        )
    return found


def classify(asked: Asked, profile: Profile, chance: random.Random, temperature: float) -> str:
    """The nearest label; the first one of the prompt when nothing speaks for any."""
    found = scores(asked, profile)
    moved = {
        label: score + temperature * SPREAD * chance.uniform(-1, 1)
        for label, score in found.items()
    }
    return max(moved, key=lambda label: moved[label])


def same(answer: str, label: str) -> bool:
    """Whether an example's answer names the label."""
    return answer.strip().casefold() == label.strip().casefold() or (
        len(label) > 1 and label.casefold() in answer.casefold()
    )
