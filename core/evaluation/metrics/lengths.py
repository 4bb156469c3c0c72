"""Limits of length: characters and sentences, at most or at least."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial

from core.errors import InvalidInput
from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    Definition,
    Language,
    Measured,
    Metric,
    Option,
    OptionValues,
    passed,
)
from core.evaluation.metrics.reasons import because
from core.records.messages import N_
from core.records.metrics import Sample, Score

# A list item or line is a sentence of its own; so is what ends in 。！？ or in . ! ? and a space.
_ENDS = re.compile(
    r"(?<=[。！？!?.．])(?=[\s」』）)\"'”’]*\s)"
    r"|(?<=[。！？])(?![」』）)。！？!?])"
    r"|\n"
)
_LETTER = re.compile(r"\w")


def count_characters(text: str) -> int:
    """Characters without line breaks and without space at the ends; が is one, however encoded."""
    return len("".join(unicodedata.normalize("NFC", text).strip().splitlines()))


def count_sentences(text: str) -> int:
    """Sentences; what has no letter or digit is none."""
    return sum(1 for part in _ENDS.split(text) if _LETTER.search(part))


def _limited(
    count: Callable[[str], int],
    sign: int,
    definition: Definition,
    values: OptionValues,
    language: Language,
) -> Metric:
    """`sign` is 1 for an upper limit and -1 for a lower one."""
    limit = values["limit"]
    assert isinstance(limit, float | int)
    if limit < 0:
        raise InvalidInput(
            "{metric}: the option {option} must be {expected}, not {value}.",
            metric=definition.name,
            option="limit",
            expected="0 or more",
            value=limit,
        )

    template = reasons.TOO_MANY if sign > 0 else reasons.TOO_FEW

    def measure(sample: Sample) -> Score:
        found = count(sample.response)
        reason = because(template, count=found, limit=f"{limit:g}")
        return passed(sign * found <= sign * limit, reason, count=found)

    return Measured(definition.info(f"limit:{limit:g}"), measure)


def _definition(name: str, summary: str, count: Callable[[str], int], sign: int) -> Definition:
    limit = Option("limit", "number", 100.0, N_("The limit; it is still allowed."), required=True)
    return Definition(name, summary, partial(_limited, count, sign), (limit,))


DEFINITIONS = (
    _definition("max_characters", N_("No more characters than the limit."), count_characters, 1),
    _definition("min_characters", N_("No fewer characters than the limit."), count_characters, -1),
    _definition("max_sentences", N_("No more sentences than the limit."), count_sentences, 1),
    _definition("min_sentences", N_("No fewer sentences than the limit."), count_sentences, -1),
)
