"""Rubrics as people write them in a form: one criterion, step or scale value a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from core.errors import InvalidInput
from core.evaluation.rubrics import WINNERS
from core.records.rubrics import Criterion, Rubric, RubricKind, RubricTemplate, ScaleStep

# A dash is a mark only before a space: `-1: Too short.` is a value.
_NAMED = re.compile(r"\s*(?:[-*]\s+|・\s*)?(?P<name>[^:：]+?)\s*[:：]\s*(?P<text>.+?)\s*")
_NUMBERED = re.compile(r"^\s*(?:\d+[.)．）]|[-*・])\s*")
_VALUES = {name: value for value, name in WINNERS.items()} | {"true": 1, "false": 0}


def criteria_text(template: RubricTemplate) -> str:
    """As in `Order: Statements come in an order that helps.`"""
    return "\n".join(f"{one.name}: {one.text}" for one in template.criteria)


def criteria_from(text: str) -> tuple[Criterion, ...]:
    """Read `name: text` lines. InvalidInput names a line without a name."""
    return tuple(Criterion(name, words) for name, words in _named_lines(text))


def with_criteria(rubric: Rubric, lines: Mapping[str, str]) -> Rubric:
    """The rubric with `name: text` lines added to its languages, by language.

    A line whose name a criterion has already takes its place, so no judge reads two of one name.
    """
    templates = []
    for template in rubric.templates:
        found = {one.name: one for one in template.criteria}
        found |= {one.name: one for one in criteria_from(lines.get(template.language, ""))}
        templates.append(replace(template, criteria=tuple(found.values())))
    return replace(rubric, templates=tuple(templates))


def scale_text(template: RubricTemplate, kind: RubricKind) -> str:
    """As in `5: Nothing is missing.`; of a pair, `first`, `same` and `second` are the values."""

    def name(value: int) -> str:
        if kind == "pairwise":
            return WINNERS[value]
        return str(bool(value)).lower() if kind == "adaptive" else str(value)

    return "\n".join(f"{name(step.value)}: {step.text}" for step in template.scale)


def scale_from(text: str) -> tuple[ScaleStep, ...]:
    """Read `value: text` lines, the highest value first. InvalidInput names a bad line."""
    steps = []
    for name, words in _named_lines(text):
        value = _VALUES.get(name.lower())
        if value is None:
            try:
                value = int(name.translate(_MINUS))
            except ValueError:
                raise InvalidInput(
                    "{line} does not begin with a value of the scale. Write lines such as "
                    "5: Nothing is missing.", line=f"{name}: {words}"[:80],
                ) from None  # fmt: skip
        steps.append(ScaleStep(value, words))
    return tuple(sorted(steps, key=lambda step: -step.value))


_MINUS = str.maketrans({"−": "-", "－": "-", "‐": "-", "ー": "-", "＋": "+"})


def lines_text(lines: tuple[str, ...]) -> str:
    """One a line."""
    return "\n".join(lines)


def lines_from(text: str) -> tuple[str, ...]:
    """One a line, without numbers, marks and empty lines."""
    plain = (_NUMBERED.sub("", line).strip() for line in text.splitlines())
    return tuple(line for line in plain if line)


def examples_from(text: str) -> tuple[str, ...]:
    """Examples may have several lines; an empty line ends one."""
    return tuple(one.strip() for one in re.split(r"\n\s*\n", text) if one.strip())


def _named_lines(text: str) -> list[tuple[str, str]]:
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _NAMED.fullmatch(line)
        if match is None:
            raise InvalidInput(
                "{line} has no colon. Write a name, a colon and a text.", line=line.strip()[:80]
            )
        found.append((match["name"].strip(), match["text"]))
    return found
