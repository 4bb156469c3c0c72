"""The model catalogue: what is known of a model at a moment, from dated facts.

Two time axes: a fact is *valid* over a time in the world, and was said *as of* a day. Among the
facts valid at the asked moment and known by then, the highest class of confidence wins, then the
newest. Nothing is ever overwritten, so what was known earlier can be asked for again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.lifecycle import capabilities as table
from core.records.catalogue import Capabilities, ModelFact, ModelInfo, Price, Stage
from core.records.models import ModelRef

CATALOGUE = Path(__file__).resolve().parents[2] / "data" / "catalogue"
CONFIDENCE = ("third_party", "dataset", "first_party", "user", "observed")
SHIPPED = "shipped"
BEGINNING = datetime.min.replace(tzinfo=UTC)
RETIRING_WITHIN = timedelta(days=180)


def load_shipped(path: Path = CATALOGUE / "models.json") -> list[ModelFact]:
    """The facts that come with the workbench."""
    data = json.loads(path.read_text("utf-8"))
    as_of = _moment(data["checked_on"])
    return [
        ModelFact(
            surface=row["surface"],
            model=row["model"],
            fact=row["fact"],
            value=json.dumps(row["value"], ensure_ascii=False),
            valid_from=_moment(row["valid_from"]) if "valid_from" in row else None,
            valid_to=_moment(row["valid_to"]) if "valid_to" in row else None,
            as_of=_moment(row["as_of"]) if "as_of" in row else as_of,
            source=row["source"],
            confidence=row["confidence"],
            entered_by=SHIPPED,
        )
        for row in data["facts"]
    ]


def _moment(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


class Catalogue:
    """Answers questions about models."""

    def __init__(self, facts: Iterable[ModelFact], capabilities_path: Path | None = None) -> None:
        self._facts: dict[tuple[str, str], list[ModelFact]] = defaultdict(list)
        self._named: dict[tuple[str, str, str], list[ModelFact]] = defaultdict(list)
        for fact in facts:
            self.add(fact)
        path = capabilities_path or CATALOGUE / "capabilities.json"
        takes = json.loads(path.read_text("utf-8"))
        self._families: Sequence[Mapping[str, Any]] = takes["families"]
        self._families_checked_on = date.fromisoformat(takes["checked_on"])

    def add(self, fact: ModelFact) -> None:
        """Take one more fact in."""
        self._facts[fact.surface, fact.model].append(fact)
        self._named[fact.surface, fact.model, fact.fact].append(fact)

    def facts(self, ref: ModelRef) -> tuple[ModelFact, ...]:
        """Everything that was ever said of a model."""
        return tuple(self._facts.get((ref.surface, ref.model), ()))

    @property
    def checked_on(self) -> date | None:
        """The newest day on which any of it was checked."""
        days = [fact.as_of.date() for facts in self._facts.values() for fact in facts]
        return max(days, default=None)

    @property
    def shipped_on(self) -> date | None:
        """The day of the facts that came with the workbench."""
        days = [
            fact.as_of.date()
            for facts in tuple(self._facts.values())
            for fact in tuple(facts)
            if fact.entered_by == SHIPPED
        ]
        return max(days, default=None)

    def fact(
        self, ref: ModelRef, name: str, at: datetime, known: datetime | None = None
    ) -> ModelFact | None:
        """The fact that holds at a moment, as known at another (now, unless given)."""
        found = [
            fact
            for fact in tuple(self._named.get((ref.surface, ref.model, name), ()))
            if (known is None or fact.as_of <= known)
            and (fact.valid_from is None or fact.valid_from <= at)
            and (fact.valid_to is None or at < fact.valid_to)
        ]
        return max(found, key=_weight, default=None)

    def info(self, ref: ModelRef, at: datetime, known: datetime | None = None) -> ModelInfo:
        """What is known of a model; an unknown one has the stage `unknown`.

        With `known` only what was said by then counts.
        """
        ends_on = self._day(ref, "ends_on", at, known)
        return ModelInfo(
            ref=ref,
            title=self._value(ref, "title", at, known) or ref.model,
            stage=self._stage(ref, ends_on, at, known),
            ends_on=ends_on,
            ends_not_before=self._day(ref, "ends_not_before", at, known),
            successor=self._other(ref, "replacement", at, known),
            reroutes_to=self._other(ref, "reroutes_to", at, known),
            released=self._day(ref, "released", at, known),
            notes=self._value(ref, "note", at, known) or "",
            checked_on=max(
                (
                    f.as_of.date()
                    for f in self._facts.get((ref.surface, ref.model), ())
                    if known is None or f.as_of <= known
                ),
                default=None,
            ),
        )

    def models(self, surface: str, at: datetime) -> list[ModelInfo]:
        """The models of a surface, the newest first."""
        known = [model for where, model in tuple(self._facts) if where == surface]
        found = [self.info(ModelRef(surface, model), at) for model in known]
        return sorted(found, key=lambda info: (info.released or date.min, info.ref.model))[::-1]

    def price(
        self, surface: str, model: str, at: datetime, known: datetime | None = None
    ) -> Price | None:
        """The price valid at a moment, or None when nobody knows it."""
        fact = self.fact(ModelRef(surface, model), "price", at, known)
        return _price(fact) if fact else None

    def next_price(
        self, surface: str, model: str, at: datetime, known: datetime | None = None
    ) -> Price | None:
        """The price after the next announced change, or None when none is announced."""
        starts = [
            fact.valid_from
            for fact in self._facts.get((surface, model), ())
            if fact.fact == "price"
            and fact.valid_from is not None
            and fact.valid_from > at
            and (known is None or fact.as_of <= known)
        ]
        return self.price(surface, model, min(starts), known) if starts else None

    def capabilities(self, ref: ModelRef, at: datetime) -> Capabilities:
        """What the model takes at a moment; a conservative set when it is unknown."""
        known = table.capabilities(self._families, ref.model, self._families_checked_on)
        names = {fact.fact for fact in tuple(self._facts.get((ref.surface, ref.model), ()))
                 if table.says_what_it_takes(fact.fact)}  # fmt: skip
        holding = [self.fact(ref, name, at) for name in sorted(names)]
        return table.with_facts(known, [fact for fact in holding if fact is not None])

    def _value(self, ref: ModelRef, name: str, at: datetime, known: datetime | None) -> str | None:
        fact = self.fact(ref, name, at, known)
        return _text(fact.value) if fact else None

    def _day(self, ref: ModelRef, name: str, at: datetime, known: datetime | None) -> date | None:
        value = self._value(ref, name, at, known)
        return date.fromisoformat(value) if value else None

    def _other(
        self, ref: ModelRef, name: str, at: datetime, known: datetime | None
    ) -> ModelRef | None:
        value = self._value(ref, name, at, known)
        return ModelRef(ref.surface, value) if value else None

    def _stage(
        self, ref: ModelRef, ends_on: date | None, at: datetime, known: datetime | None
    ) -> Stage:
        if (ref.surface, ref.model) not in self._facts:
            return "unknown"
        if ends_on is not None and ends_on <= at.date():
            return "retired"
        if ends_on is not None and ends_on - at.date() <= RETIRING_WITHIN:
            return "retiring"
        if self._value(ref, "reroutes_to", at, known):
            return "retiring"
        return "preview" if self._value(ref, "stage", at, known) == "preview" else "current"


def _weight(fact: ModelFact) -> tuple[object, ...]:
    """What decides between facts; to the last field, so that their order never does.

    A fact that ends is more particular than one that does not, one that began later than one
    that began earlier.
    """
    return (
        CONFIDENCE.index(fact.confidence),
        fact.as_of,
        fact.valid_from or BEGINNING,
        fact.valid_to is not None,
        fact.valid_to or BEGINNING,
        fact.source,
        fact.value,
    )


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    return str(json.loads(value))


def _price(fact: ModelFact) -> Price:
    value = json.loads(fact.value)
    price = Price(
        input=value["input"], output=value["output"], cached_input=value.get("cached_input")
    )
    return replace(
        price,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
        as_of=fact.as_of,
        source=fact.source,
    )
