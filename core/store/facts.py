"""Facts on models that people added to the shipped catalogue. Append-only."""

from __future__ import annotations

from collections.abc import Sequence

from core.records.catalogue import ModelFact
from core.store.database import to_aware, to_naive
from core.store.handle import Handle


class Facts:
    """User rows of the catalogue; a correction is a new row with a later `as_of`."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def add(self, fact: ModelFact) -> None:
        """Append one fact."""
        self._handle.execute(
            "insert into facts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                fact.surface, fact.model, fact.fact, fact.value,
                to_naive(fact.valid_from) if fact.valid_from else None,
                to_naive(fact.valid_to) if fact.valid_to else None,
                to_naive(fact.as_of), fact.source, fact.confidence, fact.entered_by,
            ],
        )  # fmt: skip

    def all(self) -> Sequence[ModelFact]:
        """Every fact ever added."""
        rows = self._handle.rows("select * from facts order by as_of")
        return [
            ModelFact(
                surface, model, fact, value,
                to_aware(since) if since else None, to_aware(until) if until else None,
                to_aware(as_of), source, confidence, entered_by,
            )
            for surface, model, fact, value, since, until, as_of, source, confidence, entered_by
            in rows
        ]  # fmt: skip
