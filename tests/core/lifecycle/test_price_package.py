"""Prices of the package genai-prices: read as they are dated, proposed where they differ."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace as Thing
from typing import Any

import pytest

from core.lifecycle import price_package
from core.lifecycle.catalogue import Catalogue
from core.lifecycle.price_package import Prices, price_facts
from core.lifecycle.proposals import from_prices
from core.records.catalogue import ModelFact

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def price(given: float, answered: float, cached: float | None = None) -> Any:
    """As the package has them: decimals, a field for each unit."""
    return Thing(
        input_mtok=Decimal(str(given)), output_mtok=Decimal(str(answered)),
        cache_read_mtok=None if cached is None else Decimal(str(cached)),
    )  # fmt: skip


def package(prices: Any, provider: str = "google") -> Prices:
    model = Thing(id="flash", prices=prices)
    return Prices([Thing(id=provider, models=[model])], "genai-prices 0.2.3")


def since(day: date | None, prices: Any) -> Any:
    return Thing(constraint=None if day is None else Thing(start_date=day), prices=prices)


PROMOTION = [since(date(2027, 1, 1), price(1.5, 7.5)), since(None, price(0.75, 3.75, 0.075))]


def test_a_dated_price_ends_where_the_next_begins() -> None:
    facts = [one for one in price_facts(package(PROMOTION), ["flash"], NOW)
             if one.surface == "gemini"]  # fmt: skip
    assert [(one.valid_from, one.valid_to, json.loads(one.value)) for one in facts] == [
        (None, NEW_YEAR, {"input": 0.75, "output": 3.75, "cached_input": 0.075}),
        (NEW_YEAR, None, {"input": 1.5, "output": 7.5}),
    ]
    assert {(one.source, one.confidence, one.fact) for one in facts} == {
        ("genai-prices 0.2.3", "dataset", "price")
    }


def test_the_other_surface_is_assumed_and_long_requests_are_left_out() -> None:
    tiered = Thing(
        input_mtok=Thing(base=Decimal("1.25"), tiers=[Thing(start=200_000, price=Decimal("2.5"))]),
        output_mtok=Decimal(10),
    )
    values = {one.surface: json.loads(one.value)
              for one in price_facts(package(tiered), ["flash"], NOW)}  # fmt: skip
    assert values == {
        "gemini": {"input": 1.25, "output": 10.0},
        "platform": {"input": 1.25, "output": 10.0, "assumed": True},
    }


@pytest.mark.parametrize(
    "given",
    [
        package(PROMOTION, "openai"),
        package(Thing(input_mtok=Decimal(1))),
        package([since(None, price(1, 2)), Thing(constraint=Thing(start_time="09:00"),
                                                prices=price(2, 4))]),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_passed_over(given: Prices) -> None:
    assert price_facts(given, ["flash"], NOW) == []


def catalogue(*values: tuple[dict[str, float], datetime | None, datetime | None]) -> Catalogue:
    early = datetime(2026, 10, 1, tzinfo=UTC)
    return Catalogue(
        ModelFact("gemini", "flash", "price", json.dumps(value), start, end, early, "list",
                  "dataset", "shipped")
        for value, start, end in values
    )  # fmt: skip


def test_only_what_differs_is_proposed_and_accepting_it_settles_it() -> None:
    facts = [one for one in price_facts(package(PROMOTION), ["flash"], NOW)
             if one.surface == "gemini"]  # fmt: skip
    known = catalogue(({"input": 0.75, "output": 3.75, "cached_input": 0.075}, None, None))
    [proposal] = from_prices(known, facts)
    assert (proposal.fact.valid_from, json.loads(proposal.now)["input"]) == (NEW_YEAR, 0.75)
    known.add(proposal.fact)
    assert from_prices(known, facts) == []
    later = known.next_price("gemini", "flash", NOW)
    assert later is not None and (later.input, later.valid_from) == (1.5, NEW_YEAR)
    now = known.price("gemini", "flash", NOW)
    assert now is not None and now.input == 0.75
    assert [one.now for one in from_prices(Catalogue([]), facts)] == ["", ""]


def test_a_price_that_is_over_is_not_proposed() -> None:
    over = [since(None, price(9, 9)), since(date(2026, 1, 1), price(1, 2))]
    facts = price_facts(package(over), ["flash"], NOW)
    assert [json.loads(one.fact.value)["input"] for one in from_prices(Catalogue([]), facts)] == [
        1.0, 1.0,
    ]  # fmt: skip


def test_without_the_package_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_package, "PACKAGE", "no_such_package_here")
    assert not price_package.is_installed()
    assert price_package.installed() is None
