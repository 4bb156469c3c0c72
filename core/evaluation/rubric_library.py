"""All rubrics by name: those shipped as files, those edited, and custom metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from core.errors import InvalidInput, NotFound
from core.records.rubrics import LANGUAGES, Rubric, RubricTemplate, RubricVersion, rubric_from

DIRECTORY = Path(__file__).resolve().parents[2] / "data" / "rubrics"
KINDS = ("pointwise", "pairwise", "adaptive")
DIRECTIONS = ("higher", "lower", "zero")
_NAME = re.compile(r"[^\W\d_][\w-]{0,59}")


class RubricStore(Protocol):
    """Where saved rubrics are kept (`core.store.rubrics`)."""

    def save(self, rubric: Rubric, *, above: int, message: str, actor: str) -> RubricVersion:
        """Number it after the newest version of its name, and above `above`, and keep it."""

    def versions(self, name: str) -> Sequence[RubricVersion]:
        """What was saved under the name, newest first."""

    def newest(self) -> Sequence[RubricVersion]:
        """The newest saved version of each name, by name."""


class RubricLibrary:
    """Finds and saves rubrics. A saved version never changes."""

    def __init__(self, store: RubricStore, directory: Path = DIRECTORY) -> None:
        self._store = store
        self._shipped = load_shipped(directory)

    def names(self) -> list[str]:
        """Every rubric, the shipped ones first, then custom ones by name."""
        custom = [one.rubric.name for one in self._store.newest()]
        return list(dict.fromkeys([*self._shipped, *custom]))

    def all(self) -> list[Rubric]:
        """The newest version of every rubric, in the order of `names`."""
        newest = {**self._shipped, **{one.rubric.name: one.rubric for one in self._store.newest()}}
        return list(newest.values())

    def is_shipped(self, name: str) -> bool:
        """Whether the rubric comes with the workbench."""
        return name in self._shipped

    def versions(self, name: str) -> list[RubricVersion]:
        """All versions, newest first; a shipped one is the oldest."""
        shipped = [RubricVersion(self._shipped[name])] if name in self._shipped else []
        return [*self._store.versions(name), *shipped]

    def get(self, name: str, version: int | None = None) -> Rubric:
        """The newest version, or that number. NotFound when there is none."""
        for one in self.versions(name):
            if version is None or one.rubric.version == version:
                return one.rubric
        raise NotFound(
            "There is no rubric {name} in version {version}. There are: {known}.",
            name=name, version=version or "-", known=", ".join(self.names()),
        )  # fmt: skip

    def save(self, rubric: Rubric, *, message: str = "", actor: str) -> RubricVersion:
        """Keep it as the next version. InvalidInput says what is wrong or that nothing changed."""
        check(rubric)
        before = self.versions(rubric.name)
        if before and before[0].rubric.sha256 == rubric.sha256:
            raise InvalidInput(
                "Nothing was changed since version {number}.", number=before[0].rubric.version
            )
        above = self._shipped[rubric.name].version if rubric.name in self._shipped else 0
        return self._store.save(rubric, above=above, message=message, actor=actor)

    def create(self, rubric: Rubric, *, message: str = "", actor: str) -> RubricVersion:
        """Keep a custom metric under a new name. InvalidInput when the name is taken."""
        if rubric.name in self.names():
            raise InvalidInput("There is a metric {name} already. Choose another name.",
                               name=rubric.name)  # fmt: skip
        return self.save(rubric, message=message, actor=actor)


def load_shipped(directory: Path = DIRECTORY) -> dict[str, Rubric]:
    """The shipped rubrics by name, families together. InvalidInput names a bad file."""
    rubrics = [_read(path) for path in sorted(directory.glob("*.json"))]
    order = {kind: place for place, kind in enumerate(KINDS)}
    rubrics.sort(key=lambda one: (order[one.kind], one.name))
    return {one.name: one for one in rubrics}


@lru_cache(maxsize=128)
def _read(path: Path) -> Rubric:
    try:
        data = json.loads(path.read_text("utf-8"))
        rubric = rubric_from({**data, "templates": [
            {"language": language, **data[language]} for language in LANGUAGES
        ]})  # fmt: skip
        check(rubric)
        if rubric.name != path.stem:
            raise ValueError(f"the name is {rubric.name}")
    except (ValueError, KeyError, TypeError, AttributeError, InvalidInput) as error:
        raise InvalidInput(
            "The rubric {path} cannot be read: {problem}. Correct the file or delete it.",
            path=path.name, problem=error,
        ) from error  # fmt: skip
    return rubric


def file_of(rubric: Rubric) -> dict[str, Any]:
    """The rubric in the form of a shipped file."""
    data = rubric.to_dict()
    templates = data.pop("templates")
    return {**data, **{one.pop("language"): one for one in templates}}


def check(rubric: Rubric) -> None:
    """InvalidInput says what is missing or contradicts itself."""
    if not _NAME.fullmatch(rubric.name):
        raise InvalidInput(
            "{name} cannot be a metric's name. Use letters, digits, _ and -, beginning with a "
            "letter.", name=rubric.name or "''",
        )  # fmt: skip
    if rubric.kind not in KINDS or rubric.direction not in DIRECTIONS or not rubric.templates:
        raise InvalidInput("The rubric {name} has no kind, no direction or no text.",
                           name=rubric.name)  # fmt: skip
    values = [step.value for step in rubric.templates[0].scale]
    for template in rubric.templates:
        _check_template(rubric, template, values)
    wanted = {"pairwise": {1, 0, -1}, "adaptive": {1, 0}}.get(rubric.kind)
    if len(values) < 2 or len(set(values)) < len(values) or (wanted and set(values) != wanted):
        raise InvalidInput(
            "The scale of {name} needs two steps at least, each value once; a pair has 1, 0 and "
            "-1, a question 1 and 0.", name=rubric.name,
        )  # fmt: skip
    if rubric.empty is not None and rubric.empty not in values:
        raise InvalidInput("What an empty answer gets must be a step of the scale, not {value}.",
                           value=rubric.empty)  # fmt: skip


def _check_template(rubric: Rubric, template: RubricTemplate, values: list[int]) -> None:
    texts = [template.instruction, template.definition]
    texts += [text for one in template.criteria for text in (one.name, one.text)]
    texts += [step.text for step in template.scale]
    if not template.criteria or not all(text.strip() for text in texts):
        raise InvalidInput(
            "The rubric {name} ({language}) needs an instruction, a definition, a criterion and a "
            "description of every step.", name=rubric.name, language=template.language,
        )  # fmt: skip
    if [step.value for step in template.scale] != values:
        raise InvalidInput("The scale of {name} differs between its languages.", name=rubric.name)
    if len({step.text.strip() for step in template.scale}) < len(template.scale):
        raise InvalidInput(
            "Two steps of {name} ({language}) share a description; a judge could not tell them "
            "apart.", name=rubric.name, language=template.language,
        )  # fmt: skip
