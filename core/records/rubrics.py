"""Rubrics: what a judge is told to look at, and the steps of its scale. Data, editable, versioned.

A `RubricTemplate` is one language of it, a `Rubric` all languages of one version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from core.records.metrics import Direction

RubricKind = Literal["pointwise", "pairwise", "adaptive"]
RubricLanguage = Literal["en", "ja"]
LANGUAGES: tuple[RubricLanguage, ...] = ("en", "ja")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One aspect to look at."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ScaleStep:
    """One value a verdict can have, and what it means.

    Of a pair: 1 the first response is better, 0 neither, -1 the second. Of an adaptive question:
    1 fulfilled, 0 not.
    """

    value: int
    text: str


@dataclass(frozen=True, slots=True)
class RubricTemplate:
    """What a judge is told, in one language. Nothing in it is ever reordered.

    Pointwise and pairwise: instruction, definition, criteria, scale (the best step first),
    steps and examples, all shown to the judge. Adaptive: definition, criteria, steps and
    examples say which questions to ask; instruction and scale how to answer them.
    """

    language: RubricLanguage
    instruction: str
    definition: str
    criteria: tuple[Criterion, ...]
    scale: tuple[ScaleStep, ...]
    steps: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rubric:
    """One version of a rubric. Version 1 is shipped or the first of a custom metric.

    `inputs` are the case fields a judge must have, `optional` those it sees when there are any;
    the response comes last in any case. `empty` is what an empty or trivial answer gets without
    a judge; None leaves it to the judge.
    """

    name: str
    version: int
    kind: RubricKind
    direction: Direction
    inputs: tuple[str, ...]
    optional: tuple[str, ...]
    empty: int | None
    templates: tuple[RubricTemplate, ...]

    @property
    def sha256(self) -> str:
        """A name for everything a judge could be told, in all languages; not for the number."""
        content = {key: value for key, value in self.to_dict().items() if key != "version"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def languages(self) -> tuple[RubricLanguage, ...]:
        """The languages there are."""
        return tuple(one.language for one in self.templates)

    def in_language(self, language: str) -> RubricTemplate:
        """The template of the language; the first one when it has none."""
        return next((one for one in self.templates if one.language == language), self.templates[0])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `rubric_from` reads it back to an equal rubric."""
        return asdict(self)


def rubric_from(data: Mapping[str, Any]) -> Rubric:
    """Read what `to_dict` wrote. KeyError, TypeError or ValueError when it is not of that form."""
    return Rubric(
        name=str(data["name"]),
        version=int(data["version"]),
        kind=data["kind"],
        direction=data["direction"],
        inputs=tuple(data["inputs"]),
        optional=tuple(data["optional"]),
        empty=data["empty"],
        templates=tuple(_template(one) for one in data["templates"]),
    )


def _template(data: Mapping[str, Any]) -> RubricTemplate:
    return RubricTemplate(
        language=data["language"],
        instruction=str(data["instruction"]),
        definition=str(data["definition"]),
        criteria=tuple(Criterion(str(one["name"]), str(one["text"])) for one in data["criteria"]),
        scale=tuple(ScaleStep(int(one["value"]), str(one["text"])) for one in data["scale"]),
        steps=tuple(str(one) for one in data.get("steps", ())),
        examples=tuple(str(one) for one in data.get("examples", ())),
    )


@dataclass(frozen=True, slots=True)
class RubricVersion:
    """A saved rubric with who saved it and why; `id` None means it is shipped."""

    rubric: Rubric
    id: str | None = None
    message: str = ""
    created_at: datetime | None = None
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One yes-or-no question about an answer; the id is made from the question's text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one case under one rubric. `key` names what they were made from.

    Once `frozen` they never change, so that every answer is asked the same.
    """

    key: str
    case_id: str
    questions: tuple[Question, ...]
    frozen: bool = False
