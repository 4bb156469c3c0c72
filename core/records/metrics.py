"""Metrics and scores. A score is a value or null with a status; an error is never a zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ScoreStatus = Literal["ok", "error", "not_applicable"]
Direction = Literal["higher", "lower", "zero"]
"""What is better: a higher value, a lower one, or one nearer to zero."""
Scale = Literal["share", "rating", "number"]
"""`share` is 0..1 (pass or fail, or a part of the whole); `rating` is steps such as 1-5."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a metric sees: one answer to one case.

    `fields` are the case's (reference, prompt, context, variables ...). `function_calls` are
    the calls the model asked for, each with `name` and `args`. Times in ms, cost in US dollars.
    """

    case_id: str
    response: str
    fields: Mapping[str, str] = field(default_factory=dict)
    function_calls: tuple[Mapping[str, Any], ...] = ()
    total_ms: float | None = None
    first_token_ms: float | None = None
    cost_usd: float | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one sample. `value` is None unless `status` is ok.

    `details` is JSON data: rubric verdicts, matched numbers, the judge's raw answers, the label
    that was found.
    """

    value: float | None
    status: ScoreStatus = "ok"
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A chosen metric with its options, as plain JSON data, as jobs and files keep it.

    `name` is one of the registry's, such as `rouge_l` or `coherence`.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What is known of a metric before it has scored anything.

    `signature` names everything that could change a value (version, normalisation, tokens,
    rubric hash, judge): scores of different signatures never share an average. `needs` names the
    fields of a case (`reference`) and the parts of a `Sample` (`first_token_ms`) without which
    nothing is scored.
    """

    name: str
    signature: str
    direction: Direction = "higher"
    scale: Scale = "share"
    low: float | None = 0.0
    high: float | None = 1.0
    needs: frozenset[str] = frozenset()
