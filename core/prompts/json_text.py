"""The two JSON texts of a prompt: function declarations and response schema."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from core.errors import InvalidInput

MAX_DEPTH = 100


class JsonProblem(NamedTuple):
    """Why a text is not JSON; line and column count from 1."""

    line: int
    column: int
    reason: str


def read_json(text: str) -> tuple[Any, JsonProblem | None]:
    """The value and None, or None and the problem. NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite), None
    except json.JSONDecodeError as error:
        return None, JsonProblem(error.lineno, error.colno, error.msg)
    except RecursionError:
        return None, JsonProblem(1, 1, "nested too deeply")
    except ValueError as error:  # a constant, or an integer of thousands of digits
        return None, JsonProblem(1, 1, str(error))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


def function_declarations(text: str) -> list[dict[str, Any]]:
    """The declarations in a JSON text; an empty text has none. InvalidInput says what is wrong."""
    if not text.strip():
        return []
    value, problem = read_json(text)
    if problem:
        raise InvalidInput(
            "The function declarations are not valid JSON: line {line}, column {column}: {reason}.",
            **problem._asdict(),
        )
    if not isinstance(value, list):
        raise InvalidInput(
            "The function declarations must be a JSON array: put [ and ] around them."
        )
    _check_depth(value)
    names: set[str] = set()
    for number, item in enumerate(value, 1):
        name = _declared_name(number, item)
        if name in names:
            raise InvalidInput("Two functions are named {name}. Rename one of them.", name=name)
        names.add(name)
    return value


def _declared_name(number: int, item: Any) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    if not isinstance(name, str) or not name:
        raise InvalidInput(
            "Function {number} has no name. Give it one, as in "
            '{{"name": "get_weather", "description": "...", "parameters": {{...}}}}.',
            number=number,
        )
    return name


def response_schema(text: str) -> dict[str, Any] | None:
    """The JSON Schema in a text, None when it is empty. InvalidInput says what is wrong.

    Only references within the schema are allowed, so that checking an answer fetches nothing.
    """
    if not text.strip():
        return None
    value, problem = read_json(text)
    if problem:
        raise InvalidInput(
            "The response schema is not valid JSON: line {line}, column {column}: {reason}.",
            **problem._asdict(),
        )
    if not isinstance(value, dict):
        raise InvalidInput(
            'The response schema must be a JSON object, as in {{"type": "object", ...}}.'
        )
    _check_depth(value)
    for node in _nodes(value):
        reference = node.get("$ref") or node.get("$dynamicRef")
        if isinstance(reference, str) and not reference.startswith("#"):
            raise InvalidInput(
                "The response schema refers to {reference}, which is outside of it. "
                "Copy that part under $defs and refer to it with #/$defs/NAME.",
                reference=reference,
            )
    _check_schema(value)
    return value


def _check_schema(schema: dict[str, Any]) -> None:
    # Takes 0.1 s to import, and most prompts have no schema.
    from jsonschema import Draft202012Validator, exceptions

    try:
        Draft202012Validator.check_schema(schema)
    except exceptions.SchemaError as error:
        raise InvalidInput(
            "The response schema is not a valid JSON Schema at {place}: {reason}. "
            'Types are written in small letters, as in "string".',
            place=json_place(error.absolute_path),
            reason=error.message[:200],
        ) from error


def json_place(path: Any) -> str:
    """A JSON path such as `$.items[2].name`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "$" + "".join(steps)


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise InvalidInput(
        "The JSON is nested more than {limit} levels deep. Make it flatter.", limit=MAX_DEPTH
    )


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in _children(value):
        yield from _nodes(child)
