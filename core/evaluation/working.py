"""A job under way: what its stages share, and where its answers are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from core.evaluation.sampling import Material
from core.records.evaluations import AnswerKey, Battle, Response
from core.records.metrics import Score


class Kept(Protocol):
    """Answers and battles in the store (`core.store.evaluations`)."""

    def record(self, evaluation_id: str, answer: Response) -> Future[None]:
        """Commit an answer, or that there is none."""

    def record_battles(self, evaluation_id: str, battles: Sequence[Battle]) -> Future[None]:
        """Commit pairs that were judged, or that could not be."""

    def keys(self, evaluation_id: str) -> Mapping[AnswerKey, str]:
        """Every answer there is, with its error."""

    def answers(
        self, evaluation_id: str, cases: Sequence[str] | None = None, *, texts: bool = True
    ) -> Sequence[Response]:
        """The answers with their texts."""

    def same_requests(self, hashes: Sequence[str]) -> Mapping[tuple[str, int], Response]:
        """Answers of any evaluation, by name of the request and repeat."""


@dataclass(slots=True)
class Working:
    """A job under way: what it knows, which answers are still out, who judges what already."""

    material: Material
    out: dict[AnswerKey, asyncio.Future[None]]
    reusable: Mapping[tuple[str, int], Response]
    had: Mapping[AnswerKey, str]
    answers: dict[AnswerKey, Response] = field(default_factory=dict)
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)
    loaded: bool = False
    judged: dict[tuple[str, str], asyncio.Task[Score]] = field(default_factory=dict)

    def came(self, key: AnswerKey) -> None:
        """One answer fewer is out."""
        waited = self.out.pop(key, None)
        if waited is not None:
            waited.set_result(None)
