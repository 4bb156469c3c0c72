from __future__ import annotations

from core.prompts.spec_difference import spec_difference
from core.records.prompts import Media, Parameters, Part, PromptSpec, Turn, ValueSet


def user(text: str) -> Turn:
    return Turn("user", (Part(text),))


def model(text: str) -> Turn:
    return Turn("model", (Part(text),))


BASE = PromptSpec(system="A", turns=(user("one"), model("two"), user("three")))


def test_equal_specs_have_no_difference() -> None:
    assert spec_difference(BASE, BASE) == []


def test_every_field_is_told_in_the_order_of_the_screen() -> None:
    other = PromptSpec(
        system="B",
        turns=(user("one"), model("2"), user("three")),
        parameters=Parameters(temperature=0.5, stop_sequences=("x", "y"), include_thoughts=True),
        functions="[]",
        google_search=True,
        response_schema="{}",
        model="gemini:m",
        value_sets=(ValueSet("s", {"a": "1"}),),
    )
    told = [(item.field, item.left, item.right) for item in spec_difference(BASE, other)]
    assert told == [
        ("system", "A", "B"),
        ("turn", "model:\ntwo", "model:\n2"),
        ("parameters.temperature", "", "0.5"),
        ("parameters.stop_sequences", "", "x\ny"),
        ("parameters.include_thoughts", "off", "on"),
        ("functions", "", "[]"),
        ("google_search", "off", "on"),
        ("response_schema", "", "{}"),
        ("model", "", "gemini:m"),
        ("value_sets", "", "s / a: 1"),
    ]


def test_a_turn_put_in_between_does_not_shift_the_others() -> None:
    longer = PromptSpec(
        system="A", turns=(user("new"), model("also new"), user("one"), model("two"), user("three"))
    )
    found = spec_difference(BASE, longer)
    assert [(item.left_turn, item.right_turn) for item in found] == [(None, 1), (None, 2)]
    assert found[0].right == "user:\nnew"


def test_a_changed_role_or_file_is_a_difference() -> None:
    changed = PromptSpec(
        system="A",
        turns=(
            user("one"),
            model("two"),
            Turn("user", (Part(media=Media("image/png", "f" * 64)),)),
        ),
    )
    (found,) = spec_difference(BASE, changed)
    assert "image/png" in found.right
    assert (found.left_turn, found.right_turn) == (3, 3)
