"""Whether an answer fits the JSON Schema it was asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import InvalidInput
from core.prompts.json_text import json_place, read_json, response_schema

MAX_PROBLEMS = 5

# Python's `re` can take exponential time on a repeated group and polynomial time on several
# open-ended repeats, and holds the interpreter lock meanwhile: an answer or an imported prompt
# must not be able to stop the app.
_RISKY_PATTERN = re.compile(r"\)[*+?{]|\\[1-9]|\(\?|(?:(?:[*+]|,\}).*){3}", re.DOTALL)
_LONGEST_MATCHED = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One misfit: where in the answer (`$.items[2].name`) and what is wrong, in English."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Validity:
    """`not_json`: the answer is not JSON; `bad_schema`: there is nothing to check against."""

    status: Literal["valid", "invalid", "not_json", "bad_schema"]
    problems: tuple[Problem, ...] = ()


def check_answer(answer: str, schema_text: str) -> Validity | None:
    """Check an answer against the schema; None when there is no schema.

    Nothing is fetched. Costly string patterns and `patternProperties` are not checked.
    """
    try:
        schema = response_schema(schema_text)
    except InvalidInput as error:
        return Validity("bad_schema", (Problem("$", str(error)),))
    return None if schema is None else fits(answer, schema)


def fits(answer: str, schema: dict[str, Any]) -> Validity:
    """Check an answer against a schema that `response_schema` has read."""
    value, problem = read_json(answer)
    if problem:
        place = f"line {problem.line}, column {problem.column}"
        return Validity("not_json", (Problem(place, problem.reason),))
    try:
        found = tuple(itertools.islice(_problems(value, schema), MAX_PROBLEMS))
    except RecursionError:
        return Validity("bad_schema", (Problem("$", "The schema refers to itself without end."),))
    return Validity("invalid" if found else "valid", found)


def _problems(value: Any, schema: dict[str, Any]) -> Iterator[Problem]:
    # Takes 0.1 s to import, and most prompts have no schema.
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    match_pattern = Draft202012Validator.VALIDATORS["pattern"]

    def short_pattern(validator: Any, expression: str, instance: Any, node: Any) -> Any:
        if isinstance(instance, str) and len(instance) > _LONGEST_MATCHED:
            return ()
        return match_pattern(validator, expression, instance, node) or ()

    checker = validators.extend(  # type: ignore[no-untyped-call]  # in types-jsonschema 4.26
        Draft202012Validator, {"pattern": short_pattern}
    )
    # An empty registry: the default one would fetch references over the network.
    try:
        for error in checker(_safe(schema), registry=Registry()).iter_errors(value):
            yield Problem(json_place(error.absolute_path), error.message[:300])
    except Unresolvable as error:
        yield Problem("$", f"The schema refers to {error.ref}, which it does not define.")


def _safe(schema: Any) -> Any:
    """The schema without what would match regular expressions of unbounded cost."""
    if isinstance(schema, list):
        return [_safe(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    node = {key: _safe(value) for key, value in schema.items()}
    pattern = node.get("pattern")
    if isinstance(pattern, str) and _RISKY_PATTERN.search(pattern):
        del node["pattern"]
    if "patternProperties" in node:
        # What the patterns would have allowed must not count as additional.
        for key in ("patternProperties", "additionalProperties", "unevaluatedProperties"):
            node.pop(key, None)
    return node
