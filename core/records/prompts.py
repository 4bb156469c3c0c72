"""Prompts, versions and drafts.

A `PromptSpec` is everything that is sent apart from the values of its variables. A version
is an immutable spec; a draft is one person's unsaved spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

Role = Literal["user", "model"]


@dataclass(frozen=True, slots=True)
class Media:
    """An image or PDF; the bytes are a blob in the store, found by their SHA-256."""

    mime_type: str
    sha256: str
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a turn: either text or media."""

    text: str = ""
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts, joined by newlines."""
        return "\n".join(part.text for part in self.parts if part.media is None)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Generation parameters. None means: not sent, the model's own default applies.

    Of several candidates in one call the first is kept; repeats are the way to get more answers.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    thinking_level: str | None = None
    thinking_budget: int | None = None
    include_thoughts: bool = False
    candidate_count: int | None = None


DEFAULTS = Parameters()
EMPTY_TURNS: tuple[Turn, ...] = (Turn("user", (Part(),)),)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Values for the variables of a prompt, under a name."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """The whole content of a prompt.

    `functions` is the JSON text of an array of function declarations and `response_schema`
    the JSON text of a JSON Schema; both are kept as typed, so that a half-written one
    survives in a draft. `model` is written `surface:model`; empty means none chosen yet.
    """

    system: str = ""
    turns: tuple[Turn, ...] = EMPTY_TURNS
    parameters: Parameters = DEFAULTS
    functions: str = ""
    google_search: bool = False
    response_schema: str = ""
    value_sets: tuple[ValueSet, ...] = ()
    model: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `from_dict` reads it back to an equal spec."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PromptSpec:
        """Read what `to_dict` wrote. Unknown keys are ignored, missing ones take defaults."""
        return cls(
            system=data.get("system", ""),
            turns=turns_from(data.get("turns", ())) or EMPTY_TURNS,
            parameters=parameters_from(data.get("parameters", {})),
            functions=data.get("functions", ""),
            google_search=bool(data.get("google_search", False)),
            response_schema=data.get("response_schema", ""),
            value_sets=tuple(
                ValueSet(item.get("name", ""), dict(item.get("values", {})))
                for item in data.get("value_sets", ())
            ),
            model=data.get("model", ""),
        )


def turns_from(data: Any) -> tuple[Turn, ...]:
    """Turns from plain JSON data."""
    return tuple(
        Turn(
            role="model" if turn.get("role") == "model" else "user",
            parts=tuple(
                Part(
                    text=part.get("text", ""),
                    media=Media(**part["media"]) if part.get("media") else None,
                )
                for part in turn.get("parts", ())
            ),
        )
        for turn in data
    )


def parameters_from(data: Mapping[str, Any]) -> Parameters:
    """Parameters from plain JSON data; keys this release does not know are dropped."""
    known = {item.name for item in fields(Parameters)}
    kept = {key: value for key, value in data.items() if key in known}
    kept["stop_sequences"] = tuple(kept.get("stop_sequences") or ())
    return Parameters(**kept)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A named prompt. `deleted_at` is set while it lies in the bin."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable snapshot of a prompt; `number` counts from 1 within the prompt."""

    id: str
    prompt_id: str
    number: int
    spec: PromptSpec
    message: str
    fingerprint: str
    created_at: datetime
    created_by: str
    parent_id: str | None = None
    labels: tuple[str, ...] = ()
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LabelMove:
    """One movement of a label; `version_id` None means it was taken off."""

    label: str
    version_id: str | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One person's unsaved editor state. `slot` is a prompt id, or `new` for an unsaved prompt."""

    owner: str
    slot: str
    spec: PromptSpec
    updated_at: datetime
    base_version_id: str | None = None
    memo: str = ""
