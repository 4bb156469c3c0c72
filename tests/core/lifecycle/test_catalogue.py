"""What is known of a model at a moment: dated facts, two time axes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lifecycle.catalogue import CATALOGUE, CONFIDENCE, Catalogue, load_shipped
from core.lifecycle.pricing import cost, worst_case
from core.records.catalogue import ModelFact, Price
from core.records.models import ModelRef
from core.records.runs import Usage

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return Catalogue(load_shipped())


@pytest.mark.parametrize(
    ("ref", "stage", "successor"),
    [
        (ModelRef("gemini", "gemini-3.8-flash"), "current", None),
        (ModelRef("platform", "gemini-3.8-flash"), "current", None),
        (ModelRef("gemini", "gemini-2.5-pro"), "retiring", "gemini-3.8-flash"),
        (ModelRef("platform", "gemini-2.5-pro"), "retired", "gemini-3.8-flash"),
        (ModelRef("gemini", "gemini-3.5-flash"), "retiring", "gemini-3.6-flash"),
        (ModelRef("platform", "gemini-3.5-flash"), "current", None),
        (ModelRef("gemini", "gemini-4-neon"), "preview", None),
        (ModelRef("sandbox", "sandbox-flash-1"), "retiring", "sandbox-flash-2"),
        (ModelRef("gemini", "gemini-9"), "unknown", None),
    ],
)
def test_stages_on_the_day_of_the_release(
    shipped: Catalogue, ref: ModelRef, stage: str, successor: str | None
) -> None:
    info = shipped.info(ref, TODAY)
    assert info.stage == stage
    assert (info.successor.model if info.successor else None) == successor


def test_a_silent_reroute_is_known_from_its_day_on(shipped: Catalogue) -> None:
    ref = ModelRef("gemini", "gemini-3.5-flash")
    before = shipped.info(ref, datetime(2026, 10, 7, tzinfo=UTC))
    after = shipped.info(ref, datetime(2026, 10, 8, tzinfo=UTC))
    assert before.reroutes_to is None
    assert str(after.reroutes_to) == "gemini:gemini-3.6-flash"


def test_the_cost_of_a_run_follows_the_price_of_its_day(shipped: Catalogue) -> None:
    usage = Usage(input=1_000_000, output=100_000, thinking=100_000)
    last = shipped.price("platform", "gemini-4-argon", datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    first = shipped.price("platform", "gemini-4-argon", datetime(2026, 12, 1, tzinfo=UTC))
    assert last and first
    assert cost(last, usage) == pytest.approx(4.0)
    assert cost(first, usage) == pytest.approx(8.0)
    ahead = shipped.next_price("platform", "gemini-4-argon", TODAY)
    assert ahead == first
    assert shipped.next_price("platform", "gemini-4-argon", TODAY + timedelta(days=30)) is None


def test_every_listed_current_model_of_the_sandbox_has_a_price(shipped: Catalogue) -> None:
    found = shipped.models("sandbox", TODAY)
    assert [info.ref.model for info in found]
    assert all(shipped.price("sandbox", info.ref.model, TODAY) for info in found)


def test_the_shipped_file_is_sorted_and_every_row_has_a_source() -> None:
    rows = json.loads((CATALOGUE / "models.json").read_text("utf-8"))["facts"]
    assert all(row["source"] and row["confidence"] in CONFIDENCE for row in rows)
    keys = [(("gemini", "platform", "sandbox").index(r["surface"]), r["model"], r["fact"],
             r.get("valid_from", "")) for r in rows]  # fmt: skip
    assert keys == sorted(keys)


def fact(day: int, value: int, confidence: str, since: int | None, until: int | None) -> ModelFact:
    def at(days: int | None) -> datetime | None:
        return None if days is None else TODAY + timedelta(days=days)

    return ModelFact("gemini", "m", "released", json.dumps(f"2026-01-{value:02}"), at(since),
                     at(until), TODAY + timedelta(days=day), "s", confidence, "t")  # type: ignore[arg-type]  # fmt: skip


FACTS = st.lists(
    st.builds(
        fact,
        st.integers(-50, 50),
        st.integers(1, 28),
        st.sampled_from(CONFIDENCE),
        st.none() | st.integers(-50, 50),
        st.none() | st.integers(-50, 50),
    ),
    min_size=1,
    max_size=8,
)


@given(FACTS, st.randoms(use_true_random=False), st.integers(-60, 60), st.integers(-60, 60))
def test_the_order_of_facts_does_not_matter_and_later_knowledge_is_not_used(
    facts: list[ModelFact], chance: object, at: int, known: int
) -> None:
    ref = ModelRef("gemini", "m")
    moment, knowledge = TODAY + timedelta(days=at), TODAY + timedelta(days=known)
    found = Catalogue(facts).fact(ref, "released", moment, knowledge)
    mixed = list(facts)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert Catalogue(mixed).fact(ref, "released", moment, knowledge) == found
    assert found is None or found.as_of <= knowledge


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(Usage(), None, id="not counted is not free"),
        pytest.param(Usage(input=1_000_000, output=0), 1.0, id="input"),
        pytest.param(Usage(input=0, output=500_000, thinking=500_000), 2.0, id="thinking"),
        pytest.param(Usage(input=1_000_000, output=0, cached=1_000_000), 0.1, id="cached"),
        pytest.param(Usage(input=10, output=0, cached=99), 1e-6, id="more cached than sent"),
    ],
)
def test_cost(usage: Usage, expected: float | None) -> None:
    price = Price(input=1.0, output=2.0, cached_input=0.1)
    assert cost(price, usage) == (None if expected is None else pytest.approx(expected))


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5))
def test_no_counted_cost_exceeds_the_worst_case(
    tokens: int, output: int, thinking: int, cached: int
) -> None:
    price = Price(input=1.5, output=9.0, cached_input=0.15)
    usage = Usage(input=tokens, output=output, thinking=thinking, cached=cached)
    counted = cost(price, usage)
    assert counted is not None
    assert counted <= worst_case(price, tokens, output + thinking) + 1e-12


@pytest.mark.parametrize(
    ("model", "name", "status"),
    [
        ("gemini-4-argon", "temperature", "ignored"),
        ("gemini-4-argon", "thinking_budget", "rejected"),
        ("gemini-4-argon", "presence_penalty", "rejected"),
        ("gemini-3.8-flash", "temperature", "advised_against"),
        ("gemini-3.5-flash", "temperature", "advised_against"),
        ("gemini-2.5-pro", "thinking_budget", "ok"),
        ("gemini-2.5-pro", "thinking_level", "rejected"),
        ("sandbox-flash-2", "top_p", "ignored"),
        ("sandbox-pro-2", "thinking_level", "ok"),
    ],
)
def test_parameters_by_family(shipped: Catalogue, model: str, name: str, status: str) -> None:
    known = shipped.capabilities(ModelRef("gemini", model), TODAY)
    assert known.known
    assert known.parameters[name].status == status


def test_an_unknown_model_gets_the_conservative_set(shipped: Catalogue) -> None:
    known = shipped.capabilities(ModelRef("gemini", "somebody-elses-model"), TODAY)
    assert not known.known
    assert known.parameters["max_output_tokens"].status == "ok"
    assert known.parameters["temperature"].status == "advised_against"


def test_minimal_thinking_is_not_offered_where_the_service_refuses_it(shipped: Catalogue) -> None:
    def levels(model: str) -> tuple[str, ...]:
        return shipped.capabilities(ModelRef("gemini", model), TODAY).thinking_levels

    assert "minimal" not in levels("gemini-3.8-flash")
    assert "minimal" in levels("gemini-3.5-flash")
    assert levels("gemini-2.5-pro") == ()


def test_limits_are_dated_facts_with_their_sources(shipped: Catalogue) -> None:
    known = shipped.capabilities(ModelRef("gemini", "gemini-2.0-flash"), TODAY)
    assert (known.input_limit, known.output_limit) == (1_048_576, 8_192)
    assert known.parameters["max_output_tokens"].maximum == 8_192
    fact = shipped.fact(ModelRef("gemini", "gemini-2.0-flash"), "output_limit", TODAY)
    assert fact is not None and fact.source.startswith("https://ai.google.dev/")
    unknown = shipped.capabilities(ModelRef("gemini", "somebody-elses-model"), TODAY)
    assert (unknown.input_limit, unknown.output_limit) == (None, None)


def test_a_rule_of_one_model_on_one_connection_takes_the_place_of_its_familys(
    shipped: Catalogue,
) -> None:
    here = shipped.capabilities(ModelRef("platform", "gemini-3.6-flash"), TODAY)
    there = shipped.capabilities(ModelRef("gemini", "gemini-3.6-flash"), TODAY)
    assert here.parameters["top_p"].status == "ignored"
    assert there.parameters["top_p"].status == "advised_against"
    assert (here.prefill.status, there.prefill.status) == ("rejected", "advised_against")
    assert here.parameters["top_p"].source.endswith("/models/gemini/3-6-flash")
    assert here.parameters["top_p"].checked_on == date(2026, 11, 24)
    assert here.parameters["seed"] == there.parameters["seed"]


def test_a_rule_holds_for_its_time(shipped: Catalogue) -> None:
    ref, change = ModelRef("sandbox", "sandbox-flash-2"), TODAY + timedelta(days=30)
    for name, value in (("parameter.top_p", "rejected"), ("media", ["image/png"]),
                        ("output_limit", 100), ("thinking_levels", ["low"])):  # fmt: skip
        shipped.add(ModelFact(ref.surface, ref.model, name, json.dumps(value), change, None, TODAY,
                              "a letter", "user", "mika"))  # fmt: skip
    before, after = (shipped.capabilities(ref, at) for at in (TODAY, change))
    assert (before.parameters["top_p"].status, after.parameters["top_p"].status) == (
        "ignored", "rejected",
    )  # fmt: skip
    assert (before.output_limit, after.output_limit) == (65_536, 100)
    assert (after.media, after.thinking_levels) == (("image/png",), ("low",))
    assert after.parameters["max_output_tokens"].maximum == 100


def test_the_catalogue_says_when_it_was_checked(shipped: Catalogue) -> None:
    assert shipped.checked_on == date(2026, 11, 24)
