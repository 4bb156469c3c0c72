from __future__ import annotations

import json
import time

import pytest

from core.prompts.validity import check_answer

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "pattern": "^[A-Z]"},
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        },
        "required": ["name"],
        "additionalProperties": False,
        "$defs": {"item": {"type": "integer", "minimum": 1}},
    }
)


@pytest.mark.parametrize(
    ("answer", "status", "places"),
    [
        pytest.param('{"name": "Ada", "items": [1, 2]}', "valid", [], id="fits"),
        pytest.param('{"items": []}', "invalid", ["$"], id="lacks a field"),
        pytest.param('{"name": "Ada", "items": [1, 0]}', "invalid", ["$.items[1]"], id="too small"),
        pytest.param('{"name": "ada"}', "invalid", ["$.name"], id="pattern"),
        pytest.param('{"name": "Ada", "x": 1}', "invalid", ["$"], id="one too many"),
        pytest.param("Here you are: {}", "not_json", ["line 1, column 1"], id="words around"),
        pytest.param('{"name": "A', "not_json", ["line 1, column 10"], id="cut off"),
        pytest.param("", "not_json", ["line 1, column 1"], id="empty"),
    ],
)
def test_answer(answer: str, status: str, places: list[str]) -> None:
    validity = check_answer(answer, SCHEMA)
    assert validity is not None
    assert validity.status == status
    assert [problem.place for problem in validity.problems] == places


def test_without_schema_there_is_no_mark() -> None:
    assert check_answer("anything", "  ") is None


def test_only_the_first_problems_are_told() -> None:
    schema = '{"items": {"type": "string"}}'
    validity = check_answer(json.dumps(list(range(1000))), schema)
    assert validity is not None
    assert len(validity.problems) == 5


@pytest.mark.parametrize(
    "schema",
    ["{", '{"type": "nonsense"}', '{"$ref": "https://example.org/x"}', '{"$ref": "#"}'],
)
def test_an_unusable_schema_is_no_crash(schema: str) -> None:
    validity = check_answer('{"a": 1}', schema)
    assert validity is not None
    assert validity.status == "bad_schema"


def test_a_reference_to_nothing_is_a_problem() -> None:
    validity = check_answer('{"a": 1}', '{"$ref": "#/$defs/none"}')
    assert validity is not None
    assert validity.status == "invalid"


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "a*a*a*a*b", r"(a)\1*b"])
def test_a_costly_pattern_does_not_stop_the_app(pattern: str) -> None:
    started = time.perf_counter()
    validity = check_answer(json.dumps("a" * 5_000), json.dumps({"pattern": pattern}))
    assert time.perf_counter() - started < 2
    assert validity is not None
    assert validity.status == "valid"


def test_costly_property_patterns_are_left_out() -> None:
    schema = {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}
    validity = check_answer(json.dumps({"a" * 40 + "b": 1}), json.dumps(schema))
    assert validity is not None
    assert validity.status == "valid"
