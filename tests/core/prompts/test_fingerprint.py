from __future__ import annotations

from dataclasses import replace

import pytest

from core.prompts.fingerprint import fingerprint
from core.records.prompts import Media, Parameters, Part, PromptSpec, Turn, ValueSet

SPEC = PromptSpec(
    system="Be {tone}.",
    turns=(Turn("user", (Part("{text}"), Part(media=Media("image/png", "a" * 64, "x.png", 3)))),),
    parameters=Parameters(temperature=1.0),
    response_schema='{"type": "object", "properties": {"b": {}, "a": {}}}',
    model="gemini:gemini-3.8-flash",
)


def test_it_is_stable_across_releases() -> None:
    # Stored in databases: a change here would make every prompt look edited.
    assert fingerprint(PromptSpec()) == (
        "1fbd967caf65570681ce662d8725ea0add18c9626ca53628836723929e8714fe"
    )
    assert fingerprint(SPEC) == ("0a56419a2f41c05c25fb033bb20377b724c557a76329adb44f9a8de8e132666a")


def file_named(name: str) -> tuple[Turn, ...]:
    return (Turn("user", (Part("{text}"), Part(media=Media("image/png", "a" * 64, name)))),)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param({"value_sets": (ValueSet("a", {"text": "x"}),)}, id="value sets"),
        pytest.param({"turns": file_named("other.png")}, id="the name of a file"),
        pytest.param({"parameters": Parameters(temperature=1)}, id="1 for 1.0"),
        pytest.param(
            {"response_schema": '{"type":"object",\n"properties":{"b":{},"a":{}}}'}, id="layout"
        ),
    ],
)
def test_what_does_not_count(same: dict[str, object]) -> None:
    assert fingerprint(replace(SPEC, **same)) == fingerprint(SPEC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"system": "Be {tone}. "}, id="a space"),
        pytest.param({"turns": (Turn("model", SPEC.turns[0].parts),)}, id="role"),
        pytest.param({"parameters": Parameters()}, id="a parameter not set"),
        pytest.param({"parameters": Parameters(temperature=0.0)}, id="a temperature of zero"),
        pytest.param({"google_search": True}, id="search"),
        pytest.param({"functions": "[]"}, id="functions"),
        pytest.param({"model": "sandbox:sandbox-flash-2"}, id="model"),
        pytest.param(
            {"response_schema": '{"type": "object", "properties": {"a": {}, "b": {}}}'},
            id="order of schema keys",
        ),
    ],
)
def test_what_counts(other: dict[str, object]) -> None:
    assert fingerprint(replace(SPEC, **other)) != fingerprint(SPEC)  # type: ignore[arg-type]


def test_zero_is_not_unset() -> None:
    zero = replace(SPEC, parameters=Parameters(temperature=0.0, seed=0))
    assert fingerprint(zero) != fingerprint(replace(SPEC, parameters=Parameters()))


def test_half_written_json_and_bad_characters_have_a_fingerprint() -> None:
    assert len(fingerprint(PromptSpec(system="\ud800", functions='[{"name":'))) == 64
