"""The calendar of models: how long each will live, and what sources said about it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from core.lifecycle.pricing import cost
from core.records.catalogue import ModelFact, ModelInfo, Price
from core.records.model_use import DEPENDING, NO_CALLS, Calls, OtherUse, PromptUse
from core.records.runs import Usage

BANDS = (7, 30, 90, 180)
"""Days before an end on which its alert becomes graver."""
STALE_AFTER = timedelta(days=60)
"""A fact that nobody has checked for so long is marked."""
DATES = ("released", "ends_on", "ends_not_before", "new_access_ends")
Urgency = Literal["past", "week", "month", "quarter", "half", "later", "open"]
_URGENCIES: tuple[Urgency, ...] = ("week", "month", "quarter", "half")


@dataclass(frozen=True, slots=True)
class Line:
    """A model with all that depends on it."""

    info: ModelInfo
    days: int | None
    urgency: Urgency
    prompts: tuple[PromptUse, ...] = ()
    calls: Calls = NO_CALLS
    price: Price | None = None
    next_price: Price | None = None
    cost_after_usd: float | None = None
    others: tuple[OtherUse, ...] = ()

    @property
    def depends(self) -> bool:
        """Whether anything here goes on needing it."""
        return bool(self.prompts) or any(one.kind in DEPENDING for one in self.others)

    @property
    def used(self) -> bool:
        """Whether anything here needs it, or called it of late."""
        return self.depends or self.calls.runs > 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A value that a source gave, and when."""

    value: str
    as_of: date
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A fact on which sources differ: what they say, the one that holds first."""

    fact: str
    statements: tuple[Statement, ...]


def days_left(info: ModelInfo, today: date) -> int | None:
    """Days until the end; negative after it, None when no day is announced."""
    return (info.ends_on - today).days if info.ends_on else None


def urgency(days: int | None) -> Urgency:
    """The band of an end."""
    if days is None:
        return "open"
    if days <= 0:
        return "past"
    for most, name in zip(BANDS, _URGENCIES, strict=True):
        if days <= most:
            return name
    return "later"


def line(
    info: ModelInfo,
    today: date,
    *,
    prompts: Sequence[PromptUse] = (),
    calls: Calls = NO_CALLS,
    price: Price | None = None,
    next_price: Price | None = None,
    others: Sequence[OtherUse] = (),
) -> Line:
    """A model's line; what the same calls would cost after the next change of price is added."""
    days = days_left(info, today)
    after = cost(next_price, usage(calls)) if next_price and calls.runs else None
    return Line(
        info, days, urgency(days), tuple(prompts), calls, price, next_price, after, tuple(others)
    )


def usage(calls: Calls) -> Usage:
    """The tokens of many calls as if of one; thinking is among the output."""
    return Usage(input=calls.input_tokens, output=calls.output_tokens, cached=calls.cached_tokens)


def order(lines: Iterable[Line]) -> list[Line]:
    """What is used and ends soonest comes first, what has ended unused last."""

    def weight(one: Line) -> tuple[int, int, str]:
        ended = one.urgency == "past"
        rank = 0 if one.used else (2 if ended else 1)
        return rank, 99_999 if one.days is None else one.days, str(one.info.ref)

    return sorted(lines, key=weight)


def statements(facts: Iterable[ModelFact]) -> tuple[Statement, ...]:
    """What was said of one fact, in the order of time; a value said again counts once."""
    said: list[Statement] = []
    for fact in sorted(facts, key=lambda one: (one.as_of, one.source, one.value)):
        value = _plain(fact.value)
        if not any(value == other.value and fact.source == other.source for other in said):
            said.append(Statement(value, fact.as_of.date(), fact.source, fact.confidence))
    return tuple(said)


def disagreements(
    facts: Sequence[ModelFact], holds: Mapping[str, ModelFact | None], now: datetime
) -> tuple[Disagreement, ...]:
    """What sources say differently of a model. `holds` is what the catalogue goes by.

    Of dates everything that was ever said: they move. Of all else what each source says of today.
    """
    found = []
    for name in holds:
        mine = [fact for fact in facts if fact.fact == name]
        said = statements(mine if name in DATES else _newest_of_today(mine, now))
        if len({one.value for one in said}) > 1:
            chosen = holds.get(name)
            first = _plain(chosen.value) if chosen else ""
            ordered = sorted(said, key=lambda one: (one.value != first, one.as_of))
            found.append(Disagreement(name, tuple(ordered)))
    return tuple(found)


def _newest_of_today(facts: Iterable[ModelFact], now: datetime) -> list[ModelFact]:
    newest: dict[str, ModelFact] = {}
    for fact in sorted(facts, key=lambda one: one.as_of):
        if (fact.valid_from is None or fact.valid_from <= now) and (
            fact.valid_to is None or now < fact.valid_to
        ):
            newest[fact.source] = fact
    return list(newest.values())


def is_stale(info: ModelInfo, now: datetime) -> bool:
    """Whether nobody has checked what is known of the model for long."""
    return info.checked_on is None or now.date() - info.checked_on > STALE_AFTER


def _plain(value: str) -> str:
    data = json.loads(value)
    if isinstance(data, dict):
        # That a price is taken over from another connection makes it no other price.
        data = {name: one for name, one in data.items() if name != "assumed"}
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
