"""Is the answer JSON, and does it fit a JSON Schema?"""

from __future__ import annotations

import re

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
    quoted,
)
from core.evaluation.metrics.reasons import because
from core.prompts.json_text import JsonProblem, read_json, response_schema
from core.prompts.validity import fits
from core.records.messages import N_
from core.records.metrics import Sample, Score

_FENCE = re.compile(r"\s*```[a-zA-Z]*[ \t]*\n(.*?)\n?```\s*", re.DOTALL)


def without_fence(answer: str) -> str:
    """What is inside, when the whole answer is one fenced block of Markdown."""
    fenced = _FENCE.fullmatch(answer)
    return fenced[1] if fenced else answer


def not_json(problem: JsonProblem) -> str:
    """Why and where a text is not JSON."""
    return because(
        reasons.NOT_JSON, line=problem.line, column=problem.column, problem=problem.reason
    )


def _json_valid(definition: Definition, values: OptionValues, language: Language) -> Metric:
    fence = bool(values["fence"])

    def measure(sample: Sample) -> Score:
        _, problem = read_json(without_fence(sample.response) if fence else sample.response)
        if problem is None:
            return Score(1.0)
        return passed(False, not_json(problem))

    return Measured(definition.info("fence" if fence else ""), measure)


def _json_schema(definition: Definition, values: OptionValues, language: Language) -> Metric:
    fence, text = bool(values["fence"]), str(values["schema"])
    schema = response_schema(text)
    if schema is None:
        raise InvalidInput(
            "{metric} needs the option {option}. Give it a value.",
            metric=definition.name,
            option="schema",
        )

    def measure(sample: Sample) -> Score:
        validity = fits(without_fence(sample.response) if fence else sample.response, schema)
        if validity.status == "bad_schema":
            return Score(None, "error", validity.problems[0].reason)
        problems = [f"{problem.place}: {problem.reason}" for problem in validity.problems]
        return passed(validity.status == "valid", "; ".join(problems))

    return Measured(definition.info("fence" if fence else "", quoted("schema", text)), measure)


_FENCE_OPTION = Option(
    "fence", "toggle", False, N_("Allow the JSON to stand in one fenced Markdown block.")
)

DEFINITIONS = (
    Definition("json_valid", N_("The answer is JSON."), _json_valid, (_FENCE_OPTION,)),
    Definition(
        "json_schema",
        N_("The answer is JSON that fits a JSON Schema."),
        _json_schema,
        (Option("schema", "text", "", N_("The JSON Schema."), required=True), _FENCE_OPTION),
    ),
)
