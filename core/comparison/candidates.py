"""Columns: a prompt and the model it goes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from core.errors import InvalidInput
from core.records.comparisons import MOST_COLUMNS, Candidate, ComparedInput
from core.records.models import ModelRef
from core.records.prompts import Prompt, PromptSpec, Version

_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
Keyed = TypeVar("Keyed", Candidate, ComparedInput)


def of_version(prompt: Prompt, version: Version, model: str | None = None) -> Candidate:
    """A saved version, sent to its own model or to another one."""
    chosen = model or version.spec.model
    return Candidate(
        key="",
        title=f"{prompt.name} v{version.number} · {_short(chosen)}",
        spec=version.spec,
        model=chosen,
        prompt_id=prompt.id,
        version_id=version.id,
    )


def of_draft(
    spec: PromptSpec, model: str | None = None, *, title: str = "", prompt_id: str | None = None
) -> Candidate:
    """An unsaved prompt. `title` is what it is called; the model is added to it."""
    chosen = model or spec.model
    name = f"{title} · {_short(chosen)}" if title else _short(chosen)
    return Candidate("", name, spec, chosen, prompt_id=prompt_id)


def with_model(candidate: Candidate, model: str) -> Candidate:
    """The same prompt, sent to another model."""
    before = _short(candidate.model)
    title = candidate.title.removesuffix(before) + _short(model)
    if not candidate.title.endswith(before):
        title = f"{candidate.title} · {_short(model)}"
    return replace(candidate, key="", title=title, model=model)


def checked(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The columns with keys and titles that tell them apart. InvalidInput for too few or many."""
    if not 2 <= len(candidates) <= MOST_COLUMNS:
        raise InvalidInput(
            "A comparison has 2 to {most} columns, not {columns}.",
            most=MOST_COLUMNS,
            columns=len(candidates),
        )
    for number, candidate in enumerate(candidates, 1):
        if not ModelRef.parse(candidate.model, "").model.strip():
            raise InvalidInput("Column {number} has no model. Choose one.", number=number)
    return tuple(_told_apart(with_keys(candidates, "c")))


def with_keys(items: Iterable[Keyed], prefix: str) -> list[Keyed]:
    """The items under keys of their own: those they have, numbers where one lacks or repeats."""
    items = list(items)
    taken: set[str] = set()
    kept: list[Keyed] = []
    for item in items:
        own = item.key if _KEY.fullmatch(item.key) and item.key not in taken else ""
        taken.add(own)
        kept.append(replace(item, key=own))
    free = (f"{prefix}{n}" for n in range(1, 2 * len(items) + 1) if f"{prefix}{n}" not in taken)
    return [item if item.key else replace(item, key=next(free)) for item in kept]


def _told_apart(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Equal titles get the connection if that tells them apart, else a number."""
    titles = [one.title.strip() or _short(one.model) for one in candidates]
    for number, (candidate, title) in enumerate(zip(candidates, titles, strict=True)):
        same = [one for one, other in zip(candidates, titles, strict=True) if other == title]
        told = title
        if len({one.model for one in same}) == len(same) > 1:
            told = f"{title.removesuffix(_short(candidate.model))}{candidate.model}"
        elif title in titles[:number]:
            told = f"{title} ({titles[: number + 1].count(title)})"
        yield replace(candidate, title=told)


def _short(model: str) -> str:
    return ModelRef.parse(model, "").model or "—"
