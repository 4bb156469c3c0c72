"""The simulated models: what each is able to do, and how it is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOT_A_MODEL = "A simulated, deterministic text engine for trying the workbench; no language model."


@dataclass(frozen=True, slots=True)
class Profile:
    """What sets one model apart: how closely it reads the prompt.

    `ngrams` are the lengths of character n-grams it compares by; `definitions` and `examples`
    how many characters of each definition and how many examples it takes in; `obeys_lengths`
    whether it keeps limits of characters and words, not only of sentences; `pace` multiplies
    the latency. The first `generation` takes what the later ones refuse: a thinking budget,
    penalties and a prefilled model turn.
    """

    name: str
    title: str
    ngrams: tuple[int, ...]
    definitions: int
    examples: int
    obeys_lengths: bool
    thinks: bool
    pace: float
    retiring: str | None = None
    generation: int = 2

    def listed(self) -> dict[str, Any]:
        """As `models.list` shows it."""
        end = f" Retires on {self.retiring}." if self.retiring else ""
        return {
            "name": f"models/{self.name}",
            "version": self.name.rsplit("-", 1)[-1],
            "displayName": self.title,
            "description": NOT_A_MODEL + end,
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
            "thinking": self.thinks,
        }


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("sandbox-pro-2", "Sandbox Pro 2 (simulated)", (1, 2, 3), 400, 200, True, True, 2.5),
        Profile(
            "sandbox-flash-2", "Sandbox Flash 2 (simulated)", (2, 3), 120, 24, True, False, 1.0
        ),
        Profile(
            "sandbox-flash-1", "Sandbox Flash 1 (simulated)", (2,), 14, 9, False, False, 0.8,
            retiring="2026-12-24", generation=1,
        ),
    )
}  # fmt: skip
EMBEDDING = {
    "name": "models/sandbox-embedding-1",
    "displayName": "Sandbox Embedding 1 (simulated)",
    "description": NOT_A_MODEL,
    "inputTokenLimit": 8_192,
    "supportedGenerationMethods": ["embedContent", "countTextTokens"],
}
