from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from core.records.catalogue import ModelFact
from core.store import Store

FACT = ModelFact(
    surface="gemini",
    model="gemini-x",
    fact="price_input",
    value="1.5",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_to=None,
    as_of=datetime(2026, 11, 24, tzinfo=UTC),
    source="invoice",
    confidence="user",
    entered_by="ada",
)


def test_facts_are_appended_and_kept_in_the_order_they_were_learnt(store: Store) -> None:
    later = replace(FACT, value="2", as_of=FACT.as_of + timedelta(days=1))
    store.facts.add(later)
    store.facts.add(FACT)
    assert list(store.facts.all()) == [FACT, later]


def test_moments_of_any_zone_are_the_same_moments(store: Store) -> None:
    tokyo = timezone(timedelta(hours=9))
    store.facts.add(replace(FACT, valid_from=datetime(2026, 1, 1, 9, tzinfo=tokyo)))
    assert store.facts.all()[0].valid_from == datetime(2026, 1, 1, tzinfo=UTC)
