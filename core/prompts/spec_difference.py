"""What differs between two prompts, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from core.prompts.alignment import align
from core.prompts.difference import Difference, difference
from core.records.prompts import Part, PromptSpec, Turn


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    `field` is `system`, `turn`, `functions`, `google_search`, `response_schema`, `model`,
    `value_sets` or `parameters.NAME`. For turns, `left_turn` and `right_turn` count from 1;
    None means that this side has no such turn. A parameter that is not set is an empty text.
    """

    field: str
    left: str
    right: str
    difference: Difference
    left_turn: int | None = None
    right_turn: int | None = None


def spec_difference(left: PromptSpec, right: PromptSpec) -> list[FieldDifference]:
    """The fields that differ, in the order of the screen. Equal specs give an empty list."""
    found = [
        _field("system", left.system, right.system),
        *_turns(left.turns, right.turns),
        *_parameters(left, right),
        _field("functions", left.functions, right.functions),
        _field("google_search", _text(left.google_search), _text(right.google_search)),
        _field("response_schema", left.response_schema, right.response_schema),
        _field("model", left.model, right.model),
        _field("value_sets", _value_sets(left), _value_sets(right)),
    ]
    return [item for item in found if item is not None]


def _field(name: str, left: str, right: str) -> FieldDifference | None:
    if left == right:
        return None
    return FieldDifference(name, left, right, difference(left, right))


def _parameters(left: PromptSpec, right: PromptSpec) -> Iterator[FieldDifference | None]:
    ours, theirs = asdict(left.parameters), asdict(right.parameters)
    for name in ours:
        yield _field(f"parameters.{name}", _text(ours[name]), _text(theirs[name]))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "\n".join(value) if isinstance(value, tuple) else str(value)


def _value_sets(spec: PromptSpec) -> str:
    return "\n".join(
        f"{item.name} / {name}: {value}"
        for item in spec.value_sets
        for name, value in item.values.items()
    )


def _turns(left: tuple[Turn, ...], right: tuple[Turn, ...]) -> Iterator[FieldDifference]:
    """Equal turns are matched, those between are compared in pairs."""
    i = j = 0
    ours, theirs = [turn_text(turn) for turn in left], [turn_text(turn) for turn in right]
    for match in [*align(ours, theirs), None]:
        end_i, end_j = (match.left, match.right) if match else (len(ours), len(theirs))
        for a, b in zip_longest(range(i, end_i), range(j, end_j)):
            before = "" if a is None else ours[a]
            after = "" if b is None else theirs[b]
            yield FieldDifference(
                "turn",
                before,
                after,
                difference(before, after),
                left_turn=None if a is None else a + 1,
                right_turn=None if b is None else b + 1,
            )
        if match:
            i, j = end_i + match.length, end_j + match.length


def turn_text(turn: Turn) -> str:
    """A turn as text: its role on the first line, then its parts; files by type and name."""
    return "\n".join([f"{turn.role}:", *(_part_text(part) for part in turn.parts)])


def _part_text(part: Part) -> str:
    if part.media is None:
        return part.text
    return f"[{part.media.mime_type} {part.media.name} {part.media.sha256[:12]}]"
