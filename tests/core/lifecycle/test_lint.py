"""What the lint says, and that the sandbox does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.config import Secrets
from core.engine.clients import Clients
from core.engine.engine import Engine
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.lifecycle.lint import fixed, lint
from core.prompts.rendering import render_request
from core.records.lint import Finding
from core.records.models import Connection, ModelRef
from core.records.prompts import Media, Parameters, Part, PromptSpec, Turn
from core.records.runs import CallContext, Reply
from core.store import Store

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
CATALOGUE = Catalogue(load_shipped())
ASK = (Turn("user", (Part("Say hello."),)),)


def found(spec: PromptSpec, target: str, today: str = "", **more: Any) -> tuple[Finding, ...]:
    ref = ModelRef.parse(target, "gemini")
    now = CATALOGUE.capabilities(ModelRef.parse(today, "gemini"), NOON) if today else None
    info = CATALOGUE.info(ref, NOON)
    return lint(spec, info, CATALOGUE.capabilities(ref, NOON), now=now, **more)


def told(spec: PromptSpec, target: str, today: str = "", **more: Any) -> dict[str, str]:
    return {one.place: one.effect for one in found(spec, target, today, **more)}


@pytest.mark.parametrize(
    ("parameters", "target", "expected"),
    [
        pytest.param({"temperature": 0.2}, "gemini:gemini-4-argon", {"temperature": "ignored"},
                     id="Gemini 4 ignores the temperature"),
        pytest.param({"temperature": 0.2}, "gemini:gemini-3.8-flash",
                     {"temperature": "advised_against"}, id="3.8 discourages it"),
        pytest.param({"temperature": 0.2}, "platform:gemini-2.5-flash", {"model": "rejected"},
                     id="a retired model is told, its parameters are fine"),
        pytest.param({"presence_penalty": 0.5}, "gemini:gemini-4-argon",
                     {"presence_penalty": "rejected"}, id="Gemini 4 refuses penalties"),
        pytest.param({"presence_penalty": 0.5}, "gemini:gemini-3.8-flash", {},
                     id="3.8 takes penalties"),
        pytest.param({"thinking_budget": 1000}, "gemini:gemini-3.8-flash",
                     {"thinking_budget": "rejected", "thinking_level": "changed"},
                     id="a budget becomes a level"),
        pytest.param({"thinking_level": "minimal"}, "gemini:gemini-3.8-flash",
                     {"thinking_level": "rejected"}, id="3.8 has no minimal"),
        pytest.param({"thinking_level": "low"}, "gemini:gemini-3.8-flash", {}, id="but it has low"),
        pytest.param({"max_output_tokens": 100_000}, "gemini:gemini-3.8-flash",
                     {"max_output_tokens": "rejected"}, id="more output than there is"),
        pytest.param({"candidate_count": 4}, "gemini:gemini-3.8-flash",
                     {"candidate_count": "rejected"}, id="several candidates become repeats"),
        pytest.param({"candidate_count": 4}, "gemini:gemini-2.5-pro",
                     {"candidate_count": "advised_against"}, id="where only the first is kept"),
        pytest.param({"candidate_count": 1}, "gemini:gemini-4-argon", {}, id="one candidate"),
        pytest.param({"stop_sequences": ("END",), "seed": 3}, "gemini:gemini-3.8-flash", {},
                     id="what every model takes"),
    ],
)  # fmt: skip
def test_parameters(parameters: dict[str, Any], target: str, expected: dict[str, str]) -> None:
    assert told(PromptSpec(turns=ASK, parameters=Parameters(**parameters)), target) == expected


def test_a_prompt_that_asks_for_nothing_special_has_no_findings() -> None:
    assert found(PromptSpec(turns=ASK), "gemini:gemini-3.8-flash", "gemini:gemini-3.8-flash") == ()


@pytest.mark.parametrize(
    ("spec", "target", "more", "expected"),
    [
        pytest.param(PromptSpec(turns=(*ASK, Turn("model", (Part("{"),)))), "gemini:gemini-4-argon",
                     {}, ("turns", "rejected"), id="a prefilled answer"),
        pytest.param(PromptSpec(turns=ASK, google_search=True, response_schema="{}"),
                     "gemini:gemini-3.8-flash", {}, ("tools", "advised_against"),
                     id="search and schema together"),
        pytest.param(PromptSpec(turns=(Turn("user", (Part(media=Media("audio/mp3", "0" * 64)),)),)),
                     "gemini:gemini-3.8-flash", {}, ("media", "rejected"), id="a sound file"),
        pytest.param(PromptSpec(turns=ASK), "platform:gemini-4-argon",
                     {"location": "asia-northeast1"}, ("location", "rejected"), id="a region"),
        pytest.param(PromptSpec(turns=ASK), "gemini:gemini-9-never", {},
                     ("model", "advised_against"), id="an unknown model"),
        pytest.param(PromptSpec(turns=ASK), "gemini:gemini-3.5-flash", {}, ("model", "changed"),
                     id="a re-routed model"),
        pytest.param(PromptSpec(turns=ASK), "gemini:gemini-flash-latest", {}, ("model", "changed"),
                     id="an alias"),
    ],
)  # fmt: skip
def test_the_rest(
    spec: PromptSpec, target: str, more: dict[str, str], expected: tuple[str, str]
) -> None:
    assert expected in [(one.place, one.effect) for one in found(spec, target, **more)]


def test_a_model_that_begins_to_think_is_told() -> None:
    place, effect = "thinking_level", "changed"
    findings = found(PromptSpec(turns=ASK), "sandbox:sandbox-pro-2", "sandbox:sandbox-flash-1")
    assert [(one.place, one.effect) for one in findings] == [(place, effect)]


def test_fixing_leaves_nothing_that_is_refused_and_the_given_prompt_as_it_was() -> None:
    spec = PromptSpec(
        turns=(*ASK, Turn("model", (Part("{"),))),
        parameters=Parameters(temperature=3.0, thinking_budget=9_000, presence_penalty=1.0),
    )
    before = replace(spec)
    target = "gemini:gemini-4-argon"
    repaired = fixed(spec, found(spec, target))
    assert spec == before
    assert repaired.turns == ASK
    assert repaired.parameters == Parameters(thinking_level="medium")
    assert found(repaired, target) == ()


def test_the_gravest_comes_first() -> None:
    spec = PromptSpec(turns=ASK, parameters=Parameters(temperature=0.1, presence_penalty=1.0))
    assert [one.effect for one in found(spec, "gemini:gemini-4-argon")] == ["rejected", "ignored"]


# -- the sandbox does what the table says --


@pytest.fixture(scope="module")
def engine(sandbox_url: str) -> Iterator[Engine]:
    store = Store.open(":memory:")
    connections = {"sandbox": Connection("sandbox", True, base_url=sandbox_url)}
    started = Engine(
        clients=Clients(connections, Secrets()), ledger=store.ledger, blobs=store.blobs.get,
        prices=CATALOGUE.price,
    )  # fmt: skip
    started.start()
    yield started
    started.close()
    store.close()


def answered(engine: Engine, spec: PromptSpec, model: str) -> Reply:
    request = render_request(spec, {}, ModelRef.parse(model, "sandbox"))
    live = engine.submit(request, CallContext("mika"))
    assert live.wait(20) and live.reply is not None
    return live.reply


@pytest.mark.parametrize("model", ["sandbox-flash-1", "sandbox-flash-2", "sandbox-pro-2"])
@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(PromptSpec(turns=ASK, parameters=Parameters(**{name: value})), id=name)
        for name, value in (
            ("temperature", 0.5), ("top_p", 0.9), ("top_k", 40), ("max_output_tokens", 500),
            ("stop_sequences", ("zzz",)), ("seed", 4), ("presence_penalty", 0.5),
            ("frequency_penalty", 0.5), ("thinking_budget", 100), ("thinking_level", "low"),
            ("include_thoughts", True), ("candidate_count", 3), ("candidate_count", 1),
        )
    ]
    + [pytest.param(PromptSpec(turns=(*ASK, Turn("model", (Part("He"),)))), id="prefilled")],
)  # fmt: skip
def test_the_sandbox_refuses_exactly_what_the_lint_says(
    engine: Engine, spec: PromptSpec, model: str
) -> None:
    findings = found(spec, f"sandbox:{model}")
    refused = any(one.effect == "rejected" for one in findings)
    reply = answered(engine, spec, model)
    assert reply.outcome == ("refused_by_server" if refused else "ok"), reply.failure
    assert answered(engine, fixed(spec, findings), model).outcome == "ok"
