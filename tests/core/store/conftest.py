from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Reply, Request
from core.store import Store


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **step: float) -> None:
        self.time += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    store = Store.open(":memory:", now=clock)
    yield store
    store.close()


def text_spec(text: str = "hello", **fields: Any) -> PromptSpec:
    """A prompt of one message."""
    return PromptSpec(turns=(Turn("user", (Part(text),)),), **fields)


def text_request(text: str = "hello", **fields: Any) -> Request:
    """A request of one message."""
    values: dict[str, Any] = {"connection": "sandbox", "model": "sandbox-flash-2", **fields}
    return Request(turns=(Turn("user", (Part(text),)),), **values)


def settle(
    store: Store,
    request: Request | None = None,
    reply: Reply | None = None,
    *,
    actor: str = "ada",
    cost_usd: float | None = 0.001,
    reserved_usd: float = 0.01,
    **context: Any,
) -> str:
    """A run from sending to its end, as the engine makes it; returns its id."""
    run_id = store.new_id()
    store.ledger.reserve_and_send(
        run_id, 1, request or text_request(), CallContext(actor, **context), reserved_usd
    ).result()
    store.ledger.settle_run(run_id, 1, reply or Reply("ok", text="answer"), cost_usd).result()
    return run_id


@pytest.fixture
def add_run(store: Store) -> Callable[..., str]:
    return lambda *arguments, **named: settle(store, *arguments, **named)
