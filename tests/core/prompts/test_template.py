from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, MissingVariables
from core.prompts import template
from core.prompts.template import render, variables, variables_of
from core.records.prompts import Media, Part, PromptSpec, Turn

GOLDEN = yaml.safe_load(Path("tests/golden/template.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", GOLDEN, ids=[case["name"] for case in GOLDEN])
def test_golden_table(case: dict[str, Any]) -> None:
    if "missing" in case:
        with pytest.raises(MissingVariables) as caught:
            render(case["template"], case["values"])
        assert caught.value.names == case["missing"]
    else:
        assert render(case["template"], case["values"]) == case["becomes"]
    if "variables" in case:
        assert variables(case["template"]) == case["variables"]


NAMES = st.sampled_from(["name", "顧客名", "x", "_a1", "café"])
LITERAL = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)
JSONISH = st.sampled_from(["{}", '{"a": 1}', "{ x }", "{1}", "{a.b}", "{", "}", "{a b}"])
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.just("{name}")


@given(
    st.lists(st.tuples(LITERAL | JSONISH, NAMES)),
    st.fixed_dictionaries({name: ANY for name in ["name", "顧客名", "x", "_a1", "café"]}),
)
def test_result_is_the_pieces_with_values_between(
    pieces: list[tuple[str, str]], values: dict[str, str]
) -> None:
    # A brace before a variable would only make `{{name}}`, so put a space between.
    written = "".join(f"{text} {{{name}}}" for text, name in pieces)
    expected = "".join(f"{text} {values[name]}" for text, name in pieces)
    assert render(written, values) == expected


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=5))
def test_hostile_text_never_fails_otherwise(text: str, values: dict[str, str]) -> None:
    try:
        known = template.normal_values(values)
        rendered = render(text, values)
    except InvalidInput:
        return
    size = len(rendered.encode("utf-8", "surrogatepass"))
    assert size == template.rendered_bytes(text, known)


def test_attributes_are_never_reached() -> None:
    with pytest.raises(MissingVariables):
        render("{__class__}", {})
    assert render("{x.__class__.__mro__}", {"x": "1"}) == "{x.__class__.__mro__}"


def test_two_spellings_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInput, match="ｎａｍｅ"):
        render("{name}", {"name": "a", "ｎａｍｅ": "b"})


def test_length_is_bounded_before_anything_is_built() -> None:
    with pytest.raises(InvalidInput, match=r"30000\.0 MB.*limit is 20 MB"):
        render("{x}" * 3000, {"x": "a" * 10_000_000})


def test_length_counts_utf8_bytes() -> None:
    assert len(render("{x}", {"x": "あ" * 6_666_666})) == 6_666_666
    with pytest.raises(InvalidInput, match="limit"):
        render("{x}", {"x": "あ" * 6_666_667})


def test_many_open_braces_take_no_time() -> None:
    assert variables("{" * 2_000_000 + "{a}") == ["a"]


def test_variables_of_a_spec_in_order_without_media() -> None:
    spec = PromptSpec(
        system="{b}",
        turns=(
            Turn("user", (Part("{a} {b}"), Part(media=Media("image/png", "0" * 64, "{m}")))),
            Turn("model", (Part("{c}"),)),
        ),
    )
    assert variables_of(spec) == ["b", "a", "c"]
