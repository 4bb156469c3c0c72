"""From a prompt and values to the request that is sent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from core.errors import InvalidInput
from core.prompts import characters, json_text, template
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import Request


def render_request(spec: PromptSpec, values: Mapping[str, str], model: ModelRef) -> Request:
    """Fill in the variables and check everything that can be checked before sending.

    MissingVariables names all variables without a value; InvalidInput says which field is
    wrong and how to mend it. Values for variables that the prompt does not use are ignored.
    """
    if not model.model.strip():
        raise InvalidInput("No model is chosen. Choose one and run again.")
    characters.check_spec(spec)
    characters.check_values(values)
    known = template.normal_values(values)
    template.require_values(template.variables_of(spec), known)
    texts = template.template_texts(spec)
    template.check_size(sum(template.rendered_bytes(text, known) for text in texts))
    turns = tuple(_render_turn(turn, known) for turn in spec.turns)
    check_turns(turns)
    json_text.function_declarations(spec.functions)
    json_text.response_schema(spec.response_schema)
    return Request(
        connection=model.surface,
        model=model.model,
        turns=turns,
        system=template.substitute(spec.system, known),
        parameters=spec.parameters,
        functions=spec.functions.strip(),
        google_search=spec.google_search,
        response_schema=spec.response_schema.strip(),
    )


def _render_turn(turn: Turn, known: Mapping[str, str]) -> Turn:
    """The turn with values; text parts that end up empty are left out."""
    parts = (
        part if part.media else replace(part, text=template.substitute(part.text, known))
        for part in turn.parts
    )
    return replace(turn, parts=tuple(part for part in parts if _says_something(part)))


def _says_something(part: Part) -> bool:
    return part.media is not None or bool(part.text.strip())


def check_turns(turns: tuple[Turn, ...]) -> None:
    """InvalidInput unless user and model alternate, the user begins, none is empty.

    The model may end: older models go on from a prefilled answer. Which refuse it is told by
    `core.lifecycle.lint`.
    """
    if not any(turn.parts for turn in turns):
        raise InvalidInput("The prompt is empty. Write a message or add a file.")
    for number, turn in enumerate(turns, 1):
        if not turn.parts:
            raise InvalidInput("Message {turn} is empty. Fill it in or delete it.", turn=number)
    if turns[0].role != "user":
        raise InvalidInput(
            "The first message must be the user's. Delete message 1 or change its role."
        )
    for number, (before, after) in enumerate(itertools.pairwise(turns), 2):
        if before.role == after.role:
            raise InvalidInput(
                "Messages {first} and {second} have the same role. User and model must take "
                "turns: join the two or put an answer between them.",
                first=number - 1,
                second=number,
            )
