"""Did the model ask for the right function with the right parameters?

As in the evaluation service: a call is that of `Sample.function_calls`, or of an answer in the
form `{"content": "", "tool_calls": [{"name": ..., "arguments": {...}}]}`; only the first call
counts; shares are of the parameters of the expected call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from core.evaluation.metrics import reasons
from core.evaluation.metrics.json_checks import not_json
from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Measured,
    Metric,
    Option,
    OptionValues,
    missing,
    passed,
    quoted,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import nfkc
from core.prompts.json_text import read_json
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Sample, Score


class Call(NamedTuple):
    """A function and its arguments."""

    name: str
    arguments: Mapping[str, Any]


class NotCalls(ValueError):
    """A text that should be calls is not; the message says why."""


_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "args", "tool_input")


def call_of(item: object) -> Call:
    """One call in any of the known forms; arguments may also be a JSON text. Else NotCalls."""
    if not isinstance(item, Mapping):
        raise NotCalls(reasons.CALL_IS_NO_OBJECT)
    name = next((item[key] for key in _NAMES if key in item), None)
    if not isinstance(name, str) or not name:
        raise NotCalls(reasons.CALL_WITHOUT_NAME)
    arguments = next((item[key] for key in _ARGUMENTS if key in item), None)
    if isinstance(arguments, str):
        arguments, _ = read_json(arguments) if arguments.strip() else ({}, None)
    elif arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        raise NotCalls(because(reasons.ARGUMENTS_ARE_NO_OBJECT, name=name))
    return Call(name, arguments)


def calls_in(text: str) -> list[Call]:
    """The calls in a text of the service's form, or in a JSON list. Else NotCalls."""
    value, problem = read_json(text)
    if problem is not None:
        raise NotCalls(not_json(problem))
    if isinstance(value, Mapping):
        value = value.get("tool_calls", [value])
    if not isinstance(value, list):
        raise NotCalls(reasons.NO_TOOL_CALLS)
    return [call_of(item) for item in value]


def calls_made(sample: Sample) -> list[Call]:
    """What the model asked for, by its function calls or else by its text. Else NotCalls."""
    if sample.function_calls:
        return [call_of(item) for item in sample.function_calls]
    return calls_in(sample.response)


def _tool_call_valid(definition: Definition, values: OptionValues, language: Language) -> Metric:
    def measure(sample: Sample) -> Score:
        try:
            calls = calls_made(sample)
        except NotCalls as problem:
            return passed(False, str(problem))
        return passed(bool(calls), reasons.NO_CALL)

    return Measured(definition.info(), measure)


def _against_call(
    compare: Callable[[Call, Call, bool], float],
    definition: Definition,
    values: OptionValues,
    language: Language,
) -> Metric:
    column, strict = str(values["reference"]), bool(values.get("use_strict_string_match"))

    def measure(sample: Sample) -> Score:
        text = sample.fields.get(column)
        if text is None:
            return missing(column)
        try:
            expected = calls_in(text)
        except NotCalls as problem:
            return unreadable(column, problem)
        try:
            made = calls_made(sample)
        except NotCalls as problem:
            # An answer in words is right where no call was expected.
            return passed(not expected, str(problem))
        if not expected or not made:
            return passed(not expected and not made, _count_reason(made))
        details = {"made": made[0].name, "expected": expected[0].name}
        return Score(compare(made[0], expected[0], strict), details=details)

    return Measured(
        definition.info(
            "strict" if strict else "",
            "" if column == REFERENCE else quoted("ref", column),
            needs=frozenset({column}),
        ),
        measure,
    )


def unreadable(column: str, problem: NotCalls) -> Score:
    """What was expected is wrong, not the answer."""
    return Score(None, "error", because(reasons.UNREADABLE, column=column, problem=problem))


def _count_reason(made: list[Call]) -> str:
    return because(reasons.UNEXPECTED_CALL, name=made[0].name) if made else reasons.NO_CALL


def _same_name(made: Call, expected: Call, strict: bool) -> float:
    return float(made.name == expected.name)


def _share_of(
    right: Callable[[str, Call, Call, bool], bool], made: Call, expected: Call, strict: bool
) -> float:
    if made.name != expected.name:
        return 0.0
    if not expected.arguments:
        return float(not made.arguments)
    hits = sum(right(name, made, expected, strict) for name in expected.arguments)
    return hits / len(expected.arguments)


def _has_name(name: str, made: Call, expected: Call, strict: bool) -> bool:
    return name in made.arguments


def _has_value(name: str, made: Call, expected: Call, strict: bool) -> bool:
    return name in made.arguments and same_value(
        made.arguments[name], expected.arguments[name], strict=strict
    )


def same_value(one: object, other: object, *, strict: bool) -> bool:
    """Equal JSON values. Unless strict, texts by NFKC without case and edges, and "5" is 5."""
    try:
        return _same(one, other, strict)
    except RecursionError:
        # Hundreds of levels deep: not what anybody expects.
        return False


def _same(one: object, other: object, strict: bool) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            _same(one[key], other[key], strict) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _same(a, b, strict) for a, b in zip(one, other, strict=True)
        )
    if strict:
        # In Python 1 is True; in JSON it is not.
        return isinstance(one, bool) == isinstance(other, bool) and one == other
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = nfkc(value).casefold().strip()
    number, _ = read_json(text)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return number if is_number else text


_STRICT = Option(
    "use_strict_string_match",
    "toggle",
    False,
    N_("Texts must be equal to the letter, and numbers are not texts."),
)


def _definition(
    name: str,
    summary: str,
    compare: Callable[[Call, Call, bool], float],
    *options: Option,
) -> Definition:
    return Definition(
        name,
        summary,
        partial(_against_call, compare),
        (*options, REFERENCE_OPTION),
        needs=frozenset({REFERENCE}),
    )


DEFINITIONS = (
    Definition("tool_call_valid", N_("The answer is a well-formed tool call."), _tool_call_valid),
    _definition("tool_name_match", N_("The expected tool is called."), _same_name),
    _definition(
        "tool_parameter_key_match",
        N_("The share of the expected parameters that the call has."),
        partial(_share_of, _has_name),
    ),
    _definition(
        "tool_parameter_kv_match",
        N_("The share of the expected parameters that the call has with the right value."),
        partial(_share_of, _has_value),
        _STRICT,
    ),
)
