"""Characters that no service accepts and no store keeps: NUL and lone surrogates."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import InvalidInput
from core.records.prompts import PromptSpec

_BAD = re.compile("[\x00\ud800-\udfff]")


def bad_character(text: str) -> tuple[str, int] | None:
    """The first bad character as `U+0000` and its position from 1, or None."""
    found = _BAD.search(text)
    return (f"U+{ord(found[0]):04X}", found.start() + 1) if found else None


def check_spec(spec: PromptSpec) -> None:
    """InvalidInput naming the field with a bad character."""
    check_system(spec.system)
    for number, turn in enumerate(spec.turns, 1):
        for part in turn.parts:
            check_turn(number, part.text)
    check_json_texts(spec)
    for value_set in spec.value_sets:
        check_text(value_set.name)
        check_values(value_set.values)
    check_text(spec.model)


def check_system(text: str) -> None:
    """The same for a system instruction."""
    if bad := bad_character(text):
        raise InvalidInput(
            "The system instruction has the unusable character {character} at position "
            "{position}. Delete it or paste the text again.",
            character=bad[0],
            position=bad[1],
        )


def check_turn(number: int, text: str) -> None:
    """The same for the text of a turn, counted from 1."""
    if bad := bad_character(text):
        raise InvalidInput(
            "Message {turn} has the unusable character {character} at position {position}. "
            "Delete it or paste the text again.",
            turn=number,
            character=bad[0],
            position=bad[1],
        )


def check_json_texts(spec: PromptSpec) -> None:
    """The same for the function declarations and the response schema."""
    if bad := bad_character(spec.functions):
        raise InvalidInput(
            "The function declarations have the unusable character {character} at position "
            "{position}. Delete it or paste the text again.",
            character=bad[0],
            position=bad[1],
        )
    if bad := bad_character(spec.response_schema):
        raise InvalidInput(
            "The response schema has the unusable character {character} at position "
            "{position}. Delete it or paste the text again.",
            character=bad[0],
            position=bad[1],
        )


def check_values(values: Mapping[str, str]) -> None:
    """The same for the values of variables."""
    for name, value in values.items():
        check_text(name)
        if bad := bad_character(value):
            raise InvalidInput(
                "The value of {name} has the unusable character {character} at position "
                "{position}. Delete it or paste the text again.",
                name=f"{{{name}}}",
                character=bad[0],
                position=bad[1],
            )


def check_text(text: str) -> None:
    """The same for a name, a memo or another short text."""
    if bad := bad_character(text):
        raise InvalidInput(
            "The text has the unusable character {character} at position {position}. "
            "Delete it or paste the text again.",
            character=bad[0],
            position=bad[1],
        )
