"""Dated prices from the package genai-prices, where that is installed. It asks no network.

It is no requirement: `pip install genai-prices` brings it, and a newer release brings newer prices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib import import_module, metadata, util
from typing import Any, NamedTuple

from core.records.catalogue import ModelFact

PACKAGE = "genai_prices"
PROVIDER = "google"
SURFACES = ("gemini", "platform")
"""The package does not tell them apart: the second one's prices are marked as assumed."""


class Prices(NamedTuple):
    """What the package holds: its providers, and its name with the release."""

    providers: Sequence[Any]
    source: str


def is_installed() -> bool:
    """Whether there is such a package; imports nothing."""
    return util.find_spec(PACKAGE) is not None


def installed() -> Prices | None:
    """The package's data, or None without the package."""
    if not is_installed():
        return None
    version = metadata.version("genai-prices")
    return Prices(import_module(f"{PACKAGE}.data").providers, f"genai-prices {version}")


def price_facts(prices: Prices, models: Sequence[str], now: datetime) -> list[ModelFact]:
    """The prices of these models, one fact for each stretch of time and surface."""
    found = []
    for provider in prices.providers:
        if provider.id != PROVIDER:
            continue
        for model in provider.models:
            if model.id in models:
                found += [
                    _fact(surface, model.id, stretch, prices.source, now)
                    for surface in SURFACES
                    for stretch in _stretches(model.prices)
                ]
    return found


class _Stretch(NamedTuple):
    since: date | None
    until: date | None
    value: dict[str, float]


def _stretches(given: Any) -> list[_Stretch]:
    """Prices by time. Nothing for a model whose price hangs on something else, as on the hour."""
    if not isinstance(given, list | tuple):
        value = _value(given)
        return [_Stretch(None, None, value)] if value else []
    dated = list(_dated(given))
    if len(dated) != len(given):
        return []
    dated.sort(key=lambda one: one[0] or date.min)
    ends = [*(since for since, _ in dated[1:]), None]
    return [
        _Stretch(since, until, value)
        for (since, value), until in zip(dated, ends, strict=True)
        if value
    ]


def _dated(given: Sequence[Any]) -> Iterator[tuple[date | None, dict[str, float]]]:
    for one in given:
        if one.constraint is None:
            yield None, _value(one.prices)
        elif isinstance(getattr(one.constraint, "start_date", None), date):
            yield one.constraint.start_date, _value(one.prices)


def _value(price: Any) -> dict[str, float]:
    """Dollars per million tokens, of short requests where long ones cost more; empty: unknown."""
    names = {"input": "input_mtok", "output": "output_mtok", "cached_input": "cache_read_mtok"}
    found = {}
    for name, theirs in names.items():
        amount = getattr(price, theirs, None)
        if amount is not None:
            found[name] = float(getattr(amount, "base", amount))
    return found if {"input", "output"} <= found.keys() else {}


def _fact(surface: str, model: str, stretch: _Stretch, source: str, now: datetime) -> ModelFact:
    value: dict[str, Any] = dict(stretch.value)
    if surface != SURFACES[0]:
        value["assumed"] = True
    return ModelFact(surface, model, "price", json.dumps(value), _moment(stretch.since),
                     _moment(stretch.until), now, source, "dataset", "workbench")  # fmt: skip


def _moment(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, datetime.min.time(), UTC)
