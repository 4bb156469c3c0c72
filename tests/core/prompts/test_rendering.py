from __future__ import annotations

import re

import pytest

from core.errors import InvalidInput, MissingVariables
from core.prompts.rendering import render_request
from core.records.models import ModelRef
from core.records.prompts import Media, Parameters, Part, PromptSpec, Turn

MODEL = ModelRef("sandbox", "sandbox-flash-2")
PICTURE = Media("image/png", "0" * 64, "a.png", 10)


def user(*texts: str) -> Turn:
    return Turn("user", tuple(Part(text) for text in texts))


def model(text: str) -> Turn:
    return Turn("model", (Part(text),))


def test_everything_arrives_with_values() -> None:
    spec = PromptSpec(
        system="Be {tone}.",
        turns=(user("Hi {name}", "{tone}"), model("Hello {name}"), user("Go")),
        parameters=Parameters(temperature=0.0, stop_sequences=("{tone}",)),
        functions='[{"name": "f"}]\n',
        google_search=True,
        response_schema='{"type": "object", "properties": {"a": {"type": "string"}}}',
    )
    request = render_request(spec, {"tone": "brief", "name": "Ada", "unused": "x"}, MODEL)
    assert (request.connection, request.model) == ("sandbox", "sandbox-flash-2")
    assert request.system == "Be brief."
    assert [turn.text for turn in request.turns] == ["Hi Ada\nbrief", "Hello Ada", "Go"]
    assert request.parameters == spec.parameters
    assert request.functions == '[{"name": "f"}]'
    assert request.google_search
    assert request.response_schema == spec.response_schema


def test_missing_values_of_all_fields_are_named_at_once() -> None:
    with pytest.raises(MissingVariables) as caught:
        render_request(PromptSpec(system="{a}", turns=(user("{b} {a}"),)), {}, MODEL)
    assert caught.value.names == ["a", "b"]


def test_a_part_that_is_empty_once_filled_in_is_left_out() -> None:
    turn = Turn("user", (Part("{x}"), Part(media=PICTURE)))
    request = render_request(PromptSpec(turns=(turn,)), {"x": " "}, MODEL)
    assert request.turns[0].parts == (Part(media=PICTURE),)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(PromptSpec(), "The prompt is empty", id="nothing"),
        pytest.param(PromptSpec(turns=()), "The prompt is empty", id="no turns"),
        pytest.param(
            PromptSpec(turns=(user("a"), model(" "), user("b"))), "Message 2 is empty", id="gap"
        ),
        pytest.param(PromptSpec(turns=(model("a"), user("b"))), "first message", id="begins"),
        pytest.param(PromptSpec(turns=(user("a"), user("b"))), "1 and 2 have the same", id="twice"),
        pytest.param(
            PromptSpec(system="a\x00", turns=(user("b"),)),
            "system instruction .* U+0000 at position 2",
            id="NUL in the system instruction",
        ),
        pytest.param(
            PromptSpec(turns=(user("ok"), model("ab\ud800"), user("c"))),
            "Message 2 .* U+D800 at position 3",
            id="lone surrogate in a turn",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), functions="[\x00]"),
            "function declarations have .* U+0000",
            id="NUL in functions",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema="\udfff"),
            "response schema has .* U+DFFF",
            id="surrogate in schema",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), functions='[{"name": "f",}]'),
            "function declarations are not valid JSON: line 1, column 15",
            id="trailing comma",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), functions='{"name": "f"}'), "array", id="no array"
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), functions='[{"description": "f"}]'),
            "Function 1 has no name",
            id="nameless",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), functions='[{"name": "f"}, {"name": "f"}]'),
            "Two functions are named f",
            id="same name",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema='{\n "type": "object"\n "a": 1}'),
            "response schema is not valid JSON: line 3, column 2",
            id="missing comma",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema="[]"), "must be a JSON object", id="list"
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema='{"type": "STRING"}'),
            r"not a valid JSON Schema at $.type",
            id="upper-case type",
        ),
        pytest.param(
            PromptSpec(
                turns=(user("a"),),
                response_schema='{"properties": {"a": {"$ref": "http://example.org/s"}}}',
            ),
            "refers to http://example.org/s",
            id="remote reference",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema='{"a":' * 200 + "1" + "}" * 200),
            "more than 100 levels",
            id="deep",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema="[" * 100_000),
            "not valid JSON",
            id="deeper than the parser",
        ),
        pytest.param(
            PromptSpec(turns=(user("a"),), response_schema='{"minimum": NaN}'),
            "NaN is not JSON",
            id="NaN",
        ),
    ],
)
def test_what_cannot_be_sent_says_why(spec: PromptSpec, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        render_request(spec, {}, MODEL)
    assert re.search(words.replace("+", r"\+").replace("$", r"\$"), str(caught.value))


def test_a_bad_character_in_a_value_names_the_variable() -> None:
    with pytest.raises(InvalidInput, match=r"value of \{name\} .* U\+0000 at position 3"):
        render_request(PromptSpec(turns=(user("{name}"),)), {"name": "ab\x00"}, MODEL)


def test_no_model() -> None:
    with pytest.raises(InvalidInput, match="No model"):
        render_request(PromptSpec(turns=(user("a"),)), {}, ModelRef("gemini", ""))


def test_the_whole_request_is_bounded() -> None:
    spec = PromptSpec(system="{x}", turns=(user("{x}"),))
    with pytest.raises(InvalidInput, match=r"22\.0 MB"):
        render_request(spec, {"x": "a" * 11_000_000}, MODEL)


def test_a_prefilled_answer_is_sent_as_it_is() -> None:
    spec = PromptSpec(turns=(user("List the facts."), model("{")))
    assert render_request(spec, {}, ModelRef("gemini", "gemini-2.5-flash")).turns == spec.turns
