"""Who uses which model: prompts that name it, calls that went to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OtherKind = Literal["reference", "judge", "migration", "optimization", "comparison"]
DEPENDING: tuple[OtherKind, ...] = ("reference", "judge", "migration")
"""What goes on needing the model; an optimization or a comparison is over when it is done."""


@dataclass(frozen=True, slots=True)
class PromptUse:
    """A version that names a model: the newest of its prompt, or one that carries labels."""

    prompt_id: str
    name: str
    version_id: str
    number: int
    labels: tuple[str, ...]
    latest: bool


@dataclass(frozen=True, slots=True)
class OtherUse:
    """What else a model stands behind: an evaluation that it judges, references it once wrote.

    Also moves to it that are not decided, optimizations for it and comparisons with it. `count`
    are the cases whose reference is one of its answers; 0 for everything else.
    """

    kind: OtherKind
    id: str
    title: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of a time: how many, what they cost as far as that is known, their tokens."""

    runs: int = 0
    cost_usd: float | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


NO_CALLS = Calls()


@dataclass(frozen=True, slots=True)
class ServedBy:
    """Calls that asked a connection for one model, and the model that answered them."""

    surface: str
    requested: str
    served: str
    runs: int
    first_at: datetime
    last_at: datetime
