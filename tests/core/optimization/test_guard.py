"""What a rewritten instruction must not do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.optimization.guard import folded, quoted, rejection
from core.optimization.parts import masked, spec_with, unmasked
from core.prompts.rendering import render_request
from core.prompts.template import variables, variables_of
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn

START = "Sort {ticket} for {team}. Answer {ticket} with one word."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \n\t", "empty", id="only white space"),
        pytest.param(START, "unchanged", id="unchanged"),
        pytest.param(f"  {START}\n", "unchanged", id="only white space changed"),
        pytest.param("Sort {ticket} for {team}.", "variables", id="one use dropped"),
        pytest.param("Sort {Ticket}, {ticket} for {team}", "variables", id="renamed"),
        pytest.param(START + " {new}", "variables", id="added"),
        pytest.param("{{ticket}} {team} {ticket}", "variables", id="doubled braces"),
        pytest.param("{ ticket } {team} {ticket}", "variables", id="spaces in braces"),
        pytest.param("{ticket} {team} {ticket}" + "x" * 500, "too_long", id="too long"),
        pytest.param("{ticket} {team} {ticket}\x00", "characters", id="a NUL"),
        pytest.param("seen {ticket} {team} {ticket}", "duplicate", id="tried before"),
        pytest.param("{ticket} {ticket} {team}: sort.", None, id="other order"),
        pytest.param('{ticket} {ticket} {team} {"a": 1}', None, id="JSON braces are text"),
        pytest.param("{ticket} {ticket} {ｔｅａｍ}", None, id="full-width is the same name"),
    ],
)
def test_a_text_is_taken_or_rejected_with_a_reason(text: str, reason: str | None) -> None:
    seen = {folded("seen {ticket} {team} {ticket}")}
    found = rejection(text, START, seen=seen, most_characters=200)
    assert (found.reason if found else None) == reason


def test_the_changed_variables_are_named() -> None:
    found = rejection("{ticket} {other}", START, seen=(), most_characters=200)
    assert found is not None
    assert found.detail == "{other}, {team}, {ticket}"


PIECES = st.sampled_from(
    ["{ticket}", "{team}", "{{ticket}}", "{", "}", "{}", "{x}", "{team", "ticket}", "{ticket }",
     "{ｔｉｃｋｅｔ}", "\n", "を", "word ", '{"k": "v"}', "```", "\u0301", "{1}", "\U0001f600"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.randoms(use_true_random=False))
def test_an_accepted_prompt_always_renders_with_the_same_variables(
    pieces: list[str], chance: object
) -> None:
    # Half of the fuzz keeps the variables, so that much of it is accepted.
    text = "".join(["{ticket}", *pieces, "{ticket} {team}"])
    found = rejection(text, START, seen=(), most_characters=1_000)
    if found is not None:
        return
    assert sorted(variables(text)) == sorted(variables(START))
    spec = PromptSpec(system=text, turns=(Turn("user", (Part("go"),)),))
    request = render_request(spec, {"ticket": "T", "team": "M"}, ModelRef("sandbox", "m"))
    assert "{team}" not in request.system and "{ticket}" not in request.system


@given(st.text(max_size=60))
def test_any_text_is_judged_without_an_exception(text: str) -> None:
    found = rejection(text, START, seen=(), most_characters=40)
    assert found is None or found.reason


def test_what_quotes_a_case_is_found_whatever_its_white_space() -> None:
    inputs = {"a": "Nobody can log in\nsince last night.", "b": "How do I print?", "c": "short"}
    text = "Sort.\n\nInput: Nobody  can log in since last night.\nOutput: urgent. short"
    assert quoted(text, inputs) == {"a"}


def test_frozen_parts_are_placeholders_while_an_optimizer_sees_them() -> None:
    frozen = {"legal": "Never promise a refund.", "tone": "Be kind."}
    text = "Answer {q}. Never promise a refund. Be kind."
    assert masked(text, frozen) == "Answer {q}. {legal} {tone}"
    assert unmasked("{tone} Reply to {q}. {legal}", frozen) == (
        "Be kind. Reply to {q}. Never promise a refund."
    )
    changed = rejection("Reply to {q}. {tone}", masked(text, frozen), seen=(), most_characters=200)
    assert changed is not None and changed.reason == "variables"


def test_a_prompt_without_system_instruction_has_its_message_rewritten() -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("タスク:\n{review}を簡単にいうと?"),)),))
    made = spec_with(spec, "{review}の要点を1文で。")
    assert made.system == ""
    assert made.turns[0].text == "{review}の要点を1文で。"
    assert variables_of(made) == ["review"]
