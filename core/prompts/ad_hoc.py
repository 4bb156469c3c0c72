"""An input that comes as one text, for a prompt with or without a variable for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.prompts.template import variables_of
from core.records.prompts import Part, PromptSpec, Turn

INPUT = "input"


def with_input(
    spec: PromptSpec, values: Mapping[str, str], text: str
) -> tuple[PromptSpec, dict[str, str]]:
    """The prompt and the values that send `text`, which is taken as it stands.

    It becomes the value of `{input}`, or of the one variable that has no value yet. A prompt
    that has no such variable gets it at the end of its last message. Values have normal names.
    """
    names = variables_of(spec)
    unset = [name for name in names if name not in values]
    if INPUT not in names and len(unset) == 1:
        return spec, {**values, unset[0]: text}
    if INPUT not in names:
        spec = replace(spec, turns=_with_part(spec.turns, Part(f"{{{INPUT}}}")))
    return spec, {**values, INPUT: text}


def _with_part(turns: tuple[Turn, ...], part: Part) -> tuple[Turn, ...]:
    if turns and turns[-1].role == "user":
        return (*turns[:-1], replace(turns[-1], parts=(*turns[-1].parts, part)))
    return (*turns, Turn("user", (part,)))
