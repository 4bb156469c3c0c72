"""Which model ends when, and what here depends on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from core.errors import InvalidInput
from core.lifecycle import calendar, price_package, proposals
from core.lifecycle.calendar import Disagreement, Line
from core.lifecycle.catalogue import Catalogue
from core.lifecycle.catalogue_file import read_catalogue
from core.lifecycle.clock import ClockDoubt, clock_doubts
from core.lifecycle.drift import Drift, drifts
from core.lifecycle.fact_values import FACTS, typed
from core.lifecycle.lint import lint
from core.lifecycle.price_package import Prices
from core.lifecycle.proposals import Proposal
from core.records.catalogue import ModelFact
from core.records.lint import Finding
from core.records.model_use import NO_CALLS, Calls, OtherUse, PromptUse, ServedBy
from core.records.models import SURFACES, ListedModel, ModelRef
from core.records.prompts import PromptSpec
from core.records.served import bare, is_other

RECENTLY = timedelta(days=30)


class Uses(Protocol):
    """Who uses which model (`core.store.model_use`)."""

    def prompts(self) -> Any:
        """Uses by the model as named."""

    def others(self) -> Any:
        """What else models stand behind, by the model as named."""

    def calls(self, since: datetime) -> Any:
        """Calls by connection and model."""

    def served(self, since: datetime) -> Sequence[ServedBy]:
        """Who answered for whom."""

    def newest(self) -> datetime | None:
        """The latest moment that anything was recorded at."""

    def statuses(self, since: datetime) -> Any:
        """What answers said of their model's life."""


class Facts(Protocol):
    """Where people's facts are kept (`core.store.facts`)."""

    def add(self, fact: ModelFact) -> None:
        """Append one."""


class Models:
    """What the models page shows and changes."""

    def __init__(
        self,
        catalogue: Catalogue,
        uses: Uses,
        facts: Facts,
        default_surface: str,
        ahead: Callable[[], timedelta | None] = lambda: None,
    ) -> None:
        """`ahead` tells how far this machine's clock is ahead of a service that answered."""
        self._catalogue = catalogue
        self._uses = uses
        self._facts = facts
        self._default = default_surface
        self._ahead = ahead

    def lines(self, now: datetime) -> list[Line]:
        """Every model of the catalogue and every one that is used, the most pressing first."""
        prompts: dict[ModelRef, list[PromptUse]] = {}
        for named, uses in self._uses.prompts().items():
            if named:
                prompts.setdefault(ModelRef.parse(named, self._default), []).extend(uses)
        others: dict[ModelRef, list[OtherUse]] = {}
        for named, found in self._uses.others().items():
            others.setdefault(ModelRef.parse(named, self._default), []).extend(found)
        calls: dict[ModelRef, Calls] = {
            ModelRef(*key): value for key, value in self._uses.calls(now - RECENTLY).items()
        }
        known = {info.ref for surface in SURFACES for info in self._catalogue.models(surface, now)}
        return calendar.order(
            self._line(
                ref, now, prompts.get(ref, ()), calls.get(ref, NO_CALLS), others.get(ref, ())
            )
            for ref in known | prompts.keys() | calls.keys() | others.keys()
        )

    def _line(
        self,
        ref: ModelRef,
        now: datetime,
        prompts: Sequence[PromptUse],
        calls: Calls,
        others: Sequence[OtherUse],
    ) -> Line:
        return calendar.line(
            self._catalogue.info(ref, now),
            now.date(),
            prompts=prompts,
            calls=calls,
            price=self._catalogue.price(ref.surface, ref.model, now),
            next_price=self._catalogue.next_price(ref.surface, ref.model, now),
            others=others,
        )

    def reroutes(self, now: datetime) -> Sequence[ServedBy]:
        """Calls of the last 30 days that another model answered than was asked."""
        return [
            replace(one, served=bare(one.served))
            for one in self._uses.served(now - RECENTLY)
            if is_other(one.served, one.requested)
        ]

    def drifts(self, now: datetime, titles: Mapping[str, str]) -> Sequence[Drift]:
        """Where a name of the last 30 days does not mean one model; `titles` of connections."""
        return drifts(self._uses.served(now - RECENTLY), titles)

    def clock_doubts(self, now: datetime) -> tuple[ClockDoubt, ...]:
        """What speaks against this machine's clock, by which all days are counted."""
        return clock_doubts(
            now,
            newest=self._uses.newest(),
            checked_on=self._catalogue.shipped_on,
            ahead=self._ahead(),
        )

    def disagreements(self, ref: ModelRef, now: datetime) -> tuple[Disagreement, ...]:
        """What sources say differently about a model; of dates also what was said earlier."""
        facts = self._catalogue.facts(ref)
        said = {fact.fact for fact in facts} - {"title", "note"}
        names = [*calendar.DATES, *sorted(said - set(calendar.DATES))]
        holds = {name: self._catalogue.fact(ref, name, now) for name in names}
        return calendar.disagreements(facts, holds, now)

    def lint(
        self,
        spec: PromptSpec,
        target: ModelRef,
        *,
        now: datetime,
        today: ModelRef | None = None,
        location: str = "",
    ) -> tuple[Finding, ...]:
        """What to know before a prompt is sent to a model, the gravest first.

        `today` is the model it is written for, `location` where the target would be called.
        """
        return lint(
            spec,
            self._catalogue.info(target, now),
            self._catalogue.capabilities(target, now),
            now=self._catalogue.capabilities(today, now) if today else None,
            location=location,
        )

    def proposals(self, now: datetime) -> list[Proposal]:
        """What the answers of the last 30 days say otherwise than the catalogue."""
        since = now - RECENTLY
        return [
            *proposals.from_statuses(self._catalogue, self._uses.statuses(since), now),
            *proposals.from_reroutes(self._catalogue, self.reroutes(now), now),
        ]

    def proposals_from_list(
        self, surface: str, listed: Sequence[ListedModel], now: datetime
    ) -> list[Proposal]:
        """Models that a connection lists and the catalogue does not know."""
        return proposals.from_list(self._catalogue, surface, listed, now)

    def proposals_from_prices(self, prices: Prices, now: datetime) -> list[Proposal]:
        """Where a price package differs from the catalogue, for models that this knows."""
        names = {info.ref.model for surface in price_package.SURFACES
                 for info in self._catalogue.models(surface, now)}  # fmt: skip
        return proposals.from_prices(
            self._catalogue,
            (
                fact
                for fact in price_package.price_facts(prices, sorted(names), now)
                if self._catalogue.facts(ModelRef(fact.surface, fact.model))
            ),
        )

    def proposals_from_file(self, data: bytes, *, actor: str) -> list[Proposal]:
        """What a catalogue file says that is not known yet. InvalidInput names the line."""
        return proposals.from_file(self._catalogue, read_catalogue(data, actor=actor))

    def accept(self, chosen: Sequence[Proposal], *, actor: str) -> None:
        """Take proposals into the catalogue, under the name of whoever accepts."""
        for one in chosen:
            fact = replace(one.fact, entered_by=actor)
            self._facts.add(fact)
            self._catalogue.add(fact)

    def add(
        self,
        ref: ModelRef,
        name: str,
        text: str,
        *,
        source: str,
        actor: str,
        now: datetime,
        valid_from: date | None = None,
    ) -> None:
        """Add what a person knows of a model; it outranks what was shipped. InvalidInput."""
        if name not in FACTS:
            raise InvalidInput("{name} is no fact that can be added here.", name=name)
        if not source.strip():
            raise InvalidInput("Say where this is from: an address, or who told you.")
        since = None
        if valid_from is not None:
            since = datetime.combine(valid_from, datetime.min.time(), now.tzinfo)
        value = json.dumps(typed(name, text), ensure_ascii=False)
        fact = ModelFact(
            ref.surface, ref.model, name, value, since, None, now, source.strip(), "user", actor,
        )  # fmt: skip
        self._facts.add(fact)
        self._catalogue.add(fact)
