"""The model catalogue: dated facts, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from core.records.models import ModelRef

Confidence = Literal["observed", "first_party", "dataset", "third_party", "user"]
Stage = Literal["current", "preview", "retiring", "retired", "unknown"]
ParameterStatus = Literal["ok", "advised_against", "ignored", "rejected"]
STATUSES: tuple[ParameterStatus, ...] = ("ok", "advised_against", "ignored", "rejected")
LIMIT_FACTS = ("input_limit", "output_limit")
"""Facts whose value is a number of tokens."""
LIST_FACTS = ("media", "thinking_levels", "locations")
"""Facts whose value is a list of texts."""
RULE = "parameter."
"""What the names of facts about a parameter begin with; their value is a status."""
PREFILL = "prefill"
"""After `RULE`: a prompt whose last turn is the model's."""


@dataclass(frozen=True, slots=True)
class ModelFact:
    """One statement about a model: valid in the world over a time, said by a source at a time.

    `value` is JSON text. `valid_to` is exclusive; None is open. A correction is another fact
    with a later `as_of`.
    """

    surface: str
    model: str
    fact: str
    value: str
    valid_from: datetime | None
    valid_to: datetime | None
    as_of: datetime
    source: str
    confidence: Confidence
    entered_by: str


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. Thinking tokens cost as output."""

    input: float
    output: float
    cached_input: float | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    as_of: datetime | None = None
    source: str = ""
    threshold_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the catalogue knows of a model at a moment."""

    ref: ModelRef
    title: str
    stage: Stage
    ends_on: date | None = None
    ends_not_before: date | None = None
    successor: ModelRef | None = None
    reroutes_to: ModelRef | None = None
    released: date | None = None
    notes: str = ""
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """Whether and how a model takes a parameter."""

    status: ParameterStatus
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    default: float | None = None
    choices: tuple[str, ...] = ()
    note_en: str = ""
    note_ja: str = ""
    source: str = ""
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model takes. `known` is False for the conservative set of an unknown model.

    `prefill` is about a prompt whose last turn is the model's. No `locations` means: not known.
    `source` is where the rules are from that name none themselves, `checked_on` when that was
    looked at.
    """

    parameters: Mapping[str, ParameterRule] = field(default_factory=dict)
    thinking_levels: tuple[str, ...] = ()
    input_limit: int | None = None
    output_limit: int | None = None
    media: tuple[str, ...] = ()
    functions: bool = True
    google_search: bool = True
    structured_output: bool = True
    known: bool = True
    prefill: ParameterRule = ParameterRule("advised_against")
    locations: tuple[str, ...] = ()
    source: str = ""
    checked_on: date | None = None
