"""What the answer took: time, money, tokens. Lower is better."""

from __future__ import annotations

from functools import partial

from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    Definition,
    Language,
    Measured,
    Metric,
    OptionValues,
    not_applicable,
)
from core.evaluation.metrics.reasons import because
from core.records.messages import N_
from core.records.metrics import Sample, Score


def _measured(
    attribute: str, definition: Definition, values: OptionValues, language: Language
) -> Metric:
    def measure(sample: Sample) -> Score:
        value: float | None = getattr(sample, attribute)
        if value is None:
            return not_applicable(because(reasons.NOT_MEASURED, what=attribute))
        return Score(float(value))

    return Measured(definition.info(), measure)


def _definition(name: str, summary: str, attribute: str) -> Definition:
    return Definition(
        name,
        summary,
        partial(_measured, attribute),
        direction="lower",
        scale="number",
        high=None,
        needs=frozenset({attribute}),
    )


DEFINITIONS = (
    _definition("latency_ms", N_("Milliseconds until the answer was complete."), "total_ms"),
    _definition("first_token_ms", N_("Milliseconds until the answer began."), "first_token_ms"),
    _definition("cost_usd", N_("What the answer cost, in US dollars."), "cost_usd"),
    _definition("output_tokens", N_("Tokens of the answer."), "output_tokens"),
)
