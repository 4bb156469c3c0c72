"""What was seen or brought and differs from the catalogue, for a person to accept. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.lifecycle.catalogue import Catalogue
from core.records.catalogue import ModelFact
from core.records.model_use import ServedBy
from core.records.models import ListedModel, ModelRef

STATUS = "response:model_status"
VERSION = "response:model_version"
LISTED = "models.list"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fact that is new, and what the catalogue says now; empty for nothing."""

    fact: ModelFact
    now: str


def from_file(catalogue: Catalogue, facts: Iterable[ModelFact]) -> list[Proposal]:
    """Those of a file that the catalogue does not have yet, word for word."""
    found = []
    for fact in facts:
        known = catalogue.facts(ModelRef(fact.surface, fact.model))
        same = any(
            (one.fact, one.value, one.valid_from, one.valid_to, one.source)
            == (fact.fact, fact.value, fact.valid_from, fact.valid_to, fact.source)
            for one in known
        )
        if not same:
            found.append(Proposal(fact, _now(catalogue, fact, fact.as_of)))
    return found


def from_prices(catalogue: Catalogue, facts: Iterable[ModelFact]) -> list[Proposal]:
    """Prices other than those the catalogue goes by at the same time."""
    found = []
    for fact in facts:
        at = max(fact.valid_from or fact.as_of, fact.as_of)
        if fact.valid_to is not None and at >= fact.valid_to:
            continue  # over before it was read
        said = _now(catalogue, fact, at)
        if not said or _amounts(said) != _amounts(fact.value):
            found.append(Proposal(fact, said))
    return found


def _amounts(value: str) -> dict[str, float]:
    data = json.loads(value)
    return {name: float(data[name]) for name in ("input", "output", "cached_input")
            if data.get(name) is not None}  # fmt: skip


def from_statuses(
    catalogue: Catalogue, statuses: Mapping[tuple[str, str], Mapping[str, object]], now: datetime
) -> list[Proposal]:
    """What services said of their models beside an answer: the day of the end."""
    found = []
    for (surface, model), status in sorted(statuses.items()):
        day = str(status.get("retirement_time") or "")[:10]
        if not day:
            continue
        fact = _fact(surface, model, "ends_on", day, STATUS, now)
        said = _now(catalogue, fact, now)
        if said != day:
            found.append(Proposal(fact, said))
    return found


def from_reroutes(
    catalogue: Catalogue, reroutes: Iterable[ServedBy], now: datetime
) -> list[Proposal]:
    """Models that were answered by another one."""
    found = []
    for one in reroutes:
        fact = _fact(one.surface, one.requested, "reroutes_to", one.served, VERSION, now)
        said = _now(catalogue, fact, now)
        if said != one.served:
            found.append(Proposal(fact, said))
    return found


def from_list(
    catalogue: Catalogue, surface: str, listed: Sequence[ListedModel], now: datetime
) -> list[Proposal]:
    """Models that a connection lists and the catalogue does not know, and limits that differ."""
    known = {info.ref.model for info in catalogue.models(surface, now)}
    found = []
    for one in listed:
        if one.name not in known:
            title = _fact(surface, one.name, "title", one.title or one.name, LISTED, now)
            found.append(Proposal(title, ""))
        for name, limit in (("input_limit", one.input_limit), ("output_limit", one.output_limit)):
            if limit:
                fact = _fact(surface, one.name, name, limit, LISTED, now)
                said = _now(catalogue, fact, now)
                if said != str(limit):
                    found.append(Proposal(fact, said))
    return found


def _fact(
    surface: str, model: str, name: str, value: str | int, source: str, now: datetime
) -> ModelFact:
    return ModelFact(surface, model, name, json.dumps(value, ensure_ascii=False), None, None, now,
                     source, "observed", "workbench")  # fmt: skip


def _now(catalogue: Catalogue, fact: ModelFact, at: datetime) -> str:
    known = catalogue.fact(ModelRef(fact.surface, fact.model), fact.fact, at)
    if known is None:
        return ""
    value = json.loads(known.value)
    return value if isinstance(value, str) else json.dumps(value)
