"""Did the agent call the right tools, in the right order? A call is its name and arguments.

What was called is in `Sample.function_calls`, or in the column `predicted_trajectory`, or is the
answer itself; what should be called is in the column `reference_trajectory`. Both are JSON lists
of `{"tool_name": ..., "tool_input": {...}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
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
from core.evaluation.metrics.tool_calls import (
    Call,
    NotCalls,
    call_of,
    calls_in,
    same_value,
    unreadable,
)
from core.records.messages import N_
from core.records.metrics import Sample, Score

PREDICTED = "predicted_trajectory"
EXPECTED = "reference_trajectory"


def exact(made: Sequence[Call], expected: Sequence[Call]) -> float:
    """The same calls in the same order."""
    same = len(made) == len(expected) and all(map(_same, made, expected))
    return float(same)


def in_order(made: Sequence[Call], expected: Sequence[Call]) -> float:
    """All expected calls in their order; others may be between."""
    rest = iter(made)
    return float(all(any(_same(call, wanted) for call in rest) for wanted in expected))


def any_order(made: Sequence[Call], expected: Sequence[Call]) -> float:
    """All expected calls, each as often as expected; others may be there too."""
    return float(matched(made, expected) == len(expected))


def precision(made: Sequence[Call], expected: Sequence[Call]) -> float:
    """The share of the calls made that were expected."""
    return matched(made, expected) / len(made) if made else float(not expected)


def recall(made: Sequence[Call], expected: Sequence[Call]) -> float:
    """The share of the expected calls that were made."""
    return matched(made, expected) / len(expected) if expected else 1.0


def matched(made: Sequence[Call], expected: Sequence[Call]) -> int:
    """How many calls the two have in common, each counted as often as it is in both."""
    left = list(expected)
    for call in made:
        place = next((i for i, wanted in enumerate(left) if _same(call, wanted)), None)
        if place is not None:
            del left[place]
    return len(expected) - len(left)


def _same(one: Call, other: Call) -> bool:
    return one.name == other.name and same_value(one.arguments, other.arguments, strict=True)


def _trajectory(sample: Sample) -> list[Call]:
    if sample.function_calls:
        return [call_of(item) for item in sample.function_calls]
    return calls_in(sample.fields.get(PREDICTED, sample.response))


def _against_trajectory(
    compare: Callable[[Sequence[Call], Sequence[Call]], float],
    definition: Definition,
    values: OptionValues,
    language: Language,
) -> Metric:
    def measure(sample: Sample) -> Score:
        text = sample.fields.get(EXPECTED)
        if text is None:
            return missing(EXPECTED)
        try:
            expected = calls_in(text)
        except NotCalls as problem:
            return unreadable(EXPECTED, problem)
        try:
            made = _trajectory(sample)
        except NotCalls as problem:
            # An answer in words is an agent that called nothing.
            return Score(compare((), expected), reason=str(problem), details={"made": 0})
        return Score(
            compare(made, expected), details={"made": len(made), "expected": len(expected)}
        )

    return Measured(definition.info(), measure)


def _single_tool_use(definition: Definition, values: OptionValues, language: Language) -> Metric:
    tool = str(values["tool_name"])

    def measure(sample: Sample) -> Score:
        try:
            made = _trajectory(sample)
        except NotCalls as problem:
            return passed(False, str(problem))
        return passed(
            any(call.name == tool for call in made), because(reasons.NOT_CALLED, name=tool)
        )

    return Measured(definition.info(quoted("tool", tool)), measure)


def _definition(
    name: str, summary: str, compare: Callable[[Sequence[Call], Sequence[Call]], float]
) -> Definition:
    build = partial(_against_trajectory, compare)
    return Definition(name, summary, build, needs=frozenset({EXPECTED}))


DEFINITIONS = (
    _definition("trajectory_exact_match", N_("The expected calls and no others, in order."), exact),
    _definition(
        "trajectory_in_order_match", N_("All expected calls in order; others allowed."), in_order
    ),
    _definition("trajectory_any_order_match", N_("All expected calls in any order."), any_order),
    _definition(
        "trajectory_precision", N_("The share of the calls made that were expected."), precision
    ),
    _definition("trajectory_recall", N_("The share of the expected calls that were made."), recall),
    Definition(
        "trajectory_single_tool_use",
        N_("One tool is called at least once."),
        _single_tool_use,
        (Option("tool_name", "text", "", N_("The tool that must be called."), required=True),),
    ),
)
