"""All computation-based metrics by name: `make` one, or describe them for a form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from core.errors import InvalidInput
from core.evaluation.metrics import (
    bleu,
    chrf,
    cost_latency,
    dates,
    json_checks,
    labels,
    lengths,
    numbers,
    rouge,
    text_match,
    tool_calls,
    trajectory,
)
from core.evaluation.metrics import (
    language as answer_language,
)
from core.evaluation.metrics.labels import labels_of
from core.evaluation.metrics.metric import (
    Definition,
    Language,
    Metric,
    Option,
    OptionValue,
    OptionValues,
)
from core.evaluation.metrics.tokens import corpus_language
from core.records.datasets import REFERENCE
from core.records.metrics import MetricSpec

_FAMILIES = (
    text_match, chrf, rouge, bleu, labels, numbers, dates, json_checks, lengths, answer_language,
    tool_calls, trajectory, cost_latency,
)  # fmt: skip
DEFINITIONS: Mapping[str, Definition] = {
    definition.name: definition for family in _FAMILIES for definition in family.DEFINITIONS
}


def names() -> tuple[str, ...]:
    """Every metric of the registry, family by family."""
    return tuple(DEFINITIONS)


def definition(name: str, more: Iterable[Definition] = ()) -> Definition:
    """The metric of that name with its options. InvalidInput lists what there is."""
    known = {**DEFINITIONS, **{one.name: one for one in more}}
    if name not in known:
        raise InvalidInput(
            "There is no metric {name}. There are: {known}.", name=name, known=", ".join(known)
        )
    return known[name]


def make(
    spec: MetricSpec, *, language: Language = "auto", more: Iterable[Definition] = ()
) -> Metric:
    """The metric that a spec asks for. InvalidInput names the option that is wrong.

    `language` is that of the whole set of cases (`make_for_cases` finds it) and ends up in the
    signature. `more` are definitions beyond the registry's, such as custom metrics.
    """
    chosen = definition(spec.name, more)
    return chosen.build(chosen, option_values(chosen, spec.options), language)


def make_for_cases(
    spec: MetricSpec,
    cases: Sequence[Mapping[str, str]],
    *,
    language: Language = "auto",
    more: Iterable[Definition] = (),
) -> Metric:
    """As `make`, with what only all the cases can tell: their language and their labels.

    `cases` are the fields of every case of the dataset version, not of a slice: else the
    signature would change with the slice.
    """
    chosen = definition(spec.name, more)
    values = option_values(chosen, spec.options)
    column = str(values.get(REFERENCE, REFERENCE))
    expected = [case[column] for case in cases if column in case]
    if language == "auto":
        texts = expected or [text for case in cases for text in case.values()]
        language = corpus_language(texts)
    if values.get("labels") == ():
        values = {**values, "labels": labels_of(expected)}
    return chosen.build(chosen, values, language)


def option_values(chosen: Definition, options: Mapping[str, object]) -> OptionValues:
    """A value for every option, of the option's type; texts are read as the type they stand for."""
    known = {option.name: option for option in chosen.options}
    for name in options:
        if name not in known:
            raise InvalidInput(
                "{metric} has no option {option}. It has: {known}.",
                metric=chosen.name,
                option=name,
                known=", ".join(known) or "-",
            )
    values: dict[str, OptionValue] = {}
    for name, option in known.items():
        if name in options:
            values[name] = _read(chosen.name, option, options[name])
        elif option.required:
            raise InvalidInput(
                "{metric} needs the option {option}. Give it a value.",
                metric=chosen.name,
                option=name,
            )
        else:
            values[name] = option.default
    return values


_EXPECTED = {
    "toggle": "true or false",
    "text": "a text",
    "number": "a number",
    "list": "a list of texts",
}


def _read(metric: str, option: Option, given: object) -> OptionValue:
    value = _typed(option, given)
    if value is None or (option.required and value in ("", ())):
        raise InvalidInput(
            "{metric}: the option {option} must be {expected}, not {value}.",
            metric=metric,
            option=option.name,
            expected=", ".join(option.choices) or _EXPECTED[option.kind],
            value=repr(given)[:80],
        )
    return value


def _typed(option: Option, given: object) -> OptionValue | None:
    """The value in the option's type; None when it cannot be."""
    if option.kind == "toggle":
        return _toggle(given)
    if option.kind == "number":
        return _number(given)
    if option.kind == "list":
        return _texts(given)
    if not isinstance(given, str) or (option.kind == "choice" and given not in option.choices):
        return None
    return given


def _toggle(given: object) -> bool | None:
    if isinstance(given, str):
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            given.strip().lower()
        )
    return given if isinstance(given, bool) else None


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _texts(given: object) -> tuple[str, ...] | None:
    """A list, or one text with commas (also 、) between."""
    if isinstance(given, str):
        parts = given.replace("、", ",").split(",")
        return tuple(part.strip() for part in parts if part.strip())
    if isinstance(given, list | tuple) and all(isinstance(item, str) for item in given):
        return tuple(given)
    return None
